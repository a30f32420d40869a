import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Database } from '../../data-api/database.ts';
import { type DigestRules, digestSql } from '../../data-api/digest-sql.ts';
import { readUuidRules } from '../../data-api/uuid-rules.ts';
import { DataApiVerifiedInstances } from '../../data-api/verified-instances.ts';
import { DataApiVerifiedMappings } from '../../data-api/verified-mappings.ts';
import { NOVA_MARKER } from '../../domain/classification.ts';
import { addDigests, differingBuckets } from '../../domain/digest.ts';
import { PLACEHOLDER_UUID } from '../../domain/instance.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import {
  type ApiDatabase,
  type CellDatabase,
  createApiDatabase,
  createCellDatabase,
  type InstanceRow,
  type MappingRow,
} from '../servers/nova-database.ts';
import { type LocalDatabases, startLocalDatabases } from './local-database.ts';

const CELL_ID = 3;
const OTHER_CELL_ID = 5;

/** An instance and its mapping: what is right about one of them, and what may not be about the other. */
interface Pair {
  what: string;
  instance?: Partial<InstanceRow>;
  mapping?: Partial<MappingRow>;
}

/** The digests of these are the same on both sides. */
const right: Pair[] = [
  { what: 'a live instance' },
  { what: 'a deleted one', instance: { deleted: 7 }, mapping: { queuedForDelete: true } },
  { what: 'a soft-deleted one', instance: { vmState: 'soft-delete' }, mapping: { queuedForDelete: true } },
  { what: 'one that is being deleted', instance: { taskState: 'deleting' }, mapping: { queuedForDelete: true } },
  { what: 'one that is soft-deleted', instance: { taskState: 'soft-deleting' }, mapping: { queuedForDelete: true } },
  { what: 'one with NULLs', instance: { hidden: null, deleted: null, vmState: null, createdAt: null } },
  { what: 'no user', instance: { userId: null }, mapping: { userId: null } },
  { what: 'an empty user', instance: { userId: '' }, mapping: { userId: '' } },
  { what: 'letters with accents', instance: { projectId: 'pröjékt' }, mapping: { projectId: 'pröjékt' } },
  { what: 'letters of three bytes', instance: { projectId: '工程 “x”' }, mapping: { projectId: '工程 “x”' } },
  { what: 'quotes', instance: { userId: `o'"\\n` }, mapping: { userId: `o'"\\n` } },
];

/** The digests of these are not. */
const wrong: Pair[] = [
  { what: 'another project', mapping: { projectId: 'other' } },
  { what: 'another user', mapping: { userId: 'other' } },
  { what: 'a project in other case', instance: { projectId: 'p' }, mapping: { projectId: 'P' } },
  { what: 'a user in other case', instance: { userId: 'u' }, mapping: { userId: 'U' } },
  { what: 'a project without its accent', instance: { projectId: 'café' }, mapping: { projectId: 'cafe' } },
  { what: 'a project in another normal form', instance: { projectId: 'é' }, mapping: { projectId: 'e\u0301' } },
  { what: 'a user without its accent', instance: { userId: 'é' }, mapping: { userId: 'e' } },
  { what: 'a project with a space after it', instance: { projectId: 'p' }, mapping: { projectId: 'p ' } },
  { what: 'no user for an empty one', instance: { userId: '' }, mapping: { userId: null } },
  { what: 'an empty user for none', instance: { userId: null }, mapping: { userId: '' } },
  {
    what: 'a letter moved from the project to the user',
    instance: { projectId: 'ab', userId: 'c' },
    mapping: { projectId: 'a', userId: 'bc' },
  },
  {
    what: 'a separator in the project',
    instance: { projectId: 'a=b', userId: null },
    mapping: { projectId: 'a', userId: 'b' },
  },
  {
    what: 'project and user exchanged',
    instance: { projectId: 'a', userId: 'b' },
    mapping: { projectId: 'b', userId: 'a' },
  },
  { what: 'a live one that is queued', mapping: { queuedForDelete: true } },
  { what: 'a live one without a flag', mapping: { queuedForDelete: null } },
  { what: 'a deleted one that is not queued', instance: { deleted: 7 } },
  { what: 'a deleted one without a flag', instance: { deleted: 7 }, mapping: { queuedForDelete: null } },
  { what: 'one to another cell', mapping: { cellId: OTHER_CELL_ID } },
  { what: 'one to no cell', mapping: { cellId: null } },
  { what: 'another uuid', mapping: { instanceUuid: `${bucket(25)}00000-0000-4000-8000-00000000000f` } },
];

