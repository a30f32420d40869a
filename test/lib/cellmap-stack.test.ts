import 'aws-cdk-lib/testhelpers/jest-autoclean';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Fn } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import {
  deployedNames,
  type FunctionName,
  functionFacts,
  functionNames,
  nodeOptions,
} from '../../contract/bundling.ts';
import { environmentNames, fromVariables } from '../../contract/environment.ts';
import { directoryKeys } from '../../domain/database-url.ts';
import type { CellmapStack } from '../../lib/cellmap-stack.ts';
import { parseConfig, readConfig } from '../../lib/config.ts';
import { exampleFile, newApp, newStack } from './example-stack.ts';

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: { StringEquals: Record<string, string[]> };
}

let stack: CellmapStack;
let template: Template;
beforeAll(() => {
  stack = newStack();
  template = Template.fromStack(stack);
});

const config = readConfig(exampleFile);
const api = config.apiDatabase;
const cells = config.directory;
const repairer = { ...api, secretArn: api.repairSecretArn ?? '' };
const databasesOf: Record<FunctionName, { clusterArn: string; secretArn: string }[]> = {
  ListCells: [api],
  OpenCell: [api, ...cells],
  MapRange: [api, ...cells],
  CheckPassedOver: [],
  CloseCell: [api, ...cells],
  CellFailed: [],
  DigestMappings: [api],
  DigestInstances: [api, ...cells],
  CompareCell: [api, ...cells],
  FindSuspects: [],
  ExamineSuspects: [api, ...cells],
  ChangeMappings: [repairer],
  CloseRun: [],
};

/** Which functions read what others left in the results bucket; all of them leave something there themselves. */
const readers: readonly FunctionName[] = [
  'ListCells',
  'CheckPassedOver',
  'CloseCell',
  'CompareCell',
  'FindSuspects',
  'ExamineSuspects',
  'ChangeMappings',
  'CloseRun',
];

/** Which functions look a cell's database up; the others are told where it is. */
const finders: readonly FunctionName[] = ['OpenCell', 'ExamineSuspects'];

const list = <Item>(value: Item | Item[]): Item[] => (Array.isArray(value) ? value : [value]);

/** The statements of a function's role. */
function statementsOf(name: FunctionName): Statement[] {
  const role = stack.resolve(stack.mapping.functions[name].role.roleName);
  const policies = template.findResources('AWS::IAM::Policy', { Properties: { Roles: [role] } });
  return Object.values(policies).flatMap((policy) => policy.Properties.PolicyDocument.Statement);
}

/** All that a function may do, as `action resource`, but for its own logs and traces. */
function permissionsOf(name: FunctionName): string[] {
  return statementsOf(name)
    .flatMap(({ Action, Resource }) =>
      list(Action).flatMap((action) => list(Resource).map((resource) => `${action} ${nameOf(resource)}`)),
    )
    .filter((permission) => !/^(logs|xray|kms):/.test(permission))
    .sort();
}

/** An ARN as text, with logical ids for what is known only when it is deployed. */
function nameOf(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const [[intrinsic, value] = []] = Object.entries(resource as Record<string, unknown[]>);
  if (intrinsic === 'Fn::GetAtt') return value?.join('.') ?? '';
  return intrinsic === 'Fn::Join' ? list(value?.[1]).map(nameOf).join('') : String(value);
}

function resourcesFor(name: FunctionName, action: string): string[] {
  return permissionsOf(name)
    .filter((permission) => permission.startsWith(`${action} `))
    .map((permission) => permission.slice(action.length + 1));
}

function functionProperties(name: FunctionName) {
  const [resource] = Object.values(
    template.findResources('AWS::Lambda::Function', { Properties: { Description: `cellmap: the state ${name}` } }),
  );
  return resource?.Properties;
}

function bucketId(): string {
  return Object.keys(template.findResources('AWS::S3::Bucket'))[0] ?? '';
}

