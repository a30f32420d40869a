import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseDatabaseUrl } from '../../../domain/database-url.ts';
import { type EmbeddedPostgres, startPostgres } from '../../../local/postgres.ts';
import { describeMariadb, type Mariadb, startMariadb } from '../../servers/mariadb.ts';
import { type Caller, callDataApi } from './caller.ts';

describe('the Data API on PostgreSQL', () => {
  let server: EmbeddedPostgres;
  let api: Caller;

  beforeAll(async () => {
    server = await startPostgres();
    api = await callDataApi(parseDatabaseUrl(server.url('postgres')));
  });
  afterAll(async () => {
    await api?.close();
    await server?.stop();
  });

  it('sends a string as varchar: it needs a cast where a number or a uuid is wanted', async () => {
    await expect(api.run('SELECT 1 WHERE 1 = :a', { a: '1' })).rejects.toMatchObject({
      name: 'DatabaseErrorException',
      message: 'ERROR: operator does not exist: integer = character varying; SQLState: 42883',
    });
    expect(await api.rows('SELECT 1 AS one WHERE 1 = CAST(:a AS integer)', { a: '1' })).toEqual([{ one: 1 }]);
  });

  it('unpacks a page of JSON from a string', async () => {
    const page = '[{"id":9007199254740993,"uuid":"a"},{"id":2,"uuid":null}]';
    const sql =
      'SELECT id, uuid FROM json_to_recordset(CAST(:page AS json)) AS r (id bigint, uuid text) ORDER BY id DESC';
    const { formattedRecords } = await api.run(sql, { page }, { formatRecordsAs: 'JSON' });
    expect(formattedRecords).toBe(page);
  });

  it.each([
    ['UUID', '00000000-0000-0000-0000-000000000001', 'uuid'],
    ['TIMESTAMP', '2026-01-02 03:04:05', 'timestamp without time zone'],
    ['DECIMAL', '12345678901234567890.5', 'numeric'],
    ['JSON', '{}', 'json'],
  ] as const)('gives a string with the type hint %s that type', async (typeHint, stringValue, type) => {
    const parameters = [{ name: 'a', typeHint, value: { stringValue } }];
    expect(await api.rows('SELECT pg_typeof(:a)::text AS type, :a AS a', {}, { parameters })).toEqual([
      { type, a: stringValue },
    ]);
  });

  it('refuses an array in the result by name', async () => {
    await expect(api.run('SELECT ARRAY[1] AS a')).rejects.toMatchObject({
      name: 'UnsupportedResultException',
      message: 'The result contains the unsupported data type array',
    });
  });

  it('answers the rows and the number of rows of INSERT … RETURNING', async () => {
    await api.run('CREATE TABLE t (id int)');
    expect(await api.run('INSERT INTO t VALUES (1), (2) RETURNING id')).toMatchObject({
      numberOfRecordsUpdated: 2,
      records: [[{ longValue: 1 }], [{ longValue: 2 }]],
    });
  });

  it('writes what JSON has no number for as text', async () => {
    expect(await api.rows("SELECT CAST('NaN' AS float8) AS a, CAST('-Infinity' AS float8) AS b")).toEqual([
      { a: 'NaN', b: '-Infinity' },
    ]);
  });

  it('works for a server that shows dates in another style', async () => {
    await api.run("ALTER DATABASE postgres SET DateStyle = 'SQL, DMY'");
    const sql = "SELECT CAST('2026-02-03' AS date) AS d";
    const fresh = await callDataApi(parseDatabaseUrl(server.url('postgres')));
    expect(await fresh.rows(sql)).toEqual([{ d: '2026-02-03' }]);
    await fresh.close();
  });
});

