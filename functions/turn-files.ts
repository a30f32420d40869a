import type { Settings } from '../contract/payloads.ts';
import { resultKeys } from '../contract/results.ts';
import { addBuckets, type Buckets, groupOf } from '../domain/digest.ts';
import { readAtOnce, readResult } from './clients.ts';

/**
 * Reads what the turns of a loop left, from the first until one left nothing.
 * @param keep what is wanted of a turn; the rest of it is not kept in memory
 */
export async function readTurns<Turn, Kept = Turn>(
  keyOf: (turn: number) => string,
  deadline: AbortSignal,
  keep: (turn: Turn) => Kept = (turn) => turn as unknown as Kept,
): Promise<Kept[]> {
  const turns: Kept[] = [];
  for (;;) {
    const turn = await readResult<Turn>(keyOf(turns.length + 1), deadline);
    if (turn === undefined) return turns;
    turns.push(keep(turn));
  }
}

/** The same of all ranges of a table, from the first range until one left nothing. */
export async function readRanges<Turn, Kept = Turn>(
  keyOf: (index: number, turn: number) => string,
  deadline: AbortSignal,
  keep?: (turn: Turn) => Kept,
): Promise<Kept[]> {
  const ranges: Kept[] = [];
  for (let index = 0; ; index += 1) {
    const turns = await readTurns<Turn, Kept>((turn) => keyOf(index, turn), deadline, keep);
    if (turns.length === 0) return ranges;
    ranges.push(...turns);
  }
}

/** How many turns' files are held at once: each may have thousands of buckets, or name thousands of projects. */
const TURNS_AT_ONCE = 16;

/**
 * Takes what each turn over some ranges left, a few files at a time.
 * @throws where a turn left nothing
 */
export async function takeTurns<Turn>(
  ranges: readonly { index: number; turns: number }[],
  keyOf: (index: number, turn: number) => string,
  deadline: AbortSignal,
  take: (turn: Turn) => void,
): Promise<void> {
  const keys = ranges.flatMap(({ index, turns }) => Array.from({ length: turns }, (_, turn) => keyOf(index, turn + 1)));
  for (let begin = 0; begin < keys.length; begin += TURNS_AT_ONCE) {
    const some = keys.slice(begin, begin + TURNS_AT_ONCE);
    for (const turn of await readAtOnce(some, (key) => readResult<Turn>(key, deadline))) {
      if (turn === undefined) throw new Error('A turn over a range left nothing.');
      take(turn);
    }
  }
}

/** The digest of the mappings to a cell, by its `cell_mappings.id`. */
export async function readMappingBuckets(
  { run, bucketLength }: Pick<Settings, 'run' | 'bucketLength'>,
  cellId: number,
  deadline: AbortSignal,
): Promise<Buckets> {
  const group = groupOf(cellId, bucketLength);
  const keyOf = (index: number, turn: number) => resultKeys.mappingsTurn(run, index, turn, group);
  // One file holds the buckets of many cells: there is no memory for several.
  const ofCell = (cells: Record<string, Buckets>) => cells[cellId] ?? {};
  return addBuckets(await readRanges<Record<string, Buckets>, Buckets>(keyOf, deadline, ofCell));
}
