import {
  type ApiDatabase,
  CELL0_UUID,
  type CellDatabase,
  createApiDatabase,
  createCellDatabase,
  type InstanceRow,
  type MappingRow,
} from '../servers/nova-database.ts';
import type { SqlServer } from '../servers/sql.ts';

/** The cells of the tests' cloud: `cell_mappings.id` and uuid by name. */
export const cells = {
  cell0: { id: 1, uuid: CELL0_UUID },
  cell1: { id: 2, uuid: '11111111-aaaa-4111-8111-111111111111' },
  cell2: { id: 3, uuid: '22222222-bbbb-4222-8222-222222222222' },
} as const;

/** The name of one of the tests' cells. */
export type CellName = keyof typeof cells;

/** A cloud on a real server: an API database and three cells. */
export interface Cloud {
  api: ApiDatabase;
  databases: Record<CellName, CellDatabase>;
  /** Empties every table and lists the three cells anew. */
  reset(): Promise<void>;
  drop(): Promise<void>;
}

/** Makes the cloud's databases, with names that tell it from others on the server. */
export async function createCloud(server: SqlServer, name = 'nova'): Promise<Cloud> {
  const api = await createApiDatabase(server, `${name}_api`);
  const databases = {
    cell0: await createCellDatabase(server, `${name}_cell0`),
    cell1: await createCellDatabase(server, `${name}_cell1`),
    cell2: await createCellDatabase(server, `${name}_cell2`),
  };
  return {
    api,
    databases,
    reset: async () => {
      await api.clear();
      for (const [cell, { id, uuid }] of Object.entries(cells) as [CellName, { id: number; uuid: string }][]) {
        await databases[cell].clear();
        await api.insertCells([{ id, uuid, name: cell, databaseConnection: databases[cell].url }]);
      }
    },
    drop: async () => {
      for (const database of Object.values(databases)) await database.drop();
      await api.drop();
    },
  };
}

const PROJECT = 'a'.repeat(32);
const USER = 'b'.repeat(32);

/** The uuid of the tests' n-th instance. */
export function uuidOf(number: number): string {
  return `deadbeef-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** A row of `instances`; id and uuid go by the number. */
export function row(number: number, parts: Partial<InstanceRow> = {}) {
  return { id: number, uuid: uuidOf(number), projectId: PROJECT, userId: USER, ...parts };
}

/** Rows from one number to another, both included. */
export function rows(first: number, last: number, parts: Partial<InstanceRow> = {}) {
  return Array.from({ length: last - first + 1 }, (_, index) => row(first + index, parts));
}

/** The mapping of the n-th instance. */
export function mapping(number: number, cell: CellName | null, parts: Partial<MappingRow> = {}) {
  const cellId = cell === null ? null : cells[cell].id;
  return { instanceUuid: uuidOf(number), cellId, projectId: PROJECT, userId: USER, queuedForDelete: false, ...parts };
}
