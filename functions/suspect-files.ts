import { type Inquiry, resultKeys } from '../contract/results.ts';
import { type Suspects, splitSuspects } from '../domain/suspects.ts';
import { readAtOnce, readResult, writeResult } from './clients.ts';

/** Writes what a turn of a source found, a file for each part that has some. */
export async function writeSuspects(
  run: string,
  source: string,
  turn: number,
  suspects: Suspects,
  deadline: AbortSignal,
): Promise<void> {
  const writes = [...splitSuspects(suspects)].map(([part, some]) =>
    writeResult(resultKeys.suspects(run, part, source, turn), some, deadline),
  );
  await Promise.all(writes);
}

/** Reads the suspects of a part from all who found some. */
export async function readSuspects(
  run: string,
  part: number,
  { sources }: Inquiry,
  deadline: AbortSignal,
): Promise<{ cell: string | null; suspects: Suspects }[]> {
  const files = sources.flatMap(({ cell, name, turns }) =>
    Array.from({ length: turns }, (_, index) => ({ cell, key: resultKeys.suspects(run, part, name, index + 1) })),
  );
  const found = await readAtOnce(files, async ({ cell, key }) => ({
    cell,
    suspects: await readResult<Suspects>(key, deadline),
  }));
  return found.flatMap(({ cell, suspects }) => (suspects === undefined ? [] : [{ cell, suspects }]));
}

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
