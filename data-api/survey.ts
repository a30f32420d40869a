import type { Instance } from '../domain/instance.ts';
import { ROWS_LOOKED_ON, type SurveyPoint, surveyIds } from '../domain/survey.ts';
import type { Database } from './database.ts';
import { type InstanceRow, toInstance } from './stores.ts';
import { surveyInstances, surveyMappings, surveyRows } from './survey-sql.ts';

/** Looks how rows are distributed over a cell's ids. */
export async function surveyCell(cell: Database, minId: number, maxId: number): Promise<SurveyPoint[]> {
  const ids = surveyIds(minId, maxId);
  const rows = await cell.query<{ k: number; o: number; i: number }>(
    surveyRows(ids, ROWS_LOOKED_ON),
    parametersOf(ids),
  );
  const points = ids.map((at): SurveyPoint => ({ at, first: null, farther: null, mapped: null }));
  for (const { k, o, i } of rows) {
    const point = points[k];
    if (point !== undefined) point[o === 0 ? 'first' : 'farther'] = i;
  }
  return points;
}

/** The next instance that can be mapped at each place of a survey, in its order; null where none is near. */
export async function instancesAt(cell: Database, points: readonly SurveyPoint[]): Promise<(Instance | null)[]> {
  const ids = points.map(({ at }) => at);
  const rows = await cell.query<InstanceRow & { k: number }>(surveyInstances(ids, ROWS_LOOKED_ON), parametersOf(ids));
  const instances = points.map((): Instance | null => null);
  for (const row of rows) instances[row.k] = toInstance(row);
  return instances;
}

/** Which part of the mappings points to some cells, from 0 to 1, by a sample. */
export async function shareOfMappings(
  api: Database,
  { minId, maxId }: { minId: number; maxId: number },
  cellIds: readonly number[],
): Promise<number> {
  const ids = surveyIds(minId, maxId);
  const rows = await api.query<{ c: number | null }>(surveyMappings(ids), parametersOf(ids));
  return rows.filter(({ c }) => c !== null && cellIds.includes(c)).length / Math.max(1, rows.length);
}

function parametersOf(ids: readonly number[]): Record<string, number> {
  return Object.fromEntries(ids.map((id, index) => [`p${index}`, id]));
}
