import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { BatchExecuteStatementCommand, BeginTransactionCommand } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type DatabaseUrl, parseDatabaseUrl } from '../../../domain/database-url.ts';
import { startPostgres } from '../../../local/postgres.ts';
import { describeMariadb, startMariadb } from '../../servers/mariadb.ts';
import { type Caller, callDataApi } from './caller.ts';

/** What a test needs of a server, and where the two kinds of SQL differ. */
interface Kind {
  start(): Promise<{ url(database: string): string; stop(): Promise<void> }>;
  database: string;
  double: string;
  name(text: string): string;
  /** A query of one column `n` with the numbers from 1 to :n. */
  numbers: string;
  sleep(seconds: string): string;
  /** Takes lock 7 for the session, or waits for it; the column is `taken`. */
  lock: string;
  isLocked: string;
  connections: string;
  duplicate: string;
  unknownDatabase: string;
  wrongPassword: string;
}

const MARIADB: Kind = {
  start: startMariadb,
  database: 'mysql',
  double: 'DOUBLE',
  name: (text) => `\`${text}\``,
  numbers: 'WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < :n) SELECT n FROM r',
  sleep: (seconds) => `SLEEP(${seconds})`,
  lock: "GET_LOCK('7', 30)",
  isLocked: "SELECT IS_USED_LOCK('7') IS NOT NULL AS locked",
  connections: 'SELECT COUNT(*) AS n FROM information_schema.processlist WHERE user = SUBSTRING_INDEX(USER(), "@", 1)',
  duplicate: "Duplicate entry '1' for key 'PRIMARY'; Error code: 1062; SQLState: 23000",
  unknownDatabase: "Unknown database 'nowhere'; Error code: 1049; SQLState: 42000",
  wrongPassword: 'Access denied; Error code: 1045; SQLState: 28000',
};

const POSTGRESQL: Kind = {
  start: startPostgres,
  database: 'postgres',
  double: 'DOUBLE PRECISION',
  name: (text) => `"${text}"`,
  numbers: 'SELECT generate_series(1, :n) AS n',
  sleep: (seconds) => `pg_sleep(${seconds})`,
  lock: 'pg_advisory_lock(7)::text',
  isLocked: "SELECT COUNT(*) > 0 AS locked FROM pg_locks WHERE locktype = 'advisory' AND granted",
  connections: "SELECT COUNT(*) AS n FROM pg_stat_activity WHERE backend_type = 'client backend'",
  duplicate: 'ERROR: duplicate key value violates unique constraint "t_duplicate_pkey"; SQLState: 23505',
  unknownDatabase: 'FATAL: database "nowhere" does not exist; SQLState: 3D000',
  wrongPassword: 'FATAL: password authentication failed; SQLState: 28P01',
};

describe('the Data API on PostgreSQL', () => {
  suite(POSTGRESQL);
});
describeMariadb('the Data API on MariaDB', () => {
  suite(MARIADB);
});

