export { expandCellUrl } from './cell-url.ts';

/** The two kinds of SQL that a cell's database can speak; MariaDB counts as MySQL. */
export type Dialect = 'mysql' | 'postgresql';

/** A database as Nova's configuration names it: the parts of a SQLAlchemy URL. */
export interface DatabaseUrl {
  dialect: Dialect;
  /** The Python driver after the `+`, such as `pymysql`; null where none is named. */
  driver: string | null;
  /** A name or an address; IPv6 without its brackets. `localhost` where the URL has none. */
  host: string;
  port: number;
  /** Decoded. Null where it is absent or empty. */
  user: string | null;
  /** Decoded. Null where it is absent or empty. */
  password: string | null;
  /** The path without its first slash, as it stands: SQLAlchemy 2.0 does not decode it. */
  database: string;
  /** The query, decoded. As in SQLAlchemy, an option without a value is dropped. */
  options: Record<string, string>;
}

/** Where a database is: what the database directory is searched for. */
export type DatabasePlace = Pick<DatabaseUrl, 'host' | 'port' | 'database'>;

/** The part of a URL that a {@link DatabaseUrlError} blames. */
export type DatabaseUrlPart = 'scheme' | 'user or password' | 'host' | 'port' | 'database' | 'options';

/** A URL that cannot be used. It quotes neither the URL nor its user or password, so it may be logged. */
export class DatabaseUrlError extends Error {
  override readonly name = 'DatabaseUrlError';
  readonly part: DatabaseUrlPart;

  constructor(part: DatabaseUrlPart, message: string) {
    super(`The database URL's ${part}: ${message}`);
    this.part = part;
  }
}

const DIALECTS = new Map<string, Dialect>([
  ['mysql', 'mysql'],
  ['mariadb', 'mysql'],
  ['postgresql', 'postgresql'],
  ['postgres', 'postgresql'],
]);

const DEFAULT_PORT: Record<Dialect, number> = { mysql: 3306, postgresql: 5432 };

/** The grammar of SQLAlchemy 2.0 (lib/sqlalchemy/engine/url.py, `_parse_url`), here to the end of the text. */
const URL_PATTERN =
  /^(?<scheme>[\w+]+):\/\/(?:(?<user>[^:/]*)(?::(?<password>[^@]*))?@)?(?:\[(?<ipv6>[^/?]+)\]|(?<host>[^/:?]+))?(?::(?<port>[^/?]*))?(?:\/(?<database>[^?]*))?(?:\?(?<query>[\s\S]*))?$/;

/**
 * Takes a SQLAlchemy URL apart: `dialect[+driver]://[user[:password]@][host][:port]/database[?option=value&…]`.
 *
 * Stricter than SQLAlchemy where that would carry on with a wrong part of the text: a raw `@` after the login (the
 * password then ends too early, and its rest would be shown as the host), several hosts, a repeated option.
 * @throws {DatabaseUrlError} with the part to blame
 */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const parts = URL_PATTERN.exec(text)?.groups;
  if (!parts) {
    if (/^[\w+]+:\/\//.test(text)) throw new DatabaseUrlError('host', 'write an IPv6 address in brackets');
    throw new DatabaseUrlError(
      'scheme',
      text.startsWith('{')
        ? 'the template could not be filled from the main database URL ([database] connection)'
        : 'expected dialect://user:password@host:port/database',
    );
  }
  const { dialect, driver } = parseScheme(parts.scheme ?? '');
  const host = parts.ipv6 ?? parts.host;
  const options = parseOptions(parts.query);
  if ([host, parts.port, parts.database, parts.query].some((part) => part?.includes('@'))) {
    throw new DatabaseUrlError('user or password', 'write @ as %40, / as %2F and : as %3A');
  }
  return {
    dialect,
    driver,
    // Where the drivers are told another place than the URL's, cells must be told apart by that one.
    host: options.unix_socket ?? options.host ?? parseHost(host),
    port: parsePort(parts.port, dialect),
    user: percentDecode(parts.user ?? '') || null,
    password: percentDecode(parts.password ?? '') || null,
    database: parseDatabase(parts.database),
    options,
  };
}

