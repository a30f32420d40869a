import { addCounts, type Counts, noCounts } from './counts.ts';
import { gapsBetween, LATE_ROW_WINDOW, windowStart } from './gaps.ts';
import { type IdRange, splitIds } from './id-range.ts';
import type { MappableInstance } from './instance.ts';
import { mapPage, readPage } from './page.ts';
import { lookOnly } from './plan.ts';
import { keepSamples, type Sample } from './sample.ts';
import type { InstanceStore, MappingStore } from './stores.ts';

/** The fewest ids that are worth a range of their own. */
export const IDS_PER_RANGE = 20_000;

/** The error name of a fault and what a person is told of it. */
export interface Fault {
  name: string;
  message: string;
}

/** How far the loop over one range has come; it travels in the machine's state. */
export interface RangeProgress extends IdRange {
  counts: Counts;
  samples: Sample[];
  /** The ids near the cell's highest at which no row has been seen (see gaps.ts). */
  gaps: number[];
  /** Rows a page; halved where they did not fit in an answer. */
  pageSize: number;
  /** Every mappable instance of the last page was new. */
  expectNew: boolean;
  /** Why this turn ended early; the next turn tries that page again. */
  fault: Fault | null;
}

/** What a range must know of its run and cell. */
export interface RangeOrder {
  /** Only to look: nothing is inserted, and the range goes on to its end whatever has no mapping. */
  plan: boolean;
  /** The most mappings to insert in the cell, or null for no limit. */
  maxCount: number | null;
  /** The cell's highest id when its ranges were made. */
  maxId: number;
}

/**
 * Splits the ids from `minId` to `maxId` into at most `most` intervals of equal length, each of at least
 * {@link IDS_PER_RANGE} ids and more than the window of late rows. A cell without rows has no range.
 */
export function splitRanges(
  minId: number | null,
  maxId: number | null,
  most: number,
  pageSize: number,
): RangeProgress[] {
  if (minId === null || maxId === null) return [];
  const ranges = splitIds(minId, maxId, most, Math.max(IDS_PER_RANGE, LATE_ROW_WINDOW));
  // A late row may even come below the lowest id: in a small cell the first range begins where the window does.
  const begin = Math.min(minId - 1, windowStart(maxId));
  return ranges.map((range) =>
    newProgress(range.index === 0 ? { ...range, from: begin, after: begin } : range, pageSize),
  );
}

function newProgress(range: IdRange, pageSize: number): RangeProgress {
  return { ...range, counts: noCounts(), samples: [], gaps: [], pageSize, expectNew: false, fault: null };
}

/** What the ranges of a cell add up to, and the highest id that any of them reached. */
export function sumRanges(ranges: readonly RangeProgress[]) {
  const reached = ranges.filter((range) => range.after > range.from).map((range) => range.after);
  return {
    counts: addCounts(ranges.map((range) => range.counts)),
    samples: keepSamples(...ranges.map((range) => range.samples)),
    lastInstanceId: reached.length > 0 ? Math.max(...reached) : null,
  };
}

/** One turn of a range's loop: what it works with, and when it hands over to the next turn. */
export interface RangeTurn {
  instances: InstanceStore;
  mappings: MappingStore;
  /** Whether the time of this turn is used up. */
  timeIsUp: () => boolean;
  /** Says what a person is told of an error that ended the turn. */
  describeFault: (error: unknown) => Fault;
  /** Called after each page. */
  onPage?: (page: { rows: number; counts: Counts; unmapped: MappableInstance[] }) => void;
}

/**
 * Works pages of a range until it is done or the turn's time is up.
 *
 * With a `maxCount` it reads on after the last mapping until it meets one further unmapped instance, or the end:
 * only then is it known whether more remain.
 *
 * An error of the first page is thrown, so that the orchestrator retries it; after a page that finished, the turn
 * returns its progress with the fault instead, and the next turn meets the error on its first page.
 */
export async function mapRange(progress: RangeProgress, order: RangeOrder, turn: RangeTurn): Promise<RangeProgress> {
  let now: RangeProgress = { ...progress, turns: progress.turns + 1, fault: null };
  for (let pages = 0; !now.done && (pages === 0 || !turn.timeIsUp()); pages += 1) {
    try {
      now = await mapNextPage(now, order, turn);
    } catch (error) {
      if (pages === 0) throw error;
      return { ...now, fault: turn.describeFault(error) };
    }
  }
  return now;
}

async function mapNextPage(now: RangeProgress, order: RangeOrder, turn: RangeTurn): Promise<RangeProgress> {
  const { rows, last, limit } = await readPage(turn.instances, now.after, now.upTo, now.pageSize);
  const mayMap = order.maxCount === null ? Number.POSITIVE_INFINITY : order.maxCount - now.counts.mapped;
  const result = order.plan
    ? await mapPage(lookOnly(turn.mappings), rows, { mayMap: 0, expectNew: false })
    : await mapPage(turn.mappings, rows, { mayMap, expectNew: now.expectNew });
  turn.onPage?.({ rows: rows.length, counts: result.counts, unmapped: result.unmapped });

  const after = last ? now.upTo : (rows.at(-1)?.id ?? now.upTo);
  const counts = addCounts([now.counts, result.counts]);
  const ids = rows.map((row) => row.id);
  return {
    ...now,
    after,
    done: last || (!order.plan && counts.unmapped > 0),
    counts,
    samples: keepSamples(now.samples, result.samples),
    gaps: [...now.gaps, ...gapsBetween(now.after, after, ids, order.maxId)],
    pageSize: limit,
    expectNew: result.whollyNew,
  };
}
