import { parseDatabaseUrl } from '../domain/database-url.ts';
import { exitCodes } from './command-error.ts';
import { mapInput } from './commands.ts';
import type { OutputOptions, SpeedOptions } from './options.ts';
import { runAndReport, type Session, stoppedEarly } from './session.ts';

/** How the demo is expected to end: its cloud has conflicts on purpose. */
const EXPECTED = 'needs-attention';

const WHEN_STOPPED = 'Stopped before its end. Its database is gone again, and nothing is left running.';

const NEXT = `
That is how the demo should end: its cloud has some conflicts on purpose, as old clouds do.
Its database is gone again, and nothing is left running. To go on with a Nova of your own:

  npx cellmap cells --local --config-file /etc/nova/nova.conf   counts what is in each cell, changes nothing
  npx cellmap map --local --config-file /etc/nova/nova.conf     writes the missing mappings, can be repeated
  npx cellmap verify --local --config-file /etc/nova/nova.conf  compares every instance with its mapping, only reads
  npx cellmap --help                                            explains the rest
`;

/** `cellmap demo`: maps a small cloud in a PostgreSQL of its own. Returns the exit code. */
export async function demo(options: SpeedOptions & OutputOptions, session: Session): Promise<number> {
  const { terminal, lifetime } = session;
  const { interrupted } = lifetime;
  const [{ startPostgres }, { createDemoCloud }, { connectLocal }] = await Promise.all([
    import('../local/postgres.ts'),
    import('../local/demo-cloud.ts'),
    import('./connection.ts'),
  ]);
  if (options.progress) terminal.stderr.write('Starting a PostgreSQL, and making a small cloud in it …\n');
  const postgres = await lifetime.open(startPostgres(), (server) => server.stop());
  if (interrupted.aborted) return stoppedEarly(terminal).exitCode;
  const { apiUrl, mainUrl } = await createDemoCloud(postgres);
  if (interrupted.aborted) return stoppedEarly(terminal).exitCode;
  const databases = { apiDatabase: parseDatabaseUrl(apiUrl), mainDatabaseUrl: mainUrl };
  const connection = await lifetime.open(connectLocal(databases, options.writers), (opened) => opened.close());

  // What a report recommends is to be done on the reader's own Nova: the demo's is gone by then.
  const output = { ...options, whenStopped: WHEN_STOPPED, local: true, configFile: '/etc/nova/nova.conf' };
  const { document, exitCode } = await runAndReport(connection, mapInput(options), output, session);
  if (document?.status !== EXPECTED) return exitCode;
  if (!options.json) terminal.stdout.write(NEXT);
  return exitCodes.ok;
}
