import { describe, expect, it } from '@jest/globals';
import { explainError, misuse } from '../../cli/command-error.ts';
import { NamedError } from '../../contract/errors.ts';
import { DatabaseUrlError } from '../../domain/database-url.ts';

const secret = 'mysql://nova:s3cret@db/nova';

describe('what a person is told of an error', () => {
  it.each([
    [misuse('Give --x.'), 'Give --x.', 2],
    [new NamedError('UnknownCell', 'There is no cell x.'), 'There is no cell x.', 2],
    [new NamedError('LoginRefused', 'The API database refuses the login.'), 'The API database refuses the login.', 4],
    [new DatabaseUrlError('port', 'expected a number'), "The database URL's port: expected a number", 4],
    [
      Object.assign(new Error('no right'), { name: 'AccessDenied', $fault: 'client' }),
      'AWS answered AccessDenied: no right',
      4,
    ],
  ])('%s', (error, message, exitCode) => {
    expect(explainError(error)).toEqual({ message, exitCode });
  });

  it.each([
    [new TypeError(secret), 'TypeError'],
    [Object.assign(new Error(secret), { code: 'ECONNREFUSED' }), 'Error, ECONNREFUSED'],
    [secret, 'string'],
  ])('is only its kind where nobody foresaw it (%#)', (error, kind) => {
    const message = `Something failed that nobody foresaw (${kind}). CELLMAP_DEBUG=1 shows where.`;
    expect(explainError(error)).toEqual({ message, exitCode: 4 });
  });
});
