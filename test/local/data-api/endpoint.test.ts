import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type DatabaseUrl, parseDatabaseUrl } from '../../../domain/database-url.ts';
import { describeOnEachServer } from '../../servers/each-server.ts';
import { type Caller, callDataApi } from './caller.ts';
import { KINDS } from './kinds.ts';

describeOnEachServer('the Data API', ({ dialect, get }) => {
  const kind = KINDS[dialect];
  const isMysql = dialect === 'mysql';
  let login: DatabaseUrl;
  let api: Caller;

  beforeAll(async () => {
    login = parseDatabaseUrl(get().url(kind.database));
    api = await callDataApi(login);
  });
  afterAll(() => api?.close());

  describe('values', () => {
    it('answers typed fields', async () => {
      const answer = await api.run(
        `SELECT 1 AS a, NULL AS b, CAST(1.50 AS DECIMAL(9, 2)) AS c, 'x' AS d, CAST('1.5e3' AS ${kind.double}) AS e`,
      );
      expect(answer.records).toEqual([
        [{ longValue: 1 }, { isNull: true }, { stringValue: '1.50' }, { stringValue: 'x' }, { doubleValue: 1500 }],
      ]);
      expect(answer).toMatchObject({ numberOfRecordsUpdated: 0 });
      expect(answer.columnMetadata).toBeUndefined();
    });

    it('answers one JSON object a row under the column labels', async () => {
      const { formattedRecords, records } = await api.run(
        `SELECT 1 AS a, NULL AS ${kind.name('b c')}, CAST(1.50 AS DECIMAL(9, 2)) AS c, 'é"' AS d`,
        {},
        { formatRecordsAs: 'JSON' },
      );
      expect(formattedRecords).toBe('[{"a":1,"b c":null,"c":"1.50","d":"é\\""}]');
      expect(records).toBeUndefined();
    });

    it('answers an empty result as an empty list', async () => {
      expect(await api.rows('SELECT 1 AS a FROM (SELECT 1 AS b) x WHERE b = 2')).toEqual([]);
      expect((await api.run('SELECT 1 AS a FROM (SELECT 1 AS b) x WHERE b = 2')).records).toEqual([]);
    });

    it('never rounds a number, in fields or in JSON', async () => {
      const sql = `SELECT 9007199254740993 AS a, -9223372036854775807 AS b, SUM(n) AS c FROM (SELECT 12345678901234567890 AS n) x`;
      const body = await api.raw(sql);
      expect(body).toContain('[{"longValue":9007199254740993},{"longValue":-9223372036854775807}');
      expect(body).toContain('{"stringValue":"12345678901234567890"}');
      const { formattedRecords } = JSON.parse(await api.raw(sql, { formatRecordsAs: 'JSON' }));
      expect(formattedRecords).toBe('[{"a":9007199254740993,"b":-9223372036854775807,"c":"12345678901234567890"}]');
    });

    it('takes a long parameter exactly', async () => {
      const parameters = '[{"name":"a","value":{"longValue":9007199254740993}}]';
      const body = `{"resourceArn":"arn:known","secretArn":"s","sql":"SELECT :a AS a","parameters":${parameters}}`;
      const headers = { 'x-amz-security-token': api.key };
      const answer = await fetch(`${api.url}/Execute`, { method: 'POST', headers, body });
      expect(await answer.text()).toContain('{"longValue":9007199254740993}');
    });

    it('answers times as text with a space', async () => {
      await api.run('CREATE TABLE t_times (at TIMESTAMP(3) NULL, d DATE)');
      await api.run("INSERT INTO t_times VALUES ('2026-02-03 04:05:06.789', '2026-02-03')");
      expect(await api.rows('SELECT * FROM t_times')).toEqual([{ at: '2026-02-03 04:05:06.789', d: '2026-02-03' }]);
    });

    it('answers booleans and bytes in their own kinds', async () => {
      await api.run(`CREATE TABLE t_kinds (yes BOOLEAN, nope BOOLEAN, bytes ${isMysql ? 'BLOB' : 'BYTEA'})`);
      await api.run(`INSERT INTO t_kinds VALUES (TRUE, FALSE, ${isMysql ? "X'00ff'" : "'\\x00ff'"})`);
      const { records } = await api.run('SELECT * FROM t_kinds');
      expect(records).toEqual([
        [{ booleanValue: true }, { booleanValue: false }, { blobValue: Uint8Array.from([0, 255]) }],
      ]);
      expect(await api.rows('SELECT * FROM t_kinds')).toEqual([{ yes: true, nope: false, bytes: 'AP8=' }]);
    });

    it('names and describes the columns when asked', async () => {
      await api.run('CREATE TABLE t_columns (id BIGINT, name VARCHAR(9))');
      const { columnMetadata } = await api.run(
        'SELECT id, name AS label FROM t_columns',
        {},
        { includeResultMetadata: true },
      );
      expect(columnMetadata).toMatchObject([
        { label: 'id', typeName: isMysql ? 'BIGINT' : 'int8' },
        { label: 'label', typeName: isMysql ? 'VARCHAR' : 'varchar' },
      ]);
    });
  });

  describe('parameters', () => {
    it('keeps any text as it is', async () => {
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
          // PostgreSQL has no character 0; half of a surrogate pair is no character of UTF-8.
          const value = text.replaceAll('\0', '').toWellFormed();
          expect(await api.rows('SELECT :value AS value', { value })).toEqual([{ value }]);
        }),
        { examples: [['\'\\"`;--?:a$1%_'], ['\\'], ['é😀']] },
      );
    });

    it('binds numbers, booleans and NULL', async () => {
      const sql = 'SELECT :a + 1 AS a, :b AS b, :c AS c, :d + 0.5 AS d';
      const parameters = [
        { name: 'a', value: { longValue: 1 } },
        { name: 'b', value: { booleanValue: true } },
        { name: 'c', value: { isNull: true as const } },
        { name: 'd', value: { doubleValue: 1 } },
      ];
      expect(await api.rows(sql, {}, { parameters })).toEqual([{ a: 2, b: isMysql ? 1 : true, c: null, d: 1.5 }]);
    });

    it('binds a LIMIT', async () => {
      expect(await api.rows(`SELECT n FROM (${kind.numbers}) x ORDER BY n LIMIT :limit`, { n: 9, limit: 2 })).toEqual([
        { n: 1 },
        { n: 2 },
      ]);
    });

    it('says which parameter is missing, and which is too many', async () => {
      await expect(api.run('SELECT :a', {})).rejects.toMatchObject({
        name: 'BadRequestException',
        message: 'Missing value for parameter: a',
      });
      await expect(api.run('SELECT :a', { a: 1, b: 2 })).rejects.toMatchObject({
        name: 'BadRequestException',
        message: 'Cannot find parameter: b',
      });
    });
  });

  it('counts the rows that a statement wrote', async () => {
    await api.run('CREATE TABLE t_count (id INT)');
    expect(await api.run('INSERT INTO t_count VALUES (1), (2)')).toMatchObject({
      numberOfRecordsUpdated: 2,
      generatedFields: [],
    });
    expect(await api.run('UPDATE t_count SET id = 3 WHERE id = 1')).toMatchObject({ numberOfRecordsUpdated: 1 });
    expect(await api.run('DELETE FROM t_count')).toMatchObject({ numberOfRecordsUpdated: 2 });
  });

  it('uses the database that the request names', async () => {
    await api.run('CREATE DATABASE other_one');
    const sql = isMysql ? 'SELECT DATABASE() AS d' : 'SELECT current_database() AS d';
    expect(await api.rows(sql, {}, { database: 'other_one' })).toEqual([{ d: 'other_one' }]);
  });

  describe('limits', () => {
    const tooLarge = {
      name: 'BadRequestException',
      message: 'Database returned more than the allowed response size limit',
    };

    it.each(['NONE', 'JSON'] as const)('refuses a response above 1 MiB (%s), and works on', async (formatRecordsAs) => {
      const row = `SELECT REPEAT('x', 50000) AS x FROM (${kind.numbers}) x`;
      await expect(api.run(row, { n: 21 }, { formatRecordsAs })).rejects.toMatchObject(tooLarge);
      expect(await api.run(row, { n: 20 }, { formatRecordsAs })).toBeDefined();
    });

    it('counts the bytes of the response, not its characters', async () => {
      const row = `SELECT REPEAT('é', 25000) AS x FROM (${kind.numbers}) x`;
      await expect(api.run(row, { n: 21 })).rejects.toMatchObject(tooLarge);
    });

    it('refuses a row above 64 KB', async () => {
      const row = (n: number) => `SELECT REPEAT('"', ${n}) AS x, 'abcd' AS y`;
      await expect(api.run(row(65_533))).rejects.toMatchObject({
        name: 'BadRequestException',
        message: expect.stringContaining('Packet for query is too large'),
      });
      expect((await api.run(row(65_532))).records).toHaveLength(1);
    });

    it('refuses a request above 4 MiB, its headers included', async () => {
      const length = `SELECT ${isMysql ? 'LENGTH' : 'length'}(:x) AS n`;
      await expect(api.run(length, { x: 'x'.repeat(4 * 1024 * 1024 - 800) })).rejects.toMatchObject({
        name: 'RequestEntityTooLargeException',
        $metadata: { httpStatusCode: 413 },
      });
      expect(await api.rows(length, { x: 'x'.repeat(4_000_000) })).toEqual([{ n: 4_000_000 }]);
    });
  });
});
