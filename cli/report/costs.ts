import { addPauses, type Pause, type PauseReason } from '../../domain/pause.ts';
import type { CellResult } from '../../domain/result.ts';
import type { Cost } from '../../domain/usage.ts';
import { paint } from '../display/paint.ts';
import { countOf, formatCount, formatDuration } from '../display/text.ts';

/** Why writers waited, for people. */
export const pauseMeanings: Readonly<Record<PauseReason, string>> = {
  load: 'for --load',
  DatabaseThrottled: 'because the database took no more requests',
  DatabaseContention: 'because of locks',
  StatementTimeout: 'because a statement took too long',
};

/** How long writers held back and why, one line a reason; none where they did not. */
export function pauseLines(cells: readonly Pick<CellResult, 'pauses'>[], colours: boolean): string[] {
  return addPauses(cells.map(({ pauses }) => pauses)).map((pause) => paint(pauseLine(pause), 'dim', colours));
}

function pauseLine({ reason, times, seconds }: Pause): string {
  return `Writers waited ${countOf(times, 'time')}, ${formatDuration(seconds * 1_000)} in all, ${pauseMeanings[reason]}.`;
}

/** What something costs on AWS, in one line; none where nobody counted. */
export function costLines(what: string, cost: Cost | undefined, colours: boolean): string[] {
  if (cost === undefined) return [];
  const parts = [
    countOf(cost.transitions, 'state transition'),
    `${formatCount(cost.lambdaGbSeconds)} GB-seconds of Lambda`,
    `${countOf(cost.dataApiUnits, 'Data API request')} of 32 KB`,
  ];
  return [paint(`${what} some ${dollars(cost.estimatedDollars)} on AWS: ${parts.join(', ')}.`, 'dim', colours)];
}

/** Dollars with two digits that say something. */
export function dollars(amount: number): string {
  const digits = amount >= 1 ? 2 : amount >= 0.01 ? 3 : 6;
  return `$${amount.toFixed(digits)}`;
}
