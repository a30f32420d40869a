import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureGrowth } from './growth.ts';
import { LARGE_CLOUD } from './large-cloud.ts';
import { measureLive } from './live.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import type { PartName } from './parts.ts';
import { benchmarksPage } from './report/page.ts';
import type { PartResult } from './results.ts';
import { measureScale } from './scale.ts';
import type { ServerName } from './servers.ts';
import { measureSpeed } from './speed.ts';
import { openResults } from './store.ts';

/*
 * npm run bench: measures, part by part, and writes docs/benchmarks.md from what there is. A part that was cut off
 * keeps its rounds; run again with --only, it begins anew.
 */

const PAGE = join(import.meta.dirname, '../docs/benchmarks.md');

await main();

async function main(): Promise<void> {
  const options = readOptions();
  if (options === null) return;
  const results = openResults(options.divisor);
  const revision = readRevision();
  for (const part of options.renderOnly ? [] : options.parts) {
    // An older measurement must not stand in for one that fails.
    results.remove(part);
    const keep = (result: PartResult) => results.write(part, { ...result, revision });
    try {
      await measurePart(part, options, keep);
    } catch (error) {
      // The other parts do not need it.
      process.exitCode = 1;
      say(part, `FAILED: ${(error as Error).stack}`);
    }
  }
  const measured = results.read();
  warnOfMixture(measured);
  const page = benchmarksPage(measured);
  // The tables of what was measured just now; the page has those of all.
  const shown = Object.fromEntries(options.parts.map((part) => [part, measured[part]]));
  process.stdout.write(options.renderOnly ? page : benchmarksPage(shown));
  if (options.divisor === 1) writeFileSync(PAGE, page);
}

function readOptions(): BenchOptions | null {
  if (process.argv.includes('--help')) {
    process.stdout.write(`${USAGE}\n`);
    return null;
  }
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    process.exitCode = 2;
    return null;
  }
}

/** The commit that is measured, with `+` where files differ from it; null outside of git. */
function readRevision(): string | null {
  try {
    const description = execFileSync('git', ['describe', '--always', '--dirty=+', '--exclude=*'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return description.trim();
  } catch {
    return null;
  }
}

/** A page of several states of the code compares what cannot be compared. */
function warnOfMixture(measured: Partial<Record<PartName, PartResult>>): void {
  const revisions = new Map<string, string[]>();
  for (const [part, { revision }] of Object.entries(measured))
    revisions.set(revision ?? 'unknown', [...(revisions.get(revision ?? 'unknown') ?? []), part]);
  if (revisions.size < 2) return;
  process.stderr.write('The page is of several states of the code:\n');
  for (const [revision, parts] of revisions) process.stderr.write(`  ${revision}: ${parts.join(', ')}\n`);
}

function serverOf(part: PartName): ServerName {
  if (part.endsWith('mysql')) return 'MySQL';
  return part.endsWith('postgresql') ? 'PostgreSQL' : 'MariaDB';
}

function say(part: PartName, text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${part}: ${text}\n`);
}

async function measurePart(part: PartName, options: BenchOptions, keep: (result: PartResult) => void): Promise<void> {
  const { rounds, novaRounds, divisor } = options;
  const tell = (text: string) => say(part, text);
  const speed = (server: 'MariaDB' | 'PostgreSQL', instances: number, withNova: number) =>
    measureSpeed({ server, instances: instances / divisor, rounds, novaRounds: withNova }, keep, tell);
  switch (part) {
    case 'mariadb-20000':
      return speed('MariaDB', 20_000, novaRounds);
    case 'mariadb-500000':
      return speed('MariaDB', 500_000, 0);
    case 'postgresql-20000':
      return speed('PostgreSQL', 20_000, 0);
    case 'postgresql-500000':
      return speed('PostgreSQL', 500_000, 0);
    case 'growth-mariadb':
    case 'growth-mysql': {
      const sizes = [500_000, 5_000_000].map((size) => size / divisor);
      return measureGrowth({ server: serverOf(part), sizes, rounds }, keep, tell);
    }
    case 'scale': {
      const cloud = { ...LARGE_CLOUD, instances: LARGE_CLOUD.instances / divisor };
      return measureScale({ cloud, rounds }, keep, tell);
    }
    case 'live-mariadb':
    case 'live-mysql':
    case 'live-postgresql':
      return measureLive({ server: serverOf(part), instances: 500_000 / divisor, rounds }, keep, tell);
  }
}
