import type { GrowthResult } from '../results.ts';
import { median } from '../statistics.ts';
import { factsText } from './facts.ts';
import { figure, NONE, percent, roundsText, table, withSpread } from './format.ts';

/** Whether the cost grows as that of the floor does. */
export function growthSection(result: GrowthResult): string {
  const rounds = Math.min(...result.sizes.map((size) => size.rounds.length));
  const ratios = result.sizes.map((size) => ratio(size));
  const [first] = ratios;
  return [
    `### On ${result.server.name}`,
    factsText(result),
    `Each figure is the ${roundsText(rounds)}.`,
    table(
      [
        'instances',
        'tables',
        'floor, seconds',
        'cellmap, seconds',
        'of the floor',
        'beside the first size',
        'events, child',
      ],
      result.sizes.map((size, index) => [
        size.instances.toLocaleString('en'),
        `${size.tablesMib.toLocaleString('en')} MiB`,
        withSpread(size.rounds.map(({ floorMs }) => floorMs / 1000)),
        withSpread(size.rounds.map(({ firstMs }) => firstMs / 1000)),
        percent(ratios[index] ?? Number.NaN),
        index === 0 || first === undefined ? NONE : figure((ratios[index] ?? Number.NaN) / first),
        figure(Math.max(...size.rounds.map(({ childEvents }) => childEvents))),
      ]),
    ),
  ].join('\n\n');
}

function ratio({ rounds }: GrowthResult['sizes'][number]): number {
  return median(rounds.map(({ floorMs }) => floorMs)) / median(rounds.map(({ firstMs }) => firstMs));
}
