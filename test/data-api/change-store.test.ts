import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataApiChangeStore } from '../../data-api/change-store.ts';
import type { Database } from '../../data-api/database.ts';
import { timeText } from '../../data-api/times.ts';
import { DataApiVerifiedMappings } from '../../data-api/verified-mappings.ts';
import { CHANGES_A_STATEMENT, type Change, undoOf } from '../../domain/change.ts';
import type { MappingRow } from '../../domain/classification.ts';
import { ContentionError } from '../../domain/stores.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import { type ApiDatabase, createApiDatabase } from '../servers/nova-database.ts';
import { type LocalDatabases, startLocalDatabases } from './local-database.ts';

const CELL_ID = 3;
const OTHER_CELL_ID = 5;

const uuidOf = (id: number) => `abc00000-0000-4000-8000-${String(id).padStart(12, '0')}`;

describeOnEachServer('the change store', ({ get, dialect, collations }) => {
  let databases: LocalDatabases;
  beforeAll(async () => {
    databases = await startLocalDatabases();
  });
  afterAll(async () => databases?.close());

  describe.each(collations)('with tables in %s', (collation) => {
    let tables: ApiDatabase;
    let api: Database;
    let store: DataApiChangeStore;
    const exactCase = dialect === 'postgresql' || collation === 'utf8mb4_bin';
    const at = timeText(dialect, new Date('2025-06-07T08:09:10.987Z'));

    beforeAll(async () => {
      tables = await createApiDatabase(get(), 'changed_api', { collation });
      api = databases.open(tables.url);
      store = new DataApiChangeStore(api);
    });
    afterAll(async () => tables?.drop());
    beforeEach(async () => {
      await tables.clear();
      await tables.insertCells([
        { id: CELL_ID, uuid: 'cell1' },
        { id: OTHER_CELL_ID, uuid: 'cell2' },
      ]);
    });

    /** Five rows of all kinds; on PostgreSQL with fractions of seconds. */
    const insertFive = async () => {
      const fraction = dialect === 'mysql' ? '' : '.000009';
      await tables.insertMappings([
        { instanceUuid: uuidOf(1), cellId: CELL_ID, projectId: 'p1', userId: 'u1' },
        { instanceUuid: uuidOf(2), cellId: null, projectId: 'pröjékt', userId: null, queuedForDelete: null },
        { instanceUuid: uuidOf(3).toUpperCase(), cellId: OTHER_CELL_ID, projectId: `o'"\\n:x`, userId: '' },
        { instanceUuid: uuidOf(4), cellId: CELL_ID, projectId: ' p ', userId: 'u ', queuedForDelete: true },
        { instanceUuid: uuidOf(5), cellId: CELL_ID, projectId: 'p5', userId: 'u5' },
      ]);
      await tables.query('UPDATE instance_mappings SET created_at = NULL WHERE id = 2');
      await tables.query(`UPDATE instance_mappings SET updated_at = '2024-12-31 23:59:59${fraction}' WHERE id > 2`);
      return read();
    };

    /** The mappings as `repair` sees them. */
    const read = async (): Promise<MappingRow[]> => {
      const rows = await tables.query<{ uuid: string }>('SELECT instance_uuid AS uuid FROM instance_mappings');
      const { mappings } = await new DataApiVerifiedMappings(api, { exactCase, bucketLength: 3 }).find(
        rows.map(({ uuid }) => uuid),
      );
      return mappings.sort((a, b) => a.id - b.id);
    };

    /** The table as the server itself tells it, to the last byte. */
    const dump = () => {
      const text = (column: string) => `CAST(${column} AS ${dialect === 'mysql' ? 'CHAR' : 'text'}) AS ${column}`;
      const columns = ['created_at', 'updated_at', 'instance_uuid', 'project_id', 'user_id', 'queued_for_delete'];
      return tables.query(`SELECT id, cell_id, ${columns.map(text).join(', ')} FROM instance_mappings ORDER BY id`);
    };

    const update = (before: MappingRow, parts: Partial<MappingRow> = {}): Change => ({
      class: 'wrongDetails',
      before,
      after: { ...before, cellId: CELL_ID, userId: 'new', queuedForDelete: true, updatedAt: at, ...parts },
    });
    const removal = (before: MappingRow): Change => ({ class: 'orphan', before, after: null });
    const ids = (changes: Change[]) => changes.map(({ before, after }) => (before ?? after)?.id);

    it('changes and removes rows, and puts them back to the last byte', async () => {
      const rows = await insertFive();
      const before = await dump();
      const [one, two, three, four] = rows as [MappingRow, MappingRow, MappingRow, MappingRow, MappingRow];
      const changes = [update(one), update(two, { projectId: 'ñ', userId: null }), removal(three), removal(four)];
      expect(await store.apply(changes, { unlessBuilding: true })).toEqual(changes);
      expect(await read()).toEqual([changes[0]?.after, changes[1]?.after, rows[4]]);

      const undone = changes.map(undoOf);
      expect(await store.apply(undone, { unlessBuilding: true })).toEqual(undone);
      expect(await dump()).toEqual(before);
    });

    it('reports what an attempt before has made, whose answer was lost', async () => {
      const [one, two, three] = (await insertFive()) as [MappingRow, MappingRow, MappingRow];
      const changes = [update(one), update(two), removal(three)];
      await store.apply(changes, { unlessBuilding: true });
      const after = await dump();
      expect(await store.apply(changes, { unlessBuilding: true })).toEqual(changes);
      expect(await dump()).toEqual(after);

      const undone = changes.map(undoOf);
      await store.apply(undone, { unlessBuilding: false });
      const before = await dump();
      expect(await store.apply(undone, { unlessBuilding: false })).toEqual(undone);
      expect(await dump()).toEqual(before);
    });

    it('makes the rest where an attempt before has made only some', async () => {
      const [one, two, three] = (await insertFive()) as [MappingRow, MappingRow, MappingRow];
      const changes = [update(one), update(two), removal(three)];
      await store.apply(changes.slice(0, 1), { unlessBuilding: true });
      expect(await store.apply(changes, { unlessBuilding: true })).toEqual(changes);
      expect((await read()).map(({ id, userId }) => [id, userId])).toEqual([
        [1, 'new'],
        [2, 'new'],
        [4, 'u '],
        [5, 'u5'],
      ]);
    });

    it.each<[string, string]>([
      ['cell', `cell_id = ${OTHER_CELL_ID}`],
      ['cell, which it has lost', 'cell_id = NULL'],
      ['project', "project_id = 'p2'"],
      ['project, in case only', "project_id = 'P1'"],
      ['project, in an accent only', "project_id = 'ṕ1'"],
      ['project, in a space only', "project_id = 'p1 '"],
      ['user', "user_id = 'u2'"],
      ['user, which it has lost', 'user_id = NULL'],
      ['queued_for_delete', `queued_for_delete = ${dialect === 'mysql' ? 1 : 'true'}`],
      ['queued_for_delete, which it has lost', 'queued_for_delete = NULL'],
      ['uuid', `instance_uuid = '${uuidOf(9)}'`],
      ['uuid, in case only', `instance_uuid = '${uuidOf(1).toUpperCase()}'`],
      ['created_at', "created_at = '2024-05-06 07:08:10'"],
      ['created_at, which it has lost', 'created_at = NULL'],
      ['updated_at', "updated_at = '2025-06-07 08:09:10'"],
    ])('leaves a row alone that has meanwhile another %s', async (_what, change) => {
      const [one, two] = (await insertFive()) as [MappingRow, MappingRow];
      await tables.query(`UPDATE instance_mappings SET ${change} WHERE id = 1`);
      const before = await dump();
      for (const made of [update(one), removal(one)]) {
        expect(await store.apply([made], { unlessBuilding: true })).toEqual([]);
        expect(await dump()).toEqual(before);
      }
      expect(ids(await store.apply([update(one), update(two)], { unlessBuilding: true }))).toEqual([2]);
      expect((await dump()).slice(0, 1)).toEqual(before.slice(0, 1));
    });

    it('leaves a row alone that has gone, and one that never was', async () => {
      const [one, two] = (await insertFive()) as [MappingRow, MappingRow];
      await tables.query('DELETE FROM instance_mappings WHERE id = 1');
      const changes = [update(one), update({ ...one, id: 99 }), removal(two)];
      expect(ids(await store.apply(changes, { unlessBuilding: true }))).toEqual([2]);
      expect((await read()).map(({ id }) => id)).toEqual([3, 4, 5]);
    });

    it('leaves alone what is being built, unless told otherwise', async () => {
      const [one, two, three, four] = (await insertFive()) as [MappingRow, MappingRow, MappingRow, MappingRow];
      await tables.insertBuildRequests([uuidOf(1), uuidOf(2).toUpperCase(), uuidOf(3), uuidOf(9)]);
      const before = await dump();
      const changes = [update(one), update(two), removal(three), update(four)];
      // The third's mapping is in upper case.
      const free = exactCase ? [2, 3, 4] : [4];
      expect(ids(await store.apply(changes, { unlessBuilding: true }))).toEqual(free);
      expect((await dump())[0]).toEqual(before[0]);
      expect(ids(await store.apply(changes, { unlessBuilding: false }))).toEqual([1, 2, 3, 4]);

      const undone = changes.map(undoOf);
      expect(ids(await store.apply(undone, { unlessBuilding: true }))).toEqual(free);
      expect(ids(await store.apply(undone, { unlessBuilding: false }))).toEqual([1, 2, 3, 4]);
      expect(await dump()).toEqual(before);
    });

    it('puts no row back whose id or uuid another one has', async () => {
      const rows = await insertFive();
      const changes = rows.map(removal);
      await store.apply(changes, { unlessBuilding: true });
      await tables.insertMappings([
        { instanceUuid: uuidOf(2), cellId: CELL_ID },
        { instanceUuid: uuidOf(8), cellId: CELL_ID },
      ]);
      await tables.query('UPDATE instance_mappings SET id = id + 100');
      await tables.query('UPDATE instance_mappings SET id = 4 WHERE id = 107');
      const taken = await dump();
      let writes = 0;
      const counting = watched(api, async () => {
        writes += 1;
      });
      const undone = await new DataApiChangeStore(counting).apply(changes.map(undoOf), { unlessBuilding: true });
      expect(ids(undone)).toEqual([1, 3, 5]);
      // It is known before which are taken.
      expect(writes).toBe(1);
      expect(taken).toHaveLength(2);
      expect(await dump()).toEqual(expect.arrayContaining(taken));
      expect(await dump()).toHaveLength(5);
    });

    it('puts the others back where one was taken between look and insert', async () => {
      const rows = await insertFive();
      const changes = rows.map(removal);
      await store.apply(changes, { unlessBuilding: true });
      let raced = false;
      const racing = watched(api, async () => {
        if (!raced) await tables.insertMappings([{ instanceUuid: uuidOf(2), cellId: CELL_ID }]);
        raced = true;
      });
      const undone = await new DataApiChangeStore(racing).apply(changes.map(undoOf), { unlessBuilding: true });
      expect(ids(undone)).toEqual([1, 3, 4, 5]);
    });

    it('does not take a lock that is in the way for a row that is', async () => {
      const [one] = (await insertFive()) as [MappingRow];
      await store.apply([removal(one)], { unlessBuilding: true });
      const locked = watched(api, () => Promise.reject(new ContentionError('locked')));
      const undo = new DataApiChangeStore(locked).apply([undoOf(removal(one))], { unlessBuilding: true });
      await expect(undo).rejects.toThrow(ContentionError);
    });

    it('makes no other row of one', async () => {
      const [one, two, three] = (await insertFive()) as [MappingRow, MappingRow, MappingRow];
      const before = await dump();
      const changes = [
        update(one, { id: 77 }),
        update(two, { instanceUuid: uuidOf(77) }),
        update(three, { createdAt: at }),
      ];
      expect(await store.apply(changes, { unlessBuilding: true })).toEqual([]);
      expect(await dump()).toEqual(before);
    });

    it('takes one statement for each kind of a whole page', async () => {
      const wide = (id: number) => `${id}`.padEnd(255, 'é');
      const all = Array.from({ length: CHANGES_A_STATEMENT }, (_, index) => ({
        instanceUuid: uuidOf(index + 1),
        cellId: CELL_ID,
        projectId: wide(index),
        userId: wide(index),
      }));
      await tables.insertMappings(all);
      const before = await dump();
      const rows = await read();
      let writes = 0;
      const counting = new DataApiChangeStore(
        watched(api, async () => {
          writes += 1;
        }),
      );
      for (const change of [(row: MappingRow) => update(row, { userId: 'ñ'.repeat(255) }), removal]) {
        const changes = rows.map(change);
        expect(await counting.apply(changes, { unlessBuilding: true })).toHaveLength(CHANGES_A_STATEMENT);
        expect(await counting.apply(changes.map(undoOf), { unlessBuilding: true })).toHaveLength(CHANGES_A_STATEMENT);
        expect(await dump()).toEqual(before);
      }
      expect(writes).toBe(4);
    });

    it('does nothing where there is nothing to do', async () => {
      expect(await store.apply([], { unlessBuilding: true })).toEqual([]);
    });
  });
});

/** A database that calls a hook before each statement that writes. */
function watched(database: Database, beforeWrite: () => Promise<void>): Database {
  const { address, label } = database;
  const seen: Pick<Database, 'address' | 'label' | 'query' | 'write'> = {
    address,
    label,
    query: (...args) => database.query(...args),
    write: async (...args) => {
      await beforeWrite();
      return database.write(...args);
    },
  };
  return seen as Database;
}
