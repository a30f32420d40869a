import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type DatabaseUrl, parseDatabaseUrl } from '../../../domain/database-url.ts';
import { describeOnEachServer } from '../../servers/each-server.ts';
import { type Caller, callDataApi } from './caller.ts';
import { KINDS } from './kinds.ts';

describeOnEachServer('a fault of the Data API', ({ dialect, get }) => {
  const kind = KINDS[dialect];
  const isMysql = dialect === 'mysql';
  let login: DatabaseUrl;
  let api: Caller;

  beforeAll(async () => {
    login = parseDatabaseUrl(get().url(kind.database));
    api = await callDataApi(login);
  });
  afterAll(() => api?.close());

  it('words an SQL error as Aurora does', async () => {
    await api.run('CREATE TABLE t_duplicate (id INT PRIMARY KEY)');
    await api.run('INSERT INTO t_duplicate VALUES (1)');
    await expect(api.run('INSERT INTO t_duplicate VALUES (1)')).rejects.toMatchObject({
      name: 'DatabaseErrorException',
      message: expect.stringMatching(kind.duplicate),
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
      message: "The database URL's option read_timeout is not supported, give the URL without it",
    });
    await odd.close();
  });

  it('does not fall back to a connection without TLS where the URL asks for TLS', async () => {
    const options: Record<string, string> = isMysql ? { ssl_verify_cert: 'true' } : { sslmode: 'require' };
    const strict = await callDataApi({ ...login, options });
    await expect(strict.run('SELECT 1')).rejects.toMatchObject({
      name: 'BadRequestException',
      message: expect.stringContaining('TLS options'),
    });
    await strict.close();
  });

  it('opens another connection when an idle one was ended by the server', async () => {
    const id = isMysql ? 'CONNECTION_ID()' : 'pg_backend_pid()';
    const fragile = await callDataApi(login);
    const [row] = await fragile.rows(`SELECT ${id} AS id`);
    await api.run(isMysql ? `KILL ${row?.id}` : `SELECT pg_terminate_backend(${row?.id}) AS ended`);
    const listed = isMysql ? 'information_schema.processlist' : 'pg_stat_activity';
    const own = isMysql ? 'id' : 'pid';
    await until(async () => (await api.rows(`SELECT ${own} FROM ${listed} WHERE ${own} = ${row?.id}`)).length === 0);
    expect((await fragile.rows(`SELECT ${id} AS id`))[0]?.id).not.toBe(row?.id);
    await fragile.close();
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
