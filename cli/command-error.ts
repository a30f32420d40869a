import { type ErrorName, misuseErrors, NamedError } from '../contract/errors.ts';
import { isServiceError, loginProblem } from './aws-error.ts';

/** The exit codes that are not a run's status. */
export const exitCodes = { ok: 0, misuse: 2, failed: 4, badMaxCount: 127, stopped: 130 } as const;

/** What a command ends with when it cannot do what it was asked: one line that ends with the remedy. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** A mistake in what was asked for. */
export function misuse(message: string): CommandError {
  return new CommandError(exitCodes.misuse, message);
}

/** The exit code for an error of the machine's steps. */
export function exitCodeOfError(name: string): number {
  return misuseErrors.includes(name as ErrorName) ? exitCodes.misuse : exitCodes.failed;
}

/** Errors of ours whose messages are written for people and hold no secret. */
const PLAIN_ERRORS = ['DatabaseUrlError', 'NovaConfError', 'UrlOptionError', 'PostgresUnavailableError'];

/**
 * What a person is told of an error that reached the top, and the exit code.
 *
 * The text of an error that nobody foresaw may quote a URL with its password, so only its kind is told.
 */
export function explainError(error: unknown): { message: string; exitCode: number } {
  if (error instanceof CommandError) return { message: error.message, exitCode: error.exitCode };
  if (error instanceof NamedError) return { message: error.message, exitCode: exitCodeOfError(error.name) };
  const exitCode = exitCodes.failed;
  if (!(error instanceof Error)) return { message: unforeseen(typeof error), exitCode };
  if (PLAIN_ERRORS.includes(error.name)) return { message: error.message, exitCode };
  const login = loginProblem(error, { profile: undefined });
  if (login !== null) return { message: login, exitCode };
  if (isServiceError(error)) return { message: `AWS answered ${error.name}: ${error.message}`, exitCode };
  const { code } = error as NodeJS.ErrnoException;
  return { message: unforeseen(code === undefined ? error.name : `${error.name}, ${code}`), exitCode };
}

function unforeseen(kind: string): string {
  return `Something failed that nobody foresaw (${kind}). CELLMAP_DEBUG=1 shows where.`;
}
