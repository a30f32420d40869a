import { type CellEnd, cellFailedSchema } from '../contract/payloads.ts';
import { type CellRecord, resultKeys } from '../contract/results.ts';
import { sumRanges } from '../domain/range.ts';
import { writeResult } from './clients.ts';
import { step } from './step.ts';

/** Records that a cell failed, with the error as it came and whatever its ranges had counted. */
export const handler = step(
  cellFailedSchema,
  async ({ settings, uuid, ranges = [], error }, { logger, deadline }): Promise<CellEnd> => {
    const record: CellRecord = { kind: 'failed', ...sumRanges(ranges.map(({ progress }) => progress)), error };
    await writeResult(resultKeys.cell(settings.run, uuid), record, deadline);
    logger.warn('cell failed', { run: settings.run, cell: uuid, error: error.Error });
    return { uuid, status: 'failed' };
  },
);
