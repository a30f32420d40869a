import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connectStack } from '../../cli/connection.ts';
import { cellmap } from '../end-to-end/command.ts';
import { errorWith, stackWith, startCloudFormation } from './cloud-formation.ts';
import { setAwsEnvironment } from './deployed.ts';

const opened: (() => unknown)[] = [];

beforeEach(() => {
  // No configuration of this computer, and no question to the network, takes part.
  opened.push(setAwsEnvironment({ HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' }));
});

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

function logIn(): void {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' });
}

/** Answers as CloudFormation; the SDK is told of it by the environment. */
async function answer(...[first, ...others]: { status: number; body: string }[]): Promise<string[]> {
  let next = first;
  const cloudFormation = await startCloudFormation(() => {
    const now = next;
    next = others.shift() ?? next;
    return now ?? { status: 500, body: '' };
  });
  opened.push(cloudFormation.close);
  process.env.AWS_ENDPOINT_URL_CLOUDFORMATION = cloudFormation.url;
  return cloudFormation.asked;
}

/** A home with a profile that logs in by single sign-on; with a token of that time, if one is given. */
async function signOn(tokenExpiresAt?: string): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'cellmap-test-'));
  opened.push(() => rm(home, { recursive: true }));
  const cache = join(home, '.aws/sso/cache');
  await mkdir(cache, { recursive: true });
  const startUrl = 'https://example.awsapps.com/start';
  await writeFile(
    join(home, '.aws/config'),
    `[profile ops]\nsso_start_url = ${startUrl}\nsso_region = eu-central-1\nsso_account_id = 111122223333\nsso_role_name = ops\n`,
  );
  if (tokenExpiresAt !== undefined) {
    const file = `${createHash('sha1').update(startUrl).digest('hex')}.json`;
    await writeFile(join(cache, file), JSON.stringify({ accessToken: 'a', expiresAt: tokenExpiresAt }));
  }
  process.env.HOME = home;
}

const remedy = 'Do as was done before.';

describe('the deployed stack', () => {
  it('is found by its outputs', async () => {
    logIn();
    const asked = await answer(stackWith({ StateMachineArn: 'arn:machine', ResultsBucketName: 'results' }));
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
    await answer(errorWith(400, 'ValidationError', 'Stack with id prod does not exist'));
    await expect(connectStack({ stack: 'prod', region: 'eu-central-1', remedy })).rejects.toMatchObject({
      exitCode: 2,
      message: `There is no stack prod in eu-central-1: give --stack and --region, or deploy it first. (${remedy})`,
    });
  });

  it('of something else is recognised', async () => {
    logIn();
    await answer(stackWith({ Url: 'x' }));
    await expect(connectStack({ stack: 'prod', region: 'eu-central-1', remedy })).rejects.toMatchObject({
      exitCode: 2,
      message: `Stack prod in eu-central-1 has no output StateMachineArn, so it is not cellmap's: give --stack. (${remedy})`,
    });
  });

  it('that may not be described is told in CloudFormation’s words', async () => {
    logIn();
    await answer(errorWith(403, 'AccessDenied', 'Not authorized to perform cloudformation:DescribeStacks'));
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

  it.each([
    ['is over', '2026-01-01T00:00:00Z'],
    ['was never begun', undefined],
  ])('cannot be found with a single sign-on that %s, and the command is told that renews it', async (_, expiresAt) => {
    await signOn(expiresAt);
    await expect(connectStack({ stack: 'prod', region: 'eu-central-1', profile: 'ops', remedy })).rejects.toMatchObject(
      {
        exitCode: 2,
        message: `The AWS login has expired: log in again (aws sso login --profile ops, or new AWS_… variables). (${remedy})`,
      },
    );
  });

  it.each([
    ['ExpiredToken', 403, /^The AWS login has expired: log in again \(aws sso login, or new AWS_… variables\)\./],
    ['InvalidClientTokenId', 403, /^AWS does not accept the credentials \(InvalidClientTokenId\): log in again, /],
    ['SignatureDoesNotMatch', 403, /^AWS does not accept the credentials \(SignatureDoesNotMatch\): log in again, /],
  ])('that cannot be asked for with the credentials (%s) is told with the remedy', async (code, status, message) => {
    logIn();
    await answer(errorWith(status, code, 'as AWS words it'));
    await expect(connectStack({ stack: 'prod', region: 'eu-central-1', remedy })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(message),
    });
  });

  it('that cannot be reached is told with the region', async () => {
    // In a process of its own: Jest's own kind of Error makes the SDK hide what Node says.
    const printed = await cellmap(['runs'], {
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 's',
      AWS_ENDPOINT_URL_CLOUDFORMATION: 'http://127.0.0.1:1',
    });
    expect(printed).toEqual({
      code: 4,
      stdout: '',
      stderr:
        'cellmap: CloudFormation in eu-central-1 cannot be reached (ECONNREFUSED): check --region and the network.\n',
    });
  });

  it('is found although CloudFormation takes no more requests for the moment', async () => {
    logIn();
    const throttled = errorWith(400, 'Throttling', 'Rate exceeded');
    const asked = await answer(
      throttled,
      throttled,
      throttled,
      stackWith({ StateMachineArn: 'arn:machine', ResultsBucketName: 'results' }),
    );
    const connection = await connectStack({ stack: 'prod', region: 'eu-central-1', remedy });
    expect([connection.stateMachineArn, asked.length]).toEqual(['arn:machine', 4]);
    await connection.close();
  });
});
