import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataApiChangeStore } from '../../data-api/change-store.ts';
import { DataApiVerifiedMappings } from '../../data-api/verified-mappings.ts';
import { type Change, undoOf } from '../../domain/change.ts';
import { type Cloud, cells, createCloud, mapping, rows, uuidOf } from '../end-to-end/cloud.ts';
import { type Machine, startMachine } from '../end-to-end/harness.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import { createRestrictedUser, type RestrictedUser } from '../servers/restricted-user.ts';
import { type LocalDatabases, startLocalDatabases } from './local-database.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/permissions.md'), 'utf8');

/** The users of docs/permissions.md. */
const users = ['cellmap_api', 'cellmap_cell', 'cellmap_repair'] as const;
type UserName = (typeof users)[number];

interface Grant {
  privilege: string;
  object: string;
}

/** What the docs grant a user, in the statements of one dialect. */
function grantsOf(user: UserName, dialect: 'mysql' | 'postgresql'): Grant[] {
  const statements = page.matchAll(/^GRANT (.+) ON (.+) TO (\S+);$/gm);
  return [...statements].flatMap(([, privilege = '', objects = '', to = '']) => {
    if (to.includes("'@'%'") !== (dialect === 'mysql') || to.replace(/'@'%'|'/g, '') !== user) return [];
    return objects.split(', ').map((object) => ({ privilege, object: object.replace(/^nova_(api|cell1)\./, '') }));
  });
}

it('the docs grant something to each user in both dialects', () => {
  for (const user of users) {
    expect(grantsOf(user, 'mysql').length).toBeGreaterThan(0);
    expect(grantsOf(user, 'postgresql').length).toBeGreaterThan(0);
  }
});

describeOnEachServer('users with just the grants of docs/permissions.md', ({ dialect, get }) => {
  let cloud: Cloud;
  let local: LocalDatabases;
  let machine: Machine;
  let user: Record<UserName, RestrictedUser>;
  const databases = () => [cloud.api.name, ...Object.values(cloud.databases).map(({ name }) => name)];
  beforeAll(async () => {
    cloud = await createCloud(get(), 'grants');
    local = await startLocalDatabases();
    user = Object.fromEntries(
      await Promise.all(users.map(async (name) => [name, await createRestrictedUser(get(), name)])),
    ) as typeof user;
    for (const name of users) {
      const where = name === 'cellmap_cell' ? databases().slice(1) : [cloud.api.name];
      for (const database of where) {
        for (const { privilege, object } of grantsOf(name, dialect))
          await user[name].grant(database, privilege, object);
      }
    }
    machine = await startMachine(user.cellmap_api.url(cloud.api.name));
  }, 60_000);
  afterAll(async () => {
    await machine?.stop();
    await local?.close();
    for (const name of users) await user?.[name].drop(...databases());
    await cloud?.drop();
  });
  beforeEach(async () => {
    await cloud.reset();
    for (const name of ['cell0', 'cell1', 'cell2'] as const) {
      const url = user.cellmap_cell.url(cloud.databases[name].name);
      await cloud.api.query('UPDATE cell_mappings SET database_connection = ? WHERE name = ?', [url, name]);
    }
    await cloud.databases.cell1.insertInstances(rows(1, 6));
  });

  /** Whether a database lets a user do something. */
  const may = async (name: UserName, database: string, statement: string) =>
    local
      .open(user[name].url(database))
      .write(statement, {})
      .then(
        () => 'allowed',
        ({ name: error }: Error) => error,
      );

  it('can map', async () => {
    const run = await machine.run();
    expect({ status: run.status, cause: run.cause }).toEqual({ status: 'SUCCEEDED', cause: undefined });
    expect(await cloud.api.readMappings()).toHaveLength(6);
  });

  it('can explain an instance, and verify to plan a repair', async () => {
    await cloud.api.insertMappings([mapping(1, 'cell2')]);
    expect(await machine.run({ mode: 'explain', uuid: uuidOf(1) })).toMatchObject({ status: 'SUCCEEDED' });
    const repair = { mode: 'repair', classes: ['otherCell'], secondLookSeconds: 0 };
    expect((await machine.run(repair)).verification.repair?.planned).toEqual({ otherCell: 1 });
  });

  it('cannot repair with the login that maps', async () => {
    await cloud.api.insertMappings([mapping(1, 'cell2')]);
    const run = await machine.run({ mode: 'repair', classes: ['otherCell'], secondLookSeconds: 0, apply: true });
    expect(run).toMatchObject({ status: 'FAILED', error: 'GrantMissing' });
    expect((await cloud.api.readMappings()).map(({ cellId }) => cellId)).toEqual([cells.cell2.id]);
  });

  it('can change, remove and put back mappings with the login that repairs', async () => {
    await cloud.api.insertMappings([mapping(1, 'cell2'), mapping(2, 'cell1')]);
    const store = new DataApiChangeStore(local.open(user.cellmap_repair.url(cloud.api.name)));
    const readRows = async () => {
      const mappings = new DataApiVerifiedMappings(local.open(cloud.api.url), { exactCase: true, bucketLength: 3 });
      return (await mappings.find([uuidOf(1), uuidOf(2)])).mappings.sort((one, other) => one.id - other.id);
    };
    const before = await readRows();
    const [first, second] = before;
    if (first === undefined || second === undefined) throw new Error('There are no mappings');
    const changes: Change[] = [
      { class: 'otherCell', before: first, after: { ...first, cellId: cells.cell1.id } },
      { class: 'orphan', before: second, after: null },
    ];
    expect(await store.apply(changes, { unlessBuilding: true })).toHaveLength(2);
    expect((await cloud.api.readMappings()).map(({ cellId }) => cellId)).toEqual([cells.cell1.id]);
    expect(await store.apply(changes.map(undoOf), { unlessBuilding: false })).toHaveLength(2);
    expect(await readRows()).toEqual(before);
  });

  describe('are refused everything else', () => {
    it.each([
      ['cellmap_api', 'UPDATE instance_mappings SET cell_id = NULL'],
      ['cellmap_api', 'DELETE FROM instance_mappings'],
      ['cellmap_api', "UPDATE cell_mappings SET name = 'x'"],
      ['cellmap_api', 'DELETE FROM build_requests'],
      ['cellmap_repair', "UPDATE cell_mappings SET name = 'x'"],
      ['cellmap_repair', 'SELECT database_connection FROM cell_mappings'],
      ['cellmap_repair', 'DELETE FROM build_requests'],
    ] as const)('%s: %s', async (name, statement) => {
      expect(await may(name, cloud.api.name, statement)).toBe('GrantMissing');
    });

    it.each(['UPDATE instances SET hidden = NULL', 'DELETE FROM instances', 'SELECT * FROM instance_extra'])(
      'cellmap_cell: %s',
      async (statement) => {
        expect(await may('cellmap_cell', cloud.databases.cell1.name, statement)).toBe('GrantMissing');
      },
    );
  });
});
