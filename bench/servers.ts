import { cpus, release, totalmem, type } from 'node:os';
import { DEFAULT_WRITERS } from '../contract/defaults.ts';
import { startPostgres } from '../local/postgres.ts';
import { startMariadb } from '../test/servers/mariadb.ts';
import { startMysql } from '../test/servers/mysql.ts';
import { openSql, type SqlServer } from '../test/servers/sql.ts';
import type { ComputerFacts, PartFacts, ServerFacts } from './results.ts';

/** The servers that are measured. */
export type ServerName = 'MariaDB' | 'MySQL' | 'PostgreSQL';

/** How large a server is. */
export interface ServerSize {
  /** InnoDB's buffer pool, PostgreSQL's shared buffers. */
  bufferPoolMib: number;
  /** InnoDB's redo log, and how far PostgreSQL's may grow between checkpoints; the server's default where left out. */
  redoLogMib?: number;
  /** MySQL's binary log is off, as MariaDB's and Aurora's are by default. */
  withoutBinaryLog?: true;
}

/**
 * Starts a server of its own for a measurement, as durable as the server is by default: what a commit has promised
 * survives a power cut.
 */
export function startServer(
  name: ServerName,
  { bufferPoolMib, redoLogMib, withoutBinaryLog }: ServerSize,
): Promise<SqlServer> {
  const size = (megabytes: number) => `${megabytes}M`;
  switch (name) {
    case 'MariaDB':
      return startMariadb([
        '--innodb-flush-log-at-trx-commit=1',
        '--innodb-doublewrite=ON',
        `--innodb-buffer-pool-size=${size(bufferPoolMib)}`,
        ...(redoLogMib === undefined ? [] : [`--innodb-log-file-size=${size(redoLogMib)}`]),
      ]);
    case 'MySQL':
      return startMysql([
        `--innodb-buffer-pool-size=${size(bufferPoolMib)}`,
        ...(redoLogMib === undefined ? [] : [`--innodb-redo-log-capacity=${size(redoLogMib)}`]),
        ...(withoutBinaryLog ? ['--skip-log-bin'] : []),
      ]);
    case 'PostgreSQL':
      return startPostgres({
        durable: true,
        parameters: {
          shared_buffers: `${bufferPoolMib}MB`,
          ...(redoLogMib === undefined ? {} : { max_wal_size: `${redoLogMib}MB` }),
        },
      });
  }
}

/** What a part says of itself beside its server, when it begins. */
export function partFacts(): Pick<PartFacts, 'date' | 'computer' | 'writers'> {
  return { date: new Date().toISOString(), computer: computerFacts(), writers: DEFAULT_WRITERS };
}

/** What the tables of the report say of the computer. */
function computerFacts(): ComputerFacts {
  const [cpu] = cpus();
  return {
    cores: cpus().length,
    cpu: cpu?.model.trim() ?? 'unknown',
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
  };
}

const mysqlSettings = [
  'innodb_buffer_pool_size',
  'innodb_flush_log_at_trx_commit',
  'innodb_doublewrite',
  'innodb_log_file_size',
  'innodb_redo_log_capacity',
  'innodb_autoinc_lock_mode',
  'log_bin',
  'sync_binlog',
  'transaction_isolation',
  'tx_isolation',
];

const postgresqlSettings = ['shared_buffers', 'fsync', 'synchronous_commit', 'full_page_writes', 'max_wal_size'];

/** What the report says of a running server; the size of its tables is added later. */
export async function serverFacts(name: ServerName, server: SqlServer): Promise<ServerFacts> {
  const sql = await openSql(server);
  try {
    const [row] = await sql.query<{ version: string }>('SELECT version() AS version');
    const version = /\d+(\.\d+)+/.exec(row?.version ?? '')?.[0] ?? 'unknown';
    const rows =
      sql.dialect === 'mysql'
        ? await sql.query<{ name: string; value: string }>(
            `SELECT variable_name AS name, variable_value AS value FROM ${name === 'MySQL' ? 'performance_schema' : 'information_schema'}.global_variables
             WHERE variable_name IN (${mysqlSettings.map(() => '?').join(', ')})`,
            mysqlSettings,
          )
        : await sql.query<{ name: string; value: string }>(
            `SELECT name, current_setting(name) AS value FROM pg_settings
             WHERE name IN (${postgresqlSettings.map(() => '?').join(', ')})`,
            postgresqlSettings,
          );
    const settings = Object.fromEntries(
      rows.map((each) => [each.name.toLowerCase(), each.value] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    // MySQL has the old variable too, which means nothing where the redo log has a capacity.
    if (settings.innodb_redo_log_capacity !== undefined) delete settings.innodb_log_file_size;
    return { name, version, settings, tablesMib: null };
  } finally {
    await sql.close();
  }
}

/** How large all tables of these databases are with their indexes, in MiB. */
export async function tablesMib(server: SqlServer, databases: readonly string[]): Promise<number> {
  const sql = await openSql(server);
  try {
    const rows =
      sql.dialect === 'mysql'
        ? await sql.query<{ bytes: string }>(
            // Not information_schema.tables, whose figures are those of the last ANALYZE.
            `SELECT SUM(file_size) AS bytes FROM information_schema.${await tablespaces(sql)}
             WHERE ${databases.map(() => 'name LIKE ?').join(' OR ')}`,
            databases.map((database) => `${database}/%`),
          )
        : await sql.query<{ bytes: string }>(
            `SELECT SUM(pg_database_size(datname)) AS bytes FROM pg_database
             WHERE datname IN (${databases.map(() => '?').join(', ')})`,
            [...databases],
          );
    return Math.round(Number(rows[0]?.bytes ?? 0) / 2 ** 20);
  } finally {
    await sql.close();
  }
}

async function tablespaces(sql: Awaited<ReturnType<typeof openSql>>): Promise<string> {
  const rows = await sql.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_schema = 'information_schema' AND table_name IN ('INNODB_TABLESPACES', 'INNODB_SYS_TABLESPACES')`,
  );
  return rows[0]?.name ?? 'INNODB_TABLESPACES';
}
