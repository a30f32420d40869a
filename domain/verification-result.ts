import { type Change, sumOfClasses } from './change.ts';
import {
  type ClassName,
  classes,
  classNames,
  type InstanceFacts,
  type MappingRow,
  type Verdict,
} from './classification.ts';
import type { Digest } from './digest.ts';
import type { ClassCounts, VerdictSample } from './examine.ts';
import type { ProjectQuota } from './quota.ts';
import type { Fault } from './range.ts';
import type { RESULT_VERSION } from './result.ts';
import { type RunStatus, worstStatus } from './run-status.ts';
import type { Cost } from './usage.ts';

/** What was found out about a cell and the mappings to it. */
export interface CellVerification {
  uuid: string;
  name: string | null;
  status: RunStatus;
  /** Visible instances; hidden ones and placeholders not. */
  instances: number;
  /** Mappings to the cell whose instance is visible nowhere. */
  mappingsAlone: number;
  /** Both by class. */
  classes: ClassCounts;
  hidden: number;
  /** Rows of `instances` with the all-zero uuid. */
  placeholderInstances: number;
  samples: VerdictSample[];
  /** What both databases computed of the whole cell; equal where every mapping is right. Null where it was not read. */
  digests: { instances: Digest; mappings: Digest } | null;
  /** Plain SQL with which the digests can be checked by hand, in the cell's and in the API database. */
  sql: { instances: string; mappings: string } | null;
  error: Fault | null;
}

/** A project of which Nova's quota counts another number than there is. */
export interface WrongQuota extends ProjectQuota {
  project: string;
}

/** What `verify` found out; with `repair`, what it changed besides. */
export interface VerifyResult {
  version: typeof RESULT_VERSION;
  mode: 'verify' | 'repair';
  status: RunStatus;
  startedAt: string;
  seconds: number;
  /** Nothing was left out, so that what depends on all cells could be decided. */
  everyCellRead: boolean;
  totals: ClassCounts;
  cells: CellVerification[];
  /** The mappings without a cell whose instance is visible nowhere. */
  withoutCell: { mappings: number; classes: ClassCounts; samples: VerdictSample[] };
  /** Null where not every cell was read: the truth is not known then. */
  quota: { projects: number; counted: number; live: number; wrong: WrongQuota[] } | null;
  /** Only of `repair`. */
  repair?: RepairSummary;
  /** What ended the run as a whole. */
  error: Fault | null;
  usage?: Cost;
}

/** What a repair did, or would do. */
export interface RepairSummary {
  classes: ClassName[];
  /** False for a dry run. */
  applied: boolean;
  /** The changes there are to make, by class. */
  planned: Partial<Record<ClassName, number>>;
  /** Those that were made. */
  made: Partial<Record<ClassName, number>>;
  /** Planned but not made, because the row had changed since it was seen, or a build had begun; some of them. */
  leftAlone: { number: number; samples: string[] };
  /**
   * Of the named classes, what cannot be repaired: something else stands in the way, or it cannot be told because not
   * every cell was read.
   */
  notRepairable: number;
  /** The first changes, as they would be or were made. */
  samples: Change[];
  /** The prefix of the S3 keys of the changes, from which they can be undone; null where none was planned. */
  changes: string | null;
}

/** What `undo` put back. */
export interface UndoResult {
  version: typeof RESULT_VERSION;
  mode: 'undo';
  status: RunStatus;
  startedAt: string;
  seconds: number;
  changes: number;
  putBack: number;
  /** Rows that are not as the repair left them: some of their instances. */
  leftAlone: { number: number; samples: string[] };
  error: Fault | null;
  usage?: Cost;
}

/** Where an instance is and what its mapping says. */
export interface ExplainResult {
  version: typeof RESULT_VERSION;
  mode: 'explain';
  status: RunStatus;
  startedAt: string;
  seconds: number;
  uuid: string;
  mapping: (Omit<MappingRow, 'cellId'> & { cell: string | null }) | null;
  buildRequest: boolean;
  everyCellRead: boolean;
  /** Every cell, with its row of the instance where it has one. */
  cells: {
    uuid: string;
    name: string | null;
    instance: Omit<InstanceFacts, 'cell'> | null;
    error: Fault | null;
  }[];
  /** None where neither an instance nor a mapping has the uuid. */
  verdicts: Verdict[];
  error: Fault | null;
  usage?: Cost;
}

/** How a cell, or the mappings without one, is to be called. */
export function verificationStatus(counts: ClassCounts, error: Fault | null): RunStatus {
  if (error !== null) return 'failed';
  return isAllowed(counts) ? 'complete' : 'needs-attention';
}

/** Whether a cloud with these counts is as it should be. */
export function isAllowed(counts: ClassCounts): boolean {
  return classNames.every((name) => classes[name].allowed || counts[name] === 0);
}

/** The status of a repair: what it would do or has left undone comes before what `verify` would say. */
export function repairStatus(repair: RepairSummary, error: Fault | null): RunStatus {
  if (error !== null) return 'failed';
  const planned = sumOfClasses(repair.planned);
  if (!repair.applied) return planned > 0 ? 'more-remain' : repair.notRepairable > 0 ? 'needs-attention' : 'complete';
  return sumOfClasses(repair.made) < planned || repair.notRepairable > 0 ? 'needs-attention' : 'complete';
}

/** The run's status: the worst of its parts'. */
export function verifyStatus(result: Pick<VerifyResult, 'cells' | 'withoutCell' | 'error'>): RunStatus {
  return worstStatus([
    ...result.cells.map(({ status }) => status),
    verificationStatus(result.withoutCell.classes, result.error),
  ]);
}
