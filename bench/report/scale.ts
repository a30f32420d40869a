import type { ScaleResult } from '../results.ts';
import { median } from '../statistics.ts';
import { factsText, peaksText } from './facts.ts';
import { figure, middle, percent, roundsText, table, withSpread } from './format.ts';

/** Many cells at once. */
export function scaleSection(result: ScaleResult): string {
  const { sizes, rounds, floorMs } = result;
  const instances = sizes.reduce((sum, size) => sum + size, 0);
  const milliseconds = median(rounds.map((round) => round.milliseconds));
  const most = (values: number[]) => figure(Math.max(...values));
  return [
    `## ${sizes.length} cells with ${instances.toLocaleString('en')} instances`,
    factsText(result),
    `The n-th largest cell has a share as 1 / (n + 5): the largest ${(sizes[0] ?? 0).toLocaleString('en')} instances, ` +
      `the median ${median(sizes).toLocaleString('en')}, the smallest ${(sizes.at(-1) ?? 0).toLocaleString('en')}. ` +
      `Functions cold at the start; each figure is the ${roundsText(rounds.length)}.`,
    table(
      ['', ''],
      [
        ['seconds', withSpread(rounds.map((round) => round.milliseconds / 1000))],
        ['instances a second', figure(instances / (milliseconds / 1000))],
        ['the floor, one cell after the other, measured once: seconds', figure(floorMs / 1000)],
        ['of the floor', percent(floorMs / milliseconds)],
        ["events in the parent's history (at most 500 wanted)", most(rounds.map(({ parentEvents }) => parentEvents))],
        [
          "events in a child's history: median (at most 300 wanted of each)",
          figure(median(rounds.flatMap(({ childEvents }) => childEvents))),
        ],
        ['the longest history of a child', most(rounds.flatMap(({ childEvents }) => childEvents))],
        ['state transitions', middle(rounds.map(({ usage }) => usage?.transitions))],
        ['Lambda, GB-seconds', middle(rounds.map(({ usage }) => usage?.lambdaGbSeconds))],
        ['Data API requests', middle(rounds.map(({ usage }) => usage?.dataApiRequests))],
        ['Data API, units of 32 KB', middle(rounds.map(({ usage }) => usage?.dataApiUnits))],
        ['dollars', middle(rounds.map(({ usage }) => usage?.estimatedDollars))],
        ['seconds to start the local AWS', figure(result.startUpMs / 1000)],
      ],
    ),
    `Peak memory of a function (256 MiB is the limit): ${peaksText(rounds)}.`,
  ].join('\n\n');
}
