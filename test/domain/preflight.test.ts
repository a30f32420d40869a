import { describe, expect, it } from '@jest/globals';
import { type DatabaseFacts, hasFailed, judge, type ServerVersion, type TableFacts } from '../../domain/preflight.ts';

const table = (name: string, parts: Partial<TableFacts> = {}): TableFacts => ({
  table: name,
  reading: 'allowed',
  exists: true,
  missingColumns: [],
  unique: { column: 'uuid', holds: true },
  insert: null,
  ...parts,
});

const facts = (parts: Partial<DatabaseFacts> = {}): DatabaseFacts => ({
  version: { engine: 'MariaDB', number: '10.11.6' },
  tables: [table('instances')],
  sequence: null,
  ...parts,
});

const grant = (privilege: string, object: string) => `GRANT ${privilege} ON ${object};`;
const judged = (parts: Partial<DatabaseFacts>, role: 'api' | 'cell' = 'api') => judge(facts(parts), role, grant);
const check = (name: string, parts: Partial<DatabaseFacts>, role: 'api' | 'cell' = 'api') =>
  judged(parts, role).find((each) => each.check === name);

describe('the preflight of a database', () => {
  it('has a line for every check, in their order', () => {
    expect(judged({}, 'cell')).toEqual([
      { check: 'reachable', state: 'ok', detail: 'answers', remedy: null },
      { check: 'dataApi', state: 'ok', detail: 'on', remedy: null },
      { check: 'grants', state: 'ok', detail: 'enough', remedy: null },
      { check: 'version', state: 'ok', detail: 'MariaDB 10.11.6', remedy: null },
      { check: 'tables', state: 'ok', detail: 'as Nova makes them', remedy: null },
    ]);
  });

  it('fails where a table may not be read, and says nothing of its shape', () => {
    const parts = { tables: [table('instances', { reading: 'denied', exists: false, unique: null })] };
    expect(check('grants', parts)).toEqual({
      check: 'grants',
      state: 'failed',
      detail: 'no SELECT on instances',
      remedy: 'GRANT SELECT ON instances;',
    });
    expect(check('tables', parts)).toBeUndefined();
    expect(hasFailed({ checks: judged(parts) })).toBe(true);
  });

  it('warns of what map alone will need', () => {
    const parts = {
      tables: [table('instance_mappings', { insert: false })],
      sequence: { name: 'public.instance_mappings_id_seq', allowed: false },
    };
    expect(check('grants', parts)).toEqual({
      check: 'grants',
      state: 'warning',
      detail: 'no INSERT on instance_mappings and no USAGE on public.instance_mappings_id_seq, which map will need',
      remedy: 'GRANT INSERT ON instance_mappings; GRANT USAGE ON SEQUENCE public.instance_mappings_id_seq;',
    });
    expect(hasFailed({ checks: judged(parts) })).toBe(false);
    expect(check('grants', { tables: [table('instance_mappings', { insert: true })] })?.state).toBe('ok');
  });

  it('fails where a table or a column is missing, and names it', () => {
    const tables = [
      table('build_requests', { reading: 'absent', exists: false }),
      table('instances', { reading: 'absent', missingColumns: ['hidden', 'task_state'] }),
    ];
    expect(check('tables', { tables })).toMatchObject({
      state: 'failed',
      detail: 'there is no table build_requests; instances has no hidden, task_state',
      remedy: expect.stringContaining('right database'),
    });
  });

  it('warns of a uuid that is not unique', () => {
    expect(
      check('tables', { tables: [table('instances', { unique: { column: 'uuid', holds: false } })] }),
    ).toMatchObject({
      state: 'warning',
      detail: expect.stringContaining('instances.uuid without a unique index'),
    });
  });

  const versions: [ServerVersion['engine'], string, 'api' | 'cell', string][] = [
    ['MySQL', '8.0.36', 'api', 'ok'],
    ['MySQL', '9.7', 'api', 'ok'],
    ['MySQL', '5.7.44', 'api', 'failed'],
    ['MySQL', '5.7.44', 'cell', 'warning'],
    ['MariaDB', '10.6.0', 'api', 'ok'],
    ['MariaDB', '10.5.29', 'api', 'failed'],
    ['MariaDB', '11.4', 'api', 'ok'],
    ['PostgreSQL', '11', 'api', 'ok'],
    ['PostgreSQL', '18.4', 'cell', 'ok'],
    ['PostgreSQL', '10.23', 'api', 'warning'],
    ['PostgreSQL', 'of an unknown version', 'api', 'ok'],
  ];
  it.each(versions)('%s %s of the %s database: %s', (engine, number, role, state) => {
    expect(check('version', { version: { engine, number } }, role)?.state).toBe(state);
  });

  it('says why a version is too old, and which is not', () => {
    expect(check('version', { version: { engine: 'PostgreSQL', number: '10.23' } })).toMatchObject({
      detail: 'PostgreSQL 10.23: sha256(), with which verify compares, came with PostgreSQL 11',
      remedy: 'Upgrade the server to PostgreSQL 11 or later.',
    });
    expect(check('version', { version: { engine: 'MySQL', number: '5.7' } })?.remedy).toContain('MySQL 8.0 or later');
  });
});
