import type { GrowthResult } from '../results.ts';
import { median } from '../statistics.ts';
import { factsText, mib } from './facts.ts';
import { figure, NONE, percent, roundsText, table, withSpread } from './format.ts';

type GrowthRound = GrowthResult['sizes'][number]['rounds'][number];

/** Whether the cost grows as that of the floor does. */
export function growthSection(result: GrowthResult): string {
  const most = Math.max(...result.sizes.map(({ rounds }) => rounds.length));
  const fewer = result.sizes
    .filter(({ rounds }) => rounds.length < most)
    .map(({ instances, rounds }) => `; with ${instances.toLocaleString('en')} instances of ${rounds.length}`);
  const ratios = result.sizes.map(ratio);
  const [first] = ratios;
  return [
    `### On ${result.server.name}`,
    factsText(result),
    `Each figure is the ${roundsText(most)}${fewer.join('')}; events are the most of any round. ${floorText(result)}`,
    table(
      [
        'instances',
        'tables',
        'buffer pool',
        'redo log',
        'floor, seconds',
        'grown',
        'cellmap, seconds',
        'grown',
        'of the floor',
        'beside the first size',
        'events, child',
      ],
      result.sizes.map((size, index) => [
        size.instances.toLocaleString('en'),
        mib(size.tablesMib),
        mib(size.bufferPoolMib),
        mib(size.redoLogMib),
        withSpread(size.rounds.map(({ floorMs }) => floorMs / 1000)),
        grown(result, index, ({ floorMs }) => floorMs),
        withSpread(size.rounds.map(({ firstMs }) => firstMs / 1000)),
        grown(result, index, ({ firstMs }) => firstMs),
        percent(ratios[index] ?? Number.NaN),
        index === 0 || first === undefined ? NONE : figure((ratios[index] ?? Number.NaN) / first),
        figure(Math.max(...size.rounds.map(({ childEvents }) => childEvents))),
      ]),
    ),
  ].join('\n\n');
}

/** What the floor is here. */
function floorText({ floorRows }: GrowthResult): string {
  return floorRows === undefined
    ? 'The floor is one statement.'
    : `The floor is a statement for each ${floorRows.toLocaleString('en')} rows, one after the other, so that its statements are alike at both sizes.`;
}

/** How many times as long it takes as with the first size. */
function grown({ sizes }: GrowthResult, index: number, time: (round: GrowthRound) => number): string {
  const [first] = sizes;
  const size = sizes[index];
  if (index === 0 || first === undefined || size === undefined) return NONE;
  return `× ${figure(median(size.rounds.map(time)) / median(first.rounds.map(time)))}`;
}

function ratio({ rounds }: GrowthResult['sizes'][number]): number {
  return median(rounds.map(({ floorMs }) => floorMs)) / median(rounds.map(({ firstMs }) => firstMs));
}
