import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connectStack } from '../../cli/connection.ts';

/** What the environment of a test may say to the SDK; all else is taken out of it. */
const AWS_VARIABLES = /^AWS_|^HOME$/;
const saved = Object.entries(process.env).filter(([name]) => AWS_VARIABLES.test(name));
const servers: Server[] = [];

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (AWS_VARIABLES.test(name)) delete process.env[name];
  // No configuration of this computer, and no question to the network, takes part.
  process.env.HOME = '/nonexistent';
  process.env.AWS_EC2_METADATA_DISABLED = 'true';
});

afterEach(() => {
  for (const name of Object.keys(process.env)) if (AWS_VARIABLES.test(name)) delete process.env[name];
  Object.assign(process.env, Object.fromEntries(saved));
  for (const server of servers.splice(0)) server.close();
});

function logIn(): void {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' });
}

/** Answers as CloudFormation; the SDK is told of it by the environment. */
async function answer(status: number, body: string): Promise<string[]> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    for await (const chunk of request) asked.push(String(chunk));
    response.writeHead(status, { 'content-type': 'text/xml', connection: 'close' }).end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env.AWS_ENDPOINT_URL_CLOUDFORMATION = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return asked;
}

const stackWith = (outputs: Record<string, string>) =>
  `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>prod</StackName><Outputs>${Object.entries(
    outputs,
  )
    .map(([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`)
    .join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;

const errorWith = (code: string, message: string) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;

const remedy = 'Do as was done before.';

describe('the deployed stack', () => {
  it('is found by its outputs', async () => {
    logIn();
    const asked = await answer(200, stackWith({ StateMachineArn: 'arn:machine', ResultsBucketName: 'results' }));
    const connection = await connectStack({ stack: 'prod', region: 'eu-central-1', remedy });
    expect(connection).toMatchObject({
      stateMachineArn: 'arn:machine',
      bucket: 'results',
      where: 'stack prod in eu-central-1',
    });
    expect(asked.join()).toContain('StackName=prod');
    await connection.close();
  });

  it('that is not deployed is named with its region', async () => {
    logIn();
    await answer(400, errorWith('ValidationError', 'Stack with id prod does not exist'));
    await expect(connectStack({ stack: 'prod', region: 'eu-central-1', remedy })).rejects.toMatchObject({
      exitCode: 2,
      message: `There is no stack prod in eu-central-1: give --stack and --region, or deploy it first. (${remedy})`,
    });
  });

  it('of something else is recognised', async () => {
    logIn();
    await answer(200, stackWith({ Url: 'x' }));
    await expect(connectStack({ stack: 'prod', region: 'eu-central-1', remedy })).rejects.toMatchObject({
      exitCode: 2,
      message: `Stack prod in eu-central-1 has no output StateMachineArn, so it is not cellmap's: give --stack. (${remedy})`,
    });
  });

  it('that may not be described is told in CloudFormation’s words', async () => {
    logIn();
    await answer(403, errorWith('AccessDenied', 'Not authorized to perform cloudformation:DescribeStacks'));
    await expect(connectStack({ stack: 'prod', region: 'eu-central-1', remedy })).rejects.toMatchObject({
      exitCode: 4,
      message: `CloudFormation answered AccessDenied: Not authorized to perform cloudformation:DescribeStacks (${remedy})`,
    });
  });

  it('cannot be found without credentials', async () => {
    await expect(connectStack({ stack: 'prod', region: 'eu-central-1', remedy })).rejects.toMatchObject({
      exitCode: 2,
      message: `No AWS credentials were found: log in, set AWS_PROFILE or give --profile. (${remedy})`,
    });
  });

  it('cannot be found without a region', async () => {
    logIn();
    await expect(connectStack({ stack: 'prod', remedy })).rejects.toMatchObject({
      exitCode: 2,
      message: `No AWS region is known: give --region or set AWS_REGION. (${remedy})`,
    });
  });

  it.each([{}, { region: 'eu-central-1' }])(
    'cannot be found with a profile that does not exist (%j)',
    async (where) => {
      await expect(connectStack({ stack: 'prod', profile: 'nope', ...where, remedy })).rejects.toMatchObject({
        exitCode: 2,
        message: `There is no AWS profile nope, or it has no credentials: log in with it, or give another --profile. (${remedy})`,
      });
    },
  );
});
