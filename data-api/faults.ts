import { type ErrorName, NamedError } from '../contract/errors.ts';
import { ContentionError, PageTooLargeError, RowRefusedError } from '../domain/stores.ts';

/** What people are told of each fault: what is wrong with the database, and what to do. */
export const remedies = {
  DatabaseResuming: 'is resuming from its pause. It should answer within half a minute; then run again.',
  DatabaseUnavailable: 'did not answer. Check that its server is running and can be reached, then run again.',
  DatabaseThrottled: 'takes no more requests for the moment. Run again with fewer --writers.',
  StatementTimeout: 'took longer than 45 seconds for a statement. Run again with a smaller --page-size.',
  SecretUnavailable:
    "cannot be logged in to, because its secret could not be read. Check the secret's key, then run again.",
  ServiceUnavailable: 'could not be asked, because the Data API failed for the moment. Run again.',
  OutOfTime: 'did not answer before the function ran out of time. Run again.',
  AccessDenied: "may not be used by the function. Check its role's rights to the cluster and the secret.",
  DataApiDisabled: 'has no Data API. Enable it (aws rds enable-http-endpoint), then run again.',
  DatabaseNotFound: 'does not exist. Check its name, and on AWS its cluster ARN.',
  LoginRefused: 'refuses the login. Check the user and the password in its secret or URL.',
  GrantMissing: 'refuses a statement, because the user lacks a grant. docs/permissions.md lists the grants.',
  UnexpectedTables: "does not have Nova's tables. Check that it is the right database.",
} as const satisfies Partial<Record<ErrorName, string>>;

type Remedied = keyof typeof remedies;

/** The Data API's own errors, by the name that the SDK gives them. */
const serviceErrors: Record<string, Remedied> = {
  AccessDeniedException: 'AccessDenied',
  DatabaseNotFoundException: 'DatabaseNotFound',
  DatabaseResumingException: 'DatabaseResuming',
  DatabaseUnavailableException: 'DatabaseUnavailable',
  ForbiddenException: 'AccessDenied',
  HttpEndpointNotEnabledException: 'DataApiDisabled',
  InternalServerErrorException: 'ServiceUnavailable',
  InternalServerError: 'ServiceUnavailable',
  InvalidResourceStateException: 'DatabaseUnavailable',
  InvalidSecretException: 'LoginRefused',
  NotFoundException: 'DatabaseNotFound',
  SecretsErrorException: 'SecretUnavailable',
  ServiceUnavailableError: 'ServiceUnavailable',
  ServiceUnavailableException: 'ServiceUnavailable',
  StatementTimeoutException: 'StatementTimeout',
  ThrottlingException: 'DatabaseThrottled',
  TimeoutError: 'ServiceUnavailable',
  TooManyRequestsException: 'DatabaseThrottled',
  AbortError: 'OutOfTime',
};

/**
 * MySQL's and MariaDB's error numbers. 1062 duplicate, 1205 lock wait, 1213 deadlock, 1467 no auto-increment value:
 * contention. 1290 and 1836 are a failed-over, read-only server; 1047 a Galera node that is not ready; 1053, 1317, 1927
 * and 2002 to 2013 a connection or a query that was ended. 1048, 1264, 1265, 1366, 1406, 3819, 3854 and 4025 are about
 * what is in a row: NULL, out of range, cut short, of another character set, too long, or against a check.
 */
const mysqlErrors: Record<number, Remedied | 'contention' | 'tooLarge' | 'row'> = {
  1062: 'contention',
  1205: 'contention',
  1213: 'contention',
  1467: 'contention',
  1040: 'DatabaseThrottled',
  1203: 'DatabaseThrottled',
  1226: 'DatabaseThrottled',
  1044: 'GrantMissing',
  1142: 'GrantMissing',
  1143: 'GrantMissing',
  1227: 'GrantMissing',
  1045: 'LoginRefused',
  1698: 'LoginRefused',
  1049: 'DatabaseNotFound',
  1054: 'UnexpectedTables',
  1146: 'UnexpectedTables',
  1047: 'DatabaseUnavailable',
  1053: 'DatabaseUnavailable',
  1290: 'DatabaseUnavailable',
  1317: 'DatabaseUnavailable',
  1836: 'DatabaseUnavailable',
  1927: 'DatabaseUnavailable',
  2002: 'DatabaseUnavailable',
  2003: 'DatabaseUnavailable',
  2006: 'DatabaseUnavailable',
  2013: 'DatabaseUnavailable',
  1153: 'tooLarge',
  1048: 'row',
  1264: 'row',
  1265: 'row',
  1366: 'row',
  1406: 'row',
  3819: 'row',
  3854: 'row',
  4025: 'row',
  1969: 'StatementTimeout',
  3024: 'StatementTimeout',
};

