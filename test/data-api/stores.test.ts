import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { countInstances, countMappings, readBounds, readCell, readCells } from '../../data-api/cells.ts';
import type { Database } from '../../data-api/database.ts';
import { DataApiInstanceStore, DataApiMappingStore, readComparedColumns } from '../../data-api/stores.ts';
import { mappingFor } from '../../domain/mapping.ts';
import { ContentionError, PageTooLargeError } from '../../domain/stores.ts';
import { instance, mappable } from '../domain/memory-stores.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import {
  type ApiDatabase,
  type CellDatabase,
  createApiDatabase,
  createCellDatabase,
} from '../servers/nova-database.ts';
import { type LocalDatabases, startLocalDatabases } from './local-database.ts';

const CELL1 = '11111111-1111-4111-8111-111111111111';
const CELL2 = '22222222-2222-4222-8222-222222222222';

describeOnEachServer('the stores', ({ get, dialect, collations }) => {
  let databases: LocalDatabases;
  beforeAll(async () => {
    databases = await startLocalDatabases();
  });
  afterAll(async () => databases.close());

  describe.each(collations)('with tables in %s', (collation) => {
    let apiTables: ApiDatabase;
    let cellTables: CellDatabase;
    let api: Database;
    let cell: Database;
    let mappings: DataApiMappingStore;

    beforeAll(async () => {
      apiTables = await createApiDatabase(get(), "nova 'api'", { collation });
      cellTables = await createCellDatabase(get(), 'nova_cell1', { collation });
      api = databases.open(get().url('x').replace(/x$/, "nova 'api'"), 'The API database');
      cell = databases.open(cellTables.url);
    });
    afterAll(async () => {
      await apiTables.drop();
      await cellTables.drop();
    });
    beforeEach(async () => {
      await apiTables.clear();
      await cellTables.clear();
      await apiTables.insertCells([
        { id: 3, uuid: CELL1, name: 'cell1', databaseConnection: 'mysql://secret', disabled: false },
        { id: 5, uuid: CELL2, name: null, databaseConnection: null, disabled: true },
      ]);
      mappings = new DataApiMappingStore(api, 3, await readComparedColumns(api));
    });

    it('reads the cells', async () => {
      expect(await readCells(api)).toEqual([
        { id: 3, uuid: CELL1, name: 'cell1', databaseConnection: 'mysql://secret', disabled: false },
        { id: 5, uuid: CELL2, name: null, databaseConnection: null, disabled: true },
      ]);
      expect((await readCell(api, CELL2))?.id).toBe(5);
      expect(await readCell(api, 'none')).toBeUndefined();
    });

    it('reads instances by id with their flags, hidden and deleted ones too', async () => {
      await cellTables.insertInstances([
        { ...plain(1) },
        { ...plain(2), deleted: 2 },
        { ...plain(3), vmState: 'soft-delete' },
        { ...plain(4), hidden: true },
        { ...plain(5), hidden: null, deleted: null, vmState: null, taskState: null, createdAt: null },
        { ...plain(6), taskState: 'soft-deleting' },
        { ...plain(7), projectId: null, userId: null },
        { ...plain(9) },
      ]);
      const store = new DataApiInstanceStore(cell);
      expect(await store.readPage(0, 7, 100)).toEqual([
        instance(1),
        instance(2, { gone: true }),
        instance(3, { gone: true }),
        instance(4, { hidden: true }),
        instance(5),
        instance(6, { deleting: true }),
        instance(7, { projectId: null, userId: null }),
      ]);
      expect((await store.readPage(2, null, 3)).map(({ id }) => id)).toEqual([3, 4, 5]);
      expect((await store.readPage(7, null, 3)).map(({ id }) => id)).toEqual([9]);
      expect(await readBounds(cell)).toEqual({ minId: 1, maxId: 9 });
      expect(await countInstances(cell)).toBe(8);
    });

    it('has no bounds in a cell without rows', async () => {
      expect(await readBounds(cell)).toEqual({ minId: null, maxId: null });
    });

    it('says of each instance what its mapping is', async () => {
      const page = Array.from({ length: 13 }, (_, index) => mappable(index + 1));
      page[9] = mappable(10, { gone: true });
      page[10] = mappable(11, { deleting: true });
      page[11] = mappable(12, { userId: null });
      const at = (id: number) => ({ instanceUuid: instance(id).uuid, projectId: 'p1', userId: 'u1', cellId: 3 });
      await apiTables.insertMappings([
        at(1),
        { ...at(2), projectId: 'P1' },
        { ...at(3), userId: null },
        { ...at(4), queuedForDelete: null },
        { ...at(5), queuedForDelete: true },
        { ...at(6), cellId: null },
        { ...at(7), cellId: null },
        { ...at(8), cellId: 5 },
        { ...at(10), queuedForDelete: true },
        { ...at(11), queuedForDelete: true },
        { ...at(12), userId: null },
        { ...at(13), userId: 'u1 ' },
      ]);
      await apiTables.insertBuildRequests([instance(6).uuid, instance(9).uuid]);
      const findings = (await mappings.look(page)).sort((a, b) => a.index - b.index);
      expect(findings).toEqual([
        { index: 1, state: 'wrongDetails', mappedTo: null },
        { index: 2, state: 'wrongDetails', mappedTo: null },
        { index: 3, state: 'wrongDetails', mappedTo: null },
        { index: 4, state: 'wrongDetails', mappedTo: null },
        { index: 5, state: 'inFlight', mappedTo: null },
        { index: 6, state: 'noCell', mappedTo: null },
        { index: 7, state: 'otherCell', mappedTo: CELL2 },
        { index: 8, state: 'unmapped', mappedTo: null },
        { index: 12, state: 'wrongDetails', mappedTo: null },
      ]);
    });

    it('calls uuids equal that the table calls equal', async () => {
      await apiTables.insertMappings([{ instanceUuid: 'ABCDEF', cellId: 3, projectId: 'p1', userId: 'u1' }]);
      const equal = dialect === 'mysql' && !collation?.endsWith('_bin');
      const findings = await mappings.look([mappable(1, { uuid: 'abcdef' })]);
      expect(findings.map(({ state }) => state)).toEqual(equal ? [] : ['unmapped']);
    });

    it('inserts mappings as Nova would write them, with the time in UTC', async () => {
      const rows = [
        mappable(1),
        mappable(2, { gone: true, userId: null }),
        mappable(3, { projectId: 'pröjekt', userId: "o'" }),
      ];
      const before = Math.floor(Date.now() / 1000) * 1000;
      expect(await mappings.insert(rows.map(mappingFor))).toBe(3);
      const stored = await apiTables.readMappings();
      expect(stored.map(({ id, createdAt, ...rest }) => rest)).toEqual([
        {
          instanceUuid: instance(1).uuid,
          cellId: 3,
          projectId: 'p1',
          userId: 'u1',
          queuedForDelete: false,
          updatedAt: null,
        },
        {
          instanceUuid: instance(2).uuid,
          cellId: 3,
          projectId: 'p1',
          userId: null,
          queuedForDelete: true,
          updatedAt: null,
        },
        {
          instanceUuid: instance(3).uuid,
          cellId: 3,
          projectId: 'pröjekt',
          userId: "o'",
          queuedForDelete: false,
          updatedAt: null,
        },
      ]);
      for (const { createdAt } of stored) {
        const written = Date.parse(`${createdAt?.replace(' ', 'T')}Z`);
        expect(written).toBeGreaterThanOrEqual(before);
        expect(written).toBeLessThanOrEqual(Date.now());
      }
      expect(await countMappings(api, 3)).toBe(3);
      expect(await mappings.look(rows)).toEqual([]);
    });

    it('changes no existing row, and inserts either none or just the others', async () => {
      await apiTables.insertMappings([{ instanceUuid: instance(2).uuid, cellId: 5, projectId: 'old', userId: 'old' }]);
      const before = await apiTables.readMappings();
      const insert = mappings.insert([1, 2, 3].map((id) => mappingFor(mappable(id))));
      if (dialect === 'mysql') {
        await expect(insert).rejects.toThrow(ContentionError);
        expect(await apiTables.readMappings()).toEqual(before);
      } else {
        expect(await insert).toBe(2);
        expect((await apiTables.readMappings()).slice(0, 1)).toEqual(before);
      }
    });

    it('refuses to lose a value: a text that the table cannot hold fails the statement', async () => {
      const tooLong = mappingFor(mappable(1, { projectId: 'p'.repeat(256) }));
      await expect(mappings.insert([tooLong])).rejects.toMatchObject({ name: 'RowRefused' });
      expect(await apiTables.readMappings()).toEqual([]);
    });

    it('names a page that is too large for an answer or a request', async () => {
      const wide = 'x'.repeat(255);
      const many = Array.from({ length: 3000 }, (_, index) => ({ ...plain(index + 1), projectId: wide, userId: wide }));
      await cellTables.insertInstances(many);
      const store = new DataApiInstanceStore(cell);
      await expect(store.readPage(0, null, 3000)).rejects.toThrow(PageTooLargeError);
      const huge = Array.from({ length: 9000 }, (_, index) =>
        mappingFor(mappable(index + 1, { projectId: `${index}${wide}`.slice(0, 255), userId: wide })),
      );
      await expect(mappings.insert(huge)).rejects.toThrow(PageTooLargeError);
    });
  });

  it.each(['nova_empty', 'nova_missing'])(
    'names a database without Nova’s tables, or none at all: %s',
    async (database) => {
      if (database === 'nova_empty') {
        const made = await createCellDatabase(get(), database);
        await made.query('DROP TABLE instance_extra');
      }
      const error = await readCells(databases.open(get().url(database), 'The API database')).catch((thrown) => thrown);
      expect(error.name).toBe(database === 'nova_empty' ? 'UnexpectedTables' : 'DatabaseNotFound');
      expect(error.message).toMatch(/^The API database does not .*Check/);
    },
  );

  it('names a refused login, without the user or the password', async () => {
    const url = get()
      .url('nova')
      .replace(/:\/\/[^@]*@/, '://someuser:somepassword@');
    const error = await readCells(databases.open(url, 'The API database')).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'LoginRefused' });
    expect(`${error.message} ${error.stack}`).not.toMatch(/someuser|somepassword/);
  });

  it('names a server that is down within seconds', async () => {
    const began = Date.now();
    const url = get()
      .url('nova')
      .replace(/:\d+\//, ':1/');
    await expect(readCells(databases.open(url))).rejects.toMatchObject({ name: 'DatabaseUnavailable' });
    expect(Date.now() - began).toBeLessThan(10_000);
  });
});

/** The row of `instances` that the store reads as `instance(id)`. */
function plain(id: number) {
  const { uuid, projectId, userId } = instance(id);
  return { id, uuid, projectId, userId };
}
