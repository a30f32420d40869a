/** Every default and bound that the input, the command line, its help and the docs share. */

/** The most rows a page, unless a run says otherwise: some 560 KB of the Data API's 1 MiB an answer. */
export const DEFAULT_PAGE_SIZE = 4_000;

/** How long a statement should take, in milliseconds; pages grow and shrink towards it. */
export const DEFAULT_STATEMENT_MS = 100;

/** The shortest and the longest time that a statement can be asked to take, in milliseconds. */
export const STATEMENT_MS_BOUNDS = { least: 10, most: 10_000 } as const;

/** The share of the time in which a writer works. */
export const DEFAULT_LOAD = 1;

/** The least share of the time in which a writer can be asked to work. */
export const LEAST_LOAD = 0.1;

/**
 * The longest that a turn works whose writer has a part of the time only, in milliseconds: short, so that it rests often.
 * Where a cell has more ranges than the default it is as much longer, because all of them fill one history.
 */
export const LONGEST_POLITE_TURN_MS = 5_000;

/** The most rows a page: a larger one could not fit in an answer of the Data API. */
export const MAX_PAGE_SIZE = 10_000;

/**
 * Writers on the API database at once, over all cells. MariaDB lets one INSERT … SELECT at a time give out ids: a second
 * writer has its page ready when the first is done, a third only waits, and takes processor time from them. A server that
 * is larger, or far away in time, takes more.
 */
export const DEFAULT_WRITERS = 2;

/** The most writers: an inline Map runs 40 iterations at once (Step Functions' quota). */
export const MAX_WRITERS = 40;

/** The most cells in one run: their items and answers must fit in a payload of 262,144 bytes. */
export const MAX_CELLS = 2_500;

/** The longest that a turn over a range works, in milliseconds: long, so that the history stays short. */
export const LONGEST_TURN_MS = 20_000;

/** How long a turn over a range works: a second at first, so that progress shows early, then thrice the one before. */
export function turnMs(turnsBefore: number): number {
  return Math.min(LONGEST_TURN_MS, 1_000 * 3 ** turnsBefore);
}

/** The same for a writer with the given share of the time, in a cell of which so many ranges are worked at once. */
export function politeTurnMs(turnsBefore: number, load: number, rangesAtOnce: number): number {
  if (load === 1) return turnMs(turnsBefore);
  const longest = LONGEST_POLITE_TURN_MS * Math.max(1, rangesAtOnce / DEFAULT_WRITERS);
  return Math.min(longest, turnMs(turnsBefore));
}

/** After how many seconds `verify` looks again at a difference: Nova's own changes are over by then. */
export const DEFAULT_SECOND_LOOK_SECONDS = 30;

/** The longest time before the second look. */
export const MAX_SECOND_LOOK_SECONDS = 3_600;
