import { NamedError } from '../contract/errors.ts';
import { isVerifying, type OpenedCell, openCellSchema } from '../contract/payloads.ts';
import { readBounds, readCell } from '../data-api/cells.ts';
import { type CompareProgress, newComparison } from '../domain/compare.ts';
import { type DigestProgress, digestRanges } from '../domain/digest-range.ts';
import { type RangeProgress, splitRanges } from '../domain/range.ts';
import { apiDatabase, cellDatabase, findDatabase } from './databases.ts';
import { checkCellDatabase } from './preflight.ts';
import { step } from './step.ts';

/** A cell, and what is to be done in it. */
interface Opened {
  cell: OpenedCell;
  /** The ranges to map; none in a run that only counts or verifies. */
  ranges: RangeProgress[];
  /** The ranges to digest; none in a run that does not verify. */
  digests: DigestProgress[];
  comparison: CompareProgress;
}

/** Finds the cell's database, and splits its instances into ranges. */
export const handler = step(openCellSchema, async ({ settings, uuid }, { logger, deadline }): Promise<Opened> => {
  const row = await readCell(apiDatabase(deadline), uuid);
  if (row === undefined) {
    throw new NamedError('UnknownCell', `Cell ${uuid} has been removed from cell_mappings since the run began.`);
  }
  const { id, name } = row;
  if (settings.mode === 'plan') await checkCellDatabase(row, settings.run, deadline);
  const source = await findDatabase(row, deadline);
  const { minId, maxId } = await readBounds(cellDatabase(row, source, deadline));
  const most = settings.maxCount === null ? settings.rangesAtOnce : 1;
  const { mode, pageSize, rangesAtOnce } = settings;
  const opened = {
    cell: { id, uuid, name, source, maxId: maxId ?? 0 },
    ranges: mode === 'map' || mode === 'plan' ? splitRanges(minId, maxId, most, pageSize) : [],
    digests: isVerifying(mode) ? digestRanges(minId, maxId, rangesAtOnce) : [],
    comparison: newComparison(pageSize),
  };
  const ranges = opened.ranges.length + opened.digests.length;
  logger.info('cell opened', { run: settings.run, cell: uuid, minId, maxId, ranges });
  return opened;
});