function suite(kind: Kind): void {
  let server: Awaited<ReturnType<Kind['start']>>;
  let login: DatabaseUrl;
  let api: Caller;

  beforeAll(async () => {
    server = await kind.start();
    login = parseDatabaseUrl(server.url(kind.database));
    api = await callDataApi(login);
  });

  afterAll(async () => {
    await api?.close();
    await server?.stop();
  });

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
      await api.run(`CREATE TABLE t_kinds (yes BOOLEAN, nope BOOLEAN, bytes ${kind === MARIADB ? 'BLOB' : 'BYTEA'})`);
      await api.run(`INSERT INTO t_kinds VALUES (TRUE, FALSE, ${kind === MARIADB ? "X'00ff'" : "'\\x00ff'"})`);
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
        { label: 'id', typeName: kind === MARIADB ? 'BIGINT' : 'int8' },
        { label: 'label', typeName: kind === MARIADB ? 'VARCHAR' : 'varchar' },
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
      expect(await api.rows(sql, {}, { parameters })).toEqual([
        { a: 2, b: kind === MARIADB ? 1 : true, c: null, d: 1.5 },
      ]);
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
    const sql = kind === MARIADB ? 'SELECT DATABASE() AS d' : 'SELECT current_database() AS d';
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
      const length = `SELECT ${kind === MARIADB ? 'LENGTH' : 'length'}(:x) AS n`;
      await expect(api.run(length, { x: 'x'.repeat(4 * 1024 * 1024 - 800) })).rejects.toMatchObject({
        name: 'RequestEntityTooLargeException',
        $metadata: { httpStatusCode: 413 },
      });
      expect(await api.rows(length, { x: 'x'.repeat(4_000_000) })).toEqual([{ n: 4_000_000 }]);
    });
  });

  describe('a statement that nobody waits for', () => {
    const hold = `SELECT ${kind.lock} AS taken, ${kind.sleep('60')} AS slept`;

    const held = async () => {
      await until(async () => Boolean((await api.rows(kind.isLocked))[0]?.locked));
    };

    it('is stopped on the server after the time limit', async () => {
      const impatient = await callDataApi(login, { statementTimeoutMs: 300 });
      await expect(impatient.run(hold)).rejects.toMatchObject({
        name: 'StatementTimeoutException',
        $metadata: { httpStatusCode: 400 },
      });
      await freed();
      await impatient.close();
    });

    it('is stopped on the server when the caller goes away', async () => {
      const caller = new AbortController();
      const call = api.run(hold, {}, {}, caller.signal);
      await held();
      caller.abort();
      await expect(call).rejects.toMatchObject({ name: 'AbortError' });
      await freed();
    });

    it('is stopped on the server when the endpoint closes', async () => {
      const brief = await callDataApi(login);
      const call = brief.run(hold).catch((error) => error);
      await held();
      await brief.close();
      expect(await call).toBeInstanceOf(Error);
      await freed();
    });

    it('goes on after the time limit when the request says so', async () => {
      await api.run('CREATE TABLE t_late (id INT)');
      const impatient = await callDataApi(login, { statementTimeoutMs: 200 });
      const slow = `INSERT INTO t_late SELECT 1 FROM (SELECT ${kind.sleep('0.6')} AS slept) x WHERE slept IS NOT NULL`;
      await expect(impatient.run(slow, {}, { continueAfterTimeout: true })).rejects.toMatchObject({
        name: 'StatementTimeoutException',
      });
      await until(async () => (await api.rows('SELECT id FROM t_late')).length > 0);
      await impatient.close();
    });

    /** Waits in the server for the lock, with a session of its own that then goes. */
    async function freed(): Promise<void> {
      const waiting = await callDataApi(login);
      await waiting.run(`SELECT ${kind.lock} AS taken`);
      await waiting.close();
    }
  });

  it('runs at most so many statements in one database at once, and keeps its connections', async () => {
    const narrow = await callDataApi(login, { connectionsPerDatabase: 2 });
    const before = Number((await api.rows(kind.connections))[0]?.n);
    const sleeps = Array.from({ length: 6 }, () => narrow.run(`SELECT ${kind.sleep('0.05')} AS slept`));
    await Promise.all(sleeps);
    expect(Number((await api.rows(kind.connections))[0]?.n)).toBe(before + 2);
    await narrow.close();
  });

  describe('faults', () => {
    it('words an SQL error as Aurora does', async () => {
      await api.run('CREATE TABLE t_duplicate (id INT PRIMARY KEY)');
      await api.run('INSERT INTO t_duplicate VALUES (1)');
      await expect(api.run('INSERT INTO t_duplicate VALUES (1)')).rejects.toMatchObject({
        name: 'DatabaseErrorException',
        message: kind.duplicate,
        $metadata: { httpStatusCode: 400 },
      });
    });

    it('passes on that a database does not exist', async () => {
      await expect(api.run('SELECT 1', {}, { database: 'nowhere' })).rejects.toMatchObject({
        name: 'DatabaseErrorException',
        message: kind.unknownDatabase,
      });
    });

    it('says that a password is wrong without the user or the password', async () => {
      const stranger = await callDataApi({ ...login, user: 'wanda-user', password: 'hunter-2-secret' });
      await expect(stranger.run('SELECT 1')).rejects.toMatchObject({
        name: 'DatabaseErrorException',
        message: kind.wrongPassword,
      });
      await stranger.close();
    });

    it('does not know an ARN that was not given', async () => {
      await expect(api.run('SELECT 1', {}, { resourceArn: 'arn:unknown' })).rejects.toMatchObject({
        name: 'NotFoundException',
        $metadata: { httpStatusCode: 404 },
      });
    });

    it('says within its time that nobody listens', async () => {
      const closed = await listen();
      await closed.close();
      const nowhere = await callDataApi({ ...login, port: closed.port });
      await expect(nowhere.run('SELECT 1')).rejects.toMatchObject({
        name: 'DatabaseUnavailableException',
        message: 'The writer instance is not available (ECONNREFUSED)',
        $metadata: { httpStatusCode: 504 },
      });
      await nowhere.close();
    });

    it('gives up a server that accepts and says nothing', async () => {
      const silent = await listen();
      const waiting = await callDataApi({ ...login, port: silent.port, options: { connect_timeout: '1' } });
      await expect(waiting.run('SELECT 1')).rejects.toMatchObject({ name: 'DatabaseUnavailableException' });
      await waiting.close();
      await silent.close();
    });

    it('names an option of the URL that it cannot honour', async () => {
      const odd = await callDataApi({ ...login, options: { read_timeout: '3' } });
      await expect(odd.run('SELECT 1')).rejects.toMatchObject({
        name: 'BadRequestException',
        message: "The database URL's option read_timeout is not supported, remove it",
      });
      await odd.close();
    });

    it('does not fall back to a connection without TLS where the URL asks for TLS', async () => {
      const options: Record<string, string> = kind === MARIADB ? { ssl_verify_cert: 'true' } : { sslmode: 'require' };
      const strict = await callDataApi({ ...login, options });
      await expect(strict.run('SELECT 1')).rejects.toMatchObject({
        name: 'BadRequestException',
        message: expect.stringContaining('TLS options'),
      });
      await strict.close();
    });

    it('opens another connection when an idle one was ended by the server', async () => {
      const id = kind === MARIADB ? 'CONNECTION_ID()' : 'pg_backend_pid()';
      const fragile = await callDataApi(login);
      const [row] = await fragile.rows(`SELECT ${id} AS id`);
      await api.run(kind === MARIADB ? `KILL ${row?.id}` : `SELECT pg_terminate_backend(${row?.id}) AS ended`);
      const listed = kind === MARIADB ? 'information_schema.processlist' : 'pg_stat_activity';
      const own = kind === MARIADB ? 'id' : 'pid';
      await until(async () => (await api.rows(`SELECT ${own} FROM ${listed} WHERE ${own} = ${row?.id}`)).length === 0);
      expect((await fragile.rows(`SELECT ${id} AS id`))[0]?.id).not.toBe(row?.id);
      await fragile.close();
    });
  });
}

