import { addCounts, type Counts, noCounts, type Totals, totalsOf } from './counts.ts';
import type { Pause } from './pause.ts';
import { addPlans, type Plan } from './plan.ts';
import type { DatabasePreflight } from './preflight.ts';
import type { Fault } from './range.ts';
import { type RunStatus, worstStatus } from './run-status.ts';
import type { Sample } from './sample.ts';
import type { Cost } from './usage.ts';

/** The version of the result document; it changes when a reader of the old one would misunderstand the new one. */
export const RESULT_VERSION = 1;

/** What became of one cell. */
export interface CellResult extends Counts {
  uuid: string;
  name: string | null;
  status: RunStatus;
  samples: Sample[];
  /** The highest `instances.id` that was seen, or null where none was. */
  lastInstanceId: number | null;
  /** How its writers held back, and why. */
  pauses: Pause[];
  error: Fault | null;
}

/** What became of a run: the result document. Where `usage` is not there, nobody counted: the run was stopped. */
export interface RunResult {
  version: typeof RESULT_VERSION;
  mode: 'map';
  status: RunStatus;
  /** ISO 8601, UTC. */
  startedAt: string;
  seconds: number;
  totals: Totals;
  cells: CellResult[];
  usage?: Cost;
}

/** What `map` would make of one cell: its counts are those of a look, so that nothing is `mapped`. */
export interface PlannedCell extends CellResult {
  /** What `map` would insert, at most --max-count; null where the cell could not be read to its end. */
  plan: Plan | null;
}

/** What a run of `map` would do: the result document of a plan. */
export interface PlanResult extends Omit<RunResult, 'mode' | 'cells'> {
  mode: 'plan';
  /** The API database first, then those of the cells. */
  preflight: DatabasePreflight[];
  /** The sum over the cells that could be read. */
  plan: Plan;
  cells: PlannedCell[];
  /** What `map` will use. */
  estimate?: Cost;
}

/** How many rows a cell has, and where; its document is that of mode `cells`. */
export interface CellListing {
  uuid: string;
  name: string | null;
  disabled: boolean;
  /** `host:port/database`, or null where the cell's URL cannot be read. */
  database: string | null;
  /** Rows of the cell's `instances`, of every kind; null where they could not be counted. */
  instances: number | null;
  /** Rows of `instance_mappings` that point to the cell. */
  mappings: number | null;
  error: Fault | null;
}

/** The cells and what is in them. */
export interface CellsResult {
  version: typeof RESULT_VERSION;
  mode: 'cells';
  status: RunStatus;
  startedAt: string;
  seconds: number;
  cells: CellListing[];
  usage?: Cost;
}

/** How a cell ended, from what was counted and the error that ended it. */
export function cellStatus(counts: Counts, error: Fault | null): RunStatus {
  if (error !== null) return 'failed';
  if (counts.unmapped > 0) return 'more-remain';
  const { otherCell, noCell } = counts.conflicts;
  const { noProject, refused } = counts.setAside;
  const needsLook = otherCell + noCell + noProject + refused + counts.wrongDetails > 0;
  return needsLook ? 'needs-attention' : 'complete';
}

const NOTHING_KNOWN = { ...noCounts(), samples: [], lastInstanceId: null, pauses: [] };

/** The result of a cell of which nothing is known but how it ended. */
export function emptyCellResult(
  cell: { uuid: string; name: string | null },
  status: RunStatus,
  error: Fault | null,
): CellResult {
  return { uuid: cell.uuid, name: cell.name, status, ...NOTHING_KNOWN, error };
}

/** Rounds a length of time in milliseconds to seconds with one decimal. */
export function toSeconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}

/** Folds the results of the cells into the run's. */
export function foldRun(run: { startedAt: string; seconds: number }, cells: CellResult[]): RunResult {
  return {
    version: RESULT_VERSION,
    mode: 'map',
    status: worstStatus(cells.map(({ status }) => status)),
    startedAt: run.startedAt,
    seconds: run.seconds,
    totals: totalsOf(addCounts(cells)),
    cells,
  };
}

/** Folds the plans of the cells into the run's. */
export function foldPlan(
  run: { startedAt: string; seconds: number },
  cells: PlannedCell[],
  preflight: DatabasePreflight[],
): PlanResult {
  const { version, status, startedAt, seconds, totals } = foldRun(run, cells);
  const plan = addPlans(cells.flatMap((cell) => cell.plan ?? []));
  return { version, mode: 'plan', status, startedAt, seconds, preflight, totals, plan, cells };
}

/** The plan of a run that could not even list its cells. */
export function failedPlan(run: { startedAt: string; seconds: number }, preflight: DatabasePreflight[]): PlanResult {
  return { ...foldPlan(run, [], preflight), status: 'failed' };
}

/** Folds what was found out about the cells into a document; a cell that could not be looked at fails it. */
export function foldCells(run: { startedAt: string; seconds: number }, cells: CellListing[]): CellsResult {
  return {
    version: RESULT_VERSION,
    mode: 'cells',
    status: cells.some(({ error }) => error !== null) ? 'failed' : 'complete',
    startedAt: run.startedAt,
    seconds: run.seconds,
    cells,
  };
}
