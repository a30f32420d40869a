import { faultOf } from '../contract/caught-error.ts';
import { sumRanges } from '../domain/range.ts';
import { type CellResult, cellStatus, emptyCellResult, foldRun, type RunResult } from '../domain/result.ts';
import { worstStatus } from '../domain/run-status.ts';
import type { CellProgress, RunProgress } from './progress.ts';

/**
 * The result document of a run that was stopped before it could write one: the records of the cells that had ended,
 * and the last progress seen of the others. An interrupted turn of a range may have mapped a little more.
 */
export function stoppedResult(progress: RunProgress, run: { startedAt: string; seconds: number }): RunResult {
  const folded = foldRun(run, progress.cells.map(resultOf));
  return { ...folded, status: worstStatus([folded.status, 'stopped']) };
}

function resultOf({ uuid, name, record, ranges }: CellProgress): CellResult {
  if (record?.kind !== 'mapped' && record?.kind !== 'failed') {
    const { counts, samples, lastInstanceId, pauses } = sumRanges(ranges ?? []);
    return { ...emptyCellResult({ uuid, name }, 'stopped', null), ...counts, samples, lastInstanceId, pauses };
  }
  const { counts, samples, lastInstanceId, pauses } = record;
  const error = record.kind === 'failed' ? faultOf(record.error) : null;
  return { uuid, name, status: cellStatus(counts, error), ...counts, samples, lastInstanceId, pauses, error };
}
