import type { Dialect } from '../../domain/database-url.ts';
import { apiTables, cellTables } from '../../local/nova-tables.ts';
import { openSql, type Sql, type SqlServer } from './sql.ts';

/** A row of `cell_mappings`. */
export interface CellRow {
  id: number;
  uuid: string;
  name: string | null;
  transportUrl: string | null;
  databaseConnection: string | null;
  disabled: boolean | null;
}

/** What decides about a row of `instances`; the other columns stay NULL. */
export interface InstanceRow {
  id: number;
  uuid: string;
  projectId: string | null;
  userId: string | null;
  /** 0, or the row's id once deleted. */
  deleted: number | null;
  vmState: string | null;
  hidden: boolean | null;
  /** UTC, `YYYY-MM-DD HH:MM:SS`. */
  createdAt: string | null;
  taskState: string | null;
}

/** What decides about a row of `instance_mappings`. */
export interface MappingRow {
  instanceUuid: string;
  cellId: number | null;
  projectId: string;
  userId: string | null;
  queuedForDelete: boolean | null;
}

/** A row of `instance_mappings` as it stands in the table; times as in {@link InstanceRow}, to the second. */
export interface StoredMapping extends MappingRow {
  id: number;
  createdAt: string | null;
  updatedAt: string | null;
}

export const CELL0_UUID = '00000000-0000-0000-0000-000000000000';

/** What a row has unless a test says otherwise. Nova itself leaves `disabled` at false. */
const A_CELL = { name: null, transportUrl: 'rabbit://unread/', databaseConnection: null, disabled: false };
const AN_INSTANCE = {
  projectId: '5d1f0b1c0b7a4c6f9e0d3a2b1c4d5e6f',
  userId: '9a8b7c6d5e4f40312233445566778899',
  deleted: 0,
  vmState: 'active',
  hidden: false,
  createdAt: '2024-05-06 07:08:09',
  taskState: null,
};
const A_MAPPING = {
  cellId: null,
  projectId: AN_INSTANCE.projectId,
  userId: AN_INSTANCE.userId,
  queuedForDelete: false,
};

interface NovaDatabase {
  readonly dialect: Dialect;
  readonly name: string;
  /** The server's URL of this database, password included. */
  readonly url: string;
  /** Runs one statement of plain SQL; `?` stands for a parameter on every server. */
  query: Sql['query'];
  /** Deletes every row and starts the ids again at 1. */
  clear(): Promise<void>;
  /** Ends the connections and drops the database. */
  drop(): Promise<void>;
}

/** A `nova_api`, with the given rows in it. */
export interface ApiDatabase extends NovaDatabase {
  insertCells(rows: (Partial<CellRow> & Pick<CellRow, 'id' | 'uuid'>)[]): Promise<void>;
  insertMappings(rows: (Partial<MappingRow> & Pick<MappingRow, 'instanceUuid'>)[]): Promise<void>;
  /** A build request for each of these instances. */
  insertBuildRequests(instanceUuids: string[]): Promise<void>;
  /** All mappings, in the order of their ids. */
  readMappings(): Promise<StoredMapping[]>;
}

/** A cell's own database. */
export interface CellDatabase extends NovaDatabase {
  insertInstances(rows: (Partial<InstanceRow> & Pick<InstanceRow, 'id' | 'uuid'>)[]): Promise<void>;
}

export interface NovaDatabaseOptions {
  /** MySQL's collation of every table, as in {@link apiTables}. */
  collation?: string;
}

