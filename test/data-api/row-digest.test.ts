import { expect, it } from '@jest/globals';
import { digestRows } from '../../data-api/row-digest.ts';
import { DataApiVerifiedInstances } from '../../data-api/verified-instances.ts';
import type { MappableInstance } from '../../domain/instance.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import { createCellDatabase } from '../servers/nova-database.ts';
import { startLocalDatabases } from './local-database.ts';

/** Every kind of row that can be mapped, with names that tell characters, bytes and units of UTF-16 apart. */
const rows: MappableInstance[] = [
  { projectId: 'p', userId: 'u' },
  { projectId: 'p', userId: null },
  { projectId: 'p=1', userId: '' },
  { projectId: 'prøjekt ', userId: 'ünd' },
  { projectId: '項目', userId: '用户' },
  { projectId: 'p', userId: 'u', gone: true },
  { projectId: 'p', userId: 'u', deleting: true },
].map((parts, index) => ({
  id: index + 1,
  uuid: `${'aAbB'[index % 4]}${index}00000F-0000-4000-8000-00000000000${index}`,
  hidden: false,
  gone: false,
  deleting: false,
  ...parts,
}));

describeOnEachServer('the digest of rows that were read', ({ get }) => {
  it.each([true, false])('is the one that the database computes, where letter case matters: %s', async (exactCase) => {
    const databases = await startLocalDatabases();
    const cell = await createCellDatabase(get(), 'row_digest_cell');
    try {
      await cell.insertInstances(
        rows.map(({ id, uuid, projectId, userId, gone, deleting }) => ({
          id,
          uuid,
          projectId,
          userId,
          deleted: gone ? id : 0,
          taskState: deleting ? 'deleting' : null,
        })),
      );
      for (const bucketLength of [1, 3]) {
        const rules = { exactCase, bucketLength };
        const store = new DataApiVerifiedInstances(databases.open(cell.url), rules);
        const { buckets } = await store.digest(0, rows.length);
        expect(Object.keys(buckets).length).toBeGreaterThan(1);
        expect(digestRows(rows, rules)).toEqual(buckets);
      }
    } finally {
      await cell.drop();
      await databases.close();
    }
  });
});
