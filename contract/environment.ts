import type { Dialect } from '../domain/database-url.ts';
import type { Prices } from '../domain/usage.ts';

/** The environment variables by which the stack and the local run tell the functions what they work on. */
export const environmentNames = {
  apiClusterArn: 'API_CLUSTER_ARN',
  apiSecretArn: 'API_SECRET_ARN',
  repairSecretArn: 'API_REPAIR_SECRET_ARN',
  apiDatabase: 'API_DATABASE',
  apiDialect: 'API_DIALECT',
  directoryPrefix: 'DIRECTORY_PREFIX',
  mainDatabaseUrl: 'MAIN_DATABASE_URL',
  resultsBucket: 'RESULTS_BUCKET',
  prices: 'PRICES',
  topicArn: 'TOPIC_ARN',
  stackName: 'STACK_NAME',
} as const;

/** Where the API database is, and the login to it. */
interface ApiDatabase {
  clusterArn: string;
  secretArn: string;
  database: string;
  dialect: Dialect;
}

/** What the functions are configured with. */
export interface Environment {
  /** The API database: never from the directory, because only its secret may write. */
  api: ApiDatabase;
  /** The same with the secret of a user that may change and remove mappings; null where nobody may. */
  repair: ApiDatabase | null;
  /** The path of the SSM parameters of the database directory, such as `/cellmap/directory`. */
  directoryPrefix: string;
  /** The main `[database]/connection` without its credentials, from which templates are filled; null without one. */
  mainDatabaseUrl: string | null;
  resultsBucket: string;
  /** What AWS asks for what a run uses. */
  prices: Prices;
}

/** The environment as variables; the names of those that a function does not use can be left out. */
export function toVariables(environment: Environment): Record<string, string> {
  const names = environmentNames;
  return {
    [names.apiClusterArn]: environment.api.clusterArn,
    [names.apiSecretArn]: environment.api.secretArn,
    [names.repairSecretArn]: environment.repair?.secretArn ?? '',
    [names.apiDatabase]: environment.api.database,
    [names.apiDialect]: environment.api.dialect,
    [names.directoryPrefix]: environment.directoryPrefix,
    [names.mainDatabaseUrl]: environment.mainDatabaseUrl ?? '',
    [names.resultsBucket]: environment.resultsBucket,
    [names.prices]: JSON.stringify(environment.prices),
  };
}

/** Reads the environment back, each variable when it is used; a missing one is named as a fault of the deployment. */
export function fromVariables(variables: Record<string, string | undefined>): Environment {
  const read = (name: string) => readVariable(variables, name);
  const names = environmentNames;
  const place = () => ({
    clusterArn: read(names.apiClusterArn),
    database: read(names.apiDatabase),
    dialect: readDialect(read(names.apiDialect)),
  });
  return {
    get api() {
      return { ...place(), secretArn: read(names.apiSecretArn) };
    },
    get repair() {
      const secretArn = read(names.repairSecretArn);
      return secretArn === '' ? null : { ...place(), secretArn };
    },
    get directoryPrefix() {
      return read(names.directoryPrefix);
    },
    get mainDatabaseUrl() {
      return read(names.mainDatabaseUrl) || null;
    },
    get resultsBucket() {
      return read(names.resultsBucket);
    },
    get prices() {
      return JSON.parse(read(names.prices)) as Prices;
    },
  };
}

/** What AnnounceRun is told: where to publish, and what the command line calls the stack. */
export interface AnnouncerEnvironment {
  topicArn: string;
  stackName: string;
}

/** The announcer's environment as variables. */
export function toAnnouncerVariables({ topicArn, stackName }: AnnouncerEnvironment): Record<string, string> {
  return { [environmentNames.topicArn]: topicArn, [environmentNames.stackName]: stackName };
}

/** Reads the announcer's environment back. */
export function fromAnnouncerVariables(variables: Record<string, string | undefined>): AnnouncerEnvironment {
  const { topicArn, stackName } = environmentNames;
  return { topicArn: readVariable(variables, topicArn), stackName: readVariable(variables, stackName) };
}

function readVariable(variables: Record<string, string | undefined>, name: string): string {
  const value = variables[name];
  if (value === undefined) throw new Error(`The environment variable ${name} is not set: deploy the stack again.`);
  return value;
}

function readDialect(text: string): Dialect {
  if (text === 'mysql' || text === 'postgresql') return text;
  throw new Error(`The environment variable ${environmentNames.apiDialect} is neither mysql nor postgresql.`);
}
