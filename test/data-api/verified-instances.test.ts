import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataApiVerifiedInstances } from '../../data-api/verified-instances.ts';
import { PLACEHOLDER_UUID } from '../../domain/instance.ts';
import { instance } from '../domain/memory-stores.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import { type CellDatabase, createCellDatabase } from '../servers/nova-database.ts';
import { type LocalDatabases, startLocalDatabases } from './local-database.ts';

/** A uuid of a bucket. */
const uuidIn = (bucket: string, id: number) => `${bucket}00000-0000-4000-8000-${String(id).padStart(12, '0')}`;

describeOnEachServer('the instances to verify', ({ get, dialect, collations }) => {
  let databases: LocalDatabases;
  beforeAll(async () => {
    databases = await startLocalDatabases();
  });
  afterAll(async () => databases?.close());

  describe.each(collations)('with tables in %s', (collation) => {
    let tables: CellDatabase;
    let store: DataApiVerifiedInstances;
    const exactCase = dialect === 'postgresql' || collation === 'utf8mb4_bin';

    beforeAll(async () => {
      tables = await createCellDatabase(get(), 'verified_cell', { collation });
      store = new DataApiVerifiedInstances(databases.open(tables.url), { exactCase, bucketLength: 3 });
    });
    afterAll(async () => tables?.drop());
    beforeEach(async () => tables.clear());

    const ids = (rows: { id: number }[]) => rows.map(({ id }) => id);

    it('are read by bucket, each as it is, and always those without a project', async () => {
      const plain = { projectId: 'p1', userId: 'u1' };
      await tables.insertInstances([
        { ...plain, id: 1, uuid: uuidIn('abc', 1) },
        { ...plain, id: 2, uuid: uuidIn('abd', 2) },
        { ...plain, id: 3, uuid: uuidIn('ABC', 3), deleted: 3 },
        { ...plain, id: 4, uuid: uuidIn('abc', 4), taskState: 'deleting', userId: null },
        { ...plain, id: 5, uuid: uuidIn('abc', 5), hidden: true },
        { ...plain, id: 6, uuid: PLACEHOLDER_UUID },
        { ...plain, id: 7, uuid: uuidIn('fff', 7), projectId: null },
        { ...plain, id: 8, uuid: uuidIn('fff', 8), projectId: null, hidden: true },
        { ...plain, id: 9, uuid: uuidIn('abc', 9), hidden: null },
      ]);
      expect(await store.readBuckets(0, 8, ['abc', 'ccc'], 100)).toEqual([
        instance(1, { uuid: uuidIn('abc', 1) }),
        instance(3, { uuid: uuidIn('ABC', 3), gone: true }),
        instance(4, { uuid: uuidIn('abc', 4), userId: null, deleting: true }),
        instance(7, { uuid: uuidIn('fff', 7), projectId: null }),
      ]);
      expect(ids(await store.readBuckets(0, 9, ['abc'], 3))).toEqual([1, 3, 4]);
      expect(ids(await store.readBuckets(4, 9, ['abc'], 3))).toEqual([7, 9]);
      expect(ids(await store.readBuckets(0, 9, [], 100))).toEqual([7]);
      expect(ids(await store.readBuckets(0, 9, null, 100))).toEqual([1, 2, 3, 4, 7, 9]);
    });

    it('are found by uuid as their table compares it, hidden ones too', async () => {
      await tables.insertInstances([
        { id: 1, uuid: uuidIn('abc', 1), projectId: 'p1', userId: 'u1' },
        { id: 2, uuid: uuidIn('abc', 2), projectId: 'p1', userId: 'u1', hidden: true },
        { id: 3, uuid: uuidIn('ABC', 3), projectId: null, userId: null, deleted: 3 },
        { id: 4, uuid: PLACEHOLDER_UUID },
        { id: 5, uuid: uuidIn('abc', 5) },
      ]);
      const found = await store.find([uuidIn('abc', 1), uuidIn('abc', 2), uuidIn('abc', 3), uuidIn('abc', 99)]);
      expect(found.sort((a, b) => a.id - b.id)).toEqual([
        instance(1, { uuid: uuidIn('abc', 1) }),
        instance(2, { uuid: uuidIn('abc', 2), hidden: true }),
        ...(exactCase ? [] : [instance(3, { uuid: uuidIn('ABC', 3), projectId: null, userId: null, gone: true })]),
      ]);
      expect(await store.find([])).toEqual([]);
    });

    it('give each project its number of live instances, and of those that are being deleted', async () => {
      await tables.insertInstances(
        [
          { projectId: 'p1' },
          { projectId: 'p1', hidden: null, deleted: null, vmState: null },
          { projectId: 'p1', taskState: 'soft-deleting' },
          { projectId: 'p1', deleted: 4 },
          { projectId: 'p1', vmState: 'soft-delete', taskState: 'deleting' },
          { projectId: 'p1', hidden: true },
          { projectId: null },
          { projectId: 'P1' },
          { projectId: 'p1 ' },
          { projectId: 'é', taskState: 'deleting' },
          { projectId: 'e' },
          { projectId: 'gone', deleted: 12 },
          { projectId: 'p1' },
        ].map((row, index) => ({ id: index + 1, uuid: uuidIn('abc', index), ...row })),
      );
      await tables.insertInstances([{ id: 20, uuid: PLACEHOLDER_UUID, projectId: PLACEHOLDER_UUID }]);
      expect(await store.quotas(0, 12)).toEqual({
        p1: { counted: 0, live: 3, deleting: 1 },
        P1: { counted: 0, live: 1, deleting: 0 },
        'p1 ': { counted: 0, live: 1, deleting: 0 },
        é: { counted: 0, live: 1, deleting: 1 },
        e: { counted: 0, live: 1, deleting: 0 },
      });
      expect(await store.quotas(12, 20)).toEqual({ p1: { counted: 0, live: 1, deleting: 0 } });
    });
  });
});
