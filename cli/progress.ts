import { type CaughtError, isVerifying, type Mode } from '../contract/payloads.ts';
import type { CellRecord, ListedCell } from '../contract/results.ts';
import { cellLabel } from '../domain/cell.ts';
import type { CompareProgress } from '../domain/compare.ts';
import { addCounts, type Counts, noCounts } from '../domain/counts.ts';
import type { DigestProgress } from '../domain/digest-range.ts';
import type { Fault, RangeProgress } from '../domain/range.ts';
import { type CellListing, type CellResult, cellStatus } from '../domain/result.ts';
import type { RunStatus } from '../domain/run-status.ts';
import { noUsage } from '../domain/usage.ts';
import type { CellVerification } from '../domain/verification-result.ts';
import { Pace } from './pace.ts';
import type { Phase } from './phase.ts';
import type { ResultDocument } from './records.ts';

/**
 * How a cell stands: not begun, being worked, read with something left for the second look, or the status it ended
 * with.
 */
export type CellState = 'waiting' | 'running' | 'looking-again' | RunStatus;

/** What is known of a cell while the run goes on. */
export interface CellProgress {
  uuid: string;
  name: string | null;
  /** For people. */
  label: string;
  state: CellState;
  /** Null until the cell has been opened. */
  ranges: RangeProgress[] | null;
  /** The ranges to digest; none where nothing is verified. */
  digests: DigestProgress[];
  /** Null until rows are compared. */
  comparison: CompareProgress | null;
  /** What the cell left when it ended. */
  record: CellRecord | null;
  /** What was found out about it, from the result document of a verification. */
  verified: CellVerification | null;
  /** The name of the error that its newest attempt met; the orchestrator is trying again. */
  trouble: string | null;
  startedAtMs: number | null;
  endedAtMs: number | null;
  pace: Pace | null;
}

/** What is known of a run while it goes on: what the follower writes and the display shows. */
export interface RunProgress {
  mode: Mode;
  startedAtMs: number;
  /** Null while the run goes on. */
  endedAtMs: number | null;
  /** Empty until the run has listed them. */
  cells: CellProgress[];
  pace: Pace;
  /** What the run as a whole is about; null where only its cells tell. */
  phase: Phase | null;
  /** What a person should know besides, such as that AWS does not answer. */
  notice: string | null;
}

/** A run of which nothing is known yet. */
export function newRunProgress(mode: Mode, startedAtMs: number): RunProgress {
  return { mode, startedAtMs, endedAtMs: null, cells: [], pace: new Pace(startedAtMs), phase: null, notice: null };
}

