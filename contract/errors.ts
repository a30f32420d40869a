/**
 * The names of the errors that the functions raise. Step Functions matches `Retry` and `Catch` on them, the command
 * line turns them into exit codes, and people read them in the console.
 */
export const transientErrors = {
  /** A paused Aurora is starting: up to half a minute. */
  DatabaseResuming: 'The database is resuming from its pause.',
  /** No connection: down, failing over, or not to be reached. */
  DatabaseUnavailable: 'The database did not answer.',
  /** Too many requests, or too many connections. */
  DatabaseThrottled: 'The Data API or the database takes no more requests for the moment.',
  /** A statement took longer than the Data API's 45 seconds. A page can be repeated, so this may be retried. */
  StatementTimeout: 'A statement took longer than 45 seconds.',
  /** Duplicates or locks that did not go away on a second look. */
  DatabaseContention: 'Locks or duplicates were in the way.',
  /** Secrets Manager did not hand out the secret. */
  SecretUnavailable: 'The database secret could not be read for the moment.',
  /** SSM or S3 failed for the moment. */
  ServiceUnavailable: 'An AWS service failed for the moment.',
  /** A function was about to time out and stopped by itself. */
  OutOfTime: 'The function ran out of time.',
  /** The last pass kept finding new rows. */
  CellKeepsGrowing: 'Instances without a mapping keep appearing.',
} as const;

/** Errors that a repetition does not mend. */
export const permanentErrors = {
  /** The execution's input is not of the documented form. */
  BadInput: 'The input is malformed.',
  /** A chosen cell is not in cell_mappings. */
  UnknownCell: 'No such cell.',
  /** Two cells share the chosen name. */
  AmbiguousCell: 'Several cells have that name.',
  /** Two chosen cells would read the same database. */
  SharedDatabase: 'Two cells share a database.',
  /** The cell's database_connection cannot be understood. */
  BadDatabaseUrl: "The cell's database_connection cannot be read.",
  /** The cell's database is not in the stack's database directory. */
  UnknownDatabase: "The cell's database is not in the database directory.",
  /** The function may not call the Data API, or not read the secret. */
  AccessDenied: 'Access denied.',
  /** The cluster has no Data API. */
  DataApiDisabled: 'The Data API is not enabled on the cluster.',
  /** The cluster or the database on it does not exist. */
  DatabaseNotFound: 'The database does not exist.',
  /** The secret's user or password is refused. */
  LoginRefused: 'The database refuses the login.',
  /** The database user lacks a grant. */
  GrantMissing: 'The database user lacks a grant.',
  /** The tables are not Nova's. */
  UnexpectedTables: 'The tables are not those of Nova.',
  /** One row does not fit in an answer or a request of the Data API. */
  PageTooLarge: 'A row exceeds a limit of the Data API.',
  /** The table does not take a row for what is in it, and so many that they cannot be set aside one by one. */
  RowRefused: 'The database refused a row.',
  /** Any other SQL error. */
  StatementFailed: 'The database refused a statement.',
  /** The changes to put back are those of another cloud. */
  UndoMismatch: 'The undo file is of another cloud.',
  /** A cell ended without leaving a result. */
  CellLost: 'The cell left no result.',
  /** Anything that nobody foresaw. */
  UnexpectedFailure: 'Something failed that nobody foresaw.',
} as const;

/** The name of an error that a function raises. */
export type ErrorName = keyof typeof transientErrors | keyof typeof permanentErrors;

/** The error of a run whose cells failed for different reasons. */
export const SEVERAL_ERRORS = 'CellsFailed';

/** Whether a text is one of the error names: only then is an error's message known to hold no secret. */
export function isErrorName(text: string): text is ErrorName {
  return Object.hasOwn(transientErrors, text) || Object.hasOwn(permanentErrors, text);
}

/** Errors in what a person asked for: the command exits with 2, not with 4. */
export const misuseErrors: readonly ErrorName[] = [
  'BadInput',
  'UnknownCell',
  'AmbiguousCell',
  'SharedDatabase',
  'UndoMismatch',
];

/**
 * An error with a name that the machine and people know. Its message names the thing that failed, ends with the
 * remedy, and never holds a secret.
 */
export class NamedError extends Error {
  override readonly name: ErrorName;

  constructor(name: ErrorName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
}
