/** An interval of ids and how far the loop over it has come: what its turns hand on in the machine's state. */
export interface IdRange {
  /** Its place among those of its table, from 0, by ascending ids. */
  index: number;
  /** It begins after this id. */
  from: number;
  /** Its last id. */
  upTo: number;
  /** Everything up to this id has been worked. */
  after: number;
  /** How often the loop has been entered. */
  turns: number;
  done: boolean;
}

/** Splits ids into at most `most` ranges of equal length, each of at least `least` ids where there are as many. */
export function splitIds(minId: number, maxId: number, most: number, least: number): IdRange[] {
  const ids = maxId - minId + 1;
  const number = Math.max(1, Math.min(most, Math.floor(ids / least)));
  const bound = (index: number) => minId - 1 + Math.floor((ids * index) / number);
  return Array.from({ length: number }, (_, index) => newRange(index, bound(index), bound(index + 1)));
}

function newRange(index: number, from: number, upTo: number): IdRange {
  return { index, from, upTo, after: from, turns: 0, done: false };
}
