import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPostgres } from '../../local/postgres.ts';
import { describeMariadb, startMariadb } from './mariadb.ts';
import { mysqlAvailable, startMysql } from './mysql.ts';
import {
  type ApiDatabase,
  CELL0_UUID,
  type CellDatabase,
  createApiDatabase,
  createCellDatabase,
} from './nova-database.ts';
import { openSql, type SqlServer } from './sql.ts';

const uuid = (n: number) => `aaaaaaaa-0000-4000-8000-${String(n).padStart(12, '0')}`;

describe('Nova’s tables on PostgreSQL', () => suite(startPostgres));
describeMariadb('Nova’s tables on MariaDB', () => suite(startMariadb));
if (mysqlAvailable()) describe('Nova’s tables on MySQL', () => suite(startMysql));

function suite(start: () => Promise<SqlServer>): void {
  let server: SqlServer;
  let api: ApiDatabase;
  let cell: CellDatabase;

  beforeAll(async () => {
    server = await start();
    api = await createApiDatabase(server, 'nova "api" `1`');
    cell = await createCellDatabase(server);
  });

  afterAll(() => server?.stop());

  it('are those of Nova', async () => {
    const tables =
      'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name';
    const names = async (database: ApiDatabase | CellDatabase) => {
      const rows = await database.query(tables, [database.dialect === 'mysql' ? database.name : 'public']);
      return rows.map(({ name }) => name).sort();
    };
    expect(await names(api)).toEqual(['build_requests', 'cell_mappings', 'host_mappings', 'instance_mappings']);
    expect(await names(cell)).toEqual(['instance_extra', 'instance_info_caches', 'instances']);
  });

  it('give back the mappings that were put in', async () => {
    await api.insertCells([
      { id: 1, uuid: CELL0_UUID, name: 'cell0', transportUrl: 'none:///' },
      { id: 2, uuid: uuid(2), name: "l'autre", databaseConnection: server.url('x'), disabled: true },
    ]);
    await api.insertMappings([
      { instanceUuid: uuid(10), cellId: 2, projectId: 'a', userId: null, queuedForDelete: null },
      { instanceUuid: uuid(11), projectId: 'b?', userId: "c'", queuedForDelete: true },
    ]);
    await api.insertBuildRequests([uuid(11)]);
    const times = { createdAt: '2024-05-06 07:08:09', updatedAt: null };
    expect(await api.readMappings()).toEqual([
      { id: 1, instanceUuid: uuid(10), cellId: 2, projectId: 'a', userId: null, queuedForDelete: null, ...times },
      { id: 2, instanceUuid: uuid(11), cellId: null, projectId: 'b?', userId: "c'", queuedForDelete: true, ...times },
    ]);
    expect(
      await api.query("SELECT uuid, 'a?' AS literal FROM cell_mappings WHERE name = ? AND disabled", ["l'autre"]),
    ).toEqual([{ uuid: uuid(2), literal: 'a?' }]);

    await api.clear();
    expect(await api.readMappings()).toEqual([]);
    await api.insertMappings([{ instanceUuid: uuid(12) }]);
    expect(await api.readMappings()).toMatchObject([{ id: 1, instanceUuid: uuid(12), cellId: null }]);
  });

  it('take many instances in one go, with gaps in the ids and then the next id', async () => {
    const rows = Array.from({ length: 12_000 }, (_, index) => ({ id: 3 * index + 5, uuid: uuid(index) }));
    await cell.insertInstances([
      {
        id: 2,
        uuid: uuid(99_999),
        projectId: null,
        userId: null,
        deleted: 2,
        vmState: null,
        hidden: null,
        createdAt: null,
      },
      ...rows,
    ]);
    expect(
      await cell.query(
        `SELECT id, project_id, deleted, hidden, created_at FROM instances WHERE id IN (2, 5) ORDER BY id`,
      ),
    ).toMatchObject([
      { id: 2, project_id: null, deleted: 2, hidden: null, created_at: null },
      { id: 5, project_id: '5d1f0b1c0b7a4c6f9e0d3a2b1c4d5e6f', deleted: 0 },
    ]);
    await cell.query(`INSERT INTO instances (uuid) VALUES (?)`, [uuid(100_000)]);
    expect(await cell.query(`SELECT id FROM instances WHERE uuid = ?`, [uuid(100_000)])).toEqual([{ id: 36_003 }]);
  });

  it('take another collation where the server is a MySQL', async () => {
    const other = await createApiDatabase(server, 'other', { collation: 'utf8mb4_unicode_ci' });
    const collations = await other.query(
      `SELECT DISTINCT collation_name AS name FROM information_schema.columns
       WHERE table_name LIKE '%mappings' AND table_schema = ? AND collation_name IS NOT NULL`,
      ['other'],
    );
    expect(collations).toEqual(other.dialect === 'mysql' ? [{ name: 'utf8mb4_unicode_ci' }] : []);
    await other.drop();
  });

  it('go when their database is dropped', async () => {
    await api.drop();
    await cell.drop();
    const sql = await openSql(server);
    const databases = await sql.query(
      sql.dialect === 'mysql'
        ? 'SELECT schema_name AS name FROM information_schema.schemata'
        : 'SELECT datname AS name FROM pg_database',
    );
    await sql.close();
    expect(databases.filter(({ name }) => String(name).startsWith('nova'))).toEqual([]);
  });
}
