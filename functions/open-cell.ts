import { NamedError } from '../contract/errors.ts';
import { type OpenedCell, openCellSchema } from '../contract/payloads.ts';
import { readBounds, readCell } from '../data-api/cells.ts';
import { type RangeProgress, splitRanges } from '../domain/range.ts';
import { apiDatabase, cellDatabase, findDatabase } from './databases.ts';
import { step } from './step.ts';

/** Finds the cell's database, and splits its instances into ranges. A run that only counts has no ranges. */
export const handler = step(
  openCellSchema,
  async ({ settings, uuid }, { logger, deadline }): Promise<{ cell: OpenedCell; ranges: RangeProgress[] }> => {
    const row = await readCell(apiDatabase(deadline), uuid);
    if (row === undefined) {
      throw new NamedError('UnknownCell', `Cell ${uuid} has been removed from cell_mappings since the run began.`);
    }
    const { id, name } = row;
    const source = await findDatabase(row, deadline);
    const { minId, maxId } = await readBounds(cellDatabase(row, source, deadline));
    const most = settings.maxCount === null ? settings.rangesAtOnce : 1;
    const ranges = settings.mode === 'cells' ? [] : splitRanges(minId, maxId, most, settings.pageSize);
    logger.info('cell opened', { run: settings.run, cell: uuid, minId, maxId, ranges: ranges.length });
    return { cell: { id, uuid, name, source, maxId: maxId ?? 0 }, ranges };
  },
);
