/**
 * How far below the highest id the last pass starts. The database gives ids in ascending order, but a transaction
 * that was given a lower one may commit after a higher one was read: such a row appears late, in a gap.
 */
export const LATE_ROW_WINDOW = 1000;

/** Where the window of late rows begins: rows with a higher id are looked at again. */
export function windowStart(maxId: number): number {
  return Math.max(0, maxId - LATE_ROW_WINDOW);
}

/**
 * The ids of the window at which no row has been seen, after reading on from `after` to `end` and meeting `ids`.
 * A row that turns up in one of them later has not been counted.
 */
export function gapsBetween(after: number, end: number, ids: readonly number[], maxId: number): number[] {
  const seen = new Set(ids);
  const gaps: number[] = [];
  for (let id = Math.max(after, windowStart(maxId)) + 1; id <= Math.min(end, maxId); id += 1) {
    if (!seen.has(id)) gaps.push(id);
  }
  return gaps;
}
