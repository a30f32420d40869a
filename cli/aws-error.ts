import { isNativeError } from 'node:util/types';

/** Every error that a service answered has `$fault` (@smithy/smithy-client, ServiceException). */
export function isServiceError(error: unknown): error is Error & { $fault: string } {
  return error instanceof Error && '$fault' in error;
}

/** The name by which people look an error up; a connection that failed is a plain Error with a code of Node's. */
export function errorNameOf(error: unknown): string {
  if (!isNativeError(error)) return 'an error';
  const { code } = error as NodeJS.ErrnoException;
  return error.name === 'Error' && code !== undefined ? code : error.name;
}

/** What the services call a login whose time is over; each has a name of its own for it. */
const EXPIRED = ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired'];

/** What they call keys that they do not know, or that do not fit together. */
const UNKNOWN_KEYS = [
  'AuthFailure',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
];

/** What the SDK throws where it finds no credentials, or a login that it cannot use. */
const NO_CREDENTIALS = ['CredentialsProviderError', 'TokenProviderError'];

/** Whether the login is over, so that a new one mends it. */
export function isLoginExpired(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (EXPIRED.includes(error.name)) return true;
  // Of a single sign-on that is over, or was never begun, only the text tells.
  return NO_CREDENTIALS.includes(error.name) && /\bSSO\b|token (is|has) expired|sso login/i.test(error.message);
}

/** Of a problem with the login, one line with the remedy; null where it is another. */
export function loginProblem(error: Error, login: { profile: string | undefined }): string | null {
  if (isLoginExpired(error)) {
    const profile = login.profile === undefined ? '' : ` --profile ${login.profile}`;
    return `The AWS login has expired: log in again (aws sso login${profile}, or new AWS_… variables).`;
  }
  if (NO_CREDENTIALS.includes(error.name)) return noCredentials(login);
  if (!UNKNOWN_KEYS.includes(error.name)) return null;
  return `AWS does not accept the credentials (${error.name}): log in again, or give another --profile. A region that is not enabled for the account answers so, too.`;
}

/** The SDK does not tell a profile that does not exist from one that has no credentials. */
export function noCredentials({ profile }: { profile: string | undefined }): string {
  return profile === undefined
    ? 'No AWS credentials were found: log in, set AWS_PROFILE or give --profile.'
    : `There is no AWS profile ${profile}, or it has no credentials: log in with it, or give another --profile.`;
}

/** Whether asking again, or waiting, cannot help: what was asked for does not exist, or is not allowed. */
export function isHopeless(error: unknown): boolean {
  if (!isServiceError(error) || error.$fault !== 'client' || isLoginExpired(error)) return false;
  return /AccessDenied|DoesNotExist|InvalidArn|NotAuthorized|ValidationException/.test(error.name);
}
