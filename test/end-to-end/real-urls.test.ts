import { networkInterfaces } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startPostgres } from '../../local/postgres.ts';
import { describeMariadb, startMariadb } from '../servers/mariadb.ts';
import { startMysql } from '../servers/mysql.ts';
import { createApiDatabase, createCellDatabase } from '../servers/nova-database.ts';
import { openSql, type SqlServer } from '../servers/sql.ts';
import { rows } from './cloud.ts';
import { type EndedRun, type Machine, startMachine } from './harness.ts';

const onMysql = process.env.CELLMAP_TEST_SERVER === 'mysql';

/** A computer may be without IPv6 even on its loopback. */
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
const addresses = hasIpv6 ? '127.0.0.1,::1' : '127.0.0.1';

/** A login that every server of the suite knows, and how a URL has it. */
const LOGIN = 'user:p%40ss';

interface CellOrder {
  on: SqlServer;
  database: string;
  /** What its row in `cell_mappings` says. */
  url: string;
  name?: string | null;
  collation?: string;
}

const suite = () => {
  let mysql: SqlServer;
  let postgres: SqlServer;
  beforeAll(async () => {
    const bind = [`--bind-address=${addresses}`];
    mysql = onMysql ? await startMysql(bind) : await startMariadb(bind);
    await execute(mysql, "CREATE USER 'user'@'%' IDENTIFIED BY 'p@ss'");
    await execute(mysql, "GRANT ALL ON *.* TO 'user'@'%'");
    postgres = await startPostgres({ parameters: { listen_addresses: addresses } });
    await execute(postgres, `CREATE ROLE "user" SUPERUSER LOGIN PASSWORD 'p@ss'`);
  }, 120_000);
  afterAll(async () => {
    await mysql?.stop();
    await postgres?.stop();
  });

  const drops: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const drop of drops.splice(0).reverse()) await drop();
  });

  /** Makes the databases, 30 instances in each cell, and runs the machine on the API database's URL. */
  async function map(
    api: { on: SqlServer; database: string; url: string; collation?: string; main?: string },
    cells: CellOrder[],
  ): Promise<{ machine: Machine; run: EndedRun }> {
    const apiDatabase = await createApiDatabase(api.on, api.database, { collation: api.collation });
    drops.push(apiDatabase.drop);
    for (const [index, { on, database, url, name = `cell${index}`, collation }] of cells.entries()) {
      const cell = await createCellDatabase(on, database, { collation });
      drops.push(cell.drop);
      const first = 100 * index + 1;
      await cell.insertInstances(rows(first, first + 29, { projectId: 'pröjekt', userId: null }));
      const uuid = `11111111-2222-4333-8444-${String(index).padStart(12, '0')}`;
      await apiDatabase.insertCells([{ id: index + 1, uuid, name, databaseConnection: url }]);
    }
    const machine = await startMachine(api.url, api.main);
    drops.push(machine.stop);
    const run = await machine.run();
    expect(run.error).toBeUndefined();
    expect(run.result).toMatchObject({ status: 'complete', totals: { mapped: 30 * cells.length } });
    const stored = (await apiDatabase.readMappings()).map(({ cellId }) => cellId).sort();
    expect(stored).toEqual(cells.flatMap((_, index) => Array(30).fill(index + 1)));
    return { machine, run };
  }

  type Form = [title: string, url: (database: string) => string];
  const formsOfMysql: Form[] = [
    ['mysql+pymysql', (database) => `mysql+pymysql://${LOGIN}@127.0.0.1:${mysql.port}/${database}?charset=utf8`],
    ['mysql', (database) => `mysql://${LOGIN}@127.0.0.1:${mysql.port}/${database}`],
    ['mariadb+pymysql', (database) => `mariadb+pymysql://${LOGIN}@localhost:${mysql.port}/${database}?charset=utf8mb4`],
    ['an IPv6 host', (database) => `mysql+pymysql://${LOGIN}@[::1]:${mysql.port}/${database}`],
  ];
  const formsOfPostgresql: Form[] = [
    ['postgresql', (database) => `postgresql://${LOGIN}@127.0.0.1:${postgres.port}/${database}`],
    ['postgresql+psycopg2', (database) => `postgresql+psycopg2://${LOGIN}@localhost:${postgres.port}/${database}`],
    ['an IPv6 host', (database) => `postgresql://${LOGIN}@[::1]:${postgres.port}/${database}?sslmode=prefer`],
  ];
  const usable = (forms: Form[]) => forms.filter(([title]) => hasIpv6 || title !== 'an IPv6 host');

  /** One server, reached with URLs of one form for the API database, and of every form for a cell each. */
  const mapOn = (on: SqlServer, [, api]: Form, forms: Form[]) =>
    map(
      { on, database: 'nova_api', url: api('nova_api') },
      usable(forms).map(([, url], index) => ({ on, database: `nova_cell${index}`, url: url(`nova_cell${index}`) })),
    );

  it.each(usable(formsOfMysql))('URLs of MySQL: %s, and cells of every form', async (...form) => {
    await mapOn(mysql, form, formsOfMysql);
  });

  it.each(usable(formsOfPostgresql))('URLs of PostgreSQL: %s, and cells of every form', async (...form) => {
    await mapOn(postgres, form, formsOfPostgresql);
  });

  it('templates of cells are filled from the main database URL', async () => {
    const address = `127.0.0.1:${mysql.port}`;
    await map(
      {
        on: mysql,
        database: 'nova_api',
        url: `mysql+pymysql://${LOGIN}@${address}/nova_api`,
        main: `mysql+pymysql://${LOGIN}@${address}/nova?charset=utf8`,
      },
      [
        {
          on: mysql,
          database: 'nova_cell0',
          url: '{scheme}://{username}:{password}@{hostname}:{port}/{path}_cell0?{query}',
        },
        { on: mysql, database: 'nova', url: `{scheme}://{username}:{password}@${address}/{path}` },
      ],
    );
  });

  describe('cells on several servers', () => {
    const cellOn = (on: SqlServer, scheme: string, database: string) => ({
      on,
      database,
      url: `${scheme}://${LOGIN}@127.0.0.1:${on.port}/${database}`,
    });

    it.each(['mysql', 'postgresql'])('with the API database on %s', async (scheme) => {
      const api = cellOn(scheme === 'mysql' ? mysql : postgres, scheme, 'nova_api');
      await map(api, [
        cellOn(mysql, 'mysql+pymysql', 'nova_cell1'),
        cellOn(postgres, 'postgresql+psycopg2', 'nova_cell2'),
      ]);
    });
  });

  describe('character sets and collations', () => {
    const collations = ['utf8mb3_general_ci', 'utf8mb3_unicode_ci', 'utf8mb4_general_ci', 'utf8mb4_unicode_ci'];

    it.each(['utf8mb3_general_ci', 'utf8mb4_unicode_ci'])(
      'an API database in %s, and cells in all of them',
      async (collation) => {
        const place = (database: string) => ({ on: mysql, database, url: mysql.url(database) });
        const { machine, run } = await map(
          { ...place('nova_api'), collation },
          collations.map((other) => ({ ...place(`nova_${other}`), collation: other })),
        );
        const again = await machine.run();
        expect(again.result).toMatchObject({ status: 'complete', totals: { alreadyMapped: run.result.totals.mapped } });
      },
    );
  });

  describe('names', () => {
    const quoted = `it's the "first" \`cell\``;

    it.each(['mysql', 'postgresql'])('with spaces and quotes, or none, on %s', async (scheme) => {
      const on = scheme === 'mysql' ? mysql : postgres;
      // SQLAlchemy takes a database name as it stands.
      const place = (database: string) => ({
        on,
        database,
        url: `${scheme}://${LOGIN}@127.0.0.1:${on.port}/${database}`,
      });
      const { machine, run } = await map(place(`nova "api's"`), [
        { ...place('a \'b\' "c" `d`'), name: quoted },
        { ...place('nova_unnamed'), name: null },
      ]);
      expect(run.result.cells.map(({ name }) => name)).toEqual([quoted, null]);
      const again = await machine.run({ cells: [quoted] });
      expect(again.result).toMatchObject({ status: 'complete', totals: { alreadyMapped: 30 } });
    });
  });
};

if (onMysql) describe('real URLs and configurations', suite);
else describeMariadb('real URLs and configurations', suite);

async function execute(server: SqlServer, statement: string): Promise<void> {
  const sql = await openSql(server);
  await sql.query(statement);
  await sql.close();
}
