import { App } from 'aws-cdk-lib';
import type { IRole, Role } from 'aws-cdk-lib/aws-iam';
import { announcer, deployedNames, functionNames } from '../contract/bundling.ts';
import { CellmapStack } from './cellmap-stack.ts';
import type { Config } from './config.ts';
import { nagNameOf } from './nag-name.ts';

interface Statement {
  Effect: 'Allow' | 'Deny';
  Action: string | string[];
  Resource: unknown;
  Principal?: Record<string, string | string[]>;
}

interface Resource {
  Type: string;
  Properties: Record<string, unknown> & { PolicyDocument?: { Statement: Statement[] } };
}

/** Where docs/permissions.md has what {@link renderPermissions} renders. */
export const renderedBlock = /(?<=<!-- npm run render -->\n\n).*(?=\n\n<!-- as far as here -->)/s;

/**
 * Who may do what, as a table in Markdown, from the synthesized template.
 * @throws where the template has a permission on something that has no name for people yet
 */
export function renderPermissions(config: Config): string {
  const app = new App({ builtinCloudFormationValidation: false, context: { 'aws:cdk:bundling-stacks': [] } });
  const stack = new CellmapStack(app, config);
  const template: { Resources: Record<string, Resource> } = app.synth().getStackByName(config.stackName).template;
  const resources = Object.values(template.Resources);
  const nameOf = namer(stack, config);

  const { mapping } = stack;
  const roles: [who: string, role: IRole | undefined][] = [
    ...functionNames.map((name): [string, Role] => [name, mapping.functions[name].role]),
    [announcer, mapping.announcer.role],
    ['the state machine', mapping.stateMachine.role],
    ['the deployment rule', mapping.stateMachine.node.tryFindChild('EventsRole') as Role | undefined],
    ['the nightly schedule', mapping.nightlyVerify?.role],
  ];
  const rows = roles.flatMap(([who, role]) => {
    if (role === undefined) return [];
    const id = JSON.stringify(stack.resolve(role.roleName));
    const policies = resources.filter(
      ({ Type, Properties }) => Type === 'AWS::IAM::Policy' && JSON.stringify(Properties.Roles) === `[${id}]`,
    );
    const statements = policies.flatMap(({ Properties }) => Properties.PolicyDocument?.Statement ?? []);
    return [{ who, may: describe(statements, nameOf) }];
  });
  const every = rows
    .filter(({ who }) => deployedNames.some((name) => name === who))
    .map(({ may }) => may)
    .reduce((common, may) => common.filter((each) => may.includes(each)));
  return [
    `Every function: ${every.join('; ')}. Besides that:`,
    '',
    '| who | may do what |',
    '|---|---|',
    ...rows.map(({ who, may }) => `| ${who} | ${may.filter((each) => !every.includes(each)).join('<br>')} |`),
    '',
    'And by the policies of the things themselves:',
    '',
    '| who | may do what |',
    '|---|---|',
    ...services(resources, nameOf),
  ].join('\n');
}

type NameOf = (resource: unknown) => string;

/** What is allowed, by the thing that it is allowed on. */
function describe(statements: readonly Statement[], nameOf: NameOf): string[] {
  const actionsOn = new Map<string, Set<string>>();
  for (const { Action, Resource } of statements) {
    for (const name of [Resource].flat().map(nameOf)) {
      const actions = actionsOn.get(name) ?? new Set();
      for (const action of [Action].flat()) actions.add(`\`${action}\``);
      actionsOn.set(name, actions);
    }
  }
  return [...actionsOn]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, actions]) => `${name}: ${[...actions].sort().join(' ')}`);
}

/** What services may do by the policies of topics, queues, buckets and functions. */
function services(resources: readonly Resource[], nameOf: NameOf): string[] {
  const byPolicy = resources
    .filter(({ Type }) => ['AWS::SNS::TopicPolicy', 'AWS::SQS::QueuePolicy', 'AWS::S3::BucketPolicy'].includes(Type))
    .flatMap(({ Properties }) => Properties.PolicyDocument?.Statement ?? [])
    .filter(({ Effect }) => Effect === 'Allow')
    .map(
      (statement) => `| ${Object.values(statement.Principal ?? {}).join(', ')} | ${describe([statement], nameOf)} |`,
    );
  const byPermission = resources
    .filter(({ Type }) => Type === 'AWS::Lambda::Permission')
    .map(({ Properties }) => `| ${Properties.Principal} | ${announcer}: \`${Properties.Action}\` |`);
  return [...new Set([...byPolicy, ...byPermission])].sort();
}

/** Says what people call the thing behind an ARN. */
function namer(stack: CellmapStack, { apiDatabase, directory, secretKmsKeyArns, encryptionKeyArn }: Config): NameOf {
  const { functions, resultsBucket, topic, deadLetterQueue, stateMachine, announcer: lambda } = stack.mapping;
  const textOf = (arn: string) => nagNameOf(stack, arn);
  const names = new Map<string, string>([
    [apiDatabase.clusterArn, "the API database's cluster"],
    [apiDatabase.secretArn, "the API database's secret"],
    ...(apiDatabase.repairSecretArn === undefined
      ? []
      : [[apiDatabase.repairSecretArn, "the repairer's secret"] as [string, string]]),
    ...directory.flatMap(({ clusterArn, secretArn }): [string, string][] => [
      [clusterArn, "the cells' clusters"],
      [secretArn, "the cells' secrets"],
    ]),
    ...secretKmsKeyArns.map((arn): [string, string] => [arn, "the secrets' key, for these secrets alone"]),
    ...(encryptionKeyArn === undefined ? [] : [[encryptionKeyArn, "the stack's key"] as [string, string]]),
    [textOf(resultsBucket.bucketArn), 'the results bucket'],
    [textOf(resultsBucket.resultArns), 'the results'],
    [textOf(topic.topicArn), 'the topic'],
    [textOf(deadLetterQueue.queueArn), 'the dead-letter queue'],
    [textOf(stateMachine.stateMachineArn), 'the state machine'],
    ...Object.values(functions).map((each): [string, string] => [textOf(each.alias.functionArn), 'the Task functions']),
    [textOf(lambda.alias.functionArn), announcer],
    ['*', '`*`, as AWS knows no narrower resource'],
  ]);
  const patterns: [RegExp, string][] = [
    [/:parameter\/cellmap\/.*\/directory\/\*$/, 'the database directory'],
    [/Log[0-9A-F]{8}\.Arn>$/, 'its own log'],
    [/:execution:.*:\*$/, "the machine's executions"],
  ];
  return (resource) => {
    const arn = nagNameOf(stack, resource as string);
    const name = names.get(arn) ?? patterns.find(([pattern]) => pattern.test(arn))?.[1];
    if (name === undefined) throw new Error(`There is no name for people for ${arn} yet.`);
    return name;
  };
}
