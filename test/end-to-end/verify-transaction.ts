import { setTimeout as delay } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import pg from 'pg';
import type { SqlServer } from '../servers/sql.ts';

/** A transaction beside a run, as one of Nova's: what it changes is seen by nobody, and locked, until it commits. */
export interface Transaction {
  query(statement: string): Promise<void>;
  /** Waits until some statement waits for a lock. */
  untilAwaited(): Promise<void>;
  commit(): Promise<void>;
}

/** Begins a transaction on a database of the server. */
export async function beginTransaction(server: SqlServer, database: string): Promise<Transaction> {
  const { query, end, waiting } = await connect(server, database);
  await query('BEGIN');
  return {
    query: async (statement) => {
      await query(statement);
    },
    untilAwaited: async () => {
      // PostgreSQL keeps what it has once said of other sessions until a transaction ends, so another session asks.
      const other = await connect(server, database);
      while (Number((await other.query(waiting)).number) === 0) await delay(20);
      await other.end();
    },
    commit: async () => {
      await query('COMMIT');
      await end();
    },
  };
}

interface Connection {
  /** Returns the first row. */
  query(statement: string): Promise<Record<string, unknown>>;
  end(): Promise<void>;
  /** Counts the statements that wait for a lock. */
  waiting: string;
}

async function connect({ host, port, user, password, url }: SqlServer, database: string): Promise<Connection> {
  if (url('').startsWith('postgres')) {
    const client = new pg.Client({ host, port, user, password, database });
    await client.connect();
    return {
      query: async (statement) => (await client.query(statement)).rows[0] ?? {},
      end: () => client.end(),
      waiting: "SELECT COUNT(*) AS number FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
    };
  }
  const connection = await mysql.createConnection({ host, port, user, password, database });
  return {
    query: async (statement) => {
      const [rows] = await connection.query(statement);
      return (Array.isArray(rows) ? (rows[0] as Record<string, unknown> | undefined) : undefined) ?? {};
    },
    end: () => connection.end(),
    // MariaDB's innodb_trx leaves those out that have written nothing yet; such a small statement takes no second else.
    waiting: `SELECT COUNT(*) AS number FROM information_schema.processlist
      WHERE command <> 'Sleep' AND info LIKE '%instance_mappings%' AND time >= 1`,
  };
}
