import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import type { describe as Describe } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { startOnFreePort } from '../../local/free-port.ts';
import type { SqlServer } from './sql.ts';

/** A MariaDB of the tests' own on the loopback address; its user may do everything. */
export interface Mariadb extends SqlServer {
  host: '127.0.0.1';
}

const USER = 'tester';
const PASSWORD = 'tester-password';

/** Debian keeps the server in a folder that an ordinary user's PATH does not have. */
const PATH = [process.env.PATH, '/usr/sbin', '/usr/local/sbin', '/usr/libexec'].join(delimiter);

/** Whether MariaDB's server is installed on this computer. */
export function mariadbAvailable(): boolean {
  try {
    execFileSync('mariadbd', ['--no-defaults', '--version'], { env: { ...process.env, PATH }, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * `describe` for tests that need MariaDB: skipped with a loud line where it is not installed, failed in CI.
 */
export function describeMariadb(name: string, tests: () => void): void {
  // Jest's global and not its module, which cannot be loaded outside a test, where the server is useful too.
  const { describe } = globalThis as unknown as { describe: typeof Describe };
  if (mariadbAvailable()) {
    describe(name, tests);
    return;
  }
  if (process.env.CI) throw new Error('mariadbd is missing: CI must install mariadb-server');
  process.stderr.write(`\n*** SKIPPED, mariadbd is not installed (apt-get install mariadb-server): ${name} ***\n\n`);
  describe.skip(name, tests);
}

/**
 * Starts a MariaDB with a data folder of its own on a port that the system picks, and touches no file of the system.
 * Writes are not flushed to the disk: the data goes with the server. `options` are further server options.
 */
export async function startMariadb(options: string[] = []): Promise<Mariadb> {
  return startOnFreePort((port) => startOn(port, options));
}

async function startOn(port: number, options: string[]): Promise<Mariadb> {
  const folder = mkdtempSync(join(tmpdir(), 'cellmap-mariadb-'));
  const data = join(folder, 'data');
  // The server refuses to run as root unless it is told to.
  const user = `--user=${userInfo().username}`;
  chownSync(folder, userInfo().uid, userInfo().gid);
  const env = { PATH, TMPDIR: folder, LC_ALL: 'C', TZ: 'UTC' };
  execFileSync(
    'mariadb-install-db',
    ['--no-defaults', `--datadir=${data}`, user, '--auth-root-authentication-method=normal', '--skip-test-db'],
    { env, stdio: 'ignore' },
  );
  const log = join(folder, 'log');
  // Where the system can do it, the server goes with this process even after a kill -9.
  const tied = process.platform === 'linux' && existsSync('/usr/bin/setpriv') ? ['setpriv', '--pdeathsig', 'KILL'] : [];
  const [command = '', ...before] = [...tied, 'mariadbd'];
  const server = spawn(
    command,
    [
      ...before,
      '--no-defaults',
      `--datadir=${data}`,
      user,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
      `--log-error=${log}`,
      `--tmpdir=${folder}`,
      '--skip-name-resolve',
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-buffer-pool-size=64M',
      ...options,
    ],
    { env, stdio: 'ignore' },
  );
  const exited = once(server, 'exit');
  const endWithParent = () => server.kill('SIGKILL');
  process.once('exit', endWithParent);
  const stop = async () => {
    process.removeListener('exit', endWithParent);
    server.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await createUser(join(folder, 'socket'), server);
  } catch (cause) {
    const lines = readFileSync(log, 'utf8');
    await stop();
    throw new Error(`MariaDB did not start: ${lines.slice(-2000)}`, { cause });
  }
  const host = '127.0.0.1';
  const url = (database: string) => `mysql+pymysql://${USER}:${PASSWORD}@${host}:${port}/${database}`;
  return { host, port, user: USER, password: PASSWORD, url, stop };
}

/** Waits for the server and makes the tests' user, who may only come over TCP. */
async function createUser(socketPath: string, server: ChildProcess): Promise<void> {
  const giveUpAt = Date.now() + 30_000;
  for (;;) {
    try {
      const connection = await createConnection({ socketPath, user: 'root' });
      await connection.query(`CREATE USER '${USER}'@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`);
      await connection.query(`GRANT ALL ON *.* TO '${USER}'@'127.0.0.1' WITH GRANT OPTION`);
      await connection.end();
      return;
    } catch (error) {
      if (server.exitCode !== null || Date.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
