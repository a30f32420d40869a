import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { grantStatement, readFacts } from '../../data-api/preflight.ts';
import { type Check, type DatabaseRole, judge } from '../../domain/preflight.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import {
  type ApiDatabase,
  type CellDatabase,
  createApiDatabase,
  createCellDatabase,
} from '../servers/nova-database.ts';
import { createRestrictedUser, type RestrictedUser } from '../servers/restricted-user.ts';
import { type LocalDatabases, startLocalDatabases } from './local-database.ts';

describeOnEachServer('the preflight of a database', ({ name, dialect, get }) => {
  let local: LocalDatabases;
  let api: ApiDatabase;
  let cell: CellDatabase;
  let user: RestrictedUser;
  let tests = 0;
  beforeAll(async () => {
    local = await startLocalDatabases();
  });
  afterAll(async () => local?.close());
  beforeEach(async () => {
    api = await createApiDatabase(get(), 'preflight_api');
    cell = await createCellDatabase(get(), 'preflight_cell');
    // Another one each time: a connection keeps what its user was granted on a whole database when it began.
    tests += 1;
    user = await createRestrictedUser(get(), `looker${tests}`);
  });
  afterEach(async () => {
    await user?.drop('preflight_api', 'preflight_cell');
    await api?.drop();
    await cell?.drop();
  });

  const onMysql = dialect === 'mysql';
  const fullName = (database: string, object: string) => (onMysql ? `${database}.${object}` : object);

  async function look(role: DatabaseRole, url?: string): Promise<Record<string, Check>> {
    const database = local.open(url ?? user.url(role === 'api' ? api.name : cell.name));
    const facts = await readFacts(database, role);
    const checks = judge(facts, role, (privilege, object) => grantStatement(database, privilege, object));
    return Object.fromEntries(checks.map((check) => [check.check, check]));
  }

  async function grantAllOfApi(...but: string[]): Promise<void> {
    const grants: [string, string][] = [
      ['SELECT', 'cell_mappings'],
      ['SELECT', 'build_requests'],
      ['SELECT', 'instance_mappings'],
      ['INSERT', 'instance_mappings'],
      ...(onMysql ? [] : [['USAGE', 'SEQUENCE instance_mappings_id_seq'] as [string, string]]),
    ];
    for (const [privilege, object] of grants) {
      if (!but.includes(`${privilege} ${object}`)) await user.grant(api.name, privilege, object);
    }
  }

  it('finds nothing to say of an administrator, and names the version', async () => {
    for (const role of ['api', 'cell'] as const) {
      const checks = await look(role, (role === 'api' ? api : cell).url);
      expect(Object.values(checks).map(({ check, state }) => `${check} ${state}`)).toEqual([
        'reachable ok',
        'dataApi ok',
        'grants ok',
        'version ok',
        'tables ok',
      ]);
      expect(checks.version?.detail).toMatch(new RegExp(`^${name} \\d+\\.\\d+`));
    }
  });

  it('finds nothing to say of a user who has just the grants of the docs', async () => {
    await grantAllOfApi();
    await user.grant(cell.name, 'SELECT', 'instances');
    for (const role of ['api', 'cell'] as const) {
      expect(Object.values(await look(role)).filter(({ state }) => state !== 'ok')).toEqual([]);
    }
  });

  it('warns of a missing INSERT, with the GRANT that mends it', async () => {
    await grantAllOfApi('INSERT instance_mappings');
    const checks = await look('api');
    expect(checks.grants).toEqual({
      check: 'grants',
      state: 'warning',
      detail: 'no INSERT on instance_mappings, which map will need',
      remedy: `GRANT INSERT ON ${fullName(api.name, 'instance_mappings')} TO <the database's user>;`,
    });
    expect(checks.tables?.state).toBe('ok');
  });

  it.each(['cell_mappings', 'build_requests', 'instance_mappings'])('fails without SELECT on %s', async (table) => {
    await grantAllOfApi(`SELECT ${table}`);
    expect((await look('api')).grants).toEqual({
      check: 'grants',
      state: 'failed',
      detail: `no SELECT on ${table}`,
      remedy: `GRANT SELECT ON ${fullName(api.name, table)} TO <the database's user>;`,
    });
  });

  it('fails without SELECT on instances, and does not say that they are missing', async () => {
    // A user without any grant could not even enter a database of MySQL.
    await user.grant(cell.name, 'SELECT', 'instance_extra');
    expect(await look('cell')).toMatchObject({ grants: { state: 'failed', detail: 'no SELECT on instances' } });
    expect((await look('cell')).tables).toBeUndefined();
  });

  it('tells a user who has no grant in the database at all which one is missing', async () => {
    const checks = await look('cell');
    expect(checks.grants).toMatchObject({
      state: 'failed',
      detail: 'no SELECT on instances',
      remedy: `GRANT SELECT ON ${fullName(cell.name, 'instances')} TO <the database's user>;`,
    });
    // MySQL does not let such a user in.
    expect(Object.keys(checks)).toEqual(['reachable', 'dataApi', 'grants', ...(onMysql ? [] : ['version'])]);
  });

  it('takes a grant on the needed columns alone for enough, and misses the one that was forgotten', async () => {
    const columns = ['id', 'uuid', 'project_id', 'user_id', 'deleted', 'vm_state', 'task_state'];
    await user.grant(cell.name, `SELECT (${columns.join(', ')})`, 'instances');
    expect((await look('cell')).grants).toMatchObject({ state: 'failed', detail: 'no SELECT on instances' });
    await user.grant(cell.name, 'SELECT (hidden)', 'instances');
    expect(Object.values(await look('cell')).filter(({ state }) => state !== 'ok')).toEqual([]);
  });

  it('takes INSERT on the needed columns alone for enough', async () => {
    await grantAllOfApi('INSERT instance_mappings');
    const columns = ['created_at', 'instance_uuid', 'cell_id', 'project_id', 'user_id'];
    await user.grant(api.name, `INSERT (${columns.join(', ')})`, 'instance_mappings');
    expect((await look('api')).grants?.state).toBe('warning');
    await user.grant(api.name, 'INSERT (queued_for_delete)', 'instance_mappings');
    expect((await look('api')).grants?.state).toBe('ok');
  });

  it('knows the grants of a role', async () => {
    const { query } = api;
    const to = onMysql ? `'${user.name}'@'%'` : user.name;
    const on = (table: string) => fullName(api.name, table);
    await query('CREATE ROLE mapper');
    try {
      for (const table of ['cell_mappings', 'build_requests']) await query(`GRANT SELECT ON ${on(table)} TO mapper`);
      await query(`GRANT SELECT, INSERT ON ${on('instance_mappings')} TO mapper`);
      if (!onMysql) await query('GRANT USAGE ON SEQUENCE instance_mappings_id_seq TO mapper');
      await query(`GRANT mapper TO ${to}`);
      if (onMysql)
        await query(name === 'MariaDB' ? `SET DEFAULT ROLE mapper FOR ${to}` : `SET DEFAULT ROLE mapper TO ${to}`);
      expect(Object.values(await look('api')).filter(({ state }) => state !== 'ok')).toEqual([]);
    } finally {
      if (!onMysql) await query('DROP OWNED BY mapper');
      await query('DROP ROLE mapper');
    }
  });

  if (onMysql) {
    const onlyReads = 'no INSERT on instance_mappings, which map will need';
    it.each([
      ['SELECT', '*.*', onlyReads],
      ['SELECT, INSERT', '*.*', 'enough to plan and to map'],
      ['SELECT', 'preflight_api.*', onlyReads],
      ['SELECT, INSERT', 'preflight_api.*', 'enough to plan and to map'],
    ])('knows a grant of %s on %s', async (privileges, object, detail) => {
      await api.query(`GRANT ${privileges} ON ${object} TO '${user.name}'@'%'`);
      expect((await look('api')).grants?.detail).toBe(detail);
    });
  } else {
    it('warns of a sequence that may not be used', async () => {
      await grantAllOfApi('USAGE SEQUENCE instance_mappings_id_seq');
      expect((await look('api')).grants).toMatchObject({
        state: 'warning',
        detail: 'no USAGE on public.instance_mappings_id_seq, which map will need',
        remedy: "GRANT USAGE ON SEQUENCE public.instance_mappings_id_seq TO <the database's user>;",
      });
    });

    it('tells of a schema that may not be used that its tables are not to be seen', async () => {
      await cell.query('REVOKE USAGE ON SCHEMA public FROM PUBLIC');
      await user.grant(cell.name, 'SELECT', 'instances');
      expect((await look('cell')).tables).toMatchObject({
        state: 'failed',
        detail: 'there is no table instances',
        remedy: expect.stringContaining('that its user may use the schema'),
      });
    });
  }

  it('fails where a table is missing, and where a column is', async () => {
    await api.query('DROP TABLE build_requests');
    expect(await look('api', api.url)).toMatchObject({
      grants: { state: 'ok' },
      tables: { state: 'failed', detail: 'there is no table build_requests' },
    });
    await cell.query('ALTER TABLE instances DROP COLUMN hidden');
    expect((await look('cell', cell.url)).tables).toMatchObject({ state: 'failed', detail: 'instances has no hidden' });
  });

  it('warns where a uuid is not unique, whatever longer index it is in', async () => {
    const { constraint } = await uniqueOf('instance_mappings', 'instance_uuid');
    const drop = onMysql ? `DROP INDEX ${constraint}` : `DROP CONSTRAINT ${constraint}`;
    await api.query(`ALTER TABLE instance_mappings ${drop}`);
    await api.query('CREATE UNIQUE INDEX both_of_them ON instance_mappings (instance_uuid, cell_id)');
    expect((await look('api', api.url)).tables).toMatchObject({
      state: 'warning',
      detail: expect.stringContaining('instance_mappings.instance_uuid without a unique index'),
    });
  });

  async function uniqueOf(table: string, column: string): Promise<{ constraint: string }> {
    const schema = onMysql ? 'DATABASE()' : 'current_schema()';
    const [row] = await api.query<{ name: string }>(
      `SELECT c.constraint_name AS name FROM information_schema.key_column_usage AS u
         JOIN information_schema.table_constraints AS c
           ON c.constraint_name = u.constraint_name AND c.table_name = u.table_name AND c.table_schema = u.table_schema
       WHERE u.table_schema = ${schema} AND u.table_name = ? AND u.column_name = ? AND c.constraint_type = 'UNIQUE'`,
      [table, column],
    );
    if (row === undefined) throw new Error(`${table} has no unique ${column}`);
    return { constraint: row.name };
  }

  it('throws by name where the database does not answer, or refuses the login', async () => {
    await expect(look('cell', cell.url.replace(/:\d+\//, ':1/'))).rejects.toMatchObject({
      name: 'DatabaseUnavailable',
    });
    const wrong = user.url(cell.name).replace('restricted-password', 'wrong');
    await expect(look('cell', wrong)).rejects.toMatchObject({ name: 'LoginRefused' });
  });
});
