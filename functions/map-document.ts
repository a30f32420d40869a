import { faultOf } from '../contract/caught-error.ts';
import type { Settings } from '../contract/payloads.ts';
import {
  type CellListing,
  type CellResult,
  type CellsResult,
  cellStatus,
  emptyCellResult,
  foldCells,
  foldPlan,
  foldRun,
  type PlanResult,
  type RunResult,
} from '../domain/result.ts';
import { type EndedCell, timesOf } from './ended-cells.ts';
import { readPreflight } from './preflight.ts';

/** The document of a run that maps. */
export function mapDocument(settings: Settings, cells: readonly EndedCell[]): RunResult {
  return foldRun(timesOf(settings), cells.map(mappedCell));
}

/** The document of a run that says what map would do. */
export async function planDocument(
  settings: Settings,
  cells: readonly EndedCell[],
  deadline: AbortSignal,
): Promise<PlanResult> {
  const uuids = cells.map(({ listed }) => listed.uuid);
  const preflight = await readPreflight(settings.run, uuids, deadline);
  const planned = cells.map((cell) => {
    const { record } = cell;
    return { ...mappedCell(cell), plan: record.kind === 'mapped' ? (record.plan ?? null) : null };
  });
  return foldPlan(timesOf(settings), planned, preflight);
}

function mappedCell({ listed, record }: EndedCell): CellResult {
  if (record.kind !== 'mapped' && record.kind !== 'failed')
    return emptyCellResult(listed, 'failed', faultOf({ Error: 'CellLost', Cause: '' }));
  const { counts, samples, lastInstanceId, pauses } = record;
  const error = record.kind === 'failed' ? faultOf(record.error) : null;
  const status = cellStatus(counts, error);
  return { uuid: listed.uuid, name: listed.name, status, ...counts, samples, lastInstanceId, pauses, error };
}

/** The document of a run that counts. */
export function cellsDocument(settings: Settings, cells: readonly EndedCell[]): CellsResult {
  return foldCells(
    timesOf(settings),
    cells.map(({ listed, record }): CellListing => {
      const { uuid, name, disabled, database } = listed;
      const counted = record.kind === 'counted' ? record : { instances: null, mappings: null };
      const error = record.kind === 'failed' ? faultOf(record.error) : null;
      const { instances, mappings } = counted;
      return { uuid, name, disabled, database, instances, mappings, error };
    }),
  );
}
