import { join } from 'node:path';
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type Alias, Architecture, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogLevel, NodejsFunction, type OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { bundling, type FunctionName, functionFacts, nodeOptions } from '../contract/bundling.ts';
import type { Access } from './access.ts';

const root = join(import.meta.dirname, '..');

/** The Lambda function of one Task state, with a role, a log group and an alias of its own. */
export class TaskFunction extends Construct {
  /** What the machine calls: a deployment moves it from one version to the next at once. */
  readonly alias: Alias;
  readonly role: Role;

  constructor(
    scope: Construct,
    name: FunctionName,
    { access, logRetention }: { access: Access; logRetention: RetentionDays },
  ) {
    super(scope, name);
    const { entry, memoryMb, timeoutSeconds } = functionFacts[name];
    const logGroup = new LogGroup(this, 'Log', { retention: logRetention, removalPolicy: RemovalPolicy.DESTROY });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(this.role);
    for (const statement of access.statements) this.role.addToPolicy(statement);

    const lambda = new NodejsFunction(this, 'Function', {
      description: `cellmap: the state ${name}`,
      entry: join(root, entry),
      projectRoot: root,
      depsLockFilePath: join(root, 'package-lock.json'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memoryMb,
      timeout: Duration.seconds(timeoutSeconds),
      role: this.role,
      logGroup,
      tracing: Tracing.ACTIVE,
      environment: {
        POWERTOOLS_SERVICE_NAME: 'cellmap',
        POWERTOOLS_METRICS_NAMESPACE: 'cellmap',
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
    this.alias = lambda.addAlias('live');
    Validations.of(this.role).acknowledge(...access.acknowledgments, {
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray knows no resources: AWS documents * for PutTraceSegments and PutTelemetryRecords.',
    });
  }
}