describe('a request', () => {
  let api: Caller;
  const nowhere = parseDatabaseUrl('postgresql://127.0.0.1:1/none');
  beforeAll(async () => {
    api = await callDataApi(nowhere);
  });
  afterAll(() => api.close());

  it.each<[string, object]>([
    ['transactionId', { transactionId: 't' }],
    ['schema', { schema: 's' }],
    ['resultSetOptions', { resultSetOptions: { longReturnType: 'STRING' } }],
    ['Parameter a: arrayValue', { parameters: [{ name: 'a', value: { arrayValue: { longValues: [1] } } }] }],
    ['Parameter a: blobValue', { parameters: [{ name: 'a', value: { blobValue: new Uint8Array(1) } }] }],
    ['Parameter a: typeHint "BLOB"', { parameters: [{ name: 'a', value: { stringValue: '' }, typeHint: 'BLOB' }] }],
  ])('with %s is refused by name', async (what, fields) => {
    await expect(api.run('SELECT 1', {}, fields)).rejects.toMatchObject({
      name: 'BadRequestException',
      message: `${what} is not supported by the local Data API`,
    });
  });

  it('for another operation is refused by name', async () => {
    const common = { resourceArn: 'arn:known', secretArn: 'secret' };
    await expect(api.client.send(new BeginTransactionCommand(common))).rejects.toMatchObject({
      name: 'BadRequestException',
      message: 'BeginTransaction is not supported by the local Data API',
    });
    await expect(
      api.client.send(new BatchExecuteStatementCommand({ ...common, sql: 'SELECT 1' })),
    ).rejects.toMatchObject({ message: 'BatchExecuteStatement is not supported by the local Data API' });
  });

  it('without the key is refused', async () => {
    const answer = await fetch(`${api.url}/Execute`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(403);
  });

  it('that is not JSON, or holds no statement, is a bad request', async () => {
    const headers = { 'x-amz-security-token': api.key };
    for (const body of ['{', '[]', '{"sql":" "}', '{"sql":"SELECT 1"}']) {
      const answer = await fetch(`${api.url}/Execute`, { method: 'POST', headers, body });
      expect(answer.headers.get('x-amzn-errortype')).toBe('BadRequestException');
    }
  });
});

/** Asks again until it is so; the servers answer at their own pace, so there is no need to sleep. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 20_000;
  while (!(await isSo())) if (Date.now() > giveUpAt) throw new Error(`It never became so: ${isSo}`);
}

/** A server that accepts connections and says nothing. */
async function listen(): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
