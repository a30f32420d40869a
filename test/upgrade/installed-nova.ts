import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import type { CellName } from '../end-to-end/cloud.ts';
import type { StoredMapping } from '../servers/nova-database.ts';
import { openSql, type Sql, type SqlServer } from '../servers/sql.ts';
import { novaManage } from './nova-manage.ts';

/** One of the databases of a cloud. */
export type DatabaseName = 'api' | CellName;

/** cell1 is in the main database; the URLs of the others are templates, filled from that of the main database. */
export const cellNames = ['cell0', 'cell1', 'cell2'] as const;

/** A cloud whose databases the real Nova has made, or a copy of it. */
export interface InstalledNova {
  /** Its nova.conf, in a folder that only this user can read. */
  readonly configFile: string;
  readonly cells: Record<CellName, { id: number; uuid: string }>;
  /** Does something with plain SQL on one of the databases; nobody is connected to it before or after. */
  withSql<Result>(database: DatabaseName, work: (sql: Sql) => Promise<Result>): Promise<Result>;
  /** All mappings, in the order of their ids; times as text. */
  readMappings(): Promise<StoredMapping[]>;
  /** A copy on the same server, row for row, whose cells are copies too. */
  copy(name: string): Promise<InstalledNova>;
}

/**
 * Makes the databases of a cloud with three cells, all with `nova-manage`.
 * @param folder where its configuration is written, and that of copies
 */
export async function installNova(server: SqlServer, folder: string, name = 'nova'): Promise<InstalledNova> {
  const { main, cell2 } = writeConfiguration(server, folder, name);
  const maintenance = await openSql(server);
  const plain = maintenance.dialect === 'mysql' ? ' CHARACTER SET utf8' : '';
  for (const database of ['api', ...cellNames]) await maintenance.query(`CREATE DATABASE ${name}_${database}${plain}`);
  await maintenance.close();

  // A command line is no place for a password: a template has none, and cell1 is in the main database, the default.
  const at = (cell: CellName) => [
    '--database_connection',
    `{scheme}://{username}:{password}@{hostname}:{port}/${name}_${cell}`,
  ];
  await Promise.all([
    succeed(main, 'api_db', 'sync').then(() => succeed(main, 'cell_v2', 'map_cell0', ...at('cell0'))),
    succeed(cell2, 'db', 'sync', '--local_cell'),
  ]);
  // It also makes the tables of cell0, which it finds by its mapping.
  await succeed(main, 'db', 'sync');
  // Nova refuses two cells with one transport URL. Nobody ever connects to it.
  const named = (cell: CellName) => ['--name', cell, '--transport-url', `rabbit://nova:unused@127.0.0.1/${cell}`];
  // One after the other, so that their ids are in this order.
  await succeed(main, 'cell_v2', 'create_cell', ...named('cell1'));
  await succeed(main, 'cell_v2', 'create_cell', ...named('cell2'), ...at('cell2'));
  return open(server, folder, name);
}

async function succeed(configFile: string, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await novaManage(configFile, ...args);
  if (code !== 0) throw new Error(`nova-manage ${args.slice(0, 2).join(' ')} exited ${code}:\n${stdout}\n${stderr}`);
}

/** Writes nova.conf, another file for the tables of cell2, and an empty conf.d beside them. */
function writeConfiguration(server: SqlServer, folder: string, name: string): { main: string; cell2: string } {
  const configFile = (cell: CellName) => {
    const file = join(folder, `${name}-${cell}.conf`);
    const section = (title: string, database: string) => `[${title}]\nconnection = ${novaUrl(server, database)}\n`;
    const text = section('api_database', `${name}_api`) + section('database', `${name}_${cell}`);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  mkdirSync(join(folder, 'conf.d'), { recursive: true, mode: 0o700 });
  return { main: configFile('cell1'), cell2: configFile('cell2') };
}

function novaUrl(server: SqlServer, database: string): string {
  return server.url(database).replace(/^postgresql:/, 'postgresql+psycopg2:');
}

async function open(server: SqlServer, folder: string, name: string): Promise<InstalledNova> {
  const withSql: InstalledNova['withSql'] = async (database, work) => {
    const sql = await openSql(server, `${name}_${database}`);
    try {
      return await work(sql);
    } finally {
      await sql.close();
    }
  };
  const cells = await withSql('api', (sql) =>
    sql.query<{ name: CellName; id: number; uuid: string }>('SELECT name, id, uuid FROM cell_mappings'),
  );
  return {
    configFile: join(folder, `${name}-cell1.conf`),
    cells: Object.fromEntries(cells.map(({ name, id, uuid }) => [name, { id, uuid }])) as InstalledNova['cells'],
    withSql,
    readMappings: () => withSql('api', readMappings),
    copy: async (to) => {
      for (const database of ['api', ...cellNames])
        await copyDatabase(server, `${name}_${database}`, `${to}_${database}`);
      writeConfiguration(server, folder, to);
      const copy = await open(server, folder, to);
      await copy.withSql('api', (sql) =>
        sql.query('UPDATE cell_mappings SET database_connection = REPLACE(database_connection, ?, ?)', [
          `/${name}_`,
          `/${to}_`,
        ]),
      );
      return copy;
    },
  };
}

async function readMappings(sql: Sql): Promise<StoredMapping[]> {
  const rows = await sql.query<Record<string, string | number | boolean | null>>(
    `SELECT id, instance_uuid, cell_id, project_id, user_id, queued_for_delete,
       CAST(created_at AS CHAR(26)) AS created, CAST(updated_at AS CHAR(26)) AS updated
     FROM instance_mappings ORDER BY id`,
  );
  return rows.map((row) => ({
    id: Number(row.id),
    instanceUuid: String(row.instance_uuid),
    cellId: row.cell_id as number | null,
    projectId: String(row.project_id),
    userId: row.user_id as string | null,
    queuedForDelete: row.queued_for_delete === null ? null : Boolean(row.queued_for_delete),
    createdAt: row.created as string | null,
    updatedAt: row.updated as string | null,
  }));
}

async function copyDatabase(server: SqlServer, from: string, to: string): Promise<void> {
  const maintenance = await openSql(server);
  const { dialect } = maintenance;
  await maintenance.query(`CREATE DATABASE ${to}${dialect === 'postgresql' ? ` TEMPLATE ${from}` : ''}`);
  await maintenance.close();
  if (dialect === 'mysql') await copyTables(server, from, to);
}

/** On one connection, as the tables' foreign keys are in no order and must be out of force meanwhile. */
async function copyTables({ host, port, user, password }: SqlServer, from: string, to: string): Promise<void> {
  const connection = await mysql.createConnection({ host, port, user, password, database: to });
  try {
    await connection.query('SET foreign_key_checks = 0, unique_checks = 0');
    const [tables] = await connection.query<mysql.RowDataPacket[]>(
      'SELECT table_name AS name, table_rows AS number FROM information_schema.tables WHERE table_schema = ?',
      [from],
    );
    for (const { name } of tables) {
      const [[row]] = await connection.query<mysql.RowDataPacket[]>(`SHOW CREATE TABLE ${from}.${name}`);
      await connection.query(String(row?.['Create Table']));
      await connection.query(`INSERT INTO ${to}.${name} SELECT * FROM ${from}.${name}`);
    }
  } finally {
    await connection.end();
  }
}
