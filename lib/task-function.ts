import { basename, dirname, join } from 'node:path';
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type Alias, Architecture, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogLevel, NodejsFunction, type OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { announcer, bundling, type DeployedName, functionFacts, nodeOptions } from '../contract/bundling.ts';
import { METRICS_NAMESPACE } from '../contract/metrics.ts';
import type { Access } from './access.ts';

/**
 * Where the functions' sources are: they are packed as they stand, so that their bundles are the same bytes everywhere.
 * This file itself is compiled in the package, into `dist`, because Node runs no TypeScript under node_modules.
 */
const root = rootOf(join(import.meta.dirname, '..'));

function rootOf(parent: string): string {
  return basename(parent) === 'dist' ? dirname(parent) : parent;
}

/** What all functions of a machine have in common. */
export interface FunctionSettings {
  /** The machine's name, by which its metrics and logs are told from those of other stacks. */
  machineName: string;
  logRetention: RetentionDays;
  /** Encrypts the logs; CloudWatch's own where it is left out. */
  encryptionKey?: IKey;
}

/** The Lambda function of one Task state, or the announcer, with a role, a log group and an alias of its own. */
export class TaskFunction extends Construct {
  readonly function: NodejsFunction;
  /** What the machine calls: a deployment moves it from one version to the next at once. */
  readonly alias: Alias;
  readonly role: Role;
  readonly logGroup: LogGroup;

  constructor(
    scope: Construct,
    name: DeployedName,
    { access, settings, deadLetterQueue }: { access: Access; settings: FunctionSettings; deadLetterQueue?: IQueue },
  ) {
    super(scope, name);
    const { entry, memoryMb, timeoutSeconds } = functionFacts[name];
    this.logGroup = new LogGroup(this, 'Log', {
      retention: settings.logRetention,
      encryptionKey: settings.encryptionKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const { logGroup } = this;
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(this.role);
    for (const statement of access.statements) this.role.addToPolicy(statement);

    this.function = new NodejsFunction(this, 'Function', {
      description: name === announcer ? 'cellmap: tells how a run ended' : `cellmap: the state ${name}`,
      entry: join(root, entry),
      projectRoot: root,
      // CDK wants a file here, by whose name it knows the package manager; nothing is installed.
      depsLockFilePath: join(root, entry),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memoryMb,
      timeout: Duration.seconds(timeoutSeconds),
      role: this.role,
      logGroup,
      tracing: Tracing.ACTIVE,
      deadLetterQueue,
      environment: {
        POWERTOOLS_SERVICE_NAME: settings.machineName,
        POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
        NODE_OPTIONS: nodeOptions.join(' '),
        ...access.variables,
      },
      bundling: {
        format: bundling.format as OutputFormat,
        target: bundling.target,
        mainFields: [...bundling.mainFields],
        banner: bundling.banner,
        externalModules: [...bundling.external],
        bundleAwsSDK: true,
        minify: bundling.minify,
        sourceMap: bundling.sourcemap,
        logLevel: LogLevel.WARNING,
        esbuildArgs: { '--legal-comments': bundling.legalComments },
      },
    });
    this.alias = this.function.addAlias('live');
    Validations.of(this.role).acknowledge(...access.acknowledgments, {
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray knows no resources: AWS documents * for PutTraceSegments and PutTelemetryRecords.',
    });
  }
}
