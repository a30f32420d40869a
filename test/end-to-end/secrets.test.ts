import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { parseDatabaseUrl } from '../../domain/database-url.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import { type Cloud, createCloud, rows } from './cloud.ts';
import { cellmap } from './command.ts';
import { type Machine, startMachine } from './harness.ts';

const PASSWORD = 'S3cret-of-the-right-login';
const USER = 'user_who_must_not_be_named';
/** One in each URL that fails, so that a leak tells where it comes from. */
const seeds = {
  wrongPassword: 'S3cret-that-is-refused',
  down: 'S3cret-of-a-server-that-is-down',
  malformed: 'S3cret-in-a-malformed-url',
  option: 'S3cret-beside-an-unknown-option',
  template: 'S3cret-of-the-main-database',
  missing: 'S3cret-of-a-missing-database',
};

describeOnEachServer('no secret is anywhere', ({ get, dialect }) => {
  let cloud: Cloud;
  let machine: Machine;
  let apiUrl: string;
  let mainUrl: string;

  beforeAll(async () => {
    cloud = await createCloud(get());
    await cloud.reset();
    await cloud.databases.cell1.insertInstances(rows(1, 50));
    const { host, port } = parseDatabaseUrl(cloud.api.url);
    const scheme = cloud.api.url.split(':')[0];
    const as = (user: string, password: string, place: string) => `${scheme}://${user}:${password}@${place}`;
    if (dialect === 'mysql') {
      await cloud.api.query(`CREATE USER '${USER}'@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`);
      await cloud.api.query(`GRANT ALL ON *.* TO '${USER}'@'127.0.0.1'`);
    } else {
      await cloud.api.query(`CREATE USER "${USER}" SUPERUSER PASSWORD '${PASSWORD}'`);
    }
    const here = `${host}:${port}`;
    apiUrl = as(USER, PASSWORD, `${here}/${cloud.api.name}`);
    mainUrl = as(USER, seeds.template, `${here}/nova_cell0`);
    const urls = [
      ['cell1', as(USER, PASSWORD, `${here}/nova_cell1`)],
      ['wrong-password', as(USER, seeds.wrongPassword, `${here}/nova_cell2`)],
      ['down', as(USER, seeds.down, `${host}:1/nova_cell2`)],
      ['malformed', `${scheme}://${USER}:${seeds.malformed}@@${here}:x/nova`],
      ['option', `${as(USER, seeds.option, `${here}/nova_option`)}?frobnicate=${seeds.option}`],
      ['template', '{scheme}://{username}:{password}@{hostname}:{port}/nova_nowhere'],
      ['missing', as(USER, PASSWORD, `${here}/nova_missing?application_name=${seeds.missing}`)],
      ['garbage', `${seeds.malformed}`],
    ] as const;
    await cloud.api.query('DELETE FROM cell_mappings');
    await cloud.api.insertCells(
      urls.map(([name, databaseConnection], index) => ({
        id: index + 1,
        uuid: `0000000${index}-0000-4000-8000-000000000000`,
        name,
        databaseConnection,
        transportUrl: `rabbit://${USER}:${seeds.malformed}@rabbit/`,
      })),
    );
    machine = await startMachine(apiUrl, mainUrl);
  }, 60_000);
  afterAll(async () => {
    await machine?.stop();
    await cloud?.drop();
  });

  const expectClean = (text: string) => {
    // What could be a piece of a secret: the words that all seeds share, in plain or in base64.
    const leaks = [...text.matchAll(/.{0,60}(S3cret|must_not_be_named|UzNjcmV0).{0,40}/g)].map(([leak]) => leak);
    expect(leaks).toEqual([]);
  };

  it('in histories, results, logs and errors of a run in which all but one cell fail', async () => {
    const run = await machine.run();
    expect(run.status).toBe('FAILED');
    const errors = Object.fromEntries(run.result.cells.map((cell) => [cell.name, cell.error?.name ?? cell.status]));
    expect(errors).toEqual({
      cell1: 'complete',
      'wrong-password': 'LoginRefused',
      down: 'DatabaseUnavailable',
      malformed: 'BadDatabaseUrl',
      option: 'StatementFailed',
      template: expect.stringMatching(/LoginRefused|DatabaseNotFound/),
      missing: expect.stringMatching(/DatabaseNotFound|StatementFailed/),
      garbage: 'BadDatabaseUrl',
    });
    const { parent, children } = await machine.histories(run.executionArn);
    expect(children).toHaveLength(8);
    expect(machine.logs.length).toBeGreaterThan(20);
    expectClean(JSON.stringify([parent, children]));
    expectClean(JSON.stringify([run.output, run.error, run.cause, run.document]));
    expectClean(machine.logs.join('\n'));
  });

  it.each(['map', 'cells --json'])('in what `cellmap %s` prints', async (command) => {
    const { code, stdout, stderr } = await cellmap([...command.split(' '), '--local'], {
      CELLMAP_API_DATABASE: apiUrl,
      CELLMAP_MAIN_DATABASE: mainUrl,
    });
    expect(code).toBe(4);
    expect(stdout).toContain('LoginRefused');
    expectClean(stdout);
    expectClean(stderr);
  });

  it('in what is printed when the API database itself refuses the login', async () => {
    const { code, stderr } = await cellmap(['map', '--local'], {
      CELLMAP_API_DATABASE: apiUrl.replace(PASSWORD, seeds.wrongPassword),
      CELLMAP_DEBUG: '1',
    });
    expect(code).toBe(4);
    expectClean(stderr);
  });
});