/** PostgreSQL's SQLSTATEs (appendix A of its manual); a class stands for all of its states. */
const postgresqlErrors: Record<string, Remedied | 'contention' | 'row'> = {
  '23505': 'contention',
  '22001': 'row',
  '22021': 'row',
  '22P05': 'row',
  '23502': 'row',
  '23514': 'row',
  '40001': 'contention',
  '40P01': 'contention',
  '55P03': 'contention',
  '53300': 'DatabaseThrottled',
  '28': 'LoginRefused',
  '42501': 'GrantMissing',
  '3D000': 'DatabaseNotFound',
  '42703': 'UnexpectedTables',
  '42P01': 'UnexpectedTables',
  '25006': 'DatabaseUnavailable',
  '57P01': 'DatabaseUnavailable',
  '57P02': 'DatabaseUnavailable',
  '57P03': 'DatabaseUnavailable',
  '08': 'DatabaseUnavailable',
  '57014': 'StatementTimeout',
};

/**
 * Turns what the SDK threw into an error with a name of ours.
 *
 * The database's own words are not passed on but for SQL errors that nobody foresaw, and there without what is
 * quoted: such messages name users, hosts and data.
 * @param database how people know the database: `The API database`, `The database of cell cell1`
 */
export function toFault(error: unknown, database: string): Error {
  if (!(error instanceof Error)) return unforeseen(database, 'an unknown error');
  const fault = (name: Remedied) => new NamedError(name, `${database} ${remedies[name]}`, { cause: error });

  const named = serviceErrors[error.name];
  if (named !== undefined && !isSqlError(error)) return fault(named);
  if (isTooLarge(error)) return new PageTooLargeError(`${database} has a row too large for the Data API.`);
  if (isUnreachable(error)) return fault('DatabaseUnavailable');

  const { code, state } = sqlCodes(error.message);
  const kind =
    (code === undefined ? undefined : mysqlErrors[code]) ??
    (state === undefined ? undefined : (postgresqlErrors[state] ?? postgresqlErrors[state.slice(0, 2)]));
  if (kind === 'contention') {
    return new ContentionError(`${database} had locks or duplicates in the way. Run again.`, { cause: error });
  }
  if (kind === 'row') {
    const reason = describeSqlError(error, code, state);
    return new RowRefusedError(`${database} refused a row: ${reason}`, reason, { cause: error });
  }
  if (kind === 'tooLarge') return new PageTooLargeError(`${database} has a row too large for a statement.`);
  if (kind !== undefined) return fault(kind);
  if (/password authentication failed|access denied for user/i.test(error.message)) return fault('LoginRefused');
  if (/HttpEndpoint is not enabled/i.test(error.message)) return fault('DataApiDisabled');
  if (/link failure|connection (is|was) (closed|lost)|terminating connection/i.test(error.message)) {
    return fault('DatabaseUnavailable');
  }
  return unforeseen(database, describeSqlError(error, code, state), error);
}

function unforeseen(database: string, what: string, cause?: Error): NamedError {
  return new NamedError('StatementFailed', `${database} refused a statement: ${what}`, { cause });
}

function isSqlError(error: Error): boolean {
  return error.name === 'DatabaseErrorException' || error.name === 'BadRequestException';
}

/** The Data API's texts for an answer, a row or a request beyond its limits; 413 is the front end's for the last. */
function isTooLarge(error: Error): boolean {
  if (httpStatus(error) === 413) return true;
  return isSqlError(error) && /size limit|exceeds? the (maximum|limit)|too large/i.test(error.message);
}

/** A connection that failed reaches the SDK's caller as a plain Error with Node's code. */
function isUnreachable(error: Error): boolean {
  const code = 'code' in error ? error.code : undefined;
  const codes = [
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
  ];
  return (typeof code === 'string' && codes.includes(code)) || [500, 502, 503, 504].includes(httpStatus(error) ?? 0);
}

function httpStatus(error: Error): number | undefined {
  if (!('$metadata' in error) || typeof error.$metadata !== 'object' || error.$metadata === null) return undefined;
  const { httpStatusCode } = error.$metadata as { httpStatusCode?: number };
  return httpStatusCode;
}

/** The codes in an Aurora message, in its newer form (`Error code: 1062; SQLState: 23000`) and its older one. */
function sqlCodes(message: string): { code: number | undefined; state: string | undefined } {
  const code = /error code:\s*(\d+)/i.exec(message)?.[1];
  const state = /SQLState:\s*([0-9A-Z]{5})/i.exec(message)?.[1];
  return { code: code === undefined || code === '0' ? undefined : Number(code), state };
}

function describeSqlError(error: Error, code: number | undefined, state: string | undefined): string {
  const codes = [code && `error ${code}`, state && `SQLSTATE ${state}`].filter(Boolean).join(', ');
  // PostgreSQL's further lines tell of the row with its values. Quoted parts are names, values or users; e-mail-like
  // parts are accounts.
  const text = error.message
    .replace(/[\s;]+(Detail|Hint|Where|Position|Schema|Table|Column|Constraint|Datatype|Internal \w+):.*$/s, '')
    .replace(/;?\s*(Error code|SQLState):.*$/is, '')
    .replace(/'[^']*'|"[^"]*"|`[^`]*`/g, '…')
    .replace(/\S+(@|:\/\/)\S+/g, '…')
    .slice(0, 300);
  return codes === '' ? `${error.name}: ${text}` : `${text} (${codes})`;
}
