import type { ListedCell } from '../../contract/results.ts';
import { addClassCounts, type ClassCounts, noClassCounts, type VerdictSample } from '../../domain/examine.ts';
import { RESULT_VERSION } from '../../domain/result.ts';
import type { RunStatus } from '../../domain/run-status.ts';
import {
  type CellVerification,
  type ExplainResult,
  type RepairSummary,
  type UndoResult,
  type VerifyResult,
  verificationStatus,
  verifyStatus,
} from '../../domain/verification-result.ts';
import { cellNumber } from './harness.ts';

/** A cell as a verification may find it: all of its instances correct, but for the classes that are given. */
export function verifiedCell(
  cell: Pick<ListedCell, 'uuid' | 'name'>,
  instances: number,
  others: Partial<ClassCounts> = {},
  samples: VerdictSample[] = [],
): CellVerification {
  const wrong = Object.values(others).reduce((sum, number) => sum + number, 0);
  const counts = addClassCounts([{ correct: instances - wrong }, others]);
  return {
    uuid: cell.uuid,
    name: cell.name,
    status: verificationStatus(counts, null),
    instances,
    mappingsAlone: 0,
    classes: counts,
    hidden: 0,
    placeholderInstances: 0,
    samples,
    digests: null,
    sql: null,
    error: null,
  };
}

/** The document of a verification that found these cells. */
export function verifyDocument(cells: CellVerification[], others: Partial<VerifyResult> = {}): VerifyResult {
  const withoutCell = { mappings: 0, classes: noClassCounts(), samples: [], ...others.withoutCell };
  return {
    version: RESULT_VERSION,
    mode: 'verify',
    status: verifyStatus({ cells, withoutCell, error: null }),
    startedAt: '2026-11-22T14:05:01Z',
    seconds: 4.2,
    everyCellRead: true,
    totals: addClassCounts([...cells.map((cell) => cell.classes), withoutCell.classes]),
    cells,
    quota: { projects: 3, counted: 10, live: 10, wrong: [] },
    error: null,
    ...others,
    withoutCell,
  };
}

/** The document of a repair that ended so; nothing was planned unless it is given. */
export function repairDocument(status: RunStatus, repair: Partial<RepairSummary> = {}): VerifyResult {
  const summary: RepairSummary = {
    classes: ['wrongDetails'],
    applied: true,
    planned: {},
    made: {},
    leftAlone: { number: 0, samples: [] },
    notRepairable: 0,
    samples: [],
    changes: null,
    ...repair,
  };
  return verifyDocument([verifiedCell(cellNumber(1), 10)], { mode: 'repair', status, repair: summary });
}

/** The document of an undo. */
export function undoDocument(putBack: number, leftAlone: number): UndoResult {
  const samples = Array.from({ length: Math.min(leftAlone, 20) }, (_, number) => `instance-${number}`);
  return {
    version: RESULT_VERSION,
    mode: 'undo',
    status: leftAlone > 0 ? 'needs-attention' : 'complete',
    startedAt: '2026-11-22T14:05:01Z',
    seconds: 1,
    changes: putBack + leftAlone,
    putBack,
    leftAlone: { number: leftAlone, samples },
    error: null,
  };
}

/** The document of an explanation: nothing is known of the instance but what is given. */
export function explainDocument(others: Partial<ExplainResult> = {}): ExplainResult {
  const cells = [cellNumber(1), cellNumber(2)].map(({ uuid, name }) => ({ uuid, name, instance: null, error: null }));
  return {
    version: RESULT_VERSION,
    mode: 'explain',
    status: 'needs-attention',
    startedAt: '2026-11-22T14:05:01Z',
    seconds: 1,
    uuid: 'eb0e61d0-a371-4830-a35d-4e3256af5b3d',
    mapping: null,
    buildRequest: false,
    everyCellRead: true,
    cells,
    verdicts: [],
    error: null,
    ...others,
  };
}
