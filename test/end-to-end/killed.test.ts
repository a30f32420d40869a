import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { RunResult } from '../../domain/result.ts';
import { IDS_PER_RANGE } from '../../domain/survey.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import { type Cloud, createCloud, row } from './cloud.ts';
import { COMMAND, cellmap } from './command.ts';

/** Three of four ids are free, so that few rows are enough for several ranges. */
const ID_STEP = 4;
const RANGES = 4;
const INSTANCES = (RANGES * IDS_PER_RANGE) / ID_STEP;
const PAGE_SIZE = 100;

describeOnEachServer('a run that is killed half-way with all that it had started', ({ get, dialect }) => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await createCloud(get());
    await cloud.reset();
    const rows = Array.from({ length: INSTANCES }, (_, index) => row(1 + index, { id: ID_STEP * (index + 1) }));
    await cloud.databases.cell1.insertInstances(rows);
  }, 60_000);
  afterAll(() => cloud?.drop());

  const query = <Row = Record<string, unknown>>(sql: string) => cloud.api.query<Row>(sql);
  const args = ['map', '--local', '--cell', 'cell1', '--page-size', String(PAGE_SIZE), '--writers', String(RANGES)];
  const environment = () => ({ CELLMAP_API_DATABASE: cloud.api.url });
  const countMappings = async () =>
    Number((await query<{ number: unknown }>('SELECT COUNT(*) AS number FROM instance_mappings'))[0]?.number);

  /** How many rows have been tried to insert since the server began, also those that failed. */
  const countAttempts = async (): Promise<number> => {
    if (dialect === 'postgresql') {
      // Each row takes a number before it is known whether it is a duplicate.
      const [sequence] = await query<{ attempts: unknown }>(
        'SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS attempts FROM instance_mappings_id_seq',
      );
      return Number(sequence?.attempts);
    }
    const status = await query<{ Variable_name: string; Value: string }>('SHOW GLOBAL STATUS');
    const values = new Map(status.map(({ Variable_name, Value }) => [Variable_name, Number(Value)]));
    // MariaDB has only the second, which counts no temporary rows there.
    return values.get('Innodb_rows_inserted') ?? values.get('Handler_write') ?? Number.NaN;
  };

  it('goes on: no more than a page of each range is tried again, and nothing is written twice', async () => {
    const attemptsAtFirst = await countAttempts();
    const { PATH, HOME, TMPDIR } = process.env;
    const command = spawn(process.execPath, [COMMAND, ...args, '--no-progress'], {
      env: { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...environment() },
      stdio: 'ignore',
    });
    const ended = once(command, 'exit');
    for (;;) {
      if ((await countMappings()) >= INSTANCES / 2) break;
      expect(command.exitCode).toBeNull();
      await delay(2);
    }
    killAll(command);
    await ended;
    // What was in the middle of a statement may end it: the server notices later that nobody waits.
    for (let before = -1; before !== (await countMappings()); await delay(300)) before = await countMappings();

    const readMappings = () => cloud.api.readMappings();
    const kept = await readMappings();
    expect(kept.length).toBeGreaterThanOrEqual(INSTANCES / 2);
    expect(kept.length).toBeLessThan(INSTANCES);
    const attemptsBefore = await countAttempts();
    expect(attemptsBefore - attemptsAtFirst).toBe(kept.length);

    const { code, stdout } = await cellmap([...args, '--json', '--no-progress'], environment());
    const { totals } = JSON.parse(stdout) as RunResult;
    expect(code).toBe(0);
    expect(totals).toMatchObject({
      instances: INSTANCES,
      mapped: INSTANCES - kept.length,
      alreadyMapped: kept.length,
    });
    const attempts = (await countAttempts()) - attemptsBefore;
    expect(attempts - totals.mapped).toBeLessThanOrEqual(RANGES * PAGE_SIZE);
    expect(attempts).toBeGreaterThanOrEqual(totals.mapped);

    const mappings = await readMappings();
    expect(mappings).toHaveLength(INSTANCES);
    expect(new Set(mappings.map(({ instanceUuid }) => instanceUuid)).size).toBe(INSTANCES);
    const keptIds = new Set(kept.map(({ id }) => id));
    expect(mappings.filter(({ id }) => keptIds.has(id))).toEqual(kept);
  }, 60_000);
});

/** kill -9 to a process and to every process below it, in whatever group or session they are. */
function killAll(root: ChildProcess): void {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(name);
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === root.pid || isBelow(parents.get(pid)));
  for (const pid of [...parents.keys()].filter(isBelow)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
  }
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
  } catch {
    return undefined;
  }
}
