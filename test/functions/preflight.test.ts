import { expect, it } from '@jest/globals';
import { NamedError } from '../../contract/errors.ts';
import { failedCheck } from '../../functions/preflight.ts';

it('says why a database did not answer without the host that the error names', () => {
  const message =
    'The database of cell cell1, db1.example.com:3306/nova_cell1, is not in the database directory. ' +
    "Add its host to `directory` in the stack's configuration and deploy again.";
  expect(failedCheck(new NamedError('UnknownDatabase', message))).toEqual({
    check: 'reachable',
    state: 'failed',
    detail: "The cell's database is not in the database directory.",
    remedy: "Add its host to `directory` in the stack's configuration and deploy again.",
  });
});

it('tells a cluster without a Data API from a database that is down', () => {
  const message = 'The API database has no Data API. Enable it (aws rds enable-http-endpoint), then run again.';
  expect(failedCheck(new NamedError('DataApiDisabled', message))).toMatchObject({
    check: 'dataApi',
    remedy: 'Enable it (aws rds enable-http-endpoint), then run again.',
  });
});

it('quotes nothing of an error that nobody foresaw', () => {
  const text = JSON.stringify(failedCheck(new Error('mysql://nova:secret@db1/nova_api')));
  expect(text).toContain('Something failed that nobody foresaw.');
  expect(text).not.toMatch(/secret|db1/);
});
