import 'aws-cdk-lib/testhelpers/jest-autoclean';
import { describe, expect, it } from '@jest/globals';
import { Stack, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { AwsSolutionsChecks } from 'cdk-nag';
import { NovaStack } from '../../examples/aurora/nova-stack.ts';
import { InstanceMapping, type InstanceMappingProps } from '../../lib/index.ts';
import { exampleConfig, newApp, newStack } from './example-stack.ts';

const { stackName: _, encryptionKeyArn: __, ...example } = exampleConfig();

/** The least that the construct needs. */
const least: InstanceMappingProps = {
  apiDatabase: { ...example.apiDatabase, repairSecretArn: undefined },
  directory: example.directory,
};

function construct(props: InstanceMappingProps = least, app = newApp()) {
  const stack = new Stack(app, 'Nova', { env: { account: '111122223333', region: 'eu-central-1' } });
  const mapping = new InstanceMapping(stack, 'Mapping', props);
  return { stack, mapping, template: Template.fromStack(stack) };
}

const full = Template.fromStack(newStack());
const small = construct();
const aurora = Template.fromStack(new NovaStack(newApp(), 'nova-databases'));

interface Statement {
  Effect: string;
  Principal?: unknown;
}

describe.each([
  ['the example configuration', 'cellmap', full],
  ['the least configuration', 'Nova', small.template],
  ['the example with Aurora clusters', 'nova-databases', aurora],
])('%s', (_what, machineName, template) => {
  it('makes nothing public', () => {
    const all = Object.values(template.toJSON().Resources as Record<string, { Type: string; Properties?: object }>);
    const statements = all.flatMap(({ Properties }) => statementsIn(Properties));
    expect(statements.length).toBeGreaterThan(20);
    const toAll = statements.filter(({ Principal }) => /"\*"/.test(JSON.stringify(Principal ?? null)));
    // Whoever has no TLS is refused; that is for everybody.
    expect(toAll.map(({ Effect }) => Effect)).toEqual(toAll.map(() => 'Deny'));
    const types = new Set(all.map(({ Type }) => Type));
    expect(
      [...types].filter((type) => /Lambda::Url|ApiGateway|ElasticLoadBalancing|InternetGateway/.test(type)),
    ).toEqual([]);
    for (const { Type, Properties } of all) {
      if (Type === 'AWS::RDS::DBInstance') expect(Properties).not.toMatchObject({ PubliclyAccessible: true });
    }
  });

  it('sends and keeps notifications and dead letters encrypted, and takes them over TLS alone', () => {
    template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
    const queues = Object.values(template.findResources('AWS::SQS::Queue'));
    expect(queues).toHaveLength(1);
    const { SqsManagedSseEnabled, KmsMasterKeyId } = queues[0]?.Properties ?? {};
    expect(SqsManagedSseEnabled === true || KmsMasterKeyId !== undefined).toBe(true);
    for (const type of ['AWS::SNS::TopicPolicy', 'AWS::SQS::QueuePolicy']) {
      template.hasResourceProperties(type, {
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          ]),
        },
      });
    }
  });

  it('has alarms that say what to do, and send that to the topic, which admits them', () => {
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
    expect(alarms.map(({ Properties }) => Properties.AlarmName.replace(`${machineName}-`, '')).sort()).toEqual([
      'drift-found',
      'mapping-functions-fail',
      'mapping-functions-throttled',
      'needs-attention',
      'run-failed',
      'undelivered',
      'verifying-functions-fail',
      'verifying-functions-throttled',
    ]);
    for (const { Properties } of alarms) {
      expect(Properties.AlarmDescription).toMatch(/`cellmap \w+|Run with fewer writers|Read the messages/);
      expect(Properties.AlarmActions).toEqual([{ Ref: expect.stringMatching(/Topic/) }]);
      const [metrics = []] = [Properties.Metrics];
      expect(metrics.length).toBeLessThanOrEqual(11);
    }
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': Match.anyValue() } },
          }),
        ]),
      },
    });
  });
});

function statementsIn(value: unknown): Statement[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('Effect' in value) return [value as Statement];
  return Object.values(value).flatMap(statementsIn);
}

describe('unless it is configured', () => {
  it('nothing starts a run by itself, and nobody is subscribed', () => {
    expect(Object.keys(small.template.findResources('AWS::Events::Rule'))).toHaveLength(1);
    for (const type of ['AWS::Scheduler::Schedule', 'AWS::SNS::Subscription']) {
      expect(Object.keys(small.template.findResources(type))).toEqual([]);
    }
    expect(small.mapping.deploymentTrigger ?? small.mapping.nightlyVerify).toBeUndefined();
  });

  it('no function can read a secret with which mappings are changed', () => {
    const { role } = small.mapping.functions.ChangeMappings;
    const policies = small.template.findResources('AWS::IAM::Policy', {
      Properties: { Roles: [small.stack.resolve(role.roleName)] },
    });
    expect(JSON.stringify(policies)).not.toMatch(/secretsmanager|rds-data/);
  });
});

describe('the metrics', () => {
  it('are told apart by the name of the machine', () => {
    const { template } = construct({ ...least, machineName: 'staging' });
    const lambdas = Object.values(template.findResources('AWS::Lambda::Function'));
    const services = lambdas.flatMap(
      ({ Properties }) => Properties.Environment?.Variables?.POWERTOOLS_SERVICE_NAME ?? [],
    );
    expect(new Set(services)).toEqual(new Set(['staging']));
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'cellmap',
      MetricName: 'Drift',
      Dimensions: [{ Name: 'service', Value: 'staging' }],
    });
  });

  it('have a dashboard that looks at this machine alone, and at each cell in its logs', () => {
    const [dashboard] = Object.values(full.findResources('AWS::CloudWatch::Dashboard'));
    const body = JSON.stringify(dashboard?.Properties.DashboardBody).replaceAll('\\', '');
    for (const metric of [
      'InstancesMapped',
      'Conflicts',
      'PageTime',
      'PageRows',
      'PageSize',
      'NeedsAttention',
      'Drift',
    ]) {
      expect(body).toContain(`["cellmap","${metric}","service","cellmap"`);
    }
    expect(body).toContain("filter message = 'cell closed'");
  });
});

describe('a key of one’s own', () => {
  const app = newApp();
  const keyStack = new Stack(app, 'Keys', { env: { account: '111122223333', region: 'eu-central-1' } });
  const { template } = construct({ ...example, encryptionKey: new Key(keyStack, 'Key') }, app);
  const keys = Template.fromStack(keyStack);

  it('encrypts results, notifications, dead letters and every log, and no other key is made', () => {
    expect(Object.keys(template.findResources('AWS::KMS::Key'))).toEqual([]);
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } },
        ],
      },
    });
    template.hasResourceProperties('AWS::SQS::Queue', { KmsMasterKeyId: Match.anyValue() });
    template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
    for (const { Properties } of Object.values(template.findResources('AWS::Logs::LogGroup'))) {
      expect(Properties.KmsKeyId).toBeDefined();
    }
  });

  it('is usable by the services that keep and send things', () => {
    const [key] = Object.values(keys.findResources('AWS::KMS::Key'));
    const statements = statementsIn(key?.Properties.KeyPolicy);
    const services = statements.flatMap(
      ({ Principal }) => (Principal as { Service?: string | string[] }).Service ?? [],
    );
    expect(services.sort()).toEqual([
      'cloudwatch.amazonaws.com',
      'events.amazonaws.com',
      'logs.eu-central-1.amazonaws.com',
    ]);
  });
});

describe('the construct', () => {
  it('passes cdk-nag where its ARNs are known only when it is deployed, several in one stack', () => {
    const app = newApp();
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    const stack = new Stack(app, 'Nova');
    const props = { ...least, apiDatabase: least.apiDatabase };
    new InstanceMapping(stack, 'One', { ...props, machineName: 'one' });
    new InstanceMapping(stack, 'Two', { ...props, machineName: 'two' });
    expect(() => app.synth()).not.toThrow();
  });

  it('is the same when it is synthesized twice', () => {
    expect(construct().template.toJSON()).toEqual(small.template.toJSON());
    expect(Template.fromStack(new NovaStack(newApp(), 'nova-databases')).toJSON()).toEqual(aurora.toJSON());
  });

  it('names the properties that cannot be used', () => {
    expect(() => construct({ ...least, directory: [] })).toThrow(/of Nova\/Mapping cannot be used:\n {2}directory: /);
  });
});
