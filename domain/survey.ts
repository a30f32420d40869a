import { windowStart } from './gaps.ts';

/** At how many places, evenly spaced, a survey looks at a cell: a few milliseconds, whatever the cell's size. */
export const SURVEY_POINTS = 64;

/** How far a survey looks on from each place, in rows: how densely ids are given, and for one that can be mapped. */
export const ROWS_LOOKED_ON = 32;

/** The fewest ids that are worth a range of their own: some tenths of a second of work. */
export const IDS_PER_RANGE = 10_000;

/** The least part of a cell, of its rows, that is worth passing over on its own. */
const LEAST_PART = 1 / 16;

/** What a survey finds at one place of a cell. */
export interface SurveyPoint {
  /** The id from which on it looks. */
  at: number;
  /** The id of the first row from there on, and of the one {@link ROWS_LOOKED_ON} rows on; null where there is none. */
  first: number | null;
  farther: number | null;
  /** Whether the next instance that can be mapped is mapped to the cell; null where nobody asked, or none is near. */
  mapped: boolean | null;
}

/** An interval of ids: after `from`, up to `upTo`. */
export interface Interval {
  from: number;
  upTo: number;
  /** How many rows it has, by estimate. */
  rows: number;
  /** It seems to be mapped already. */
  mapped: boolean;
}

/** Whether so many ids are worth a survey: with less a cell has one range, and every page of it is gone through. */
export function isWorthASurvey(minId: number, maxId: number): boolean {
  return maxId - minId + 1 >= 2 * IDS_PER_RANGE;
}

/**
 * The ids at which a survey looks, ascending: evenly spaced, because nobody knows yet where rows are, and one where the
 * window of late rows begins, so that what lies before it is known to its end.
 */
export function surveyIds(minId: number, maxId: number): number[] {
  const ids = maxId - minId + 1;
  const points = Math.min(SURVEY_POINTS, ids);
  const evenly = Array.from({ length: points }, (_, index) => minId + Math.floor((ids * index) / points));
  const beforeWindow = windowStart(maxId) + 1;
  return beforeWindow > (evenly.at(-1) ?? maxId) ? [...evenly, beforeWindow] : evenly;
}

/** A cell that nobody surveyed: one interval, as if each id were a row. */
export function wholeCell(minId: number, maxId: number): Interval[] {
  return [{ from: minId - 1, upTo: maxId, rows: maxId - minId + 1, mapped: false }];
}

/** How many rows lie between the places of a survey, and what seems to be mapped: where two in a row are. */
export function intervalsOf(points: readonly SurveyPoint[], maxId: number): Interval[] {
  return points.map((point, index) => {
    const next = points[index + 1];
    const upTo = next === undefined ? maxId : next.at - 1;
    const mapped = point.mapped === true && next?.mapped === true;
    return { from: point.at - 1, upTo, rows: rowsUpTo(point, upTo), mapped };
  });
}

/** Goes by the ids that the next rows take, as if all of the interval were like its beginning. */
function rowsUpTo({ first, farther }: SurveyPoint, upTo: number): number {
  if (first === null || first > upTo) return 0;
  const ids = upTo - first + 1;
  if (farther === null || farther > upTo) return Math.min(ids, ROWS_LOOKED_ON);
  return Math.max(1, Math.round((ids * ROWS_LOOKED_ON) / (farther - first)));
}

/**
 * Divides a cell into what to pass over and what to go through. Small patches are gone through, and so is the window of
 * late rows: each id there must be seen.
 */
export function divide(intervals: readonly Interval[], maxId: number): { passOver: Interval[]; goThrough: Interval[] } {
  const all = sumRows(intervals);
  const window = windowStart(maxId);
  const cut = intervals.flatMap((interval): Interval[] => {
    if (interval.upTo <= window || !interval.mapped) return [interval];
    if (interval.from >= window) return [{ ...interval, mapped: false }];
    const part = (window - interval.from) / (interval.upTo - interval.from);
    const before = Math.round(interval.rows * part);
    return [
      { ...interval, upTo: window, rows: before },
      { ...interval, from: window, rows: interval.rows - before, mapped: false },
    ];
  });
  const large = join(cut).map((run) => ({ ...run, mapped: run.mapped && run.rows >= all * LEAST_PART }));
  const runs = join(large);
  return { passOver: runs.filter(({ mapped }) => mapped), goThrough: runs.filter(({ mapped }) => !mapped) };
}

/** Joins neighbours that are alike. */
function join(intervals: readonly Interval[]): Interval[] {
  const runs: Interval[] = [];
  for (const interval of intervals) {
    const last = runs.at(-1);
    if (last === undefined || last.mapped !== interval.mapped || last.upTo !== interval.from) {
      runs.push({ ...interval });
      continue;
    }
    last.upTo = interval.upTo;
    last.rows += interval.rows;
  }
  return runs;
}

/**
 * Splits intervals so that at most some `most` pieces have about as many rows each, of at least {@link IDS_PER_RANGE}
 * ids where there are as many. Every interval keeps at least one piece.
 * @param intervals ascending; neighbours may be split anywhere, but are not joined
 * @param dense the finer intervals by which rows are distributed
 */
export function splitEvenly(
  intervals: readonly Interval[],
  dense: readonly Interval[],
  most: number,
  leastIds = IDS_PER_RANGE,
): { from: number; upTo: number }[] {
  const all = sumRows(intervals);
  return intervals.flatMap((interval) => {
    const share = all === 0 ? 1 : interval.rows / all;
    const ids = interval.upTo - interval.from;
    const pieces = Math.max(1, Math.min(Math.round(most * share), Math.floor(ids / leastIds)));
    const bounds = Array.from({ length: pieces - 1 }, (_, index) =>
      idAfter(dense, interval, (interval.rows * (index + 1)) / pieces),
    );
    const ends = [...new Set(bounds)].filter((bound) => bound > interval.from && bound < interval.upTo);
    return [...ends, interval.upTo].map((upTo, index) => ({ from: ends[index - 1] ?? interval.from, upTo }));
  });
}

/** The id up to which an interval has so many rows. */
function idAfter(dense: readonly Interval[], within: Interval, rows: number): number {
  let before = 0;
  for (const interval of dense) {
    const from = Math.max(interval.from, within.from);
    const upTo = Math.min(interval.upTo, within.upTo);
    if (upTo <= from) continue;
    const here = (interval.rows * (upTo - from)) / (interval.upTo - interval.from);
    if (before + here >= rows && here > 0) return from + Math.round(((rows - before) / here) * (upTo - from));
    before += here;
  }
  return within.upTo;
}

function sumRows(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, { rows }) => sum + rows, 0);
}
