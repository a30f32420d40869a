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
