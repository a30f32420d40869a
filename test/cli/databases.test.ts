import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chooseDatabases } from '../../cli/databases.ts';
import type { WhereOptions } from '../../cli/options.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellmap-test-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function novaConf(text: string): Promise<string> {
  const file = join(directory, 'nova.conf');
  await writeFile(file, text);
  return file;
}

async function choose(options: WhereOptions, env: Record<string, string> = {}) {
  const warnings: string[] = [];
  const databases = await chooseDatabases(options, env, (message) => warnings.push(message));
  return { host: databases.apiDatabase.host, main: databases.mainDatabaseUrl, warnings };
}

const both = '[api_database]\nconnection = mysql://u:p@conf/nova_api\n[database]\nconnection = mysql://u:p@conf/nova\n';
const env = { CELLMAP_API_DATABASE: 'mysql://u:p@env/nova_api', CELLMAP_MAIN_DATABASE: 'mysql://u:p@env/nova' };

describe('the databases of a run', () => {
  it('come from the environment', async () => {
    expect(await choose({}, env)).toEqual({ host: 'env', main: 'mysql://u:p@env/nova', warnings: [] });
  });

  it('come from nova.conf before the environment', async () => {
    const configFile = await novaConf(both);
    expect(await choose({ configFile }, env)).toEqual({ host: 'conf', main: 'mysql://u:p@conf/nova', warnings: [] });
  });

  it('come from the options before all', async () => {
    const configFile = await novaConf(both);
    const options = { configFile, apiDatabase: 'mysql://option/nova_api', mainDatabase: 'mysql://option/nova' };
    expect(await choose(options, env)).toEqual({ host: 'option', main: 'mysql://option/nova', warnings: [] });
  });

  it('are not taken from the environment in place of a nova.conf that lacks the API database', async () => {
    const configFile = await novaConf('[database]\nconnection = mysql://u:p@conf/nova\n');
    await expect(choose({ configFile }, env)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('has no [api_database] connection'),
    });
  });

  it.each([
    [
      'mysql://u:p@conf/nova_api?read_timeout=5',
      "The database URL's option read_timeout is not supported, give the URL",
    ],
    [
      'mysql://u:$word@conf/nova_api',
      'uses $-substitution, which is not supported; give the URL with the value written',
    ],
  ])('can be given without the nova.conf where that has something unusable (%#)', async (url, problem) => {
    const configFile = await novaConf(`[api_database]\nconnection = ${url}\n`);
    const instead = 'Without --config-file the URLs are taken from CELLMAP_API_DATABASE and CELLMAP_MAIN_DATABASE.';
    await expect(choose({ configFile })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(problem),
    });
    await expect(choose({ configFile })).rejects.toMatchObject({ message: expect.stringMatching(`\\. ${instead}$`) });
  });

  it('may do without a main database', async () => {
    expect(await choose({ apiDatabase: 'mysql://db/nova_api' })).toEqual({ host: 'db', main: null, warnings: [] });
  });
});

it('warns of a password that the list of processes shows, without repeating it', async () => {
  const { warnings } = await choose({
    apiDatabase: 'mysql+pymysql://nova:s3cret@db/nova_api',
    mainDatabase: 'postgresql://nova:s3cret@db/nova',
  });
  expect(warnings).toEqual([
    'other users can see the password of --api-database in the list of processes. CELLMAP_API_DATABASE hides it.',
    'other users can see the password of --main-database in the list of processes. CELLMAP_MAIN_DATABASE hides it.',
  ]);
});
