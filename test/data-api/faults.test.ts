import { describe, expect, it } from '@jest/globals';
import { toFault } from '../../data-api/faults.ts';

/** An error as the SDK throws it. */
function sdkError(name: string, message = '', parts: object = {}): Error {
  return Object.assign(new Error(message), { name, ...parts });
}

describe('toFault', () => {
  it.each([
    ['DatabaseResumingException', 'DatabaseResuming'],
    ['DatabaseUnavailableException', 'DatabaseUnavailable'],
    ['InternalServerErrorException', 'ServiceUnavailable'],
    ['ServiceUnavailableError', 'ServiceUnavailable'],
    ['ThrottlingException', 'DatabaseThrottled'],
    ['StatementTimeoutException', 'StatementTimeout'],
    ['SecretsErrorException', 'SecretUnavailable'],
    ['AccessDeniedException', 'AccessDenied'],
    ['ForbiddenException', 'AccessDenied'],
    ['HttpEndpointNotEnabledException', 'DataApiDisabled'],
    ['InvalidSecretException', 'LoginRefused'],
    ['DatabaseNotFoundException', 'DatabaseNotFound'],
    ['UnsupportedResultException', 'StatementFailed'],
    ['AbortError', 'OutOfTime'],
    ['TimeoutError', 'ServiceUnavailable'],
    ['InvalidResourceStateException', 'DatabaseUnavailable'],
    ['NotFoundException', 'DatabaseNotFound'],
  ])('calls %s %s', (theirs, ours) => {
    expect(toFault(sdkError(theirs), 'The API database').name).toBe(ours);
  });

  it.each([
    ["Duplicate entry 'x' for key 'uuid'; Error code: 1062; SQLState: 23000", 'DatabaseContention'],
    ['Database error code: 1062. Message: Duplicate entry', 'DatabaseContention'],
    ['Lock wait timeout exceeded; Error code: 1205; SQLState: HY000', 'DatabaseContention'],
    ['Deadlock found; Error code: 1213; SQLState: 40001', 'DatabaseContention'],
    ['Failed to read auto-increment value; Error code: 1467; SQLState: HY000', 'DatabaseContention'],
    ['ERROR: deadlock detected; SQLState: 40P01', 'DatabaseContention'],
    ['ERROR: could not serialize; SQLState: 40001', 'DatabaseContention'],
    ['Too many connections; Error code: 1040; SQLState: 08004', 'DatabaseThrottled'],
    ['FATAL: sorry, too many clients already; SQLState: 53300', 'DatabaseThrottled'],
    ['The server is running with --read-only; Error code: 1290; SQLState: HY000', 'DatabaseUnavailable'],
    ['ERROR: cannot execute INSERT in a read-only transaction; SQLState: 25006', 'DatabaseUnavailable'],
    ['FATAL: terminating connection; SQLState: 57P01', 'DatabaseUnavailable'],
    ['Communications link failure; Error code: 0; SQLState: 08S01', 'DatabaseUnavailable'],
    ['Communications link failure', 'DatabaseUnavailable'],
    ['Query execution was interrupted; Error code: 1317; SQLState: 70100', 'DatabaseUnavailable'],
    ['FATAL: password authentication failed for user "nova"', 'LoginRefused'],
    ["Access denied for user 'nova'@'%'; Error code: 1045; SQLState: 28000", 'LoginRefused'],
    ['FATAL: password authentication failed for user "nova"; SQLState: 28P01', 'LoginRefused'],
    ["INSERT command denied to user 'nova'@'%'; Error code: 1142; SQLState: 42000", 'GrantMissing'],
    ['ERROR: permission denied for table instance_mappings; SQLState: 42501', 'GrantMissing'],
    ["Table 'x.instances' doesn't exist; Error code: 1146; SQLState: 42S02", 'UnexpectedTables'],
    ['ERROR: relation "instances" does not exist; Position: 15; SQLState: 42P01', 'UnexpectedTables'],
    ["Unknown database 'x'; Error code: 1049; SQLState: 42000", 'DatabaseNotFound'],
    ['FATAL: database "x" does not exist; SQLState: 3D000', 'DatabaseNotFound'],
    ['HttpEndpoint is not enabled for resource arn', 'DataApiDisabled'],
    ['Database returned more than the allowed response size limit', 'PageTooLarge'],
    ["Data too long for column 'project_id' at row 1; Error code: 1406; SQLState: 22001", 'RowRefused'],
    ["Check constraint 'no_curse' is violated.; Error code: 3819; SQLState: HY000", 'RowRefused'],
    ['ERROR: value too long for type character varying(4); SQLState: 22001', 'RowRefused'],
    ['You have an error in your SQL syntax; Error code: 1064; SQLState: 42000', 'StatementFailed'],
  ])('calls the SQL error “%s” %s, whichever of its two names the service gives it', (message, ours) => {
    for (const name of ['DatabaseErrorException', 'BadRequestException']) {
      expect(toFault(sdkError(name, message), 'The API database').name).toBe(ours);
    }
  });

  it('gives a refused connection, which the SDK throws as a plain Error, its name', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    expect(toFault(refused, 'The API database')).toMatchObject({
      name: 'DatabaseUnavailable',
      message: expect.stringMatching(/^The API database did not answer\. Check /),
    });
  });

  it('knows a request that is too large by its status', () => {
    const error = sdkError('Whatever', 'no words', { $metadata: { httpStatusCode: 413 } });
    expect(toFault(error, 'The API database').name).toBe('PageTooLarge');
  });

  it('passes on the words of an unforeseen SQL error, without what is quoted in them', () => {
    const message =
      "Field 'x' of 'someuser'@'10.0.0.1' at mysql://someuser:secret@db/nova; Error code: 1364; SQLState: HY000";
    expect(toFault(sdkError('DatabaseErrorException', message), 'The API database').message).toBe(
      'The API database refused a statement: Field … of … at … (error 1364, SQLSTATE HY000)',
    );
  });

  it.each([
    'ERROR: new row violates check constraint "no_curse"\n  Detail: Failing row contains (7, 2026-11-25, secret).',
    'ERROR: new row violates check constraint "no_curse"; Detail: Failing row contains (7, 2026-11-25, secret).',
    'ERROR: new row violates check constraint "no_curse"\n  Where: JSON data, line 1: [["secret"]]',
    'ERROR: new row violates check constraint "no_curse"\n  Hint: not secret',
  ])('leaves out what PostgreSQL adds about the row: %s', (message) => {
    const error = sdkError('DatabaseErrorException', `${message}; SQLState: 23514`);
    expect(toFault(error, 'The API database')).toMatchObject({
      name: 'RowRefused',
      reason: 'ERROR: new row violates check constraint … (SQLSTATE 23514)',
    });
  });
});
