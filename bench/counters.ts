import { setTimeout as delay } from 'node:timers/promises';
import type { Sql } from '../test/servers/sql.ts';
import type { BenchCloud } from './cloud.ts';
import type { Counters } from './results.ts';

/** A server's own counters since its start, by its own names. */
type Readings = Readonly<Record<string, number>>;

/** PostgreSQL's backends hand in what they counted when they have been idle for ten seconds. */
const POSTGRESQL_SETTLES_MS = 11_000;

const POSTGRESQL = ['xact_commit', 'xact_rollback', 'tup_returned'] as const;

/** Works, and says how long that took and what the server counted meanwhile. */
export async function measure(
  { sql, settle }: BenchCloud,
  work: () => Promise<void>,
): Promise<{ milliseconds: number; counters: Counters }> {
  await settle();
  const before = await read(sql);
  const began = performance.now();
  await work();
  const milliseconds = performance.now() - began;
  await untilCounted(sql);
  return { milliseconds, counters: countersBetween(before, await read(sql)) };
}

/** Waits until what has been done is in the counters; anything done since the last wait would be counted as later work. */
export async function untilCounted(sql: Sql): Promise<void> {
  if (sql.dialect === 'postgresql') await delay(POSTGRESQL_SETTLES_MS);
}

async function read(sql: Sql): Promise<Readings> {
  if (sql.dialect === 'mysql') {
    const rows = await sql.query<{ Variable_name: string; Value: string }>('SHOW GLOBAL STATUS');
    return Object.fromEntries(rows.map((row) => [row.Variable_name, Number(row.Value)]));
  }
  const sums = POSTGRESQL.map((name) => `SUM(${name}) AS ${name}`).join(', ');
  // Rows written are those of Nova's tables: autovacuum's ANALYZE writes some of the server's own.
  const [row] = await sql.query<Record<string, string>>(
    `SELECT ${sums}, (SELECT SUM(n_tup_ins) FROM pg_stat_user_tables) AS n_tup_ins
     FROM pg_stat_database WHERE datname LIKE 'bench%'`,
  );
  return Object.fromEntries(Object.entries(row ?? {}).map(([name, value]) => [name, Number(value)]));
}

/**
 * What happened between two readings. MySQL and MariaDB tell by the names of `SHOW GLOBAL STATUS`, PostgreSQL by those
 * of `pg_stat_database`, where each statement is a transaction, as every statement of the Data API is, and of
 * `pg_stat_user_tables`.
 */
export function countersBetween(before: Readings, after: Readings): Counters {
  const difference = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
  if ('xact_commit' in after) {
    return {
      statements: difference('xact_commit') + difference('xact_rollback'),
      bytesReceived: null,
      bytesSent: null,
      // An index-only look returns its rows without fetching them.
      rowsRead: difference('tup_returned'),
      rowsInserted: difference('n_tup_ins'),
      insertStatements: null,
    };
  }
  const rowsRead = Object.keys(after)
    .filter((name) => name.startsWith('Handler_read_'))
    .reduce((sum, name) => sum + difference(name), 0);
  return {
    statements: difference('Questions'),
    bytesReceived: difference('Bytes_received'),
    bytesSent: difference('Bytes_sent'),
    rowsRead,
    // MariaDB has no such counter any more, and there this one counts a table's own rows only, not temporary ones; both
    // count rows that a statement wrote before it failed.
    rowsInserted: difference('Innodb_rows_inserted' in after ? 'Innodb_rows_inserted' : 'Handler_write'),
    insertStatements: difference('Com_insert') + difference('Com_insert_select') + difference('Com_replace'),
  };
}
