import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { DataApiMappingStore, readComparedColumns } from '../../data-api/stores.ts';
import type { NewMapping } from '../../domain/mapping.ts';
import { RowRefusedError } from '../../domain/stores.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import { type ApiDatabase, createApiDatabase } from '../servers/nova-database.ts';
import { type LocalDatabases, startLocalDatabases } from './local-database.ts';

const CELL_ID = 3;
const SECRET = 'value-of-a-row';

const mapping = (parts: Partial<NewMapping> = {}): NewMapping => ({
  instanceUuid: '00000000-0000-4000-8000-000000000001',
  projectId: SECRET,
  userId: SECRET,
  queuedForDelete: false,
  ...parts,
});

describeOnEachServer('a row that the table does not take', ({ get, dialect }) => {
  let databases: LocalDatabases;
  let tables: ApiDatabase;
  let store: DataApiMappingStore;
  beforeAll(async () => {
    databases = await startLocalDatabases();
  });
  beforeEach(async () => {
    tables = await createApiDatabase(get(), 'refused_api');
    await tables.insertCells([{ id: CELL_ID, uuid: 'cell' }]);
    const api = databases.open(tables.url, 'The API database');
    store = new DataApiMappingStore(api, CELL_ID, await readComparedColumns(api));
  }, 60_000);
  afterAll(async () => {
    await databases?.close();
    await tables?.drop();
  });

  const alter = (change: string) => tables.query(`ALTER TABLE instance_mappings ${change}`);
  const shorter = (column: string) =>
    alter(dialect === 'mysql' ? `MODIFY ${column} varchar(4) NOT NULL` : `ALTER COLUMN ${column} TYPE varchar(4)`);

  /** What the store says of it: the reason, which names no value, and that nothing was inserted. */
  async function reasonOf(row: NewMapping): Promise<string> {
    const error = await store.insert([mapping({ instanceUuid: 'another', projectId: 'p', userId: 'u' }), row]).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(RowRefusedError);
    const { message, reason } = error as RowRefusedError;
    expect(message).toBe(`The API database refused a row: ${reason}`);
    for (const value of [row.instanceUuid, SECRET]) expect(message).not.toContain(value);
    expect(await tables.readMappings()).toEqual([]);
    return reason;
  }

  it('because it is too long', async () => {
    await shorter('project_id');
    expect(await reasonOf(mapping())).toMatch(/too long.*(1406|22001)/);
  });

  it('because a check forbids it', async () => {
    await alter(`ADD CONSTRAINT no_curse CHECK (project_id <> '${SECRET}')`);
    expect(await reasonOf(mapping())).toMatch(/constraint.*(3819|4025|23514)/i);
  });

  it('because it has no user where the table wants one', async () => {
    await alter(dialect === 'mysql' ? 'MODIFY user_id varchar(255) NOT NULL' : 'ALTER COLUMN user_id SET NOT NULL');
    expect(await reasonOf(mapping({ userId: null }))).toMatch(/null.*(1048|23502)/);
  });

  it('because of a character that the table cannot hold', async () => {
    const projectId = dialect === 'mysql' ? `${SECRET}\u{1f600}` : `${SECRET}\u0000`;
    if (dialect === 'mysql') await alter('MODIFY project_id varchar(255) CHARACTER SET utf8mb3 NOT NULL');
    expect(await reasonOf(mapping({ projectId }))).toMatch(/(1366|22P05|22021)/);
  });
});
