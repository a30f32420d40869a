import { type CellEnd, cellFailedSchema } from '../contract/payloads.ts';
import { type CellRecord, resultKeys } from '../contract/results.ts';
import { addSums, sumRanges } from '../domain/range.ts';
import { cellStates, statesUsed } from '../domain/transitions.ts';
import { addUsage } from '../domain/usage.ts';
import { writeResult } from './clients.ts';
import { step } from './step.ts';

/** Records that a cell failed, with the error as it came and whatever its ranges had counted. */
export const handler = step(
  cellFailedSchema,
  async ({ settings, uuid, opened, ranges = [], error }, { logger, deadline, usage }): Promise<CellEnd> => {
    const worked = sumRanges(ranges.map(({ progress }) => progress));
    const { gaps: _, ...sum } = opened === undefined ? worked : addSums([opened.settled.sum, worked]);
    const used = addUsage([sum.usage, opened?.usage ?? statesUsed(cellStates.failed), usage()]);
    const record: CellRecord = { kind: 'failed', ...sum, usage: used, error };
    await writeResult(resultKeys.cell(settings.run, uuid), record, deadline);
    logger.warn('cell failed', { cell: uuid, error: error.Error });
    return { uuid, status: 'failed' };
  },
);
