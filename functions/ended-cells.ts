import { isErrorName } from '../contract/errors.ts';
import type { CaughtError, Settings } from '../contract/payloads.ts';
import { type CellRecord, type ListedCell, resultKeys } from '../contract/results.ts';
import { noCounts } from '../domain/counts.ts';
import { toSeconds } from '../domain/result.ts';
import { noUsage } from '../domain/usage.ts';
import { readAtOnce, readResult } from './clients.ts';

/** A cell of a run, and what became of it. */
export interface EndedCell {
  listed: ListedCell;
  record: CellRecord;
}

/** Reads what the cells left; one that left nothing counts as lost. */
export async function readEndedCells(
  run: string,
  cells: readonly { uuid: string }[],
  mapError: CaughtError | undefined,
  deadline: AbortSignal,
): Promise<EndedCell[]> {
  const listed = new Map((await readListedCells(run, deadline)).map((cell) => [cell.uuid, cell]));
  const uuids = cells.map(({ uuid }) => uuid);
  const records = await readAtOnce(uuids, (uuid) => readResult<CellRecord>(resultKeys.cell(run, uuid), deadline));
  return uuids.map((uuid, index) => ({
    listed: listed.get(uuid) ?? { id: null, uuid, name: null, disabled: false, database: null },
    record: records[index] ?? lost(mapError),
  }));
}

/** The cells as ListCells found them. */
export async function readListedCells(run: string, deadline: AbortSignal): Promise<ListedCell[]> {
  return (await readResult<ListedCell[]>(resultKeys.cells(run), deadline)) ?? [];
}

const NOTHING = { counts: noCounts(), samples: [], lastInstanceId: null, pauses: [], usage: noUsage() };

/** Some errors cannot be caught (a history or payload limit, an aborted child): such a cell leaves no record. */
function lost(mapError: CaughtError | undefined): CellRecord {
  // An error of ours ended the run before the cell was begun, and says itself what to do.
  if (mapError !== undefined && isErrorName(mapError.Error)) {
    return { kind: 'failed', ...NOTHING, error: mapError };
  }
  const why = mapError === undefined ? '' : ` (${mapError.Error})`;
  const errorMessage = `The cell ended without a result${why}. Its child execution's history says why; run it again.`;
  const error = { Error: 'CellLost', Cause: JSON.stringify({ errorMessage }) };
  return { kind: 'failed', ...NOTHING, error };
}

/** When the run began, and how long it has taken. */
export function timesOf({ startedAt }: Pick<Settings, 'startedAt'>): { startedAt: string; seconds: number } {
  return { startedAt, seconds: toSeconds(Date.now() - Date.parse(startedAt)) };
}
