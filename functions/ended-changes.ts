import { type ChangedTurn, resultKeys } from '../contract/results.ts';
import { type ChangeProgress, countChanges } from '../domain/change.ts';
import { readTurns } from './turn-files.ts';

/** What became of the changes of a part, or of a turn over it. */
export type ChangeCounts = Pick<ChangeProgress, 'made' | 'leftAlone'>;

/**
 * Reads what the turns over the parts changed. An error that ends one part discards what the others returned, but not
 * what they wrote down.
 */
export async function readChanges(
  run: string,
  parts: readonly { part: number }[],
  deadline: AbortSignal,
): Promise<ChangeCounts[]> {
  const counts: ChangeCounts[] = [];
  for (const { part } of parts) {
    const keyOf = (turn: number) => resultKeys.changed(run, part, turn);
    counts.push(...(await readTurns<ChangedTurn, ChangeCounts>(keyOf, deadline, count)));
  }
  return counts;
}

function count({ made, leftAlone }: ChangedTurn): ChangeCounts {
  return countChanges({ made: {}, leftAlone: { number: 0, samples: [] } }, [...made, ...leftAlone], made);
}
