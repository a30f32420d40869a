import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FunctionName, functionFacts, functionNames, nodeOptions } from '../contract/bundling.ts';
import { DEFAULT_WRITERS } from '../contract/defaults.ts';
import { type Environment, toVariables } from '../contract/environment.ts';
import { type DatabaseUrl, withoutCredentials } from '../domain/database-url.ts';
import { DEFAULT_PRICES } from '../domain/usage.ts';
import { startDataApi } from './data-api/endpoint.ts';
import { API_CLUSTER_ARN, API_SECRET_ARN, DIRECTORY_PREFIX, openDirectory } from './directory.ts';
import { bundlesOfCheckout } from './functions/kept-bundles.ts';
import { startFunctions } from './functions/pool.ts';
import { startS3 } from './s3.ts';
import { startSsm } from './ssm.ts';
import { startStepFunctions } from './step-functions/endpoint.ts';

const REGION = 'us-east-1';
const BUCKET = 'cellmap-results';
const MACHINE = new URL('../contract/map-cells.asl.json', import.meta.url);

/** What a local run works on. */
export interface LocalAwsOptions {
  apiDatabase: DatabaseUrl;
  /** Nova's `[database]/connection`, from which the templates of cells are filled; null where there is none. */
  mainDatabaseUrl: string | null;
  /** Writers at once, for which there must be processes. */
  writers?: number;
  /** Takes each line that a function logs. */
  onLog?: (line: string) => void;
}

/** AWS on this computer: what an SDK client needs to use it, and an end. */
export interface LocalAws {
  region: string;
  /** The session token is the run's key: without it every endpoint answers 403. */
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string };
  endpoints: { stepFunctions: string; s3: string };
  stateMachineArn: string;
  bucket: string;
  /** The most memory that any environment of a function has taken so far, in MiB. */
  peakMemoryMb: (name: FunctionName) => number;
  /** Ends every process, port and file of the run. */
  close(): Promise<void>;
}

/**
 * Starts all of AWS that the machine uses, on the loopback address: the Data API in front of the given databases, SSM
 * with the database directory, S3 over a temporary folder, Lambda with the real bundles, and Step Functions with the
 * rendered machine.
 */
export async function startLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  const { apiDatabase, mainDatabaseUrl, onLog, writers = DEFAULT_WRITERS } = options;
  const key = randomBytes(32).toString('hex');
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'cellmap-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const bundles = await bundlesOfCheckout(join(folder, 'functions'));
    const directory = openDirectory(apiDatabase, mainDatabaseUrl);
    const dataApi = await startDataApi({ key, login: directory.login });
    closers.push(dataApi.close);
    const ssm = await startSsm({ key, parameter: directory.parameter });
    closers.push(ssm.close);
    const s3 = await startS3({ key, directory: join(folder, 'results'), bucket: BUCKET });
    closers.push(s3.close);

    const credentials = { accessKeyId: 'local', secretAccessKey: 'local', sessionToken: key };
    const api = {
      clusterArn: API_CLUSTER_ARN,
      secretArn: API_SECRET_ARN,
      database: apiDatabase.database,
      dialect: apiDatabase.dialect,
    };
    const environment: Environment = {
      api,
      // There is one login here, that of the URL; what it may do is up to its database.
      repair: api,
      directoryPrefix: DIRECTORY_PREFIX,
      mainDatabaseUrl: mainDatabaseUrl === null ? null : withoutCredentials(mainDatabaseUrl),
      resultsBucket: BUCKET,
      prices: DEFAULT_PRICES,
    };
    const variables = {
      ...toVariables(environment),
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
      AWS_ENDPOINT_URL_RDS_DATA: dataApi.url,
      AWS_ENDPOINT_URL_SSM: ssm.url,
      AWS_ENDPOINT_URL_S3: s3.url,
      POWERTOOLS_SERVICE_NAME: 'cellmap',
      POWERTOOLS_METRICS_NAMESPACE: 'cellmap',
    };
    const pool = startFunctions({
      runtime: bundles.runtime,
      compiled: bundles.compiled,
      functions: functionNames.map((name) => ({
        arn: functionArn(name),
        name,
        file: bundles.functions[name],
        timeoutSeconds: functionFacts[name].timeoutSeconds,
        memoryMb: functionFacts[name].memoryMb,
        nodeOptions,
        environment: variables,
      })),
      // A writer's cell is opened, mapped and closed, or digested and compared on the way, by five functions; two more
      // begin and end the run. Fewer places would have warm processes ended to make room, at 200 ms for each that is
      // started again; each takes 60 MB.
      maxProcesses: Math.max(writers + 2, Math.min(5 * writers + 2, 32)),
      onLog,
    });
    closers.push(pool.close);

    const definition = await readMachine();
    const stepFunctions = await startStepFunctions({ key, name: 'cellmap', definition, invoke: pool.invoke });
    closers.push(stepFunctions.close);
    return {
      region: REGION,
      credentials,
      endpoints: { stepFunctions: stepFunctions.url, s3: s3.url },
      stateMachineArn: stepFunctions.stateMachineArn,
      bucket: BUCKET,
      peakMemoryMb: pool.peakMemoryMb,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The rendered machine, with the local functions' ARNs where the stack puts those of AWS. */
async function readMachine(): Promise<unknown> {
  let text = await readFile(MACHINE, 'utf8');
  for (const name of functionNames) text = text.replaceAll(`\${${name}}`, functionArn(name));
  return JSON.parse(text);
}

function functionArn(name: FunctionName): string {
  return `arn:aws:lambda:${REGION}:000000000000:function:${name}`;
}
