import type { Fault } from '../domain/range.ts';
import { isErrorName, permanentErrors } from './errors.ts';
import type { CaughtError } from './payloads.ts';

/** What people are told of the errors that Step Functions and Lambda raise themselves, by name. */
export const serviceErrors: Readonly<Record<string, string>> = {
  'States.Timeout': 'A step took longer than it may. Run again; if it persists, use a smaller --page-size.',
  'Sandbox.Timedout': 'A function timed out. Run again; if it persists, use a smaller --page-size.',
  'Runtime.ExitError': 'A function ended unexpectedly, perhaps for lack of memory. Use a smaller --page-size.',
  'Runtime.OutOfMemory': 'A function ran out of memory. Use a smaller --page-size.',
  'Lambda.TooManyRequestsException': "The account's Lambda concurrency is used up. Run again with fewer --writers.",
  'Lambda.Unknown': 'A function failed without saying why. Its log group says more.',
};

/**
 * What a person is told of an error that the machine caught.
 *
 * A cause is any text: JSON as Lambda writes it, a sentence, or nothing. Only the message of an error that our own
 * functions named is known to hold no secret and is passed on.
 */
export function faultOf(caught: CaughtError): Fault {
  const name = caught.Error;
  if (isErrorName(name)) return { name, message: messageIn(caught.Cause) ?? permanentOrPlain(name) };
  return { name, message: serviceErrors[name] ?? `A step failed with ${name}. The execution's history says more.` };
}

function permanentOrPlain(name: string): string {
  return (
    Object.entries(permanentErrors).find(([key]) => key === name)?.[1] ?? 'Something failed for the moment. Run again.'
  );
}

/** The `errorMessage` of a cause that Lambda wrote. */
function messageIn(cause: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(cause);
    if (typeof parsed === 'object' && parsed !== null && 'errorMessage' in parsed) return String(parsed.errorMessage);
  } catch {
    // Not JSON: some other text, of which nothing is known.
  }
  return undefined;
}
