import { NamedError } from '../contract/errors.ts';
import type { Dialect } from '../domain/database-url.ts';
import type { DatabaseFacts, DatabaseRole, ServerVersion, TableFacts } from '../domain/preflight.ts';
import type { Database } from './database.ts';

/** What the statements of a plan, and then of `map`, need of a table. */
interface Need {
  table: string;
  /** The columns that are read. */
  reads: readonly string[];
  /** The columns that `map` inserts. */
  inserts: readonly string[];
  unique: string | null;
}

const needs: Readonly<Record<DatabaseRole, readonly Need[]>> = {
  api: [
    {
      table: 'cell_mappings',
      reads: ['id', 'uuid', 'name', 'database_connection', 'disabled'],
      inserts: [],
      unique: 'uuid',
    },
    { table: 'build_requests', reads: ['instance_uuid'], inserts: [], unique: null },
    {
      table: 'instance_mappings',
      reads: ['id', 'instance_uuid', 'cell_id', 'project_id', 'user_id', 'queued_for_delete'],
      inserts: ['created_at', 'instance_uuid', 'cell_id', 'project_id', 'user_id', 'queued_for_delete'],
      unique: 'instance_uuid',
    },
  ],
  cell: [
    {
      table: 'instances',
      reads: ['id', 'uuid', 'project_id', 'user_id', 'deleted', 'vm_state', 'task_state', 'hidden'],
      inserts: [],
      unique: 'uuid',
    },
  ],
};

/** The questions of one dialect. Names of tables come from {@link needs} alone. */
interface Questions {
  /** v: the server's version. */
  version: string;
  /** The columns that the user can see: t (table), c (column), i (whether the user may insert into it). */
  columns: (tables: string) => string;
  /** The columns with a unique index of their own: t, c. */
  unique: (tables: string) => string;
  /** The sequence of instance_mappings.id: n (name), a (whether the user may use it). Null where there is no such thing. */
  sequence: string | null;
}

const questions: Readonly<Record<Dialect, Questions>> = {
  mysql: {
    version: 'SELECT VERSION() AS v',
    // The server itself adds up grants on the server, the database, the table and the column, and those of active roles.
    columns: (tables) => `SELECT table_name AS t, column_name AS c, privileges LIKE '%insert%' AS i
      FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name IN (${tables})`,
    unique: (tables) => `SELECT table_name AS t, MAX(column_name) AS c
      FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name IN (${tables})
      GROUP BY table_name, index_name HAVING MAX(non_unique) = 0 AND COUNT(*) = 1`,
    sequence: null,
  },
  // The catalog and not information_schema, which hides what the user may not read: so it looks as if it was not there.
  postgresql: {
    version: "SELECT current_setting('server_version') AS v",
    columns: (tables) => `SELECT r.relname AS t, a.attname AS c, has_column_privilege(r.oid, a.attnum, 'INSERT') AS i
      FROM pg_class AS r JOIN pg_attribute AS a ON a.attrelid = r.oid
      WHERE r.relname IN (${tables}) AND r.oid = to_regclass(quote_ident(r.relname)) AND a.attnum > 0 AND NOT a.attisdropped`,
    unique: (tables) => `SELECT r.relname AS t, a.attname AS c
      FROM pg_class AS r JOIN pg_index AS x ON x.indrelid = r.oid
        JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum = x.indkey[0]
      WHERE r.relname IN (${tables}) AND r.oid = to_regclass(quote_ident(r.relname))
        AND x.indisunique AND x.indisvalid AND x.indnatts = 1 AND x.indpred IS NULL`,
    sequence: `SELECT n, has_sequence_privilege(n, 'USAGE, UPDATE') AS a
      FROM (SELECT COALESCE(
        CASE WHEN to_regclass('instance_mappings') IS NOT NULL THEN pg_get_serial_sequence('instance_mappings', 'id') END,
        CAST(to_regclass('instance_mappings_id_seq') AS text)) AS n) AS s
      WHERE n IS NOT NULL`,
  },
};

