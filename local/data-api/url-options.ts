import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { DatabaseUrl } from '../../domain/database-url.ts';

/** An option of a database URL that cannot be honoured. The message names it, and quotes no value that is free text. */
export class UrlOptionError extends Error {
  override readonly name = 'UrlOptionError';
  readonly option: string;

  constructor(option: string, message: string) {
    super(`The database URL's option ${option} ${message}`);
    this.option = option;
  }
}

/** How to reach a server, as a database URL's options say. */
export interface DriverOptions {
  /** The path of a Unix socket (MySQL), or of its folder (PostgreSQL); null for TCP. */
  socket: string | null;
  /** A host that takes the place of the URL's; null where there is none. */
  host: string | null;
  connectTimeoutMs: number;
  applicationName: string;
  /** What to try, in this order: TLS options, or false for a connection without TLS. */
  tls: (TlsOptions | false)[];
}

const CONNECT_TIMEOUT_MS = 5_000;
const APPLICATION_NAME = 'cellmap';

/**
 * Reads the options of a database URL, and the certificates that they name.
 *
 * The names are those that Nova's drivers take from a SQLAlchemy URL: PyMySQL's and mysqlclient's, and libpq's.
 * @throws {UrlOptionError} for an option that is unknown, or that would be ignored
 */
export function driverOptions(url: DatabaseUrl): DriverOptions {
  const given = new Map(Object.entries(url.options));
  const take = (name: string): string | null => {
    const value = given.get(name) ?? null;
    given.delete(name);
    return value;
  };
  const options = url.dialect === 'mysql' ? mysqlOptions(take, url.host) : postgresqlOptions(take);
  const [unknown] = given.keys();
  if (unknown !== undefined) throw new UrlOptionError(unknown, 'is not supported, give the URL without it');
  return options;
}

/**
 * What is wrong with the options of a database URL, or null: for a caller that wants to say so before anything runs.
 */
export function checkUrlOptions(url: DatabaseUrl): string | null {
  try {
    driverOptions(url);
    return null;
  } catch (error) {
    if (error instanceof UrlOptionError) return error.message;
    throw error;
  }
}

type Take = (name: string) => string | null;

/** https://github.com/PyMySQL/PyMySQL/blob/main/pymysql/connections.py; without an ssl_… option PyMySQL uses no TLS. */
function mysqlOptions(take: Take, host: string): DriverOptions {
  // The connection is always utf8mb4, and SQLAlchemy's own settings (plugin is oslo.db's) do not concern it.
  for (const harmless of ['charset', 'use_unicode', 'plugin']) take(harmless);
  const ca = readPem('ssl_ca', take('ssl_ca'));
  const cert = readPem('ssl_cert', take('ssl_cert'));
  const key = readPem('ssl_key', take('ssl_key'));
  const verifyCert = parseFlag('ssl_verify_cert', take('ssl_verify_cert'));
  const checkHost = parseFlag('ssl_check_hostname', take('ssl_check_hostname'));
  const verifyIdentity = parseFlag('ssl_verify_identity', take('ssl_verify_identity')) ?? checkHost;
  const checksName = verifyIdentity ?? ca !== null;
  // The driver would compare the certificate with the name "localhost".
  if (checksName && isIP(host)) {
    throw new UrlOptionError('ssl_check_hostname', 'must be false for an address: only a host name can be checked');
  }
  const wanted = [ca, cert, key, verifyCert, verifyIdentity].some((value) => value !== null);
  const rejectUnauthorized = verifyCert ?? (ca !== null || verifyIdentity === true);
  const tls: TlsOptions & { verifyIdentity: boolean } = {
    ...pem({ ca, cert, key }),
    rejectUnauthorized,
    verifyIdentity: checksName,
  };
  return {
    socket: take('unix_socket'),
    host: null,
    connectTimeoutMs: parseSeconds('connect_timeout', take('connect_timeout')),
    applicationName: APPLICATION_NAME,
    tls: [wanted ? tls : false],
  };
}

/** https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS */
function postgresqlOptions(take: Take): DriverOptions {
  const encoding = take('client_encoding') ?? 'utf8';
  if (!/^(utf-?8|unicode)$/i.test(encoding)) throw new UrlOptionError('client_encoding', 'must be utf8');
  const host = take('host');
  if (host?.includes(',')) throw new UrlOptionError('host', 'must name one host');
  const isSocket = host?.startsWith('/') ?? false;
  const tls = postgresqlTls(take);
  return {
    socket: isSocket ? host : null,
    host: isSocket ? null : host,
    connectTimeoutMs: parseSeconds('connect_timeout', take('connect_timeout')),
    applicationName: take('application_name') ?? APPLICATION_NAME,
    // libpq uses no TLS on a Unix socket, whatever sslmode says.
    tls: isSocket ? [false] : tls,
  };
}

/** https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION */
function postgresqlTls(take: Take): (TlsOptions | false)[] {
  const mode = take('sslmode') ?? 'prefer';
  const root = take('sslrootcert');
  const ca = root === 'system' ? null : readPem('sslrootcert', root);
  const cert = readPem('sslcert', take('sslcert'));
  const key = readPem('sslkey', take('sslkey'));
  const encrypted: TlsOptions = { ...pem({ ca, cert, key }), rejectUnauthorized: false };
  const trusted: TlsOptions = { ...encrypted, rejectUnauthorized: true };
  const anyHost: TlsOptions = { ...trusted, checkServerIdentity: () => undefined };
  if (root === 'system' && mode !== 'verify-full')
    throw new UrlOptionError('sslrootcert', 'system needs sslmode=verify-full');
  if (mode.startsWith('verify-') && !root) throw new UrlOptionError('sslmode', `${mode} needs sslrootcert`);
  switch (mode) {
    case 'disable':
      return [false];
    case 'allow':
      return [false, encrypted];
    case 'prefer':
      return [encrypted, false];
    case 'require':
      // With a root certificate libpq checks it, as with verify-ca.
      return [root ? anyHost : encrypted];
    case 'verify-ca':
      return [anyHost];
    case 'verify-full':
      return [trusted];
    default:
      throw new UrlOptionError('sslmode', 'must be disable, allow, prefer, require, verify-ca or verify-full');
  }
}

function pem(parts: Record<'ca' | 'cert' | 'key', string | null>): TlsOptions {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== null));
}

function readPem(option: string, path: string | null): string | null {
  if (path === null) return null;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    throw new UrlOptionError(option, `names a file that cannot be read (${code})`);
  }
}

function parseFlag(option: string, value: string | null): boolean | null {
  if (value === null) return null;
  if (/^(true|1|yes|on)$/i.test(value)) return true;
  if (/^(false|0|no|off)$/i.test(value)) return false;
  throw new UrlOptionError(option, 'must be true or false');
}

function parseSeconds(option: string, value: string | null): number {
  if (value === null) return CONNECT_TIMEOUT_MS;
  if (!/^[1-9]\d{0,3}$/.test(value)) throw new UrlOptionError(option, 'must be a whole number of seconds');
  return Number(value) * 1000;
}