describe('what a function may do', () => {
  it.each(functionNames)('%s reads no secret and asks no cluster that it does not use', (name) => {
    const used = databasesOf[name];
    expect(resourcesFor(name, 'secretsmanager:GetSecretValue')).toEqual(used.map(({ secretArn }) => secretArn).sort());
    expect(resourcesFor(name, 'rds-data:ExecuteStatement')).toEqual(used.map(({ clusterArn }) => clusterArn).sort());
  });

  it('nothing may use a transaction or a batch of the Data API', () => {
    const dataApi = functionNames.flatMap(permissionsOf).filter((permission) => permission.startsWith('rds-data:'));
    expect(new Set(dataApi.map((permission) => permission.split(' ')[0]))).toEqual(
      new Set(['rds-data:ExecuteStatement']),
    );
  });

  it.each(functionNames)("%s decrypts with the secrets' key only the secrets that it uses", (name) => {
    const decrypts = statementsOf(name).filter(({ Action, Condition }) => Action === 'kms:Decrypt' && Condition);
    const secrets = decrypts.flatMap(({ Condition }) =>
      list(Condition?.StringEquals['kms:EncryptionContext:SecretARN'] ?? []),
    );
    expect(secrets.sort()).toEqual(databasesOf[name].map(({ secretArn }) => secretArn).sort());
    expect(decrypts.flatMap(({ Resource }) => list(Resource))).toEqual(decrypts.map(() => config.secretKmsKeyArns[0]));
  });

  it.each(functionNames)(
    '%s may do nothing besides asking databases, finding them, and what it does with results',
    (name) => {
      const others = permissionsOf(name).filter((permission) => !/^(rds-data|secretsmanager|s3|ssm):/.test(permission));
      expect(others).toEqual([]);
    },
  );

  it.each(functionNames)('%s writes results, reads them only where it must, and never deletes any', (name) => {
    const bucket = `${bucketId()}.Arn`;
    const reading = [`s3:GetObject ${bucket}/runs/*`, `s3:ListBucket ${bucket}`];
    expect(permissionsOf(name).filter((permission) => permission.startsWith('s3:'))).toEqual([
      ...(readers.includes(name) ? reading : []),
      // What it finds goes on in the machine's state.
      ...(name === 'CheckPassedOver' ? [] : [`s3:PutObject ${bucket}/runs/*`]),
    ]);
  });

  it.each(['CellFailed', 'FindSuspects', 'CloseRun'] as const)(
    '%s can do nothing but read and write results',
    (name) => {
      expect(permissionsOf(name).filter((permission) => !permission.startsWith('s3:'))).toEqual([]);
    },
  );

  it('only what finds databases reads the directory, and nothing else in the Parameter Store', () => {
    // Names that do not exist too: SSM answers AccessDenied for a name that is not covered, not ParameterNotFound.
    const directory = 'arn:aws:ssm:eu-central-1:111122223333:parameter/cellmap/cellmap/directory/*';
    for (const name of functionNames) {
      const permissions = permissionsOf(name).filter((permission) => permission.startsWith('ssm:'));
      expect({ name, permissions }).toEqual({
        name,
        permissions: finders.includes(name) ? [`ssm:GetParameter ${directory}`] : [],
      });
    }
  });

  it('the machine invokes the aliases of its own functions and nothing else', () => {
    const role = stack.resolve(stack.mapping.stateMachine.role.roleName);
    const invokes = Object.values(template.findResources('AWS::IAM::Policy', { Properties: { Roles: [role] } }))
      .flatMap((policy): Statement[] => policy.Properties.PolicyDocument.Statement)
      .filter(({ Action }) => Action === 'lambda:InvokeFunction');
    const aliases = functionNames.map((name) => stack.resolve(stack.mapping.functions[name].alias.functionArn));
    expect(invokes.flatMap(({ Resource }) => Resource)).toEqual(expect.arrayContaining(aliases));
    expect(invokes.flatMap(({ Resource }) => Resource)).toHaveLength(aliases.length);
  });
});

