import { randomBytes } from 'node:crypto';
import type { Mode } from '../contract/payloads.ts';

/** What of a run's subject fits into its name, in characters: the rest of a name takes some thirty of the eighty. */
const MOST_OF_SUBJECT = 32;

/** A name for a run that begins now; `subject` says what it is about, where that is not everything. */
export function newRunName(mode: Mode, subject = '', nowMs = Date.now()): string {
  return executionName(mode, new Date(nowMs), randomBytes(2).toString('hex'), subject);
}

/**
 * Such as `map-20261122T140501Z-cell1-ab12`: it sorts by time within a mode, tells in the console what the run is, and
 * is unique for the 90 days that a name is taken.
 */
export function executionName(mode: string, at: Date, random: string, subject = ''): string {
  const stamp = at.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const about = subject
    .replaceAll(/[^\w.]+/g, '-')
    .slice(0, MOST_OF_SUBJECT)
    .replaceAll(/^-+|-+$/g, '');
  return [mode, stamp, about, random].filter((part) => part !== '').join('-');
}

/** What a name says of the cells that were chosen: one by its name (a uuid by its beginning), several by their number. */
export function cellsSubject(cells: readonly string[] | undefined): string {
  if (cells === undefined) return '';
  const [first = ''] = cells;
  if (cells.length !== 1) return `${cells.length}-cells`;
  return /^[\da-f]{8}-[\da-f-]{27}$/i.test(first) ? `cell-${first.slice(0, 8)}` : first;
}
