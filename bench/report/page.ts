import { type PartName, partNames } from '../parts.ts';
import type { GrowthResult, LiveResult, PartResult, SpeedResult } from '../results.ts';
import { growthSection } from './growth.ts';
import { liveSection } from './live.ts';
import { scaleSection } from './scale.ts';
import { speedSection } from './speed.ts';

const INTRODUCTION = `# Benchmarks

Measured by \`npm run bench\`, which wrote this page. The database, the local Data API, the local Step Functions and the functions share one computer, so what is slow here is not what would be slow on AWS; ratios to what the same server needs for the same rows are what to look at. The floor is one \`INSERT … SELECT\` from the cell's table into \`instance_mappings\`: the least that the database itself needs. Nine instances in ten are deleted, as in a cell that is never purged.

Each section is a run on a server of its own, so its ratios are of one run. Between two measurements the server writes out its dirty pages. Every commit is durable. A warm run finds the functions' processes started, a cold one starts them.`;

const GROWTH = `## Growth

The same cell at two sizes, each beside the floor of its own size, on a server in proportion to it: InnoDB writes its pages out by the share of the buffer pool that is dirty and of the redo log that is used, and whoever inserts waits where it does. The buffer pool is larger than the tables.`;

const LIVE = `## Beside a live Nova

50 times a second an API books an instance: it inserts a mapping without a cell, and then updates it with the cell, each in autocommit on one of many connections of its own, while cellmap maps at its default settings. The times are set beforehand, and an insert's latency counts from when it was due, so a stall is in the figures of all that came meanwhile.`;

/** docs/benchmarks.md, from whatever has been measured. */
export function benchmarksPage(results: Partial<Record<PartName, PartResult>>): string {
  const all = partNames.flatMap((name) => results[name] ?? []);
  const speeds = all.filter((result): result is SpeedResult => result.kind === 'speed');
  const growths = all.filter((result): result is GrowthResult => result.kind === 'growth');
  const lives = all.filter((result): result is LiveResult => result.kind === 'live');
  const nova = speeds.find((result) => result.nova !== null);
  const sections = [
    INTRODUCTION,
    ...speeds.map((result) => speedSection(result, result.server.name === nova?.server.name ? nova : undefined)),
    ...(growths.length > 0 ? [GROWTH, ...growths.map(growthSection)] : []),
    ...all.flatMap((result) => (result.kind === 'scale' ? [scaleSection(result)] : [])),
    ...(lives.length > 0 ? [LIVE, ...lives.map(liveSection)] : []),
  ];
  return `${sections.join('\n\n')}\n`;
}
