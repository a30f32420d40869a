import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { startOnFreePort } from '../../local/free-port.ts';
import type { SqlServer } from './sql.ts';

const run = promisify(execFile);

/** A whole little Debian, as npm has no MySQL and Debian's stable releases have MariaDB alone. */
const ROOT = process.env.CELLMAP_MYSQL_ROOT ?? join(homedir(), '.cache', 'cellmap', 'mysql');

/** The user and group `nobody` of the Debian inside. */
const NOBODY = 65534;

/** Whether {@link startMysql} can run: as root, where {@link installMysql} has been. */
export function mysqlAvailable(): boolean {
  return process.getuid?.() === 0 && existsSync(join(ROOT, 'usr/sbin/mysqld'));
}

/**
 * Installs a genuine MySQL 9 from Debian sid into a folder of its own (CELLMAP_MYSQL_ROOT, by default
 * `~/.cache/cellmap/mysql`; half a minute to two minutes, 450 MB). Does nothing where it is installed.
 * @throws where this is not root, debootstrap is missing, or it fails (with the end of its log)
 */
export async function installMysql(): Promise<void> {
  if (mysqlAvailable()) return;
  if (process.getuid?.() !== 0) throw new Error('Installing MySQL takes root: debootstrap and chroot need it');
  await mkdir(dirname(ROOT), { recursive: true });
  const partial = await mkdtemp(`${ROOT}.`);
  try {
    const args = ['--variant=minbase', '--include=mysql-server-core', 'sid', partial, await debianMirror()];
    await run('debootstrap', args, { maxBuffer: 64 * 1024 * 1024 });
    await run('chroot', [partial, 'apt-get', 'clean']);
    // It came with the permissions of mkdtemp, and the server is not root.
    await chmod(partial, 0o755);
    // Where another process was faster, its folder stays and ours goes.
    await rename(partial, ROOT).catch((error: unknown) => {
      if (!mysqlAvailable()) throw error;
    });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new Error('debootstrap is missing: apt-get install debootstrap debian-archive-keyring', { cause });
    }
    const log = await readFile(join(partial, 'debootstrap/debootstrap.log'), 'utf8').catch(() => '');
    throw new Error(`MySQL could not be installed.\n${log.slice(-2000)}`, { cause });
  } finally {
    await removeTree(partial);
  }
}

/** This machine's own mirror of Debian, as it may be the only one that it reaches. */
async function debianMirror(): Promise<string> {
  for (const file of ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list']) {
    const sources = await readFile(file, 'utf8').catch(() => '');
    const mirror = /^(?:URIs:|deb(?: \[.*?\])?) *(https?:\S+\/debian)\/?(?:\s|$)/m.exec(sources);
    if (mirror?.[1] !== undefined) return mirror[1];
  }
  return 'http://deb.debian.org/debian';
}

/** A debootstrap that is cut off can leave /proc mounted inside, which must not be emptied. */
async function removeTree(folder: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
  for (const mount of mounts.filter((path) => path.startsWith(`${folder}/`)).reverse()) await run('umount', [mount]);
  await run('rm', ['-rf', '--one-file-system', folder]);
}

/**
 * Runs the server in the foreground of a shell that outlives its parent: when the parent closes the shell's input, or
 * is gone, the server is killed and its folder removed. The shell lets go of stderr, so that its end is the server's.
 */
const HOLD = 'folder=$1; shift; "$@" & server=$!; exec 2>&-; cat > /dev/null; kill -9 $server; wait; rm -rf "$folder"';

/**
 * Starts a MySQL with its own defaults on 127.0.0.1, with fresh data and a user that may do everything.
 * @param parameters further arguments of mysqld, such as `--innodb-lock-wait-timeout=1`
 */
export async function startMysql(parameters: string[] = []): Promise<SqlServer> {
  if (!mysqlAvailable()) throw new Error('There is no MySQL here, or this is not root: npm run test:mysql installs it');
  return startOnFreePort((port) => startOn(port, parameters));
}

async function startOn(port: number, parameters: string[]): Promise<SqlServer> {
  const folder = await mkdtemp(join(ROOT, 'srv', 'mysql-'));
  await chown(folder, NOBODY, NOBODY);
  const inside = join('/srv', basename(folder));
  const mysqld = ['chroot', `--userspec=${NOBODY}:${NOBODY}`, ROOT, '/usr/sbin/mysqld', '--no-defaults'];
  mysqld.push(`--datadir=${inside}/data`);
  const password = randomBytes(18).toString('base64url');
  const user = 'nova';
  const accounts = join(folder, 'accounts.sql');
  await writeFile(
    accounts,
    `CREATE USER '${user}'@'%' IDENTIFIED BY '${password}';\nGRANT ALL ON *.* TO '${user}'@'%' WITH GRANT OPTION;\nALTER USER root@localhost ACCOUNT LOCK;\n`,
    { mode: 0o600 },
  );
  await chown(accounts, NOBODY, NOBODY);
  await run(mysqld[0] ?? '', [...mysqld.slice(1), '--initialize-insecure']).catch(
    async (cause: { stderr?: string }) => {
      await rm(folder, { recursive: true });
      throw new Error(`MySQL made no data: ${cause.stderr}`, { cause });
    },
  );

  const network = ['--bind-address=127.0.0.1', `--port=${port}`, `--socket=${inside}/socket`, '--mysqlx=OFF'];
  const files = [`--pid-file=${inside}/pid`, `--init-file=${inside}/accounts.sql`, '--secure-file-priv='];
  const holder = spawn('sh', ['-c', HOLD, 'sh', folder, ...mysqld, ...network, ...files, ...parameters], {
    stdio: ['pipe', 'ignore', 'pipe'],
    // Ctrl-C in the terminal is for the tests, which then close the shell's input.
    detached: true,
  });
  const stop = async () => {
    if (holder.exitCode !== null) return;
    const gone = once(holder, 'exit');
    holder.stdin?.end();
    await gone;
  };
  const log = await logUntilReady(holder.stderr as Readable);
  if (log !== null) {
    await stop();
    throw new Error(`MySQL did not start:\n${log}`);
  }
  await rm(accounts);
  return { host: '127.0.0.1', port, user, password, url: urlOf(user, password, port), stop };
}

function urlOf(user: string, password: string, port: number): (database: string) => string {
  return (database) => `mysql+pymysql://${user}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

/** Null once the server accepts connections; the end of its log when it has ended before. */
function logUntilReady(stderr: ChildProcess['stderr'] & Readable): Promise<string | null> {
  return new Promise((resolve) => {
    let log = '';
    stderr.setEncoding('utf8').on('data', (chunk: string) => {
      log = (log + chunk).slice(-4000);
      if (log.includes('ready for connections')) resolve(null);
    });
    stderr.once('close', () => resolve(log));
  });
}

if (import.meta.main) await installMysql();
