import type { CellRecord, ListedCell } from '../contract/results.ts';
import { cellLabel } from '../domain/cell.ts';
import { addCounts, type Counts, noCounts } from '../domain/counts.ts';
import type { RangeProgress } from '../domain/range.ts';
import { type CellListing, type CellResult, type CellsResult, cellStatus, type RunResult } from '../domain/result.ts';
import type { RunStatus } from '../domain/run-status.ts';
import { Pace } from './pace.ts';

/** How a cell stands: not begun, being worked, or the status it ended with. */
export type CellState = 'waiting' | 'running' | RunStatus;

/** What is known of a cell while the run goes on. */
export interface CellProgress {
  uuid: string;
  name: string | null;
  /** For people. */
  label: string;
  state: CellState;
  /** Null until the cell has been opened. */
  ranges: RangeProgress[] | null;
  /** What the cell left when it ended. */
  record: CellRecord | null;
  /** The name of the error that its newest attempt met; the orchestrator is trying again. */
  trouble: string | null;
  startedAtMs: number | null;
  endedAtMs: number | null;
  pace: Pace | null;
}

/** What is known of a run while it goes on: what the follower writes and the display shows. */
export interface RunProgress {
  mode: 'map' | 'cells';
  startedAtMs: number;
  /** Null while the run goes on. */
  endedAtMs: number | null;
  /** Empty until the run has listed them. */
  cells: CellProgress[];
  pace: Pace;
  /** What a person should know besides, such as that AWS does not answer. */
  notice: string | null;
}

/** A run of which nothing is known yet. */
export function newRunProgress(mode: 'map' | 'cells', startedAtMs: number): RunProgress {
  return { mode, startedAtMs, endedAtMs: null, cells: [], pace: new Pace(startedAtMs), notice: null };
}

/** A cell that waits for its turn. */
export function newCellProgress({ uuid, name }: Pick<ListedCell, 'uuid' | 'name'>): CellProgress {
  return {
    uuid,
    name,
    label: cellLabel({ uuid, name }),
    state: 'waiting',
    ranges: null,
    record: null,
    trouble: null,
    startedAtMs: null,
    endedAtMs: null,
    pace: null,
  };
}

/** Whether the cell has ended, however. */
export function hasEnded({ state }: CellProgress): boolean {
  return state !== 'waiting' && state !== 'running';
}

/** What has been counted in a cell so far; rows of a run that only counts are in {@link rowsOf}. */
export function countsOf({ record, ranges }: CellProgress): Counts {
  if (record !== null) return record.kind === 'counted' ? noCounts() : record.counts;
  return addCounts((ranges ?? []).map(({ counts }) => counts));
}

/** The ids that a cell's ranges have worked, and all of theirs; null until the cell has been opened. */
export function idsOf(cell: CellProgress): { worked: number; all: number } | null {
  if (cell.ranges === null) return null;
  let worked = 0;
  let all = 0;
  for (const { from, upTo, after, done } of cell.ranges) {
    // A range that --max-count ended has nothing more to do, wherever it stopped.
    worked += (done ? upTo : after) - from;
    all += upTo - from;
  }
  return hasEnded(cell) && cell.state !== 'failed' && cell.state !== 'stopped' ? { worked: all, all } : { worked, all };
}

/** The part of a cell's ids that is worked, from 0 to 1; null while it is not known. */
export function fractionOf(cell: CellProgress): number | null {
  if (cell.record !== null && cell.state !== 'failed') return 1;
  const ids = idsOf(cell);
  return ids === null ? null : ids.all === 0 ? 1 : ids.worked / ids.all;
}

/** A cell or a run in two numbers: instances, and those mapped in this run (or mappings, where it only counts). */
export function rowsOf(cell: CellProgress): { instances: number; mapped: number } {
  if (cell.record?.kind === 'counted') return { instances: cell.record.instances, mapped: cell.record.mappings };
  const { instances, mapped } = countsOf(cell);
  return { instances, mapped };
}

/** The sums over all cells, how many of them ended by themselves, and the part of all ids that is worked where every cell has been opened. */
export function sumOf(run: RunProgress): { instances: number; mapped: number; ended: number; fraction: number | null } {
  const sum = { instances: 0, mapped: 0, ended: 0 };
  let worked = 0;
  let all = 0;
  let known = run.cells.length > 0;
  for (const cell of run.cells) {
    const { instances, mapped } = rowsOf(cell);
    sum.instances += instances;
    sum.mapped += mapped;
    if (hasEnded(cell) && cell.state !== 'stopped') sum.ended += 1;
    const ids = idsOf(cell);
    if (ids === null) known &&= hasEnded(cell);
    else {
      worked += ids.worked;
      all += ids.all;
    }
  }
  return { ...sum, fraction: known && all > 0 ? worked / all : null };
}

/** Notes that a cell's child execution has begun. */
export function cellStarted(cell: CellProgress, atMs: number): void {
  if (cell.state !== 'waiting') return;
  cell.state = 'running';
  cell.startedAtMs = atMs;
  cell.pace = new Pace(atMs);
}

/** Notes how a cell ended; one that left no record was lost. */
export function cellEnded(cell: CellProgress, record: CellRecord | null, atMs: number): void {
  cell.record = record;
  cell.state = stateOf(record);
  cell.trouble = null;
  cell.startedAtMs ??= atMs;
  cell.endedAtMs = atMs;
}

/** Notes that a cell was stopped; it keeps what is known of its ranges. One that had not begun stays as it is. */
function cellStopped(cell: CellProgress, atMs: number): void {
  if (cell.state === 'waiting') return;
  cell.state = 'stopped';
  cell.trouble = null;
  cell.endedAtMs ??= atMs;
}

function stateOf(record: CellRecord | null): RunStatus {
  if (record === null || record.kind === 'failed') return 'failed';
  return record.kind === 'counted' ? 'complete' : cellStatus(record.counts, null);
}

/** Feeds the paces of the run and its cells after the numbers have changed. */
export function observePaces(run: RunProgress, nowMs: number): void {
  for (const cell of run.cells) {
    if (cell.state === 'running') cell.pace?.observe(nowMs, countsOf(cell).instances, fractionOf(cell));
  }
  const { instances, fraction } = sumOf(run);
  run.pace.observe(nowMs, instances, fraction);
}

/** Completes what the follower had no time to see, from the run's result document. */
export function runEnded(run: RunProgress, document: RunResult | CellsResult, nowMs: number): void {
  const known = new Map(run.cells.map((cell) => [cell.uuid, cell]));
  run.cells = document.cells.map((result) => {
    const cell = known.get(result.uuid) ?? newCellProgress(result);
    if ('status' in result && result.status === 'stopped') {
      cellStopped(cell, nowMs);
      return cell;
    }
    if (cell.record === null) cellEnded(cell, recordOf(result), cell.endedAtMs ?? nowMs);
    if ('status' in result) cell.state = result.status;
    return cell;
  });
  run.notice = null;
}

function recordOf(result: CellResult | CellListing): CellRecord {
  if ('status' in result) {
    const { samples, lastInstanceId, error } = result;
    const reached = { counts: result, samples, lastInstanceId };
    return error === null
      ? { kind: 'mapped', ...reached }
      : { kind: 'failed', ...reached, error: { Error: error.name, Cause: '' } };
  }
  const { instances, mappings, error } = result;
  if (error === null) return { kind: 'counted', instances: instances ?? 0, mappings: mappings ?? 0 };
  return {
    kind: 'failed',
    counts: noCounts(),
    samples: [],
    lastInstanceId: null,
    error: { Error: error.name, Cause: '' },
  };
}
