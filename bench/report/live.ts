import type { Latencies, LiveResult } from '../results.ts';
import { median } from '../statistics.ts';
import { factsText } from './facts.ts';
import { figure, roundsText, table, withSpread } from './format.ts';

/** What Nova's API meets meanwhile. */
export function liveSection(result: LiveResult): string {
  const { rounds, server } = result;
  const row = (label: string, samples: Latencies[]) => [
    label,
    figure(samples.reduce((sum, { number }) => sum + number, 0)),
    figure(samples.reduce((sum, { failed }) => sum + failed, 0)),
    ...(['p50', 'p99', 'max'] as const).map((name) => withSpread(samples.map((sample) => sample[name]))),
  ];
  const p99 = (samples: Latencies[]) => median(samples.map((sample) => sample.p99));
  const added = p99(rounds.map(({ beside }) => beside.inserts)) - p99(rounds.map(({ alone }) => alone.inserts));
  return [
    `### On ${server.name}`,
    factsText(result),
    `Milliseconds; statements and failures are those of all rounds, each other figure is the ${roundsText(rounds.length)}. ` +
      `Mapping ${result.instances.toLocaleString('en')} instances took ${withSpread(rounds.map(({ mapMs }) => mapMs / 1000))} s beside them.`,
    table(
      ['', 'statements', 'failed', 'p50', 'p99', 'most'],
      [
        row(
          'inserts, alone',
          rounds.map(({ alone }) => alone.inserts),
        ),
        row(
          'inserts, beside the mapping',
          rounds.map(({ beside }) => beside.inserts),
        ),
        row(
          'updates, alone',
          rounds.map(({ alone }) => alone.updates),
        ),
        row(
          'updates, beside the mapping',
          rounds.map(({ beside }) => beside.updates),
        ),
      ],
    ),
    `The mapping adds ${Math.round(added)} ms to the inserts' 99th percentile (150 at most are wanted).`,
  ].join('\n\n');
}
