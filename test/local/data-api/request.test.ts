import { BatchExecuteStatementCommand, BeginTransactionCommand } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseDatabaseUrl } from '../../../domain/database-url.ts';
import { type Caller, callDataApi } from './caller.ts';

describe('a request', () => {
  let api: Caller;
  const nowhere = parseDatabaseUrl('postgresql://127.0.0.1:1/none');
  beforeAll(async () => {
    api = await callDataApi(nowhere);
  });
  afterAll(() => api.close());

  it.each<[string, object]>([
    ['transactionId', { transactionId: 't' }],
    ['schema', { schema: 's' }],
    ['resultSetOptions', { resultSetOptions: { longReturnType: 'STRING' } }],
    ['Parameter a: arrayValue', { parameters: [{ name: 'a', value: { arrayValue: { longValues: [1] } } }] }],
    ['Parameter a: blobValue', { parameters: [{ name: 'a', value: { blobValue: new Uint8Array(1) } }] }],
    ['Parameter a: typeHint "BLOB"', { parameters: [{ name: 'a', value: { stringValue: '' }, typeHint: 'BLOB' }] }],
  ])('with %s is refused by name', async (what, fields) => {
    await expect(api.run('SELECT 1', {}, fields)).rejects.toMatchObject({
      name: 'BadRequestException',
      message: `${what} is not supported by the local Data API`,
    });
  });

  it('for another operation is refused by name', async () => {
    const common = { resourceArn: 'arn:known', secretArn: 'secret' };
    await expect(api.client.send(new BeginTransactionCommand(common))).rejects.toMatchObject({
      name: 'BadRequestException',
      message: 'BeginTransaction is not supported by the local Data API',
    });
    await expect(
      api.client.send(new BatchExecuteStatementCommand({ ...common, sql: 'SELECT 1' })),
    ).rejects.toMatchObject({ message: 'BatchExecuteStatement is not supported by the local Data API' });
  });

  it('without the key is refused', async () => {
    const answer = await fetch(`${api.url}/Execute`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(403);
  });

  it('that is not JSON, or holds no statement, is a bad request', async () => {
    const headers = { 'x-amz-security-token': api.key };
    for (const body of ['{', '[]', '{"sql":" "}', '{"sql":"SELECT 1"}']) {
      const answer = await fetch(`${api.url}/Execute`, { method: 'POST', headers, body });
      expect(answer.headers.get('x-amzn-errortype')).toBe('BadRequestException');
    }
  });
});