/** Makes a database with Nova's API tables, empty; one of this name is dropped first. */
export async function createApiDatabase(
  server: SqlServer,
  name = 'nova_api',
  { collation }: NovaDatabaseOptions = {},
): Promise<ApiDatabase> {
  const { database, insert, sql } = await create(server, name, (dialect) => apiTables(dialect, collation), [
    'instance_mappings',
    'host_mappings',
    'build_requests',
    'cell_mappings',
  ]);
  return {
    ...database,
    insertCells: (rows) =>
      insert(
        'cell_mappings',
        ['id', 'uuid', 'name', 'transport_url', 'database_connection', 'disabled'],
        rows.map((given) => {
          const row = { ...A_CELL, ...given };
          return [row.id, row.uuid, row.name, row.transportUrl, row.databaseConnection, row.disabled];
        }),
      ),
    insertMappings: (rows) =>
      insert(
        'instance_mappings',
        ['created_at', 'instance_uuid', 'cell_id', 'project_id', 'user_id', 'queued_for_delete'],
        rows.map((given) => {
          const row = { ...A_MAPPING, ...given };
          const { instanceUuid, cellId, projectId, userId, queuedForDelete } = row;
          return [AN_INSTANCE.createdAt, instanceUuid, cellId, projectId, userId, queuedForDelete];
        }),
      ),
    insertBuildRequests: (uuids) =>
      insert(
        'build_requests',
        ['created_at', 'project_id', 'instance_uuid', 'instance'],
        uuids.map((uuid) => [AN_INSTANCE.createdAt, AN_INSTANCE.projectId, uuid, '{}']),
      ),
    readMappings: async () => {
      const text = (column: string) =>
        sql.dialect === 'mysql'
          ? `DATE_FORMAT(${column}, '%Y-%m-%d %H:%i:%s')`
          : `to_char(${column}, 'YYYY-MM-DD HH24:MI:SS')`;
      const rows = await sql.query<Record<string, string | number | boolean | null>>(
        `SELECT id, instance_uuid, cell_id, project_id, user_id, queued_for_delete,
           ${text('created_at')} AS created, ${text('updated_at')} AS updated
         FROM instance_mappings ORDER BY id`,
      );
      return rows.map((row) => ({
        id: Number(row.id),
        instanceUuid: String(row.instance_uuid),
        cellId: row.cell_id === null ? null : Number(row.cell_id),
        projectId: String(row.project_id),
        userId: row.user_id as string | null,
        queuedForDelete: row.queued_for_delete === null ? null : Boolean(row.queued_for_delete),
        createdAt: row.created as string | null,
        updatedAt: row.updated as string | null,
      }));
    },
  };
}

/** Makes a database with a cell's tables, empty; one of this name is dropped first. */
export async function createCellDatabase(
  server: SqlServer,
  name = 'nova_cell1',
  { collation }: NovaDatabaseOptions = {},
): Promise<CellDatabase> {
  const { database, insert } = await create(server, name, (dialect) => cellTables(dialect, collation), [
    'instance_extra',
    'instance_info_caches',
    'instances',
  ]);
  return {
    ...database,
    insertInstances: (rows) =>
      insert(
        'instances',
        ['id', 'uuid', 'project_id', 'user_id', 'deleted', 'vm_state', 'hidden', 'created_at', 'task_state'],
        rows.map((given) => {
          const row = { ...AN_INSTANCE, ...given };
          const { id, uuid, projectId, userId, deleted, vmState, hidden, createdAt, taskState } = row;
          return [id, uuid, projectId, userId, deleted, vmState, hidden, createdAt, taskState];
        }),
      ),
  };
}

type Insert = (table: string, columns: string[], rows: unknown[][]) => Promise<void>;

/** @param tables in an order in which their rows can be deleted */
async function create(
  server: SqlServer,
  name: string,
  statements: (dialect: Dialect) => string[],
  tables: string[],
): Promise<{ database: NovaDatabase; insert: Insert; sql: Sql }> {
  const maintenance = await openSql(server);
  const { dialect } = maintenance;
  const drop = `DROP DATABASE IF EXISTS ${maintenance.quote(name)}${dialect === 'postgresql' ? ' WITH (FORCE)' : ''}`;
  await maintenance.query(drop);
  await maintenance.query(`CREATE DATABASE ${maintenance.quote(name)}`);
  await maintenance.close();

  const sql = await openSql(server, name);
  for (const statement of statements(dialect)) await sql.query(statement);

  const database: NovaDatabase = {
    dialect,
    name,
    url: server.url(name),
    query: sql.query,
    clear: async () => {
      if (dialect === 'postgresql') {
        await sql.query(`TRUNCATE ${tables.join(', ')} RESTART IDENTITY`);
        return;
      }
      // TRUNCATE makes the table anew, which takes many times longer than deleting a test's rows.
      for (const table of tables) {
        await sql.query(`DELETE FROM ${table}`);
        await sql.query(`ALTER TABLE ${table} AUTO_INCREMENT = 1`);
      }
    },
    drop: async () => {
      await sql.close();
      const last = await openSql(server);
      await last.query(drop);
      await last.close();
    },
  };
  const insert: Insert = async (table, columns, rows) => {
    await sql.insert(table, columns, rows);
    // PostgreSQL's sequence does not notice ids that are given.
    if (dialect === 'postgresql' && columns.includes('id')) {
      await sql.query(`SELECT setval('${table}_id_seq', (SELECT max(id) FROM ${table}))`);
    }
  };
  return { database, insert, sql };
}
