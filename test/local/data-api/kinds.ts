import type { Dialect } from '../../../domain/database-url.ts';

/** Where the two kinds of SQL differ in the tests of the Data API. */
interface Kind {
  database: string;
  double: string;
  name(text: string): string;
  /** A query of one column `n` with the numbers from 1 to :n. */
  numbers: string;
  sleep(seconds: string): string;
  /** Keeps the server busy for minutes, in a way that does not notice a closed connection. */
  busy: string;
  /** Takes lock 7 for the session, or waits for it. */
  lock: string;
  isLocked: string;
  /** What tells one connection from another. */
  connection: string;
  duplicate: RegExp;
  unknownDatabase: string;
  wrongPassword: string;
}

export const KINDS: Record<Dialect, Kind> = {
  mysql: {
    database: 'mysql',
    double: 'DOUBLE',
    name: (text) => `\`${text}\``,
    numbers: 'WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < :n) SELECT n FROM r',
    sleep: (seconds) => `SLEEP(${seconds})`,
    busy: "BENCHMARK(10000000000, SHA2('x', 512))",
    lock: "GET_LOCK('7', 15)",
    isLocked: "SELECT IS_USED_LOCK('7') IS NOT NULL AS locked",
    connection: 'CONNECTION_ID()',
    duplicate: /^Duplicate entry '1' for key '\S*PRIMARY'; Error code: 1062; SQLState: 23000$/,
    unknownDatabase: "Unknown database 'nowhere'; Error code: 1049; SQLState: 42000",
    wrongPassword: 'Access denied; Error code: 1045; SQLState: 28000',
  },
  postgresql: {
    database: 'postgres',
    double: 'DOUBLE PRECISION',
    name: (text) => `"${text}"`,
    numbers: 'SELECT generate_series(1, :n) AS n',
    sleep: (seconds) => `pg_sleep(${seconds})`,
    busy: 'pg_sleep(600)',
    lock: 'pg_advisory_lock(7)',
    isLocked: "SELECT COUNT(*) > 0 AS locked FROM pg_locks WHERE locktype = 'advisory' AND granted",
    connection: 'pg_backend_pid()',
    duplicate:
      /^ERROR: duplicate key value violates unique constraint "t_duplicate_pkey"\n {2}Detail: Key \(id\)=\(1\) already exists\.; SQLState: 23505$/,
    unknownDatabase: 'FATAL: database "nowhere" does not exist; SQLState: 3D000',
    wrongPassword: 'FATAL: password authentication failed; SQLState: 28P01',
  },
};