/** Pairs come into buckets of their own: 000, 001, … */
function bucket(index: number): string {
  return index.toString(16).padStart(3, '0');
}

/** The sum over {@link right}: the first 60 bits of the SHA-256 of each row's text, as computed outside of databases. */
const SUM_OF_RIGHT = '5853281084354099889';

const PROJECT = '5d1f0b1c0b7a4c6f9e0d3a2b1c4d5e6f';
const USER = '9a8b7c6d5e4f40312233445566778899';

const uuidOf = (index: number) => `${bucket(index)}00000-0000-4000-8000-000000000000`;

describeOnEachServer('the digests', ({ get, dialect, collations }) => {
  let databases: LocalDatabases;
  beforeAll(async () => {
    databases = await startLocalDatabases();
  });
  afterAll(async () => databases?.close());

  // Cells may have another character set than the API database.
  const pairs = collations.map((collation, index) => ({
    collation,
    cellCollation: collations[(index + 1) % collations.length],
  }));
  describe.each(pairs)(
    'with mappings in $collation and instances in $cellCollation',
    ({ collation, cellCollation }) => {
      let apiTables: ApiDatabase;
      let cellTables: CellDatabase;
      let api: Database;
      let cell: Database;
      let rules: DigestRules;
      let instances: DataApiVerifiedInstances;
      let mappings: DataApiVerifiedMappings;

      beforeAll(async () => {
        apiTables = await createApiDatabase(get(), 'digest_api', { collation });
        cellTables = await createCellDatabase(get(), 'digest_cell', { collation: cellCollation });
        api = databases.open(apiTables.url);
        cell = databases.open(cellTables.url);
        rules = { ...(await readUuidRules(api)), bucketLength: 3 };
        instances = new DataApiVerifiedInstances(cell, rules);
        mappings = new DataApiVerifiedMappings(api, rules);
      });
      afterAll(async () => {
        await apiTables?.drop();
        await cellTables?.drop();
      });
      beforeEach(async () => {
        await apiTables.clear();
        await cellTables.clear();
        await apiTables.insertCells([
          { id: CELL_ID, uuid: 'cell1' },
          { id: OTHER_CELL_ID, uuid: 'cell2' },
        ]);
      });

      const insert = async (given: Pair[]) => {
        await cellTables.insertInstances(
          given.map(({ instance }, index) => ({ id: index + 1, uuid: uuidOf(index), ...instance })),
        );
        await apiTables.insertMappings(
          given.map(({ instance, mapping }, index) => ({
            instanceUuid: uuidOf(index),
            cellId: CELL_ID,
            projectId: instance?.projectId ?? PROJECT,
            userId: instance?.userId === undefined ? USER : instance.userId,
            ...mapping,
          })),
        );
      };

      it('agree wherever a mapping is right, and differ wherever it is not', async () => {
        const given = [...right, ...wrong];
        await insert(given);
        const digested = await instances.digest(0, 1000);
        const mapped = (await mappings.digest(0, 1000))[CELL_ID] ?? {};
        const differing = differingBuckets(digested.buckets, mapped);
        expect(given.flatMap(({ what }, index) => (differing.includes(bucket(index)) ? [what] : []))).toEqual(
          wrong.map(({ what }) => what),
        );
        expect(Object.keys(digested.buckets)).toHaveLength(given.length);
        expect(Object.values(digested.buckets).every(({ rows }) => rows === 1)).toBe(true);
      });

      it('take letter case in uuids as the API database does', async () => {
        await cellTables.insertInstances([{ id: 1, uuid: 'ABC00000-0000-4000-8000-00000000000A' }]);
        await apiTables.insertMappings([{ instanceUuid: 'abc00000-0000-4000-8000-00000000000a', cellId: CELL_ID }]);
        const { buckets } = await instances.digest(0, 10);
        const mapped = (await mappings.digest(0, 10))[CELL_ID] ?? {};
        expect(Object.keys(buckets)).toEqual(['abc']);
        expect(differingBuckets(buckets, mapped)).toEqual(rules.exactCase ? ['abc'] : []);
        expect(rules.exactCase).toBe(dialect === 'postgresql' || collation === 'utf8mb4_bin');
      });

      it('have the same sums on every server', async () => {
        const hashes = right.map(({ instance, mapping }, index) => {
          const [project, user] = [
            instance?.projectId ?? PROJECT,
            instance?.userId === undefined ? USER : instance.userId,
          ];
          const parts = [uuidOf(index), Number(mapping?.queuedForDelete ?? false), project.length, project, user];
          const hash = createHash('sha256').update(parts.filter((part) => part !== null).join('='));
          return BigInt(`0x${hash.digest('hex').slice(0, 15)}`);
        });
        expect(String(hashes.reduce((sum, hash) => sum + hash))).toBe(SUM_OF_RIGHT);
        await insert(right);
        const { buckets } = await instances.digest(0, 1000);
        expect(addDigests(Object.values(buckets))).toEqual({ rows: right.length, sum: SUM_OF_RIGHT });
      });

      it('add up over intervals of ids, whatever the length of the buckets', async () => {
        await insert(right);
        for (const bucketLength of [1, 2, 3]) {
          const ofInstances = new DataApiVerifiedInstances(cell, { ...rules, bucketLength });
          const ofMappings = new DataApiVerifiedMappings(api, { ...rules, bucketLength });
          const parts = await Promise.all([
            ofInstances.digest(0, 4),
            ofInstances.digest(4, 9),
            ofInstances.digest(9, right.length),
          ]);
          const sum = addDigests(parts.flatMap(({ buckets }) => Object.values(buckets)));
          expect(sum).toEqual({ rows: right.length, sum: SUM_OF_RIGHT });
          const mapped = [await ofMappings.digest(0, 5), await ofMappings.digest(5, 1000)];
          expect(addDigests(mapped.flatMap((cells) => Object.values(cells[CELL_ID] ?? {})))).toEqual(sum);
        }
      });

      it('are what the plain SQL gives of a whole cell', async () => {
        const apart: Pair[] = [
          { what: 'hidden', instance: { hidden: true } },
          { what: 'without a project', instance: { projectId: null }, mapping: { projectId: 'p', cellId: null } },
          { what: 'a marker', instance: { uuid: PLACEHOLDER_UUID }, mapping: { projectId: NOVA_MARKER } },
        ];
        await insert([...right, ...wrong, ...apart]);
        const { buckets } = await instances.digest(0, 1000);
        const mapped = await mappings.digest(0, 1000);
        expect(await cell.query(digestSql(dialect, rules))).toEqual([addDigests(Object.values(buckets))]);
        for (const id of [CELL_ID, OTHER_CELL_ID]) {
          const digest = addDigests(Object.values(mapped[id] ?? {}));
          expect(digest.rows).toBeGreaterThan(0);
          expect(await api.query(digestSql(dialect, rules, id))).toEqual([digest]);
        }
        expect(await api.query(digestSql(dialect, rules, 99))).toEqual([{ rows: 0, sum: '0' }]);
      });

      it('count apart what cannot be mapped: placeholders first, then hidden rows, then those without a project', async () => {
        await cellTables.insertInstances([
          { id: 1, uuid: PLACEHOLDER_UUID, projectId: null, hidden: true },
          { id: 2, uuid: uuidOf(2), projectId: null, hidden: true },
          { id: 3, uuid: uuidOf(3), projectId: null },
          { id: 4, uuid: uuidOf(4), hidden: true, deleted: 4 },
          { id: 5, uuid: uuidOf(5), deleted: 5 },
          { id: 7, uuid: uuidOf(6) },
        ]);
        const digest = await instances.digest(0, 6);
        expect(digest).toMatchObject({ placeholders: 1, hidden: 2, noProject: 1 });
        expect(Object.keys(digest.buckets)).toEqual(['005']);
        expect(await instances.digest(100, 200)).toEqual({ buckets: {}, hidden: 0, placeholders: 0, noProject: 0 });
      });

      it('leave out mappings of no cell and of no real instance', async () => {
        await apiTables.insertMappings([
          { instanceUuid: uuidOf(1), cellId: null },
          { instanceUuid: PLACEHOLDER_UUID, cellId: CELL_ID },
          { instanceUuid: '00200000 0000 4000 8000 000000000000', cellId: CELL_ID, projectId: NOVA_MARKER },
          { instanceUuid: uuidOf(3), cellId: CELL_ID },
          { instanceUuid: uuidOf(4), cellId: OTHER_CELL_ID },
        ]);
        const cells = await mappings.digest(0, 100);
        expect(Object.entries(cells).map(([id, buckets]) => [id, Object.keys(buckets)])).toEqual([
          [String(CELL_ID), ['003']],
          [String(OTHER_CELL_ID), ['004']],
        ]);
      });
    },
  );
});