/** A cell that waits for its turn. */
export function newCellProgress({ uuid, name }: Pick<ListedCell, 'uuid' | 'name'>): CellProgress {
  return {
    uuid,
    name,
    label: cellLabel({ uuid, name }),
    state: 'waiting',
    ranges: null,
    digests: [],
    comparison: null,
    record: null,
    verified: null,
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

/** What has been counted in a cell that is mapped; rows of other runs are in {@link rowsOf}. */
export function countsOf({ record, ranges }: CellProgress): Counts {
  if (record !== null) return 'counts' in record ? record.counts : noCounts();
  return addCounts((ranges ?? []).map(({ counts }) => counts));
}

/** The ids that a cell's ranges have worked, and all of theirs; null until the cell has been opened. */
export function idsOf(cell: CellProgress): { worked: number; all: number } | null {
  if (cell.ranges === null) return null;
  let worked = 0;
  let all = 0;
  for (const { from, upTo, after, done } of [...cell.ranges, ...cell.digests]) {
    // A range that --max-count ended has nothing more to do, wherever it stopped.
    worked += (done ? upTo : after) - from;
    all += upTo - from;
  }
  return hasEnded(cell) && cell.state !== 'failed' && cell.state !== 'stopped' ? { worked: all, all } : { worked, all };
}

/** The part of a cell's ids that is worked, from 0 to 1; null while it is not known. */
export function fractionOf(cell: CellProgress): number | null {
  if ((cell.record !== null || cell.verified !== null) && cell.state !== 'failed') return 1;
  const ids = idsOf(cell);
  return ids === null ? null : ids.all === 0 ? 1 : ids.worked / ids.all;
}

/** A cell or a run in two numbers. */
export interface Rows {
  instances: number;
  /** What the run is about: mapped in this run, to be mapped, right already, or mappings where it only counts. */
  outcome: number;
}

/** How many instances of a cell have been read, and what came of them. A verification knows it only at the end. */
export function rowsOf({ mode }: Pick<RunProgress, 'mode'>, cell: CellProgress): Rows {
  const { verified, record } = cell;
  if (verified !== null) return { instances: verified.instances, outcome: verified.classes.correct };
  if (record?.kind === 'compared') return { instances: record.digests.instances.rows, outcome: record.correct };
  if (record?.kind === 'counted') return { instances: record.instances, outcome: record.mappings };
  const { instances, mapped, unmapped } = countsOf(cell);
  return { instances, outcome: mode === 'plan' ? unmapped : mapped };
}

/** The sums over all cells, how many of them ended by themselves, and the part of all ids that is worked where every cell has been opened. */
export function sumOf(run: RunProgress): Rows & { ended: number; fraction: number | null } {
  const sum = { instances: 0, outcome: 0, ended: 0 };
  let worked = 0;
  let all = 0;
  let known = run.cells.length > 0;
  for (const cell of run.cells) {
    const { instances, outcome } = rowsOf(run, cell);
    sum.instances += instances;
    sum.outcome += outcome;
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

function stateOf(record: CellRecord | null): CellState {
  if (record === null || record.kind === 'failed') return 'failed';
  if (record.kind === 'compared') return suspectsOf(record) > 0 ? 'looking-again' : 'complete';
  return record.kind === 'counted' ? 'complete' : cellStatus(record.counts, null);
}

/** How many instances and mappings of a cell the first look found not simply right. */
export function suspectsOf(record: CellRecord | null): number {
  return record?.kind === 'compared' ? record.suspects.reduce((sum, number) => sum + number, 0) : 0;
}

/** Feeds the paces of the run and its cells after the numbers have changed. */
export function observePaces(run: RunProgress, nowMs: number): void {
  for (const cell of run.cells) {
    if (cell.state === 'running') cell.pace?.observe(nowMs, workDone(run, cell), fractionOf(cell));
  }
  const done = run.cells.reduce((sum, cell) => sum + workDone(run, cell), 0);
  run.pace.observe(nowMs, done, sumOf(run).fraction);
}

/** What the pace goes by: instances that were read or, where they are only digested, ids. */
function workDone(run: RunProgress, cell: CellProgress): number {
  return isVerifying(run.mode) ? (idsOf(cell)?.worked ?? 0) : rowsOf(run, cell).instances;
}

/** Whether the run goes over its cells one by one, so that each of them has something to show. */
export function goesOverCells({ mode }: Pick<RunProgress, 'mode'>): boolean {
  return mode !== 'explain' && mode !== 'undo';
}

/** Completes what the follower had no time to see, from the run's result document. */
export function runEnded(run: RunProgress, document: ResultDocument, nowMs: number): void {
  run.notice = null;
  run.phase = null;
  if (document.mode === 'explain' || document.mode === 'undo') return;
  const known = new Map(run.cells.map((cell) => [cell.uuid, cell]));
  run.cells = document.cells.map((result) => {
    const cell = known.get(result.uuid) ?? newCellProgress(result);
    if ('status' in result && result.status === 'stopped') {
      cellStopped(cell, nowMs);
      return cell;
    }
    if ('classes' in result) cell.verified = result;
    if (cell.record === null) cellEnded(cell, recordOf(result), cell.endedAtMs ?? nowMs);
    if ('status' in result) cell.state = result.status;
    return cell;
  });
}

/** Notes that a run was stopped of which there is no document. */
export function runStopped(run: RunProgress, nowMs: number): void {
  run.notice = null;
  run.phase = null;
  for (const cell of run.cells) if (!hasEnded(cell)) cellStopped(cell, nowMs);
}

/** The record of a cell that ended as the document says; null where it left all there is to tell in the document. */
function recordOf(result: CellResult | CellListing | CellVerification): CellRecord | null {
  const { error } = result;
  if ('lastInstanceId' in result) {
    const { samples, lastInstanceId, pauses } = result;
    const reached = { counts: result, samples, lastInstanceId, pauses, usage: noUsage() };
    return error === null ? { kind: 'mapped', ...reached } : { kind: 'failed', ...reached, error: caught(error) };
  }
  if (error !== null) {
    const nothing = { counts: noCounts(), samples: [], lastInstanceId: null, pauses: [], usage: noUsage() };
    return { kind: 'failed', ...nothing, error: caught(error) };
  }
  if ('classes' in result) return null;
  return { kind: 'counted', instances: result.instances ?? 0, mappings: result.mappings ?? 0, usage: noUsage() };
}

function caught({ name }: Fault): CaughtError {
  return { Error: name, Cause: '' };
}