describeMariadb('the Data API on MariaDB', () => {
  let server: Mariadb;
  let api: Caller;

  beforeAll(async () => {
    server = await startMariadb();
    api = await callDataApi(parseDatabaseUrl(server.url('mysql')));
  });
  afterAll(async () => {
    await api?.close();
    await server?.stop();
  });

  it('unpacks a page of JSON from a string', async () => {
    const sql = `SELECT id, uuid FROM JSON_TABLE(:page, '$[*]' COLUMNS (
      id BIGINT PATH '$.id', uuid VARCHAR(36) PATH '$.uuid')) AS r`;
    const page = '[{"id":9007199254740993,"uuid":"a"},{"id":2,"uuid":null}]';
    const { formattedRecords } = await api.run(sql, { page }, { formatRecordsAs: 'JSON' });
    expect(formattedRecords).toBe(page);
  });

  it('keeps strings whole on a server without backslash escapes', async () => {
    await api.run("SET GLOBAL sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')");
    const fresh = await callDataApi(parseDatabaseUrl(server.url('mysql')));
    const value = `\\' OR 1=1 -- "`;
    expect(await fresh.rows('SELECT :value AS value, @@sql_mode LIKE "%BACKSLASH%" AS mode', { value })).toEqual([
      { value, mode: 1 },
    ]);
    await fresh.close();
  });

  it('binds more values than one packet of names could hold', async () => {
    await api.run('CREATE TABLE t_many (a INT, b VARCHAR(9))');
    const values = Object.fromEntries(Array.from({ length: 5_000 }, (_, row) => [`b${row}`, `x${row}`]));
    const list = Object.keys(values).map((name, row) => `(${row}, :${name})`);
    const sql = `INSERT INTO t_many VALUES ${list.join(', ')}`;
    expect(await api.run(sql, values)).toMatchObject({ numberOfRecordsUpdated: 5_000 });
  });

  it('answers bits, years and unsigned numbers', async () => {
    await api.run('CREATE TABLE t_odd (one BIT(1), nine BIT(9), y YEAR, u BIGINT UNSIGNED, t TINYINT(1) UNSIGNED)');
    await api.run(
      "INSERT INTO t_odd VALUES (b'1', b'1', 2026, 18446744073709551615, 1), (NULL, NULL, NULL, NULL, NULL)",
    );
    const { formattedRecords } = await api.run('SELECT * FROM t_odd', {}, { formatRecordsAs: 'JSON' });
    expect(formattedRecords).toBe(
      '[{"one":true,"nine":"AAE=","y":2026,"u":18446744073709551615,"t":1},' +
        '{"one":null,"nine":null,"y":null,"u":null,"t":null}]',
    );
  });

  it('talks utf8mb4 whatever the charset of the URL', async () => {
    const old = await callDataApi(parseDatabaseUrl(`${server.url('mysql')}?charset=latin1&plugin=dbcounter`));
    expect(await old.rows('SELECT :a AS a, @@character_set_connection AS c', { a: '😀' })).toEqual([
      { a: '😀', c: 'utf8mb4' },
    ]);
    await old.close();
  });

  it('counts the rows that an UPDATE found, as JDBC does', async () => {
    await api.run('CREATE TABLE t_found (a INT)');
    await api.run('INSERT INTO t_found VALUES (1)');
    expect(await api.run('UPDATE t_found SET a = 1')).toMatchObject({ numberOfRecordsUpdated: 1 });
  });

  it('refuses a geometry in the result by name', async () => {
    await expect(api.run('SELECT ST_GeomFromText("POINT(1 1)") AS g')).rejects.toMatchObject({
      name: 'UnsupportedResultException',
      message: 'The result contains the unsupported data type GEOMETRY',
    });
  });

  it('does not name the user whom a privilege was denied to', async () => {
    await api.run("CREATE USER 'rita-reader'@'127.0.0.1' IDENTIFIED BY 'rita-secret'");
    await api.run("GRANT SELECT ON mysql.* TO 'rita-reader'@'127.0.0.1'");
    const login = { ...parseDatabaseUrl(server.url('mysql')), user: 'rita-reader', password: 'rita-secret' };
    const reader = await callDataApi(login);
    const fault = await reader.run('DELETE FROM mysql.db').catch((error) => error);
    expect(fault).toMatchObject({ name: 'DatabaseErrorException' });
    expect(fault.message).toContain('denied to user (a user) for table `mysql`.`db`; Error code: 1142');
    expect(JSON.stringify([fault.message, fault])).not.toMatch(/rita/);
    await reader.close();
  });
});
