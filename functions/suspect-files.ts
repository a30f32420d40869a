import { type Inquiry, resultKeys } from '../contract/results.ts';
import { isInSlice, type Suspects, splitSuspects } from '../domain/suspects.ts';
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

/** Reads the suspects of a slice of a part from all who found some. */
export async function readSuspects(
  run: string,
  place: { part: number; slice: number; slices: number },
  { sources }: Inquiry,
  deadline: AbortSignal,
): Promise<{ cell: string | null; suspects: Suspects }[]> {
  const files = sources.flatMap(({ cell, name, turns }) =>
    Array.from({ length: turns }, (_, index) => ({ cell, key: resultKeys.suspects(run, place.part, name, index + 1) })),
  );
  const ofSlice = (uuids: readonly string[]) => uuids.filter((uuid) => isInSlice(uuid, place));
  const found = await readAtOnce(files, async ({ cell, key }) => {
    const suspects = await readResult<Suspects>(key, deadline);
    if (suspects === undefined) return [];
    // Here, and not when all files are read: there is no memory for those of all slices.
    return [{ cell, suspects: { instances: ofSlice(suspects.instances), mappings: ofSlice(suspects.mappings) } }];
  });
  return found.flat();
}
