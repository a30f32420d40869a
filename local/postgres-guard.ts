import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startOnFreePort } from './free-port.ts';

/** What the guard is to run; it is the process's only argument, as JSON. */
export interface GuardOrder {
  /** The folder with PostgreSQL's `bin`, `lib` and `share`. */
  binaries: string;
  user: string;
  parentFolder: string;
  parameters: Record<string, string>;
}

/** The guard's only message: the server is ready, or why it is not (no secrets). */
export type GuardAnswer = { port: number; password: string } | { error: string };

/** Whom the server runs as; undefined means as ourselves. */
type Identity = { uid: number; gid: number } | undefined;

const run = promisify(execFile);

/**
 * The process that owns an embedded PostgreSQL: it makes the server in a fresh folder, answers with its port and
 * password, and waits until its parent has closed the channel or is gone; then it ends the server and removes the
 * folder.
 */
async function guard(order: GuardOrder): Promise<void> {
  const parentGone = process.connected ? once(process, 'disconnect') : Promise.resolve();
  // Sent to us alone, as by a shutdown of the system, these mean: clean up now.
  const toldToEnd = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)));

  const identity = await serverIdentity();
  const folder = await makeFolder(order.parentFolder, identity);
  try {
    const bin = await reachableBinaries(order.binaries, folder, identity);
    const password = randomBytes(18).toString('base64url');
    await initialise({ bin, folder, user: order.user, password, identity });
    const { server, port } = await startServer({ bin, folder, parameters: order.parameters, identity });
    const ended = once(server, 'exit');
    await answer({ port, password });
    await Promise.race([parentGone, toldToEnd, ended]);
    // At once, without a last checkpoint: the data goes too.
    server.kill('SIGQUIT');
    await ended;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** Resolves when the message is on its way, and also when the parent is gone. */
function answer(message: GuardAnswer): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve());
    else resolve();
  });
}

/** PostgreSQL refuses to run as root, so root lends it the identity of `nobody`. */
async function serverIdentity(): Promise<Identity> {
  if (process.getuid?.() !== 0) return undefined;
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, 'nobody'])));
    const identity = { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
    await run('true', [], { ...identity, cwd: '/' });
    return identity;
  } catch {
    // As in a container without the capability for it.
    throw new Error('PostgreSQL refuses to run as root, and root may not act as nobody here. Run as an ordinary user');
  }
}

async function makeFolder(parentFolder: string, identity: Identity): Promise<string> {
  // A root's own TMPDIR may be closed to nobody.
  const parent = (await reaches(parentFolder, identity)) ? parentFolder : '/tmp';
  const folder = await mkdtemp(join(parent, 'cellmap-postgres-'));
  if (identity !== undefined) await chown(folder, identity.uid, identity.gid);
  return folder;
}

/** The folder with the programs: as installed, or a copy where the server's user cannot reach that. */
async function reachableBinaries(binaries: string, folder: string, identity: Identity): Promise<string> {
  if (identity === undefined || (await reaches(join(binaries, 'bin', 'postgres'), identity))) {
    return join(binaries, 'bin');
  }
  const copy = join(folder, 'binaries');
  await cp(binaries, copy, { recursive: true, verbatimSymlinks: true });
  await run('chown', ['-R', '-h', `${identity.uid}:${identity.gid}`, copy]);
  return join(copy, 'bin');
}

async function reaches(path: string, identity: Identity): Promise<boolean> {
  return run('test', ['-x', path], { ...identity, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

/** Makes the data folder: UTF-8, the C locale (the same wherever we run), and a password for every connection. */
async function initialise(cluster: {
  bin: string;
  folder: string;
  user: string;
  password: string;
  identity: Identity;
}): Promise<void> {
  const { bin, folder, user, password, identity } = cluster;
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (identity !== undefined) await chown(passwordFile, identity.uid, identity.gid);
  const args = ['--pgdata', join(folder, 'data'), '--username', user, '--pwfile', passwordFile];
  args.push('--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-sync');
  await run(join(bin, 'initdb'), args, { ...identity, cwd: folder }).catch((error: Error & { stderr?: string }) => {
    throw new Error(`The embedded PostgreSQL did not start: initdb: ${error.stderr?.trim() || error.message}`);
  });
  await rm(passwordFile);
}

/** Starts the server on 127.0.0.1 alone, without a socket in the file system, and waits until it is ready. */
async function startServer(cluster: {
  bin: string;
  folder: string;
  parameters: Record<string, string>;
  identity: Identity;
}): Promise<{ server: ChildProcess; port: number }> {
  const { bin, folder, identity } = cluster;
  return startOnFreePort(async (port) => {
    const parameters = {
      listen_addresses: '127.0.0.1',
      port: String(port),
      unix_socket_directories: '',
      ...cluster.parameters,
    };
    const args = Object.entries(parameters).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const server = spawn(join(bin, 'postgres'), ['-D', join(folder, 'data'), ...args], {
      ...identity,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const failure = await readiness(server);
    if (failure !== null) throw new Error(`The embedded PostgreSQL did not start: ${failure}`);
    return { server, port };
  });
}

/** Null once the server accepts connections; otherwise, when it has ended, the end of its log. */
async function readiness(server: ChildProcess): Promise<string | null> {
  return new Promise((resolve, reject) => {
    let log = '';
    server.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      // The log is read to the end of the server's life, or its writes would block; only its end is kept.
      log = (log + chunk).slice(-2000);
      if (log.includes('ready to accept connections')) resolve(null);
    });
    server.once('error', reject);
    server.once('close', () => resolve(log.trim()));
  });
}

if (import.meta.main) {
  try {
    await guard(JSON.parse(process.argv[2] ?? '') as GuardOrder);
  } catch (error) {
    await answer({ error: error instanceof Error ? error.message : 'The embedded PostgreSQL did not start' });
  }
  if (process.connected) process.disconnect();
}
