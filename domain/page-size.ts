/** The rows of a range's first page: a few hundredths of a second on any server. */
export const FIRST_PAGE_SIZE = 500;

/**
 * A page that is still slow at its first size is slow for other reasons: a busy disk, or processors that others use. In
 * smaller pages it would take as many waits more.
 */
const FEWEST_ROWS_FOR_TIME = FIRST_PAGE_SIZE;

/** Where locks are in the way, fewer rows meet fewer of them. */
const FEWEST_ROWS_FOR_LOCKS = 50;

/** How much larger, or for slowness alone smaller, the next page may be at the most. */
const STEP = 1.5;

/** How much the newest page weighs in the time that a row takes: one slow statement may be chance. */
const NEWEST = 0.3;

/** How far the size may be from the one that would fit before it changes, in parts of it. */
const TOLERANCE = 0.2;

/** How much of a size that exceeded a limit is used from then on. */
const OF_A_LIMIT = 0.8;

/**
 * Why a page has another size than the one before: statements were `fast` or `slow`, it exceeded a `limit` of the Data
 * API, or there was `trouble`: locks, duplicates or a timeout.
 */
export type SizeReason = 'fast' | 'slow' | 'limit' | 'trouble';

/** How large the next page is to be, and how large none may be. */
export interface PageSize {
  rows: number;
  /** The most rows a page; lower than asked for once a page has exceeded a limit. */
  most: number;
  /** How long a row has taken of late in the longest statement of its page; null before the first page. */
  msPerRow: number | null;
}

/** What became of a page, as far as it tells how large the next one should be. */
export interface PageCourse {
  /** The rows that were read. */
  rows: number;
  /** The longest of its statements, in milliseconds. */
  slowestMs: number;
  /** The rows of the part that fit, where the page as a whole exceeded a limit of the Data API. */
  fitted: number | null;
  /** It had to be looked at again, or taken in parts, because of locks or duplicates. */
  trouble: boolean;
}

/** The size of a range's first page. */
export function firstPageSize(most: number): PageSize {
  return { rows: Math.min(FIRST_PAGE_SIZE, most), most, msPerRow: null };
}

/**
 * Steers the size of pages so that a statement takes about `targetMs`: gently up and down, and down at once where there
 * was trouble or a limit.
 * @returns the new size, and why it changed; null where it did not
 */
export function nextPageSize(
  now: PageSize,
  course: PageCourse,
  targetMs: number,
): { size: PageSize; reason: SizeReason | null } {
  if (course.fitted !== null) {
    const most = Math.max(1, Math.floor(course.fitted * OF_A_LIMIT * 2));
    const size = { ...now, rows: Math.min(course.fitted, now.rows), most: Math.min(now.most, most) };
    return { size, reason: 'limit' };
  }
  if (course.trouble) {
    return changed(now, Math.max(Math.min(now.rows, FEWEST_ROWS_FOR_LOCKS), halved(now.rows)), 'trouble');
  }
  if (course.rows === 0) return { size: now, reason: null };
  const newest = course.slowestMs / course.rows;
  const msPerRow = now.msPerRow === null ? newest : now.msPerRow * (1 - NEWEST) + newest * NEWEST;
  const known = { ...now, msPerRow };
  const ideal = Math.floor(targetMs / Math.max(msPerRow, targetMs / now.most));
  if (ideal < now.rows * (1 - TOLERANCE)) {
    const least = Math.min(now.rows, FEWEST_ROWS_FOR_TIME);
    return changed(known, Math.max(least, Math.floor(now.rows / STEP), ideal), 'slow');
  }
  // A page that was not full says little about one that is.
  if (course.rows < now.rows || ideal < now.rows * (1 + TOLERANCE)) return { size: known, reason: null };
  return changed(known, Math.min(now.most, ideal, Math.ceil(now.rows * STEP)), 'fast');
}

/** After a page that failed and is to be tried again: half of it. */
export function halvedPageSize(now: PageSize): PageSize {
  return { ...now, rows: halved(now.rows) };
}

function halved(rows: number): number {
  return Math.max(1, Math.floor(rows / 2));
}

function changed(now: PageSize, rows: number, reason: SizeReason): { size: PageSize; reason: SizeReason | null } {
  return rows === now.rows ? { size: now, reason: null } : { size: { ...now, rows }, reason };
}
