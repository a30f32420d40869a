import mysql from 'mysql2/promise';
import pg from 'pg';
import type { Dialect } from '../../domain/database-url.ts';

/** What every server of the tests offers: MariaDB, MySQL and the embedded PostgreSQL alike. */
export interface SqlServer {
  host: string;
  port: number;
  user: string;
  password: string;
  url(database: string): string;
  stop(): Promise<void>;
}

/** Plain SQL on one database, through its driver and not through the product. */
export interface Sql {
  readonly dialect: Dialect;
  /** One statement, with `?` for each parameter on every server; a statement that gives no rows gives []. */
  query<Row = Record<string, unknown>>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  /** Rows in the order of the columns, thousands in a statement; the names are written as they stand. */
  insert(table: string, columns: string[], rows: unknown[][]): Promise<void>;
  /** An identifier in the server's quotes. */
  quote(name: string): string;
  close(): Promise<void>;
}

/** One statement stays far below MySQL's max_allowed_packet and PostgreSQL's limit for a value. */
const ROWS_PER_INSERT = 5000;

/** Where a server is, and as whom to log in. */
export type SqlLogin = Pick<SqlServer, 'host' | 'port' | 'user' | 'password' | 'url'>;

/** Opens a pool of connections, to the server's own database unless one is named. */
export async function openSql(server: SqlLogin, database?: string, connections = 4): Promise<Sql> {
  const open = server.url('').startsWith('postgres') ? openPostgres : openMysql;
  return open(server, database, connections);
}

function openMysql({ host, port, user, password }: SqlLogin, database: string | undefined, connections: number): Sql {
  const pool = mysql.createPool({
    host,
    port,
    user,
    password,
    database,
    connectionLimit: connections,
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  const query = async (sql: string, parameters?: unknown[]) => {
    const [rows] = await pool.query(sql, parameters);
    return Array.isArray(rows) ? rows : [];
  };
  return {
    dialect: 'mysql',
    query: query as Sql['query'],
    insert: async (table, columns, rows) => {
      for (const some of slices(rows)) await query(`INSERT INTO ${table} (${columns.join(', ')}) VALUES ?`, [some]);
    },
    quote: (name) => `\`${name.replaceAll('`', '``')}\``,
    close: () => pool.end(),
  };
}

function openPostgres(
  { host, port, user, password }: SqlLogin,
  database: string | undefined,
  connections: number,
): Sql {
  const pool = new pg.Pool({ host, port, user, password, database: database ?? 'postgres', max: connections });
  // A server that is stopped under an idle connection is no fault of the test.
  pool.on('error', () => {});
  const query = async (sql: string, parameters: unknown[] = []) => {
    const { rows } = await pool.query(numbered(sql), parameters);
    return rows ?? [];
  };
  return {
    dialect: 'postgresql',
    query: query as Sql['query'],
    insert: async (table, columns, rows) => {
      const names = columns.join(', ');
      for (const some of slices(rows)) {
        const objects = some.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
        await query(
          `INSERT INTO ${table} (${names}) SELECT ${names} FROM json_populate_recordset(CAST(NULL AS ${table}), ?)`,
          [JSON.stringify(objects)],
        );
      }
    },
    quote: (name) => `"${name.replaceAll('"', '""')}"`,
    close: () => pool.end(),
  };
}

/** `?` outside of quotes becomes `$1`, `$2`, … */
function numbered(sql: string): string {
  let count = 0;
  return sql.replace(/'[^']*'|"[^"]*"|\?/g, (found) => (found === '?' ? `$${++count}` : found));
}

function* slices<Item>(items: Item[]): Generator<Item[]> {
  for (let start = 0; start < items.length; start += ROWS_PER_INSERT) yield items.slice(start, start + ROWS_PER_INSERT);
}
