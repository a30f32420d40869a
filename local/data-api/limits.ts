import { AwsFault } from '../endpoint.ts';

/** Limits of the RDS Data API: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.limitations.html */
export const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
export const MAX_RESPONSE_BYTES = 1024 * 1024;
export const MAX_ROW_BYTES = 64 * 1024;
export const STATEMENT_TIMEOUT_MS = 45_000;

/**
 * The service documents that the request is refused, not under which name. The front of AWS's services answers 413,
 * which SDKs show as an unknown error with that status.
 */
export function requestTooLarge(): AwsFault {
  return new AwsFault(
    'RequestEntityTooLargeException',
    `HTTP content length exceeded ${MAX_REQUEST_BYTES} bytes.`,
    413,
  );
}

export function responseTooLarge(): AwsFault {
  return new AwsFault('BadRequestException', 'Database returned more than the allowed response size limit');
}

/** The troubleshooting guide lists a row above 64 KB under this text. */
export function rowTooLarge(): AwsFault {
  return new AwsFault('BadRequestException', 'Packet for query is too large: a row may have 64 KB');
}

export function statementTimedOut(): AwsFault {
  return new AwsFault('StatementTimeoutException', 'Request timed out');
}
