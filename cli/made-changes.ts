import type { Change } from '../domain/change.ts';
import { PARTS } from '../domain/suspects.ts';
import type { Records } from './records.ts';

/**
 * The changes that a repair has made. Of one that did not end well it is not certain which were made, so these are all
 * that it had planned: putting back one that was never made leaves the row as it is.
 */
export async function* madeChanges(records: Records, { endedWell }: { endedWell: boolean }): AsyncGenerator<Change> {
  const read = async (part: number, number: number): Promise<Change[] | null> => {
    if (!endedWell) return await records.changes(part, number);
    return (await records.changed(part, number))?.made ?? null;
  };
  for (let part = 0; part < PARTS; part += 1) {
    for (let number = 1; ; number += 1) {
      const changes = await read(part, number);
      if (changes === null) break;
      yield* changes;
    }
  }
}
