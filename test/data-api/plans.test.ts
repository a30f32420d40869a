import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Database } from '../../data-api/database.ts';
import { sqlOf } from '../../data-api/dialects.ts';
import {
  COUNT_MAPPINGS,
  type ComparedColumns,
  SELECT_BOUNDS,
  SELECT_CELL,
  SELECT_INSTANCES,
} from '../../data-api/sql.ts';
import { readComparedColumns } from '../../data-api/stores.ts';
import { SELECT_MAPPING_BOUNDS } from '../../data-api/verify-sql.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import {
  type ApiDatabase,
  type CellDatabase,
  createApiDatabase,
  createCellDatabase,
} from '../servers/nova-database.ts';
import { explain, explainPostgresql } from './explain.ts';
import { type LocalDatabases, startLocalDatabases } from './local-database.ts';

const ROWS = 20_000;
const CELL_ID = 3;

/** Uuids in no order, as Nova's are. */
const uuidOf = (number: number) =>
  `${((number * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;

const NO_COLUMNS = { instanceMappings: { charset: '', collation: '' }, buildRequests: { charset: '', collation: '' } };

describeOnEachServer('the statements', ({ get, dialect, collations }) => {
  const { look, insert } = sqlOf(dialect);
  describe.each(collations)('with tables in %s', (collation) => {
    let databases: LocalDatabases;
    let apiTables: ApiDatabase;
    let cellTables: CellDatabase;
    let api: Database;
    let cell: Database;
    let columns: ComparedColumns;

    beforeAll(async () => {
      databases = await startLocalDatabases();
      apiTables = await createApiDatabase(get(), 'plans_api', { collation });
      cellTables = await createCellDatabase(get(), 'plans_cell', { collation });
      const uuids = Array.from({ length: ROWS }, (_, index) => uuidOf(index));
      await apiTables.insertCells([{ id: CELL_ID, uuid: uuidOf(0) }]);
      await apiTables.insertMappings(uuids.map((instanceUuid) => ({ instanceUuid, cellId: CELL_ID })));
      await cellTables.insertInstances(uuids.map((uuid, index) => ({ id: index + 1, uuid })));
      api = databases.open(apiTables.url);
      cell = databases.open(cellTables.url);
      columns = await readComparedColumns(api);
    }, 60_000);
    afterAll(async () => {
      await databases?.close();
      await apiTables?.drop();
      await cellTables?.drop();
    });

    const analyze = (tables: ApiDatabase | CellDatabase, table: string) =>
      tables.query(`ANALYZE ${dialect === 'mysql' ? 'TABLE ' : ''}${table}`);

    /** A page of instances of one project, as the stores write it; small, because PostgreSQL's plan quotes it. */
    const page = JSON.stringify([['p', 'u', 0, Array.from({ length: 400 }, (_, index) => uuidOf(index + 10_000))]]);

    it('read a page of a cell by its primary key', async () => {
      await analyze(cellTables, 'instances');
      for (const after of [0, ROWS / 2]) {
        const parameters = { after, upTo: Number.MAX_SAFE_INTEGER, limit: 4000 };
        const plan = await explain(cell, SELECT_INSTANCES, parameters);
        expect(plan).toMatchObject([
          dialect === 'mysql'
            ? { table: 'instances', type: 'range', key: 'PRIMARY' }
            : { table: 'instances', type: 'Index Scan using instances_pkey' },
        ]);
        if (dialect === 'postgresql') {
          const text = await explainPostgresql(cell, SELECT_INSTANCES, parameters);
          expect(text).toContain(`Index Cond: ((instances.id > '${after}'`);
        }
      }
    });

    it.each<[string, () => Database, string]>([
      ['instances', () => cell, SELECT_BOUNDS],
      ['instance_mappings', () => api, SELECT_MAPPING_BOUNDS],
    ])(
      'know the lowest and the highest id of %s by both ends of the primary key',
      async (table, database, statement) => {
        if (dialect === 'mysql') {
          // The servers read them while they plan, and no table is left to be read.
          expect(await explain(database(), statement, {})).toMatchObject([{ table: null, type: null, key: null }]);
          return;
        }
        const plan = await explainPostgresql(database(), statement, {});
        expect(plan).not.toContain('Seq Scan');
        expect(plan).toMatch(new RegExp(`Index Only Scan using ${table}_pkey`));
        expect(plan).toMatch(new RegExp(`Index Only Scan Backward using ${table}_pkey`));
      },
    );

    // PostgreSQL's tables have no index of cell_id in Nova's own schema.
    if (dialect === 'mysql') {
      it('count the mappings to a cell, and find a cell, by an index', async () => {
        expect(await explain(api, COUNT_MAPPINGS, { cell: CELL_ID })).toMatchObject([{ type: 'ref', key: 'cell_id' }]);
        expect(await explain(api, SELECT_CELL, { uuid: uuidOf(0) })).toMatchObject([
          { type: 'const', key: expect.stringContaining('uuid') },
        ]);
      });
    }

    // A table that has just been filled has other statistics than one that the server has had time to look at.
    describe.each(['freshly filled', 'analyzed'])('%s', (state) => {
      beforeAll(async () => {
        if (state === 'analyzed') await analyze(apiTables, 'instance_mappings');
      });

      it('look each instance of a page up by an index of instance_mappings', async () => {
        const plan = await explain(api, look(columns), { page, cell: CELL_ID });
        const access = plan.find(({ table }) => table === (dialect === 'mysql' ? 'm' : 'instance_mappings'));
        if (dialect === 'mysql') {
          expect(access).toMatchObject({ type: expect.stringMatching(/^(eq_)?ref$/) });
          expect(access?.key).toMatch(/instance_uuid/);
          const others = plan.filter(({ table }) => ['b', 'c'].includes(table));
          expect(others).toMatchObject([{ type: 'eq_ref' }, { type: 'eq_ref' }]);
        } else {
          expect(access?.type).toMatch(/^Index Scan using \w*instance_uuid/);
        }
      });

      it('insert a page without reading instance_mappings', async () => {
        const statement = insert(columns);
        // MySQL lists the table that a statement writes among those that it reads.
        const read = dialect === 'mysql' ? statement.slice(statement.indexOf('SELECT')) : statement;
        const tables = (await explain(api, read, { page, cell: CELL_ID })).map(({ table }) => table);
        expect(tables).toEqual(dialect === 'mysql' ? ['g', 'j'] : ['json_array_elements', 'json_array_elements_text']);
      });

      // In each row's expressions it would make the work of a page grow with the square of its size.
      if (dialect === 'postgresql') {
        it.each([
          ['look', look(NO_COLUMNS)],
          ['insert', insert(NO_COLUMNS)],
        ])('take a group of instances apart once: %s', async (_name, statement) => {
          const plan = await explainPostgresql(api, statement, { page, cell: CELL_ID });
          expect(plan).toMatch(/Function Scan on pg_catalog\.json_array_elements g\n *Output: \(g\.value ->> 0\)/);
        });
      }
    });
  });
});
