import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Database } from '../../data-api/database.ts';
import { readUuidRules } from '../../data-api/uuid-rules.ts';
import { DataApiVerifiedMappings, readMappingBounds } from '../../data-api/verified-mappings.ts';
import { NOVA_MARKER } from '../../domain/classification.ts';
import { PLACEHOLDER_UUID } from '../../domain/instance.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import { type ApiDatabase, createApiDatabase } from '../servers/nova-database.ts';
import { type LocalDatabases, startLocalDatabases } from './local-database.ts';

const CELL_ID = 3;
const OTHER_CELL_ID = 5;

/** A uuid of a bucket. */
const uuidIn = (bucket: string, id: number) => `${bucket}00000-0000-4000-8000-${String(id).padStart(12, '0')}`;

/** As nova-manage disguises the uuid of its marker. */
const MARKED_UUID = uuidIn('abc', 77).replaceAll('-', ' ');

describeOnEachServer('the mappings to verify', ({ get, dialect, collations }) => {
  let databases: LocalDatabases;
  beforeAll(async () => {
    databases = await startLocalDatabases();
  });
  afterAll(async () => databases?.close());

  describe.each(collations)('with tables in %s', (collation) => {
    let tables: ApiDatabase;
    let api: Database;
    let store: DataApiVerifiedMappings;
    const exactCase = dialect === 'postgresql' || collation === 'utf8mb4_bin';

    beforeAll(async () => {
      tables = await createApiDatabase(get(), 'verified_api', { collation });
      api = databases.open(tables.url);
      store = new DataApiVerifiedMappings(api, { exactCase, bucketLength: 3 });
    });
    afterAll(async () => tables?.drop());
    beforeEach(async () => {
      await tables.clear();
      await tables.insertCells([
        { id: CELL_ID, uuid: 'cell1' },
        { id: OTHER_CELL_ID, uuid: 'cell2' },
      ]);
    });

    it('compare uuids as their collation says', async () => {
      expect(await readUuidRules(api)).toEqual({ exactCase });
    });

    it('have bounds, unless there are none', async () => {
      expect(await readMappingBounds(api)).toEqual({ minId: null, maxId: null });
      await tables.insertMappings([1, 2, 3].map((id) => ({ instanceUuid: uuidIn('abc', id) })));
      await tables.query('DELETE FROM instance_mappings WHERE id = 1');
      expect(await readMappingBounds(api)).toEqual({ minId: 2, maxId: 3 });
    });

    it('are read apart where they have no cell or no real instance, and are settled where that is as it should be', async () => {
      await tables.insertMappings([
        { instanceUuid: uuidIn('abc', 1), cellId: null },
        { instanceUuid: uuidIn('abc', 2), cellId: null },
        { instanceUuid: uuidIn('abc', 3), cellId: CELL_ID },
        { instanceUuid: PLACEHOLDER_UUID, cellId: CELL_ID },
        { instanceUuid: MARKED_UUID, cellId: null, projectId: NOVA_MARKER, userId: NOVA_MARKER },
        { instanceUuid: uuidIn('abc', 6), cellId: CELL_ID, projectId: NOVA_MARKER },
        { instanceUuid: uuidIn('abc', 7), cellId: null },
      ]);
      await tables.insertBuildRequests([uuidIn('ABC', 2), uuidIn('abc', 3), uuidIn('abc', 7)]);
      const all = [
        { id: 1, uuid: uuidIn('abc', 1), settled: false },
        { id: 2, uuid: uuidIn('abc', 2), settled: !exactCase },
        { id: 4, uuid: PLACEHOLDER_UUID, settled: true },
        { id: 5, uuid: MARKED_UUID, settled: true },
        { id: 6, uuid: uuidIn('abc', 6), settled: true },
        { id: 7, uuid: uuidIn('abc', 7), settled: true },
      ];
      expect(await store.readApart(0, 7, 100)).toEqual(all);
      expect(await store.readApart(0, 6, 3)).toEqual(all.slice(0, 3));
      expect(await store.readApart(4, 6, 3)).toEqual(all.slice(3, 5));
      expect(await store.readApart(7, 100, 3)).toEqual([]);
    });

    it('are read by cell and bucket', async () => {
      await tables.insertMappings([
        { instanceUuid: uuidIn('abc', 1), cellId: CELL_ID },
        { instanceUuid: uuidIn('abc', 2), cellId: OTHER_CELL_ID },
        { instanceUuid: uuidIn('ABC', 3), cellId: CELL_ID },
        { instanceUuid: uuidIn('abd', 4), cellId: CELL_ID },
        { instanceUuid: uuidIn('abc', 5), cellId: null },
        { instanceUuid: uuidIn('abc', 6), cellId: CELL_ID, projectId: NOVA_MARKER },
        { instanceUuid: PLACEHOLDER_UUID, cellId: CELL_ID },
        { instanceUuid: uuidIn('abc', 8), cellId: CELL_ID },
      ]);
      const one = { id: 1, uuid: uuidIn('abc', 1) };
      const [three, four] = [
        { id: 3, uuid: uuidIn('ABC', 3) },
        { id: 4, uuid: uuidIn('abd', 4) },
      ];
      expect(await store.readBuckets(CELL_ID, 0, 7, ['abc', 'ccc'], 100)).toEqual([one, three]);
      expect(await store.readBuckets(CELL_ID, 0, 8, ['abc'], 2)).toEqual([one, three]);
      expect((await store.readBuckets(CELL_ID, 3, 8, ['abc'], 2)).map(({ id }) => id)).toEqual([8]);
      expect(await store.readBuckets(CELL_ID, 0, 7, null, 100)).toEqual([one, three, four]);
      expect(await store.readBuckets(CELL_ID, 0, 8, [], 100)).toEqual([]);
    });

    it('are found whole, with times in full precision, and with their build requests', async () => {
      await tables.insertMappings([
        { instanceUuid: uuidIn('abc', 1), cellId: CELL_ID, projectId: 'pröjekt', userId: null, queuedForDelete: null },
        { instanceUuid: uuidIn('ABC', 2), projectId: 'p', userId: '', queuedForDelete: true },
        { instanceUuid: uuidIn('abc', 3) },
      ]);
      const fraction = dialect === 'mysql' ? '' : '.123456';
      await tables.query(`UPDATE instance_mappings SET updated_at = '2025-01-02 03:04:05${fraction}' WHERE id = 1`);
      await tables.query('UPDATE instance_mappings SET created_at = NULL WHERE id = 2');
      await tables.insertBuildRequests([uuidIn('abc', 2), uuidIn('abc', 3), uuidIn('abc', 4)]);
      const asked = [uuidIn('abc', 1), uuidIn('abc', 2), uuidIn('abc', 4), uuidIn('abc', 5)];
      const { mappings, building } = await store.find(asked);
      expect(mappings.sort((a, b) => a.id - b.id)).toEqual([
        {
          id: 1,
          createdAt: `2024-05-06 07:08:09${dialect === 'mysql' ? '' : '.000000'}`,
          updatedAt: `2025-01-02 03:04:05${fraction}`,
          instanceUuid: uuidIn('abc', 1),
          cellId: CELL_ID,
          projectId: 'pröjekt',
          userId: null,
          queuedForDelete: null,
        },
        ...(exactCase
          ? []
          : [
              {
                id: 2,
                createdAt: null,
                updatedAt: null,
                instanceUuid: uuidIn('ABC', 2),
                cellId: null,
                projectId: 'p',
                userId: '',
                queuedForDelete: true,
              },
            ]),
      ]);
      expect(building).toEqual([uuidIn('abc', 2), uuidIn('abc', 4)]);
      expect(await store.find([])).toEqual({ mappings: [], building: [] });
    });

    it('give each project the number that Nova’s quota counts', async () => {
      const cells = [CELL_ID, OTHER_CELL_ID, null];
      await tables.insertMappings([
        ...cells.map((cellId, index) => ({ instanceUuid: uuidIn('abc', index), cellId, projectId: 'p1' })),
        { instanceUuid: uuidIn('abc', 4), cellId: CELL_ID, projectId: 'p1', queuedForDelete: true },
        { instanceUuid: uuidIn('abc', 5), cellId: CELL_ID, projectId: 'p1', queuedForDelete: null },
        { instanceUuid: uuidIn('abc', 6), cellId: CELL_ID, projectId: 'P1' },
        { instanceUuid: PLACEHOLDER_UUID, cellId: CELL_ID, projectId: PLACEHOLDER_UUID },
        { instanceUuid: MARKED_UUID, projectId: NOVA_MARKER },
        { instanceUuid: uuidIn('abc', 9), cellId: CELL_ID, projectId: 'p1' },
      ]);
      expect(await store.quotas(0, 8)).toEqual({
        p1: { counted: 3, live: 0, deleting: 0 },
        P1: { counted: 1, live: 0, deleting: 0 },
      });
      expect(await store.quotas(8, 100)).toEqual({ p1: { counted: 1, live: 0, deleting: 0 } });
    });
  });
});

describe('the rules for uuids', () => {
  it.each([
    ['utf8mb4_bin', true],
    ['utf8mb4_0900_as_cs', true],
    ['utf8mb4_0900_ai_ci', false],
    ['utf8mb3_general_ci', false],
  ])('follow the collation %s of instance_mappings alone', async (collation, exactCase) => {
    const rows = [
      { tbl: 'instance_mappings', charset: 'utf8mb4', collation },
      { tbl: 'build_requests', charset: 'utf8mb4', collation: exactCase ? 'utf8mb4_general_ci' : 'utf8mb4_bin' },
    ];
    const api = { address: { dialect: 'mysql' }, query: async () => rows } as unknown as Database;
    expect(await readUuidRules(api)).toEqual({ exactCase });
  });
});
