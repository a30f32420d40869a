import type { Cell } from '../domain/cell.ts';
import type { Database } from './database.ts';
import { COUNT_INSTANCES, COUNT_MAPPINGS, SELECT_BOUNDS, SELECT_CELL, SELECT_CELLS } from './sql.ts';

/** A row of `cell_mappings` with its URL, which holds a password: it stays inside the function that read it. */
export interface CellRow extends Cell {
  databaseConnection: string | null;
}

interface RawCell {
  id: number;
  uuid: string;
  name: string | null;
  database_connection: string | null;
  disabled: boolean | number | null;
}

/** Every row of `cell_mappings`, by ascending id. `transport_url` is never read. */
export async function readCells(api: Database): Promise<CellRow[]> {
  return (await api.query<RawCell>(SELECT_CELLS)).map(toCell);
}

/** The cell with this uuid, or undefined where it is gone. */
export async function readCell(api: Database, uuid: string): Promise<CellRow | undefined> {
  return (await api.query<RawCell>(SELECT_CELL, { uuid })).map(toCell)[0];
}

/** The lowest and the highest `instances.id` of a cell; null in one without rows. */
export async function readBounds(cell: Database): Promise<{ minId: number | null; maxId: number | null }> {
  const [row] = await cell.query<{ min_id: number | null; max_id: number | null }>(SELECT_BOUNDS);
  return { minId: row?.min_id ?? null, maxId: row?.max_id ?? null };
}

/** How many rows the cell's `instances` has. */
export async function countInstances(cell: Database): Promise<number> {
  return (await cell.query<{ number: number }>(COUNT_INSTANCES))[0]?.number ?? 0;
}

/** How many mappings point to the cell with this `cell_mappings.id`. */
export async function countMappings(api: Database, cellId: number): Promise<number> {
  return (await api.query<{ number: number }>(COUNT_MAPPINGS, { cell: cellId }))[0]?.number ?? 0;
}

function toCell(row: RawCell): CellRow {
  return {
    id: row.id,
    uuid: row.uuid,
    name: row.name,
    disabled: row.disabled === true || row.disabled === 1,
    databaseConnection: row.database_connection,
  };
}
