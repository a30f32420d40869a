import { faultOf } from '../contract/caught-error.ts';
import type { CaughtError, Settings } from '../contract/payloads.ts';
import { addChanges, sumOfClasses } from '../domain/change.ts';
import { RESULT_VERSION } from '../domain/result.ts';
import type { UndoResult } from '../domain/verification-result.ts';
import { timesOf } from './ended-cells.ts';
import type { ChangeCounts } from './ended-changes.ts';

/** The document of a run that puts back what a repair changed. */
export function undoDocument(
  settings: Settings,
  changed: readonly ChangeCounts[],
  mapError: CaughtError | undefined,
): UndoResult {
  const error = mapError === undefined ? null : faultOf(mapError);
  const { made, leftAlone } = addChanges(changed);
  const putBack = sumOfClasses(made);
  return {
    version: RESULT_VERSION,
    mode: 'undo',
    status: error !== null ? 'failed' : leftAlone.number > 0 ? 'needs-attention' : 'complete',
    ...timesOf(settings),
    changes: putBack + leftAlone.number,
    putBack,
    leftAlone,
    error,
  };
}
