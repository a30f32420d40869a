import type { Acknowledgment } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { FunctionName } from '../contract/bundling.ts';
import { environmentNames as names, toVariables } from '../contract/environment.ts';
import type { Config } from './config.ts';
import type { DatabaseDirectory } from './database-directory.ts';
import type { ResultsBucket } from './results-bucket.ts';

/** What a function can touch. */
type Touched =
  | 'apiDatabase'
  /** Whether mappings may be changed. */
  | 'repairPermission'
  | 'repairDatabase'
  | 'mainDatabaseUrl'
  | 'databaseDirectory'
  | 'cellDatabases'
  | 'readResults'
  | 'writeResults'
  | 'prices';

/** All that each function touches besides its own logs and traces; nothing else gives it a permission. */
const touchedBy: Readonly<Record<FunctionName, readonly Touched[]>> = {
  ListCells: ['apiDatabase', 'repairPermission', 'mainDatabaseUrl', 'readResults', 'writeResults'],
  OpenCell: ['apiDatabase', 'mainDatabaseUrl', 'databaseDirectory', 'cellDatabases', 'writeResults'],
  MapRange: ['apiDatabase', 'cellDatabases', 'writeResults'],
  CheckPassedOver: ['readResults'],
  CloseCell: ['apiDatabase', 'cellDatabases', 'readResults', 'writeResults'],
  CellFailed: ['writeResults'],
  DigestMappings: ['apiDatabase', 'writeResults'],
  DigestInstances: ['apiDatabase', 'cellDatabases', 'writeResults'],
  CompareCell: ['apiDatabase', 'cellDatabases', 'readResults', 'writeResults'],
  FindSuspects: ['readResults', 'writeResults'],
  ExamineSuspects: [
    'apiDatabase',
    'mainDatabaseUrl',
    'databaseDirectory',
    'cellDatabases',
    'readResults',
    'writeResults',
  ],
  ChangeMappings: ['repairDatabase', 'readResults', 'writeResults'],
  CloseRun: ['readResults', 'writeResults', 'prices'],
};

/** What a function may do, and the variables that tell it where. */
export interface Access {
  variables: Record<string, string>;
  statements: PolicyStatement[];
  /** Why cdk-nag may find wildcards in the statements. */
  acknowledgments: Acknowledgment[];
}

/** The same for one of the things that can be touched; a statement belongs to one policy only, hence the function. */
interface Grant {
  variables: string[];
  statements?: () => PolicyStatement[];
  acknowledgments?: Acknowledgment[];
}

/** Gives each function access to what it touches. */
export function accessOf(
  config: Omit<Config, 'stackName'>,
  resources: { directory: DatabaseDirectory; results: ResultsBucket; encryptionKey?: IKey },
): (name: FunctionName) => Access {
  const { directory, results, encryptionKey } = resources;
  const { apiDatabase, secretKmsKeyArns, mainDatabaseUrl = null, prices } = config;
  const { repairSecretArn } = apiDatabase;
  const repair = repairSecretArn === undefined ? null : { ...apiDatabase, secretArn: repairSecretArn };
  const withKey = (action: string) => (encryptionKey === undefined ? [] : [allow([action], [encryptionKey.keyArn])]);
  const variables = toVariables({
    api: apiDatabase,
    repair,
    directoryPrefix: directory.prefix,
    mainDatabaseUrl,
    resultsBucket: results.bucketName,
    prices,
  });
  const granted: Record<Touched, Grant> = {
    apiDatabase: {
      variables: [names.apiClusterArn, names.apiSecretArn, names.apiDatabase, names.apiDialect],
      statements: () => queries([apiDatabase], secretKmsKeyArns),
    },
    repairPermission: { variables: [names.repairSecretArn] },
    repairDatabase: {
      variables: [names.apiClusterArn, names.repairSecretArn, names.apiDatabase, names.apiDialect],
      statements: () => (repair === null ? [] : queries([repair], secretKmsKeyArns)),
    },
    mainDatabaseUrl: { variables: [names.mainDatabaseUrl] },
    prices: { variables: [names.prices] },
    databaseDirectory: {
      variables: [names.directoryPrefix],
      statements: () => [allow(['ssm:GetParameter'], [directory.parameterArns])],
      acknowledgments: [directory.parameterArnsAcknowledgment],
    },
    cellDatabases: { variables: [], statements: () => queries(config.directory, secretKmsKeyArns) },
    readResults: {
      variables: [names.resultsBucket],
      statements: () => [
        allow(['s3:GetObject'], [results.resultArns]),
        // Without it S3 answers AccessDenied for a result that does not exist.
        allow(['s3:ListBucket'], [results.bucketArn]),
        ...withKey('kms:Decrypt'),
      ],
      acknowledgments: [results.resultArnsAcknowledgment],
    },
    writeResults: {
      variables: [names.resultsBucket],
      statements: () => [allow(['s3:PutObject'], [results.resultArns]), ...withKey('kms:GenerateDataKey')],
      acknowledgments: [results.resultArnsAcknowledgment],
    },
  };
  return (name) => {
    const touched = touchedBy[name].map((thing) => granted[thing]);
    const used = new Set(touched.flatMap((grant) => grant.variables));
    return {
      variables: Object.fromEntries(Object.entries(variables).filter(([variable]) => used.has(variable))),
      statements: touched.flatMap(({ statements }) => statements?.() ?? []),
      acknowledgments: touched.flatMap(({ acknowledgments }) => acknowledgments ?? []),
    };
  };
}

/** How many ARNs a statement names: CDK spreads statements over policies, which IAM limits to 6,144 characters each. */
const ARNS_PER_STATEMENT = 25;

/** The Data API reads the secret with its caller's permissions. */
function queries(
  databases: readonly { clusterArn: string; secretArn: string }[],
  kmsKeyArns: readonly string[],
): PolicyStatement[] {
  const clusters = portions(databases.map(({ clusterArn }) => clusterArn));
  const secrets = portions(databases.map(({ secretArn }) => secretArn));
  const decrypt = (some: string[]) =>
    new PolicyStatement({
      actions: ['kms:Decrypt'],
      resources: [...kmsKeyArns],
      conditions: { StringEquals: { 'kms:EncryptionContext:SecretARN': some } },
    });
  return [
    ...clusters.map((some) => allow(['rds-data:ExecuteStatement'], some)),
    ...secrets.map((some) => allow(['secretsmanager:GetSecretValue'], some)),
    ...(kmsKeyArns.length > 0 ? secrets.map(decrypt) : []),
  ];
}

/** Each ARN once, {@link ARNS_PER_STATEMENT} at a time. */
function portions(arns: readonly string[]): string[][] {
  const different = [...new Set(arns)];
  const number = Math.ceil(different.length / ARNS_PER_STATEMENT);
  return Array.from({ length: number }, (_, index) =>
    different.slice(index * ARNS_PER_STATEMENT, (index + 1) * ARNS_PER_STATEMENT),
  );
}

function allow(actions: string[], resources: readonly string[]): PolicyStatement {
  return new PolicyStatement({ actions, resources: [...resources] });
}
