import { setTimeout as delay } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { CELL0_UUID } from '../domain/cell.ts';
import type { Dialect } from '../domain/database-url.ts';
import { cellTables } from '../local/nova-tables.ts';
import { createApiDatabase, createCellDatabase } from '../test/servers/nova-database.ts';
import { openSql, type Sql, type SqlServer } from '../test/servers/sql.ts';
import { type InstalledNova, installNova } from '../test/upgrade/installed-nova.ts';
import { fillInstances } from './instances.ts';

/** A cell to be measured. */
export interface BenchCell {
  id: number;
  uuid: string;
  name: string;
  /** Its database on the server. */
  database: string;
  instances: number;
}

/** An API database and cells full of instances, on one server. */
export interface BenchCloud {
  server: SqlServer;
  dialect: Dialect;
  apiUrl: string;
  /** From which the cells' URLs are filled where they are templates. */
  mainDatabaseUrl: string | null;
  /** Those with instances; the machine is told to map just these. */
  cells: BenchCell[];
  instances: number;
  /** Every database of it. */
  databases: string[];
  /** Plain SQL on the API database. */
  sql: Sql;
  /** Forgets every mapping. */
  clear(): Promise<void>;
  /** Waits until the server has written what it still holds in memory of earlier work, so that it disturbs no other. */
  settle(): Promise<void>;
  /** How many mappings there are. */
  mappings(): Promise<number>;
  /** The highest id of a mapping, read in no time: it grows with their number, though MySQL and MariaDB skip ids. */
  progress(): Promise<number>;
  /**
   * What the server itself needs to copy the rows of all cells, one cell after the other.
   * @param most the most rows a statement; all of a cell where it is left out
   */
  floor(most?: number): Promise<void>;
  close(): Promise<void>;
}

const API = 'bench_api';

/** Makes a cloud with Nova's tables, and a cell of each of these sizes. */
export async function createBenchCloud(server: SqlServer, sizes: readonly number[]): Promise<BenchCloud> {
  const api = await createApiDatabase(server, API);
  const cells = sizes.map((instances, index) => {
    const number = String(index + 1).padStart(12, '0');
    const name = `cell${index + 1}`;
    return { id: index + 2, uuid: `11111111-1111-4111-8111-${number}`, name, database: `bench_${name}`, instances };
  });
  await createEmptyCells(server, cells);
  await api.insertCells([
    { id: 1, uuid: CELL0_UUID, name: 'cell0', databaseConnection: server.url('bench_cell0') },
    ...cells.map(({ id, uuid, name, database }) => ({ id, uuid, name, databaseConnection: server.url(database) })),
  ]);
  return fillCloud(server, cells, null);
}

/** Each with the one table that a run reads. */
async function createEmptyCells(server: SqlServer, cells: readonly BenchCell[]): Promise<void> {
  const sql = await openSql(server);
  if (sql.dialect === 'postgresql') {
    for (const { database } of cells) await createCellDatabase(server, database);
  } else {
    const pattern = await createCellDatabase(server, 'bench_pattern');
    for (const { database } of cells) {
      await sql.query(`CREATE DATABASE ${database}`);
      await sql.query(`CREATE TABLE ${database}.instances LIKE ${pattern.name}.instances`);
    }
    await pattern.drop();
  }
  await sql.close();
}

/** As {@link createBenchCloud}, with one cell in databases that the real nova-manage has made; also gives its files. */
export async function installBenchCloud(
  server: SqlServer,
  folder: string,
  instances: number,
): Promise<{ cloud: BenchCloud; nova: InstalledNova }> {
  const nova = await installNova(server, folder, 'bench');
  const cell = { ...nova.cells.cell1, name: 'cell1', database: 'bench_cell1', instances };
  return { cloud: await fillCloud(server, [cell], server.url('bench_cell1')), nova };
}

