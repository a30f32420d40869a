import { isNativeError } from 'node:util/types';
import type { DatabaseUrl } from '../../domain/database-url.ts';
import { AwsFault } from '../endpoint.ts';
import { UrlOptionError } from './url-options.ts';

/** The parts of a driver's error that are looked at; which are there depends on the driver and on what failed. */
interface DriverError extends Error {
  /** MySQL: a name such as ER_DUP_ENTRY; PostgreSQL: the SQLSTATE; a socket: a name such as ECONNREFUSED. */
  code?: unknown;
  /** MySQL: the error's number. A socket's is negative. */
  errno?: unknown;
  sqlState?: unknown;
  sqlMessage?: unknown;
  /** PostgreSQL. */
  severity?: unknown;
  detail?: unknown;
}

/** What a server said: MySQL with a number, PostgreSQL with a severity. */
interface ServerError {
  number: number | null;
  sqlState: string;
  severity: string | null;
  message: string;
}

const BAD_LOGIN = new Set([1045, 1698, '28000', '28P01']);

/** Too many connections, starting up, shutting down: a later attempt may well succeed. */
const BUSY = new Set([1040, 1053, 1203, 1226, '53300', '57P01', '57P02', '57P03']);

/**
 * The fault to answer when a statement failed: `DatabaseErrorException`, with Aurora's wording of the codes.
 *
 * The wording is `ERROR: …; SQLState: 23505` on PostgreSQL (https://github.com/aws/aws-cli/issues/8577) and
 * `…; Error code: 1062; SQLState: 23000` on MySQL. PostgreSQL's detail, which quotes the row, is a line of its own
 * (https://github.com/cloud-utils/sqlalchemy-aurora-data-api/issues/46). A connection lost under way has the SQLSTATE of
 * AWS's JDBC drivers. Whatever is no driver's error is thrown on.
 */
export function statementFault(error: unknown, login: DatabaseUrl): AwsFault {
  if (error instanceof AwsFault) return error;
  const said = serverError(error);
  if (said) return new AwsFault('DatabaseErrorException', worded(said, withoutSecrets(said.message, login)));
  if (!isConnectionError(error)) throw error;
  return new AwsFault(
    'DatabaseErrorException',
    login.dialect === 'mysql'
      ? 'Communications link failure: lost connection to the server; Error code: 2013; SQLState: 08S01'
      : 'FATAL: lost connection to the server; SQLState: 08006',
  );
}

/**
 * The fault to answer when no connection could be made.
 *
 * A wrong login is a `DatabaseErrorException`: the aws-cli issue above shows that the service passes on the errors of
 * logging in (there an unknown database) in that way. That it does so for a password too is inferred, not seen.
 */
export function connectFault(error: unknown, login: DatabaseUrl): AwsFault {
  if (error instanceof AwsFault) return error;
  if (error instanceof UrlOptionError) return new AwsFault('BadRequestException', error.message);
  const { code, message } = error as DriverError;
  const said = serverError(error);
  if (said) {
    const reason = said.number ?? said.sqlState;
    // Their texts name the user, in the server's language.
    if (BAD_LOGIN.has(reason)) return badLogin(said);
    return BUSY.has(reason) ? unavailable(String(reason)) : statementFault(error, login);
  }
  const reason = typeof code === 'string' ? code : '';
  if (/TLS|SSL|CERT|UNABLE_TO_/.test(reason) || /\bSSL\b/.test(message)) {
    return new AwsFault(
      'BadRequestException',
      `The server and the TLS options of the database URL do not fit (${reason || 'the server has no TLS'})`,
    );
  }
  if (/^SASL/.test(message) || reason.startsWith('AUTH_')) {
    return badLogin({ number: null, sqlState: '28000', severity: 'FATAL', message: '' });
  }
  if (!isConnectionError(error)) throw error;
  return unavailable(/^[A-Z_]+$/.test(reason) ? reason : 'no connection in time');
}

/** 504, which the SDK retries by itself. Only the reason: host and port are the caller's business. */
function unavailable(reason: string): AwsFault {
  return new AwsFault('DatabaseUnavailableException', `The writer instance is not available (${reason})`, 504);
}

function badLogin(said: ServerError): AwsFault {
  const text = said.number === null ? 'password authentication failed' : 'Access denied';
  return new AwsFault('DatabaseErrorException', worded(said, text));
}

function worded({ number, sqlState, severity }: ServerError, message: string): string {
  return number === null
    ? `${severity}: ${message}; SQLState: ${sqlState}`
    : `${message}; Error code: ${number}; SQLState: ${sqlState}`;
}

function serverError(error: unknown): ServerError | null {
  if (!isNativeError(error)) return null;
  const { code, errno, sqlState, sqlMessage, severity, detail, message } = error as DriverError;
  if (typeof severity === 'string' && typeof code === 'string') {
    const told = typeof detail === 'string' ? `${message}\n  Detail: ${detail}` : message;
    return { number: null, sqlState: code, severity, message: told };
  }
  if (typeof errno !== 'number' || errno <= 0) return null;
  return {
    number: errno,
    sqlState: typeof sqlState === 'string' && sqlState !== '' ? sqlState : 'HY000',
    severity: null,
    message: typeof sqlMessage === 'string' ? sqlMessage : message,
  };
}

/** A socket's error, or one of the drivers' own for a connection that ended: everything but a slip of ours. */
function isConnectionError(error: unknown): boolean {
  if (!isNativeError(error) || ['TypeError', 'RangeError'].includes(error.name)) return false;
  return 'code' in error || 'fatal' in error || /connection|timeout|timed out/i.test(error.message);
}

/** A message of the server may name the user (`'nova'@'localhost'`, `role "nova"`) or quote a URL out of a row. */
function withoutSecrets(message: string, { user, password, database }: DatabaseUrl): string {
  let text = message
    .replace(/\b[a-z][\w+.-]*:\/\/\S+/gi, '(a URL)')
    .replace(/'[^']*'@'[^']*'/g, '(a user)')
    .replace(/\b(user|role) (["'])[^"']*\2/gi, '(a user)');
  // A user that is called like its database cannot be told apart from it: Table 'nova.instances' must stay readable.
  if (user && user !== database) text = text.replace(whole(user), '(a user)');
  return password ? text.replace(whole(password), '(a password)') : text;
}

function whole(word: string): RegExp {
  return new RegExp(`(?<!\\w)${word.replace(/[^\w\s]/g, '\\$&')}(?!\\w)`, 'g');
}
