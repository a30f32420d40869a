import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PartName, partNames } from './parts.ts';
import type { PartResult } from './results.ts';

/** Where measurements wait to be rendered: a part can be measured again without the others. */
export interface ResultStore {
  read(): Partial<Record<PartName, PartResult>>;
  /** Keeps what there is of a part, in the place of an older measurement of it. */
  write(part: PartName, result: PartResult): void;
  remove(part: PartName): void;
}

/** A folder that git ignores; a trial's results are never mixed with others. */
export function openResults(divisor: number): ResultStore {
  const folder = join(import.meta.dirname, divisor === 1 ? '.results' : `.results-trial-${divisor}`);
  return {
    read: () =>
      Object.fromEntries(
        partNames.flatMap((part) => {
          const text = readOrNull(join(folder, `${part}.json`));
          return text === null ? [] : [[part, JSON.parse(text) as PartResult]];
        }),
      ),
    remove: (part) => rmSync(join(folder, `${part}.json`), { force: true }),
    write: (part, result) => {
      mkdirSync(folder, { recursive: true });
      const file = join(folder, `${part}.json`);
      // Whole or not at all: it may be read by another --render meanwhile.
      writeFileSync(`${file}.new`, JSON.stringify(result, null, 1));
      renameSync(`${file}.new`, file);
    },
  };
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