async function fillCloud(server: SqlServer, cells: BenchCell[], mainDatabaseUrl: string | null): Promise<BenchCloud> {
  const sql = await openSql(server, API);
  const { dialect } = sql;
  for (const [index, { database, instances }] of cells.entries())
    await fillInstances(server, database, instances, `cell${index + 1}`);
  if (dialect === 'postgresql') {
    // A statement of PostgreSQL reaches no other database: for the floor the first cell's rows are here as well.
    for (const statement of cellTables('postgresql')) await sql.query(statement);
    await fillInstances(server, API, cells[0]?.instances ?? 0, 'cell1');
  }
  return {
    server,
    dialect,
    apiUrl: server.url(API),
    mainDatabaseUrl,
    cells,
    instances: cells.reduce((sum, { instances }) => sum + instances, 0),
    databases: [API, ...cells.map(({ database }) => database)],
    sql,
    clear: async () => {
      await sql.query(`TRUNCATE TABLE instance_mappings${dialect === 'postgresql' ? ' RESTART IDENTITY' : ''}`);
    },
    settle: () => writeDirtyPages(sql),
    mappings: () => numberFrom(sql, 'SELECT COUNT(*) AS number FROM instance_mappings'),
    progress: () => numberFrom(sql, 'SELECT COALESCE(MAX(id), 0) AS number FROM instance_mappings'),
    floor: (most = Number.POSITIVE_INFINITY) => copyAll(server, sql, cells, most),
    close: () => sql.close(),
  };
}

async function writeDirtyPages(sql: Sql): Promise<void> {
  if (sql.dialect === 'postgresql') {
    await sql.query('CHECKPOINT');
    return;
  }
  const [before] = await sql.query<{ dirty: string; low: string; most: string; usual: string }>(
    `SELECT @@GLOBAL.innodb_max_dirty_pages_pct AS dirty, @@GLOBAL.innodb_max_dirty_pages_pct_lwm AS low,
       @@GLOBAL.innodb_io_capacity_max AS most, @@GLOBAL.innodb_io_capacity AS usual`,
  );
  // By its own settings MariaDB would take minutes, at 200 pages a second.
  await sql.query('SET GLOBAL innodb_io_capacity_max = 40000');
  await sql.query('SET GLOBAL innodb_io_capacity = 20000');
  await sql.query('SET GLOBAL innodb_max_dirty_pages_pct = 0');
  await untilNoneIsWritten(sql);
  await sql.query(`SET GLOBAL innodb_max_dirty_pages_pct = ${Number(before?.dirty)}`);
  // The server has lowered this one with the other.
  await sql.query(`SET GLOBAL innodb_max_dirty_pages_pct_lwm = ${Number(before?.low)}`);
  await sql.query(`SET GLOBAL innodb_io_capacity = ${Number(before?.usual)}`);
  await sql.query(`SET GLOBAL innodb_io_capacity_max = ${Number(before?.most)}`);
}

/** A few pages of the server's own may stay dirty for ever. */
async function untilNoneIsWritten(sql: Sql): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  for (let idle = 0; idle < 15; idle += 1, await delay(100)) {
    const [row] = await sql.query<{ Value: string }>("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'");
    const dirty = Number(row?.Value);
    if (dirty < least) idle = 0;
    if (dirty === 0) return;
    least = Math.min(least, dirty);
  }
}

async function numberFrom(sql: Sql, query: string): Promise<number> {
  const [row] = await sql.query<{ number: string | number }>(query);
  return Number(row?.number);
}

async function copyAll(server: SqlServer, sql: Sql, cells: readonly BenchCell[], most: number): Promise<void> {
  const statements = cells.flatMap((cell) => {
    const table = sql.dialect === 'mysql' ? `${cell.database}.instances` : 'instances';
    const now = sql.dialect === 'mysql' ? 'UTC_TIMESTAMP()' : "now() AT TIME ZONE 'utc'";
    const copy = (ids: string) => `INSERT INTO instance_mappings
      (created_at, instance_uuid, cell_id, project_id, user_id, queued_for_delete)
      SELECT ${now}, uuid, ${cell.id}, project_id, user_id,
        deleted <> 0 OR COALESCE(vm_state, '') = 'soft-delete' FROM ${table}${ids} ORDER BY id`;
    if (cell.instances <= most) return [copy('')];
    // The ids are those from 1 to the number of instances.
    return Array.from({ length: Math.ceil(cell.instances / most) }, (_, index) =>
      copy(` WHERE id > ${index * most} AND id <= ${(index + 1) * most}`),
    );
  });
  if (sql.dialect === 'postgresql') {
    for (const statement of statements) await sql.query(statement);
    return;
  }
  const { host, port, user, password } = server;
  const connection = await mysql.createConnection({ host, port, user, password, database: API });
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    await connection.end();
  }
}