function parseScheme(scheme: string): Pick<DatabaseUrl, 'dialect' | 'driver'> {
  const [name = '', ...drivers] = scheme.split('+');
  const dialect = DIALECTS.get(name);
  if (!dialect) throw new DatabaseUrlError('scheme', `${name} is not supported, only mysql and postgresql are`);
  if (drivers.length > 1) throw new DatabaseUrlError('scheme', 'more than one driver is named');
  return { dialect, driver: drivers[0] || null };
}

function parseHost(host: string | undefined): string {
  if (host === undefined) return 'localhost';
  if (host.includes(',')) throw new DatabaseUrlError('host', 'several hosts are not supported, name one');
  if (/[\s[\]{}]/.test(host)) throw new DatabaseUrlError('host', 'it holds a space, a bracket or a brace');
  // Names of hosts have no letter case, and two cells are told apart by them.
  return host.toLowerCase();
}

function parsePort(port: string | undefined, dialect: Dialect): number {
  if (!port) return DEFAULT_PORT[dialect];
  if (port === 'None') {
    throw new DatabaseUrlError('port', 'the template asks for {port}, but the main database URL names none');
  }
  if (port.includes(':')) throw new DatabaseUrlError('host', 'write an IPv6 address in brackets');
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (number < 1 || number > 65_535) throw new DatabaseUrlError('port', 'expected a number from 1 to 65535');
  return number;
}

function parseDatabase(path: string | undefined): string {
  if (!path) throw new DatabaseUrlError('database', 'it is missing, expected host/database');
  return path;
}

/** Python's `parse_qsl`: empty values are dropped, `+` is a space. */
function parseOptions(query = ''): Record<string, string> {
  const options = new Map<string, string>();
  for (const pair of query.split('&')) {
    const [rawName = '', ...rest] = pair.replaceAll('+', ' ').split('=');
    const value = percentDecode(rest.join('='));
    if (value === '') continue;
    const name = percentDecode(rawName);
    if (options.has(name)) throw new DatabaseUrlError('options', `${name} is given twice`);
    options.set(name, value);
  }
  return Object.fromEntries(options);
}

/** Python's `unquote`: bytes that are not UTF-8 become U+FFFD, and a stray `%` stays, where decodeURIComponent throws. */
function percentDecode(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    const bytes = run.slice(1).split('%');
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(
      Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16)),
    );
  });
}

/**
 * Names a database for people: `host:port/database`, an IPv6 host in brackets. Never a user or a password.
 */
export function describeDatabase({ host, port, database }: DatabasePlace): string {
  return `${bracketed(host)}:${port}/${database}`;
}

/**
 * The key of one entry of the database directory: `host[:port][/database]` in lower case, an IPv6 host in brackets.
 */
export function directoryKey(place: { host: string; port?: number; database?: string }): string {
  const port = place.port === undefined ? '' : `:${place.port}`;
  const database = place.database === undefined ? '' : `/${place.database}`;
  return `${bracketed(place.host)}${port}${database}`.toLowerCase();
}

/**
 * The keys under which the database directory may hold a database, the one to prefer first.
 *
 * The port goes before the database name: another port is another server, while a name alone may exist on each.
 */
export function directoryKeys({ host, port, database }: DatabasePlace): string[] {
  return [{ host, port, database }, { host, port }, { host, database }, { host }].map(directoryKey);
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/**
 * A main database URL without its logins, for where no secret may go: templates take its hosts, ports and path, while
 * the logins come from the database directory's secrets.
 */
export function withoutCredentials(url: string): string {
  const begin = url.indexOf('://') + 3;
  const slash = url.indexOf('/', begin);
  const end = slash < 0 ? url.length : slash;
  // A raw `/` in a password moves the `@` behind the first slash. Nova cannot fill templates from such a URL either,
  // so all that matters is that nothing before its last `@` is left.
  if (url.lastIndexOf('@') > end) return url.slice(0, begin) + url.slice(url.lastIndexOf('@') + 1);
  // Each `@` ends a login, which begins behind the comma after the host before it. Passwords may hold commas, and where
  // no comma comes before the next `@`, this one is part of a password.
  const [first = '', ...behindLogins] = url.slice(begin, end).split('@');
  const last = behindLogins.pop() ?? first;
  const hosts = [...behindLogins.filter((behind) => behind.includes(',')).map((behind) => behind.split(',')[0]), last];
  return url.slice(0, begin) + hosts.join(',') + url.slice(end);
}
