/** What is checked of each database before a plan, in this order, and what people call it. */
export const checkTitles = {
  reachable: 'reachable',
  dataApi: 'Data API',
  grants: 'grants',
  version: 'version',
  tables: 'tables',
} as const;

/** The name of a check. */
export type CheckName = keyof typeof checkTitles;

/**
 * How a check went; `warning` where a plan can go on, but `map` (or `verify`) could not or should not.
 */
export type CheckState = 'ok' | 'warning' | 'failed';

/** One check of one database. */
export interface Check {
  check: CheckName;
  state: CheckState;
  /** What was found; it names no user and no host. */
  detail: string;
  /** What to do; null where all is well. */
  remedy: string | null;
}

/** What was found out about one database. What could not be asked, because a check before it failed, is left out. */
export interface DatabasePreflight {
  /** For people: `API database`, or the cell's name. */
  database: string;
  /** The cell's uuid; null for the API database. */
  cell: string | null;
  checks: Check[];
}

/** A product with which a database may run. */
export type Engine = 'MySQL' | 'MariaDB' | 'PostgreSQL';

/** What a database's server says it is. */
export interface ServerVersion {
  engine: Engine;
  /** Its numbers, such as `10.11.6`. */
  number: string;
}

/** What one table looks like to the database's user. */
export interface TableFacts {
  table: string;
  /**
   * Whether the columns that the statements need can be read: `denied` where a grant is missing, `absent` where there is
   * no such table or column.
   */
  reading: 'allowed' | 'denied' | 'absent';
  /** Of the needed columns, those that are not there; all of them where the table is not. */
  missingColumns: readonly string[];
  exists: boolean;
  /** The column that must be unique, and whether it is; null where that cannot be seen. */
  unique: { column: string; holds: boolean } | null;
  /** Whether rows may be inserted; null where nobody needs to. */
  insert: boolean | null;
}

/** What a database says about itself. */
export interface DatabaseFacts {
  /** Null where the user may not enter the database, so that nothing can be asked. */
  version: ServerVersion | null;
  tables: readonly TableFacts[];
  /** The sequence of the ids of new rows, where there is one that a user needs a grant for. */
  sequence: { name: string; allowed: boolean } | null;
}

/** What a database is to the product: the API database does more than the cells'. */
export type DatabaseRole = 'api' | 'cell';

/**
 * The oldest versions that the statements run on, why, and what does not go without: the page that `map` compares and
 * inserts is unpacked by the API database.
 */
const oldest: Readonly<
  Record<Engine, { version: readonly [number, number]; why: string; stops: DatabaseRole | null }>
> = {
  MySQL: { version: [8, 0], why: 'JSON_TABLE, with which pages are compared, came with MySQL 8.0', stops: 'api' },
  MariaDB: { version: [10, 6], why: 'JSON_TABLE, with which pages are compared, came with MariaDB 10.6', stops: 'api' },
  PostgreSQL: { version: [11, 0], why: 'sha256(), with which verify compares, came with PostgreSQL 11', stops: null },
};

/** Judges what a database that answers says about itself. */
export function judge(
  { version, tables, sequence }: DatabaseFacts,
  role: DatabaseRole,
  grant: (privilege: string, object: string) => string,
): Check[] {
  return [
    ok('reachable', 'answers'),
    ok('dataApi', 'on'),
    judgeGrants(tables, sequence, grant),
    ...(version === null ? [] : [judgeVersion(version, role)]),
    ...judgeTables(tables),
  ];
}

/** Whether a plan cannot go on in this database. */
export function hasFailed({ checks }: Pick<DatabasePreflight, 'checks'>): boolean {
  return checks.some(({ state }) => state === 'failed');
}

function ok(check: CheckName, detail: string): Check {
  return { check, state: 'ok', detail, remedy: null };
}

function judgeGrants(
  tables: readonly TableFacts[],
  sequence: DatabaseFacts['sequence'],
  grant: (privilege: string, object: string) => string,
): Check {
  const check = 'grants';
  const denied = tables.filter(({ reading }) => reading === 'denied').map(({ table }) => table);
  const unwritable = tables.filter(({ insert, exists }) => exists && insert === false).map(({ table }) => table);
  const unusable = sequence !== null && !sequence.allowed ? [sequence.name] : [];
  const statements = [
    ...denied.map((table) => grant('SELECT', table)),
    ...unwritable.map((table) => grant('INSERT', table)),
    ...unusable.map((name) => grant('USAGE', `SEQUENCE ${name}`)),
  ];
  const remedy = statements.join(' ');
  if (denied.length > 0) return { check, state: 'failed', detail: `no SELECT on ${denied.join(', ')}`, remedy };
  const forMap = [...unwritable.map((table) => `INSERT on ${table}`), ...unusable.map((name) => `USAGE on ${name}`)];
  if (forMap.length > 0) {
    return { check, state: 'warning', detail: `no ${forMap.join(' and no ')}, which map will need`, remedy };
  }
  return ok(check, tables.some(({ insert }) => insert) ? 'enough to plan and to map' : 'enough');
}

function judgeVersion({ engine, number }: ServerVersion, role: DatabaseRole): Check {
  const check = 'version';
  const detail = `${engine} ${number}`;
  const { version, why, stops } = oldest[engine];
  if (!isOlder(number, version)) return ok(check, detail);
  const atLeast = `${engine} ${version.join('.').replace(/^(\d\d)\.0$/, '$1')}`;
  return {
    check,
    state: stops === role ? 'failed' : 'warning',
    detail: `${detail}: ${why}`,
    remedy: `Upgrade the server to ${atLeast} or later.`,
  };
}

/** A version that cannot be read is no older than any. */
function isOlder(number: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = Number.NaN, ownMinor = 0] = number.split('.').map(Number);
  return ownMajor < major || (ownMajor === major && ownMinor < minor);
}

/** Of tables that may not be read nothing more is known. */
function judgeTables(tables: readonly TableFacts[]): Check[] {
  const check = 'tables';
  const missing = tables.flatMap(({ table, reading, exists, missingColumns }) => {
    if (reading !== 'absent') return [];
    return exists ? `${table} has no ${missingColumns.join(', ')}` : `there is no table ${table}`;
  });
  if (missing.length > 0) {
    const remedy =
      'Check that it is the right database, that its user may use the schema, and that its tables are up to date ' +
      '(nova-manage api_db sync, nova-manage db sync).';
    return [{ check, state: 'failed', detail: missing.join('; '), remedy }];
  }
  const ambiguous = tables.flatMap(({ table, unique }) =>
    unique === null || unique.holds ? [] : `${table}.${unique.column}`,
  );
  if (ambiguous.length > 0) {
    const detail = `${ambiguous.join(' and ')} without a unique index: an instance could be there twice`;
    const remedy =
      'Remove what is there twice, then let nova-manage api_db sync and db sync make the index, before map.';
    return [{ check, state: 'warning', detail, remedy }];
  }
  return tables.every(({ reading }) => reading === 'denied') ? [] : [ok(check, 'as Nova makes them')];
}
