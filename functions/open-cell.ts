import { NamedError } from '../contract/errors.ts';
import { isVerifying, type Opened, type OpenedCell, openCellSchema, type Settings } from '../contract/payloads.ts';
import { readBounds, readCell } from '../data-api/cells.ts';
import type { Database } from '../data-api/database.ts';
import { instancesAt, surveyCell } from '../data-api/survey.ts';
import { newComparison } from '../domain/compare.ts';
import { digestRanges } from '../domain/digest-range.ts';
import { isMappable } from '../domain/instance.ts';
import { splitRanges, sumRanges } from '../domain/range.ts';
import { type Interval, intervalsOf, isWorthASurvey, type SurveyPoint, wholeCell } from '../domain/survey.ts';
import { cellStates, statesUsed } from '../domain/transitions.ts';
import { apiDatabase, cellDatabase, findDatabase, mappingStore } from './databases.ts';
import { checkCellDatabase } from './preflight.ts';
import { step } from './step.ts';

/** Finds the cell's database, and splits its instances into ranges. */
export const handler = step(openCellSchema, async ({ settings, uuid }, { logger, deadline }): Promise<Opened> => {
  const row = await readCell(apiDatabase(deadline), uuid);
  if (row === undefined) {
    throw new NamedError('UnknownCell', `Cell ${uuid} has been removed from cell_mappings since the run began.`);
  }
  const { id, name } = row;
  const { mode, pageSize, rangesAtOnce } = settings;
  if (mode === 'plan') await checkCellDatabase(row, settings.run, deadline);
  const source = await findDatabase(row, deadline);
  const database = cellDatabase(row, source, deadline);
  const { minId, maxId } = await readBounds(database);
  const opened = { id, uuid, name, source, maxId: maxId ?? 0 };
  const maps = mode === 'map' || mode === 'plan';
  const intervals = maps ? await survey(settings, opened, database, { minId, maxId }, deadline) : [];
  const most = settings.maxCount === null ? rangesAtOnce : 1;
  const ranges = maps ? splitRanges({ minId, maxId, intervals, most, pageSize }) : [];
  const digests = isVerifying(mode) ? digestRanges(minId, maxId, rangesAtOnce) : [];
  const passedOver = ranges.some(({ kind }) => kind === 'passOver');
  logger.info('cell opened', {
    cell: uuid,
    minId,
    maxId,
    ranges: ranges.length + digests.length,
    passedOver,
  });
  return {
    cell: { ...opened, passedOver, doubtful: [] },
    ranges,
    settled: { sum: sumRanges([]), turns: [], noProject: 0 },
    digests,
    comparison: newComparison(pageSize),
    usage: statesUsed(isVerifying(mode) ? cellStates.compared : cellStates.mapped),
  };
});

/** How the cell's rows are distributed, and what seems to be mapped; a small cell is one interval. */
async function survey(
  settings: Settings,
  cell: Pick<OpenedCell, 'id'>,
  database: Database,
  { minId, maxId }: { minId: number | null; maxId: number | null },
  deadline: AbortSignal,
): Promise<Interval[]> {
  if (minId === null || maxId === null) return [];
  const needsNone = settings.rangesAtOnce === 1 && !settings.passOver;
  if (needsNone || !isWorthASurvey(minId, maxId)) return wholeCell(minId, maxId);
  const points = await surveyCell(database, minId, maxId);
  if (settings.passOver) await lookAt(points, cell, database, deadline);
  return intervalsOf(points, maxId);
}

/** Notes at each place of a survey whether the next instance is mapped to the cell. */
async function lookAt(
  points: SurveyPoint[],
  cell: Pick<OpenedCell, 'id'>,
  database: Database,
  deadline: AbortSignal,
): Promise<void> {
  const instances = await instancesAt(database, points);
  const page = instances.filter((instance) => instance !== null).filter(isMappable);
  if (page.length === 0) return;
  const findings = await (await mappingStore(cell, deadline)).look(page);
  const elsewhere = new Set(
    findings.filter(({ state }) => state !== 'wrongDetails').map(({ index }) => page[index]?.uuid),
  );
  for (const [index, point] of points.entries()) {
    const instance = instances[index] ?? null;
    point.mapped = instance === null ? null : !elsewhere.has(instance.uuid);
  }
}
