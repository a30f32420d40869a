import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { changeSqlOf } from '../../data-api/change-sql.ts';
import type { Database, Parameters } from '../../data-api/database.ts';
import { digestInstances, digestMappings } from '../../data-api/digest-sql.ts';
import {
  countCounted,
  countLive,
  findBuildRequests,
  findInstances,
  findMappings,
  named,
  SELECT_APART,
  selectInstancesOf,
  selectMappingsOf,
} from '../../data-api/verify-sql.ts';
import { CHANGES_A_STATEMENT } from '../../domain/change.ts';
import { UUIDS_A_QUESTION } from '../../domain/compare.ts';
import { MOST_BUCKETS_NAMED } from '../../domain/digest.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import {
  type ApiDatabase,
  type CellDatabase,
  createApiDatabase,
  createCellDatabase,
} from '../servers/nova-database.ts';
import { type Access, explain } from './explain.ts';
import { type LocalDatabases, startLocalDatabases } from './local-database.ts';

const ROWS = 20_000;
const CELL_ID = 3;
const SMALL_CELL_ID = 5;
const RULES = { exactCase: false, bucketLength: 3 };

/** Uuids in no order, as Nova's are. */
const uuidOf = (number: number) =>
  `${((number * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;

describeOnEachServer('the statements of verify', ({ get, dialect, collations }) => {
  describe.each(collations)('with tables in %s', (collation) => {
    let databases: LocalDatabases;
    let apiTables: ApiDatabase;
    let cellTables: CellDatabase;
    let api: Database;
    let cell: Database;

    beforeAll(async () => {
      databases = await startLocalDatabases();
      apiTables = await createApiDatabase(get(), 'verify_plans_api', { collation });
      cellTables = await createCellDatabase(get(), 'verify_plans_cell', { collation });
      const uuids = Array.from({ length: ROWS }, (_, index) => uuidOf(index));
      await apiTables.insertCells([
        { id: CELL_ID, uuid: 'cell1' },
        { id: SMALL_CELL_ID, uuid: 'cell2' },
      ]);
      await apiTables.insertMappings(
        uuids.map((instanceUuid, index) => ({ instanceUuid, cellId: index % 100 === 0 ? SMALL_CELL_ID : CELL_ID })),
      );
      await apiTables.insertBuildRequests(uuids);
      await cellTables.insertInstances(uuids.map((uuid, index) => ({ id: index + 1, uuid })));
      api = databases.open(apiTables.url);
      cell = databases.open(cellTables.url);
    }, 60_000);
    afterAll(async () => {
      await databases?.close();
      await apiTables?.drop();
      await cellTables?.drop();
    });

    // A table that has just been filled has other statistics than one that the server has had time to look at.
    describe.each(['freshly filled', 'analyzed'])('%s', (state) => {
      beforeAll(async () => {
        if (state !== 'analyzed') return;
        const analyze = dialect === 'mysql' ? 'ANALYZE TABLE' : 'ANALYZE';
        for (const table of ['instance_mappings', 'build_requests']) await apiTables.query(`${analyze} ${table}`);
        await cellTables.query(`${analyze} instances`);
      });

      /** How the statement reads its one table. */
      const accessTo = async (database: Database, statement: string, parameters: Parameters): Promise<Access> => {
        const plan = await explain(database, statement, parameters);
        expect(plan).toHaveLength(1);
        return plan[0] as Access;
      };

      const part = { after: 5_000, upTo: 7_000 };
      const buckets = named(
        'b',
        Array.from({ length: MOST_BUCKETS_NAMED }, (_, index) => index.toString(16).padStart(3, '0')),
      );
      const one = named('b', ['abc']);

      const byPrimaryKey = (table: 'instances' | 'instance_mappings') =>
        dialect === 'mysql'
          ? { type: 'range', key: 'PRIMARY' }
          : { type: expect.stringMatching(`^(Index|Bitmap Index) Scan using ${table}_pkey$`) };

      it.each<[string, string, Parameters]>([
        ['digest', digestInstances(dialect, RULES), part],
        ['count live ones', countLive(dialect), part],
        ['read many buckets', selectInstancesOf(buckets.list, 3), { ...part, limit: 1000, ...buckets.parameters }],
        ['read a bucket', selectInstancesOf(one.list, 3), { ...part, limit: 1000, ...one.parameters }],
        ['read all buckets', selectInstancesOf(null, 3), { ...part, limit: 1000 }],
      ])('%s of a cell by ids', async (_name, statement, parameters) => {
        expect(await accessTo(cell, statement, parameters)).toMatchObject(byPrimaryKey('instances'));
      });

      it.each<[string, string, Parameters]>([
        ['digest', digestMappings(dialect, RULES), part],
        ['count counted ones', countCounted(dialect), part],
      ])('%s of the mappings by ids', async (_name, statement, parameters) => {
        expect(await accessTo(api, statement, parameters)).toMatchObject(byPrimaryKey('instance_mappings'));
      });

      it.each<[string, string, Parameters]>([
        ['apart', SELECT_APART, { ...part, limit: 1000 }],
        ['of a cell', selectMappingsOf(one.list, 3), { ...part, cell: CELL_ID, limit: 1000, ...one.parameters }],
        ['of a small cell', selectMappingsOf(null, 3), { ...part, cell: SMALL_CELL_ID, limit: 1000 }],
      ])('read mappings %s by an index', async (_name, statement, parameters) => {
        const { type } = await accessTo(api, statement, parameters);
        expect(type).toMatch(dialect === 'mysql' ? /^(range|ref|index_merge)$/ : /Index Scan/);
      });

      // PostgreSQL rightly reads small tables as a whole for so many; MariaDB and MySQL change their minds at lengths.
      const length = dialect === 'mysql' ? UUIDS_A_QUESTION : 20;
      const uuids = named(
        'v',
        Array.from({ length }, (_, index) => uuidOf(index * 2)),
      );
      const byUuid =
        dialect === 'mysql'
          ? { type: 'range', key: expect.stringContaining('uuid') }
          : { type: expect.stringMatching(/Index Scan using \w*uuid/) };

      it.each<[string, () => Database, string]>([
        ['instances', () => cell, findInstances(uuids.list)],
        ['mappings', () => api, findMappings(dialect, 'instance_uuid', uuids.list)],
        ['build requests', () => api, findBuildRequests(uuids.list)],
      ])('find %s by an index of their uuids', async (_name, database, statement) => {
        expect(await accessTo(database(), statement, uuids.parameters)).toMatchObject(byUuid);
      });

      it('find mappings by their ids', async () => {
        const ids = named(
          'v',
          Array.from({ length: CHANGES_A_STATEMENT }, (_, index) => index * 3),
        );
        const statement = findMappings(dialect, 'id', ids.list);
        expect(await accessTo(api, statement, ids.parameters)).toMatchObject(byPrimaryKey('instance_mappings'));
      });

      it.each(['update', 'remove'] as const)('%s mappings by their ids', async (kind) => {
        const row = (id: number) => [id, uuidOf(id), null, null, CELL_ID, 'p', 'u', 0];
        const page = JSON.stringify(Array.from({ length: 40 }, (_, id) => [...row(id), ...row(id)]));
        const plan = await explain(api, changeSqlOf(dialect)[kind], { page });
        const access = plan.find(({ table }) => table === (dialect === 'mysql' ? 'm' : 'instance_mappings'));
        expect(access).toMatchObject(
          dialect === 'mysql' ? { type: 'eq_ref', key: 'PRIMARY' } : byPrimaryKey('instance_mappings'),
        );
      });
    });
  });
});