describe('a function', () => {
  it.each(functionNames)(
    '%s runs on ARM64 with Node 24, the memory and timeout of its facts, and is traced',
    (name) => {
      const { memoryMb, timeoutSeconds } = functionFacts[name];
      expect(functionProperties(name)).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        MemorySize: memoryMb,
        Timeout: timeoutSeconds,
        TracingConfig: { Mode: 'Active' },
      });
    },
  );

  it.each(finders)('that touches everything reads back what the stack was configured with: %s', (name) => {
    const environment = fromVariables(functionProperties(name).Environment.Variables);
    const { repairSecretArn: _, ...ofMapping } = api;
    expect(environment.api).toEqual(ofMapping);
    expect(environment.mainDatabaseUrl).toBe(config.mainDatabaseUrl);
    expect(environment.directoryPrefix).toBe('/cellmap/cellmap/directory');
  });

  it.each(functionNames)('%s keeps its memory as low as on one computer', (name) => {
    expect(functionProperties(name).Environment.Variables.NODE_OPTIONS).toBe(nodeOptions.join(' '));
  });

  it('knows only where the things are that it touches', () => {
    const known = (name: FunctionName) =>
      Object.keys(functionProperties(name).Environment.Variables).filter(
        (variable) => !/^POWERTOOLS_|^NODE_OPTIONS/.test(variable),
      );
    const { apiClusterArn, apiSecretArn, apiDatabase, apiDialect, resultsBucket } = environmentNames;
    const { mainDatabaseUrl, directoryPrefix, repairSecretArn, prices } = environmentNames;
    const ofApi = [apiClusterArn, apiDatabase, apiDialect];
    for (const name of functionNames) {
      const wanted = [
        resultsBucket,
        // Only the last step says what all of them cost.
        ...(name === 'CloseRun' ? [prices] : []),
        ...(databasesOf[name].length > 0 ? ofApi : []),
        ...(databasesOf[name].includes(api) ? [apiSecretArn] : []),
        // ListCells refuses changes at once where nobody may make them.
        ...(['ListCells', 'ChangeMappings'].includes(name) ? [repairSecretArn] : []),
        ...(finders.includes(name) ? [directoryPrefix] : []),
        // ListCells tells two cells with one database apart by what their templates come to.
        ...(finders.includes(name) || name === 'ListCells' ? [mainDatabaseUrl] : []),
      ];
      expect({ name, known: known(name).sort() }).toEqual({ name, known: wanted.sort() });
    }
  });
});

describe('what is logged', () => {
  it('expires, for every function and the machine', () => {
    const groups = Object.values(template.findResources('AWS::Logs::LogGroup'));
    expect(groups.map(({ Properties }) => Properties.RetentionInDays)).toEqual(
      Array.from({ length: deployedNames.length + 1 }, () => config.logRetentionDays),
    );
  });

  it('is every step of the machine, without its payloads', () => {
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
      TracingConfiguration: { Enabled: true },
    });
  });
});

describe('the database directory', () => {
  it('holds an entry under a name that is looked for, with the cluster and the secret', () => {
    const [, cell2] = cells;
    const place = { host: cell2?.host.toUpperCase() ?? '', port: 3306, database: 'nova_cell2' };
    const name = Buffer.from(directoryKeys(place)[0] ?? '').toString('base64url');
    template.hasResourceProperties('AWS::SSM::Parameter', {
      Name: `/cellmap/cellmap/directory/${name}`,
      Value: JSON.stringify({ clusterArn: cell2?.clusterArn, secretArn: cell2?.secretArn }),
    });
  });

  it('of two stacks in one account has different names', () => {
    const other = Template.fromStack(newStack(newApp(), { ...config, stackName: 'staging' }));
    const names = (of: Template) =>
      Object.values(of.findResources('AWS::SSM::Parameter')).map(({ Properties }) => Properties.Name);
    expect(names(other).filter((name) => names(template).includes(name))).toEqual([]);
  });
});

describe('the results', () => {
  it('are encrypted, closed to the public, sent only over TLS, expire, and outlive the stack', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        BucketEncryption: Match.anyValue(),
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        LifecycleConfiguration: { Rules: [{ ExpirationInDays: config.resultsRetentionDays, Status: 'Enabled' }] },
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });
});

describe('the stack', () => {
  it('tells the command line where the machine and the results are, and people where to look', () => {
    expect(Object.keys(template.findOutputs('*')).sort()).toEqual([
      'AlarmsLink',
      'DashboardLink',
      'DeadLetterQueueUrl',
      'MachineLink',
      'ResultsBucketName',
      'StateMachineArn',
      'TopicArn',
    ]);
  });

  it('stands in the account and region of the API database', () => {
    expect([stack.account, stack.region]).toEqual(['111122223333', 'eu-central-1']);
  });

  it('is the same when it is synthesized twice', () => {
    expect(Template.fromStack(newStack()).toJSON()).toEqual(template.toJSON());
  });

  it('can be made from ARNs that are known only when it is deployed', () => {
    const app = newApp();
    const value = { ...config, apiDatabase: { ...api, clusterArn: Fn.importValue('NovaApiClusterArn') } };
    expect(() => newStack(app, parseConfig(value, 'code'))).not.toThrow();
  });

  it('holds no secret: every database has only the ARN of its secret', () => {
    expect(JSON.stringify(template.toJSON())).not.toMatch(/resolve:secretsmanager/);
  });
});
