import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Endpoint } from '../../local/endpoint.ts';
import { startSsm } from '../../local/ssm.ts';

describe('SSM on one computer', () => {
  let endpoint: Endpoint;
  let client: SSMClient;
  const clientWith = (key: string) =>
    new SSMClient({
      region: 'us-east-1',
      endpoint: endpoint.url,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local', sessionToken: key },
    });

  beforeAll(async () => {
    const parameters = new Map([['/cellmap/databases/aG9zdA', '{"database":"ü"}']]);
    endpoint = await startSsm({ key: 'the key', parameter: (name) => parameters.get(name) });
    client = clientWith('the key');
  });
  afterAll(async () => {
    client.destroy();
    await endpoint.close();
  });

  it('gives the value of a parameter', async () => {
    const { Parameter } = await client.send(
      new GetParameterCommand({ Name: '/cellmap/databases/aG9zdA', WithDecryption: true }),
    );
    expect(Parameter).toMatchObject({ Name: '/cellmap/databases/aG9zdA', Value: '{"database":"ü"}' });
  });

  it('answers ParameterNotFound for a name that is not there', async () => {
    await expect(client.send(new GetParameterCommand({ Name: '/other' }))).rejects.toMatchObject({
      name: 'ParameterNotFound',
      message: 'Parameter /other not found.',
    });
  });

  it('refuses another operation by name', async () => {
    await expect(client.send(new PutParameterCommand({ Name: '/x', Value: 'y' }))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining('PutParameter'),
    });
  });

  it('refuses a request without a name', async () => {
    await expect(client.send(new GetParameterCommand({ Name: '' }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Name is missing',
    });
  });

  it('answers 403 to another key', async () => {
    const stranger = clientWith('another key');
    await expect(stranger.send(new GetParameterCommand({ Name: '/x' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 403 },
    });
    stranger.destroy();
  });
});
