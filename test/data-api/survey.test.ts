import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Database } from '../../data-api/database.ts';
import { instancesAt, shareOfMappings, surveyCell } from '../../data-api/survey.ts';
import { surveyInstances, surveyMappings, surveyRows } from '../../data-api/survey-sql.ts';
import { PLACEHOLDER_UUID } from '../../domain/instance.ts';
import { ROWS_LOOKED_ON, SURVEY_POINTS, surveyIds } from '../../domain/survey.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import {
  type ApiDatabase,
  type CellDatabase,
  createApiDatabase,
  createCellDatabase,
  type InstanceRow,
} from '../servers/nova-database.ts';
import { explain, explainPostgresql } from './explain.ts';
import { type LocalDatabases, startLocalDatabases } from './local-database.ts';

const ROWS = 20_000;
const CELL_ID = 3;
const OTHER_CELL_ID = 5;

/** Uuids in no order, as Nova's are. */
const uuidOf = (number: number) =>
  `${((number * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0')}-0000-4000-8000-${String(number).padStart(12, '0')}`;

const row = (id: number, parts: Partial<InstanceRow> = {}) => ({ id, uuid: uuidOf(id), ...parts });
const rows = (first: number, last: number, parts: Partial<InstanceRow> = {}) =>
  Array.from({ length: last - first + 1 }, (_, index) => row(first + index, parts));

