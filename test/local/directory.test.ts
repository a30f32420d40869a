import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { directoryParameterName } from '../../contract/directory.ts';
import { directoryKey, parseDatabaseUrl } from '../../domain/database-url.ts';
import { DIRECTORY_PREFIX, openDirectory } from '../../local/directory.ts';
import { type EmbeddedPostgres, startPostgres } from '../../local/postgres.ts';
import { type ApiDatabase, createApiDatabase } from '../servers/nova-database.ts';

describe('the database directory of a local run', () => {
  let server: EmbeddedPostgres;
  let api: ApiDatabase;
  beforeAll(async () => {
    server = await startPostgres();
    api = await createApiDatabase(server);
  }, 60_000);
  afterAll(async () => {
    await api?.drop();
    await server?.stop();
  });
  beforeEach(async () => api.clear());

  const cell = (id: number, databaseConnection: string, disabled = false) => ({
    id,
    uuid: `0000000${id}-0000-4000-8000-000000000000`,
    databaseConnection,
    disabled,
  });
  const loginAt = async (place: string, mainDatabaseUrl: string | null = null) => {
    const { parameter, login } = openDirectory(parseDatabaseUrl(api.url), mainDatabaseUrl);
    const key = directoryKey(parseDatabaseUrl(`mysql://${place}`));
    const entry = await parameter(directoryParameterName(DIRECTORY_PREFIX, key));
    if (entry === undefined) return undefined;
    const { clusterArn, secretArn } = JSON.parse(entry);
    return login(clusterArn, secretArn);
  };

  it('knows the login of each cell by the place of its database', async () => {
    await api.insertCells([cell(1, 'mysql://u1:p1@db1/nova'), cell(2, 'mysql://u2:p2@db2:3307/nova')]);
    expect(await loginAt('db1/nova')).toMatchObject({ user: 'u1', password: 'p1', host: 'db1' });
    expect(await loginAt('db2:3307/nova')).toMatchObject({ user: 'u2', password: 'p2', port: 3307 });
    expect(await loginAt('db3/nova')).toBeUndefined();
  });

  it('prefers an enabled cell’s login to an old one of a disabled cell for the same database', async () => {
    await api.insertCells([
      cell(1, 'mysql://u:old@db1/nova', true),
      cell(2, 'mysql://u:new@db1/nova'),
      cell(3, 'mysql://u:older@db1/nova', true),
    ]);
    expect(await loginAt('db1/nova')).toMatchObject({ password: 'new' });
  });

  it('fills templates with the login of the main URL, under the place that is found without it', async () => {
    await api.insertCells([cell(1, '{scheme}://{username}:{password}@{hostname}:{port}/nova_cell1')]);
    const main = 'mysql+pymysql://nova:p,%40ss@db1:3306/nova_cell0';
    expect(await loginAt('db1:3306/nova_cell1', main)).toMatchObject({ user: 'nova', password: 'p,@ss' });
  });
});