interface ColumnRow {
  t: string;
  c: string;
  i: boolean | number;
}

/**
 * Asks a database about itself and about what its user may do, without writing.
 * @throws NamedError where it does not answer
 */
export async function readFacts(database: Database, role: DatabaseRole): Promise<DatabaseFacts> {
  const ask = questions[database.address.dialect];
  const version = await readVersion(database, ask.version);
  if (version === null) return { version, tables: needs[role].map(nothingOf), sequence: null };
  const tables = needs[role].map(({ table }) => `'${table}'`).join(', ');
  const columns = await database.query<ColumnRow>(ask.columns(tables));
  const unique = await database.query<Omit<ColumnRow, 'i'>>(ask.unique(tables));
  const sequences =
    role === 'api' && ask.sequence !== null ? await database.query<{ n: string; a: boolean }>(ask.sequence) : [];
  const [sequence] = sequences.map(({ n, a }) => ({ name: n, allowed: a }));
  const facts: TableFacts[] = [];
  for (const need of needs[role]) facts.push(await readTable(database, need, columns, unique));
  return { version, tables: facts, sequence: sequence ?? null };
}

/** What is known of a table in a database that the user may not enter. */
function nothingOf({ table, reads }: Need): TableFacts {
  return { table, reading: 'denied', exists: false, missingColumns: reads, unique: null, insert: null };
}

/** The server's version; null where MySQL does not let a user in who has no grant in the database at all. */
async function readVersion(database: Database, sql: string): Promise<ServerVersion | null> {
  try {
    const [{ v } = { v: '' }] = await database.query<{ v: string }>(sql);
    const isMariadb = /mariadb/i.test(v);
    const engine = database.address.dialect === 'postgresql' ? 'PostgreSQL' : isMariadb ? 'MariaDB' : 'MySQL';
    return { engine, number: /\d+(\.\d+)*/.exec(v)?.[0] ?? 'of an unknown version' };
  } catch (error) {
    if (error instanceof NamedError && error.name === 'GrantMissing') return null;
    throw error;
  }
}

async function readTable(
  database: Database,
  { table, reads, inserts, unique }: Need,
  columns: readonly ColumnRow[],
  uniques: readonly Omit<ColumnRow, 'i'>[],
): Promise<TableFacts> {
  const reading = await tryReading(database, table, reads);
  const own = new Map(columns.filter(({ t }) => isSame(t, table)).map((row) => [row.c.toLowerCase(), row]));
  const exists = own.size > 0;
  return {
    table,
    reading,
    exists,
    missingColumns: reads.filter((column) => !own.has(column)),
    insert: inserts.length === 0 ? null : inserts.every((column) => Boolean(own.get(column)?.i)),
    unique:
      unique === null || !exists
        ? null
        : { column: unique, holds: uniques.some(({ t, c }) => isSame(t, table) && isSame(c, unique)) },
  };
}

/** Asks for no row of the very columns: what the server says to that is true of all statements that read them. */
async function tryReading(
  database: Database,
  table: string,
  columns: readonly string[],
): Promise<TableFacts['reading']> {
  try {
    await database.query(`SELECT ${columns.join(', ')} FROM ${table} WHERE 1 = 0`);
    return 'allowed';
  } catch (error) {
    if (!(error instanceof NamedError)) throw error;
    if (error.name === 'GrantMissing') return 'denied';
    if (error.name === 'UnexpectedTables') return 'absent';
    throw error;
  }
}

function isSame(name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase();
}

/** The statement with which an administrator gives the database's user a privilege. */
export function grantStatement(
  { address: { dialect, database } }: Database,
  privilege: string,
  object: string,
): string {
  const schema = /^\w+$/.test(database) ? database : `\`${database.replaceAll('`', '``')}\``;
  return `GRANT ${privilege} ON ${dialect === 'mysql' ? `${schema}.${object}` : object} TO <the database's user>;`;
}
