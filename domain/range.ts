import { addCounts, type Counts, noCounts } from './counts.ts';
import { IDS_PER_DIGEST } from './digest-range.ts';
import { windowStart } from './gaps.ts';
import type { IdRange } from './id-range.ts';
import { firstPageSize, type PageSize } from './page-size.ts';
import { addPauses, noRestraint, type Pause, type Restraint } from './pause.ts';
import { keepSamples, type Sample } from './sample.ts';
import { divide, type Interval, splitEvenly } from './survey.ts';
import { addUsage, noUsage, type Usage } from './usage.ts';

/** The error name of a fault and what a person is told of it. */
export interface Fault {
  name: string;
  message: string;
}

/**
 * How a range is worked: gone through page by page; passed over by digests, where it seems to be mapped; or gone through
 * for the rows of its doubtful buckets alone, where the digests of what was passed over do not agree.
 */
export const rangeKinds = ['pages', 'passOver', 'doubts'] as const;

/** One of {@link rangeKinds}. */
export type RangeKind = (typeof rangeKinds)[number];

/** How far the loop over one range has come; it travels in the machine's state. */
export interface RangeProgress extends IdRange {
  kind: RangeKind;
  counts: Counts;
  samples: Sample[];
  /** The ids near the cell's highest at which no row has been seen (see gaps.ts). */
  gaps: number[];
  /** Rows a page; in a range that is passed over, ids a statement. */
  size: PageSize;
  /** Every mappable instance of the last page was new. */
  expectNew: boolean;
  /** Why this turn ended early; the next turn tries that page again. */
  fault: Fault | null;
  restraint: Restraint;
  usage: Usage;
}

/** The ranges of a cell, and how large their pages may be. */
export interface RangesOrder {
  minId: number | null;
  maxId: number | null;
  /** How the rows are distributed over the ids from `minId` to `maxId`; see survey.ts. */
  intervals: readonly Interval[];
  most: number;
  pageSize: number;
  /** The fewest ids of a range, where there are as many. */
  leastIds?: number;
}

/**
 * Splits a cell into some `most` ranges with about as many rows each. What seems to be mapped gets ranges that are passed
 * over. A cell without rows has no range.
 */
export function splitRanges({ minId, maxId, intervals, most, pageSize, leastIds }: RangesOrder): RangeProgress[] {
  if (minId === null || maxId === null) return [];
  const { passOver, goThrough } = divide(intervals, maxId);
  const pieces = (parts: readonly Interval[], kind: RangeKind) =>
    splitEvenly(parts, intervals, most, leastIds).map((piece) => ({ ...piece, kind }));
  // The slowest first, so that the end finds all writers at work.
  return [...pieces(goThrough, 'pages'), ...pieces(passOver, 'passOver')].map(({ kind, from, upTo }, index) => {
    // A late row may even come below the lowest id: the first range begins where the window does.
    const begin = from === minId - 1 && kind === 'pages' ? Math.min(from, windowStart(maxId)) : from;
    return newRange({ index, from: begin, upTo, kind }, pageSize);
  });
}

/** The ranges that were passed over, to be gone through for the rows in doubt. */
export function doubtfulRanges(ranges: readonly RangeProgress[], pageSize: number): RangeProgress[] {
  const passed = ranges.filter(({ kind }) => kind === 'passOver');
  return passed.map(({ from, upTo }, index) =>
    newRange({ index: ranges.length + index, from, upTo, kind: 'doubts' }, pageSize),
  );
}

function newRange(
  { index, from, upTo, kind }: { index: number; from: number; upTo: number; kind: RangeKind },
  pageSize: number,
): RangeProgress {
  return {
    index,
    from,
    upTo,
    after: from,
    turns: 0,
    done: false,
    kind,
    counts: noCounts(),
    samples: [],
    gaps: [],
    size:
      kind === 'passOver' ? { rows: IDS_PER_DIGEST, most: IDS_PER_DIGEST, msPerRow: null } : firstPageSize(pageSize),
    expectNew: false,
    fault: null,
    restraint: noRestraint(),
    usage: noUsage(),
  };
}

/** The turns in which ranges were gone through, by the ranges' places. */
export function turnsOf(ranges: readonly RangeProgress[]): { index: number; turns: number }[] {
  return ranges.filter(({ kind }) => kind !== 'passOver').map(({ index, turns }) => ({ index, turns }));
}

/** What ranges add up to. */
export interface RangesSum {
  counts: Counts;
  samples: Sample[];
  gaps: number[];
  /** The highest id that any of them reached; null where none came to a row. */
  lastInstanceId: number | null;
  pauses: Pause[];
  usage: Usage;
}

/** What the ranges of a cell add up to. */
export function sumRanges(ranges: readonly RangeProgress[]): RangesSum {
  return addSums(
    ranges.map(({ counts, samples, gaps, from, after, restraint, usage }) => ({
      counts,
      samples,
      gaps,
      lastInstanceId: after > from ? after : null,
      pauses: restraint.pauses,
      usage,
    })),
  );
}

/** The sum of several sums. */
export function addSums(parts: readonly RangesSum[]): RangesSum {
  const reached = parts.flatMap(({ lastInstanceId }) => lastInstanceId ?? []);
  return {
    counts: addCounts(parts.map(({ counts }) => counts)),
    samples: keepSamples(...parts.map(({ samples }) => samples)),
    gaps: parts.flatMap(({ gaps }) => gaps),
    lastInstanceId: reached.length > 0 ? Math.max(...reached) : null,
    pauses: addPauses(parts.map(({ pauses }) => pauses)),
    usage: addUsage(parts.map(({ usage }) => usage)),
  };
}
