import { tmpdir } from 'node:os';
import { isNativeError } from 'node:util/types';
import { CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { describeDatabase } from '../domain/database-url.ts';
import { errorNameOf, isServiceError, loginProblem, noCredentials } from './aws-error.ts';
import { CommandError, exitCodes } from './command-error.ts';
import type { Databases } from './databases.ts';

/** The machine that a command runs, here or deployed: one code path for both. */
export interface Connection {
  sfn: SFNClient;
  s3: S3Client;
  stateMachineArn: string;
  /** The results bucket. */
  bucket: string;
  /** Where the machine runs and on what, for people. */
  where: string;
  /** Whether a run goes on when the command that started it has ended. */
  outlivesCommand: boolean;
  /** How long to wait between two looks at a run, in milliseconds. */
  pollMs: number;
  /** The same at the beginning: a short run should not keep a person waiting. */
  firstPollMs: number;
  /** How many calls of each kind a look may make. */
  callsPerLook: number;
  close(): Promise<void>;
}

/** Nothing on the loopback address is in short supply. */
const LOCAL = { outlivesCommand: false, pollMs: 150, firstPollMs: 150, callsPerLook: 200 };

/** Step Functions refills an account's quotas of DescribeExecution and GetExecutionHistory at 10 to 20 a second. */
const AWS = { outlivesCommand: true, pollMs: 2_500, firstPollMs: 400, callsPerLook: 25 };

/**
 * The SDK itself repeats what was throttled or got lost: five attempts within some seconds, where three are usual, since
 * several people and the console may be looking at the same runs. Longer troubles are for those who call.
 */
const retries = { retryMode: 'standard', maxAttempts: 5 };

/** Without limits, one answer that never comes would keep a person waiting for ever. */
const requestHandler = { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true };

/** What the stack is called unless its configuration says otherwise. */
export const DEFAULT_STACK = 'cellmap';

/**
 * Starts the machine on this computer.
 * @param writers how many writers the run will have; the machine's default where it is left out
 */
export async function connectLocal(databases: Databases, writers?: number): Promise<Connection> {
  // Loaded here alone: the bundler and the drivers take their time, and a deployed stack needs none of them.
  const { startLocalAws } = await import('../local/aws.ts');
  const aws = await startLocalAws({ ...databases, writers }).catch(explainFolder);
  const { region, credentials, endpoints, stateMachineArn, bucket } = aws;
  const sfn = new SFNClient({ region, credentials, endpoint: endpoints.stepFunctions });
  const s3 = new S3Client({ region, credentials, endpoint: endpoints.s3, forcePathStyle: true });
  return {
    sfn,
    s3,
    stateMachineArn,
    bucket,
    where: `${describeDatabase(databases.apiDatabase)} on this computer`,
    ...LOCAL,
    close: async () => {
      sfn.destroy();
      s3.destroy();
      await aws.close();
    },
  };
}

/** The run's files are in the folder for temporary files; where that is the trouble, the message says so. */
function explainFolder(error: unknown): never {
  const { code, path, message } = error as NodeJS.ErrnoException;
  // The bundler tells a full disk in words.
  const isFull = code === 'ENOSPC' || code === 'EDQUOT' || /no space left|quota exceeded/.test(message);
  if (!isFull && !path?.startsWith(tmpdir())) throw error;
  const problem = `The folder for temporary files, ${tmpdir()}, cannot be used (${code ?? 'ENOSPC'})`;
  throw new CommandError(exitCodes.failed, `${problem}: set TMPDIR to one that can be written to.`, { cause: error });
}

/**
 * Finds the deployed machine by its stack's outputs.
 * @param options.remedy what else a person may do where it is not found; null for nothing else
 * @throws {CommandError} when there is no such stack, or AWS cannot be asked
 */
export async function connectStack(options: StackOptions): Promise<Connection> {
  const { stack, region, profile } = options;
  const config = { region, profile, requestHandler, ...retries };
  const cloudFormation = new CloudFormationClient(config);
  const { outputs, foundIn } = await describe(cloudFormation, options).finally(() => cloudFormation.destroy());
  const sfn = new SFNClient(config);
  const s3 = new S3Client(config);
  return {
    sfn,
    s3,
    stateMachineArn: outputs.StateMachineArn,
    bucket: outputs.ResultsBucketName,
    where: `stack ${stack} in ${foundIn}`,
    ...AWS,
    close: async () => {
      sfn.destroy();
      s3.destroy();
    },
  };
}

interface StackOptions {
  stack: string;
  region?: string;
  profile?: string;
  remedy: string | null;
}

async function describe(client: CloudFormationClient, options: StackOptions) {
  const { stack, remedy } = options;
  const orElse = remedy === null ? '' : ` (${remedy})`;
  const notFound = (message: string, cause?: Error) =>
    new CommandError(exitCodes.misuse, `${message}${orElse}`, { cause });
  const login = { profile: options.profile ?? process.env.AWS_PROFILE };
  const foundIn = await client.config.region().catch(async () => {
    // A profile that does not exist shows in both: without credentials, the profile is the mistake to tell.
    if (login.profile !== undefined && !(await hasCredentials(client))) throw notFound(noCredentials(login));
    throw notFound('No AWS region is known: give --region or set AWS_REGION.');
  });
  let found: Stack | undefined;
  try {
    found = (await client.send(new DescribeStacksCommand({ StackName: stack }))).Stacks?.[0];
  } catch (error) {
    if (!isNativeError(error)) throw error;
    const refused = loginProblem(error, login);
    if (refused !== null) throw notFound(refused, error);
    if (error.name === 'ValidationError' && error.message.includes('does not exist')) {
      throw notFound(`There is no stack ${stack} in ${foundIn}: give --stack and --region, or deploy it first.`, error);
    }
    throw new CommandError(exitCodes.failed, `${unanswered(error, foundIn)}${orElse}`, { cause: error });
  }
  const output = (key: string): string => {
    const value = found?.Outputs?.find((candidate) => candidate.OutputKey === key)?.OutputValue;
    if (value) return value;
    throw notFound(`Stack ${stack} in ${foundIn} has no output ${key}, so it is not cellmap's: give --stack.`);
  };
  return {
    outputs: { StateMachineArn: output('StateMachineArn'), ResultsBucketName: output('ResultsBucketName') },
    foundIn,
  };
}

async function hasCredentials(client: CloudFormationClient): Promise<boolean> {
  return client.config.credentials().then(
    () => true,
    () => false,
  );
}

function unanswered(error: Error, region: string): string {
  return isServiceError(error)
    ? `CloudFormation answered ${error.name}: ${error.message}`
    : `CloudFormation in ${region} cannot be reached (${errorNameOf(error)}): check --region and the network.`;
}