describeOnEachServer('a survey', ({ get, dialect, name }) => {
  let databases: LocalDatabases;
  let apiTables: ApiDatabase;
  let cellTables: CellDatabase;
  let api: Database;
  let cell: Database;
  beforeAll(async () => {
    databases = await startLocalDatabases();
    apiTables = await createApiDatabase(get(), 'survey_api');
    cellTables = await createCellDatabase(get(), 'survey_cell');
    api = databases.open(apiTables.url);
    cell = databases.open(cellTables.url);
  }, 60_000);
  afterAll(async () => {
    await databases?.close();
    await apiTables?.drop();
    await cellTables?.drop();
  });

  describe('of some rows', () => {
    beforeEach(async () => {
      await apiTables.clear();
      await cellTables.clear();
    });

    it('finds at each place the next row, and the one so many rows on, over any gap', async () => {
      await cellTables.insertInstances([...rows(101, 200), ...rows(5_000, 5_010), row(6_500)]);
      const ids = [...rows(101, 200), ...rows(5_000, 5_010), row(6_500)].map(({ id }) => id);
      const points = await surveyCell(cell, 101, 6_500);
      expect(points).toHaveLength(SURVEY_POINTS);
      for (const { at, first, farther, mapped } of points) {
        const place = ids.findIndex((id) => id >= at);
        expect({ at, first, farther, mapped }).toEqual({
          at,
          first: ids[place] ?? null,
          farther: ids[place + ROWS_LOOKED_ON] ?? null,
          mapped: null,
        });
      }
    });

    it('has as many places as ids where there are few, and says where no row follows', async () => {
      await cellTables.insertInstances(rows(7, 8));
      expect(await surveyCell(cell, 7, 9)).toEqual([
        { at: 7, first: 7, farther: null, mapped: null },
        { at: 8, first: 8, farther: null, mapped: null },
        { at: 9, first: null, farther: null, mapped: null },
      ]);
    });

    it('finds the next instance that can be mapped, past those that are hidden, a marker, or of no project', async () => {
      await cellTables.insertInstances([
        row(1, { hidden: true }),
        row(2, { projectId: null }),
        row(3, { uuid: PLACEHOLDER_UUID, projectId: PLACEHOLDER_UUID }),
        row(4, { deleted: 4, hidden: null, vmState: null }),
        row(9, { taskState: 'deleting' }),
        row(10, { hidden: true }),
      ]);
      const points = await surveyCell(cell, 1, 10);
      const found = await instancesAt(cell, points);
      expect(found.map((instance) => instance?.id ?? null)).toEqual([4, 4, 4, 4, 9, 9, 9, 9, 9, null]);
      expect(found[0]).toEqual({
        id: 4,
        uuid: uuidOf(4),
        projectId: expect.any(String),
        userId: expect.any(String),
        hidden: false,
        gone: true,
        deleting: false,
      });
      expect(found[8]).toMatchObject({ deleting: true });
    });

    it('does not look for one without end: a long stretch of others is nothing', async () => {
      await cellTables.insertInstances([...rows(1, 99, { projectId: null }), row(100)]);
      const found = await instancesAt(cell, await surveyCell(cell, 1, 100));
      expect(found[0]).toBeNull();
      expect(found.at(-1)?.id).toBe(100);
    });

    it('says which part of the mappings points to the chosen cells', async () => {
      await apiTables.insertCells([
        { id: CELL_ID, uuid: uuidOf(0) },
        { id: OTHER_CELL_ID, uuid: uuidOf(1) },
      ]);
      const cellOf = (number: number) => [CELL_ID, CELL_ID, OTHER_CELL_ID, null][number % 4] ?? null;
      const mappings = Array.from({ length: 640 }, (_, number) => ({
        instanceUuid: uuidOf(number),
        cellId: cellOf(Math.floor(number / 10)),
      }));
      await apiTables.insertMappings(mappings);
      const share = (...cells: number[]) => shareOfMappings(api, { minId: 1, maxId: 640 }, cells);
      expect(await share(CELL_ID)).toBe(0.5);
      expect(await share(OTHER_CELL_ID)).toBe(0.25);
      expect(await share(OTHER_CELL_ID, CELL_ID)).toBe(0.75);
      expect(await share(99)).toBe(0);
    });

    it('of mappings that are all gone again finds no part', async () => {
      expect(await shareOfMappings(api, { minId: 1, maxId: 50_000 }, [CELL_ID])).toBe(0);
    });
  });

  describe('of many rows', () => {
    const ids = surveyIds(1, ROWS);
    const places = Object.fromEntries(ids.map((id, index) => [`p${index}`, id]));

    beforeAll(async () => {
      await apiTables.clear();
      await cellTables.clear();
      await apiTables.insertCells([{ id: CELL_ID, uuid: uuidOf(0) }]);
      await apiTables.insertMappings(
        Array.from({ length: ROWS }, (_, index) => ({ instanceUuid: uuidOf(index), cellId: CELL_ID })),
      );
      // Most of the second half cannot be mapped: no place of it may read on to the end for that.
      await cellTables.insertInstances([
        ...rows(1, ROWS / 2),
        ...rows(ROWS / 2 + 1, ROWS - 1, { projectId: null }),
        row(ROWS),
      ]);
    }, 60_000);

    describe.each(['freshly filled', 'analyzed'])('%s', (state) => {
      beforeAll(async () => {
        if (state !== 'analyzed') return;
        const analyze = dialect === 'mysql' ? 'ANALYZE TABLE' : 'ANALYZE';
        await apiTables.query(`${analyze} instance_mappings`);
        await cellTables.query(`${analyze} instances`);
      });

      it.each<[string, () => Database, string, 'instances' | 'instance_mappings', number]>([
        ['rows', () => cell, surveyRows(ids, ROWS_LOOKED_ON), 'instances', 2],
        ['instances', () => cell, surveyInstances(ids, ROWS_LOOKED_ON), 'instances', 1],
        ['mappings', () => api, surveyMappings(ids), 'instance_mappings', 1],
      ])('goes to each place by the primary key: %s', async (_name, database, statement, table, times) => {
        const plan = (await explain(database(), statement, places)).filter((access) => access.table === table);
        expect(plan).toHaveLength(times * SURVEY_POINTS);
        for (const access of plan) {
          expect(access).toMatchObject(
            dialect === 'mysql'
              ? { type: 'range', key: 'PRIMARY' }
              : { type: expect.stringMatching(`^Index (Only )?Scan using ${table}_pkey$`) },
          );
        }
        if (dialect === 'postgresql') {
          const text = await explainPostgresql(database(), statement, places);
          expect(text.match(new RegExp(`Index Cond: \\(${table}[_0-9]*\\.id >= '`, 'g'))).toHaveLength(
            times * SURVEY_POINTS,
          );
        }
      });

      // A plan does not say how many rows a LIMIT leaves unread; these servers count each row that they read.
      if (dialect === 'mysql') {
        it.each<[string, () => Promise<unknown>, number]>([
          ['rows', () => surveyCell(cell, 1, ROWS), SURVEY_POINTS * 1.5 * ROWS_LOOKED_ON],
          [
            'instances',
            async () => instancesAt(cell, await surveyCell(cell, 1, ROWS)),
            SURVEY_POINTS * 5 * ROWS_LOOKED_ON,
          ],
          ['mappings', () => shareOfMappings(api, { minId: 1, maxId: ROWS }, [CELL_ID]), SURVEY_POINTS * 12],
        ])(`reads a few rows at each place: %s on ${name}`, async (_name, survey, most) => {
          await survey();
          const before = await rowsRead();
          await survey();
          expect((await rowsRead()) - before).toBeLessThan(most);
        });
      }
    });

    /** How many rows the server has read, of all tables and ways; what reading this number itself takes is among them. */
    async function rowsRead(): Promise<number> {
      const counters = await cellTables.query<{ Value: string }>("SHOW GLOBAL STATUS LIKE 'Handler_read%'");
      return counters.reduce((sum, { Value }) => sum + Number(Value), 0);
    }
  });
});
