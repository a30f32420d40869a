import { CfnOutput, Stack, Token } from 'aws-cdk-lib';
import type { Alarm, Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { type FunctionName, functionNames } from '../contract/bundling.ts';
import { accessOf } from './access.ts';
import { Alarms } from './alarms.ts';
import { type ConfigInput, parseConfig } from './config.ts';
import { type ConsoleLinks, consoleLinks } from './console-links.ts';
import { DatabaseDirectory } from './database-directory.ts';
import { DeadLetters } from './dead-letters.ts';
import { DeploymentTrigger } from './deployment-trigger.ts';
import { Encryption } from './encryption.ts';
import { MapMachine } from './map-machine.ts';
import { NightlyVerify } from './nightly-verify.ts';
import { Notifications } from './notifications.ts';
import { ResultsBucket } from './results-bucket.ts';
import { RunDashboard } from './run-dashboard.ts';
import { TaskFunction } from './task-function.ts';

/** What an {@link InstanceMapping} is made from: the keys of docs/configuration.md, and what only code can give. */
export interface InstanceMappingProps extends Omit<ConfigInput, 'stackName' | 'encryptionKeyArn'> {
  /**
   * The name of the state machine, of its metrics, its dashboard and its alarms; 80 characters at most.
   * @default - the stack's name; give one where a stack has several, and in a nested stack
   */
  readonly machineName?: string;
  /**
   * The customer-managed key that encrypts results, notifications, the dead-letter queue and logs. The policy of a key
   * that was made elsewhere must allow what docs/permissions.md says.
   * @default - AWS's own keys, and one key for the topic, to which alarms could not be sent otherwise
   */
  readonly encryptionKey?: IKey;
}

/**
 * All of cellmap on AWS: fills Nova's instance_mappings for every cell. It must stand in the account and region of the
 * databases.
 */
export class InstanceMapping extends Construct {
  /** The name of the state machine, the dashboard, and the dimension of the metrics. */
  readonly machineName: string;
  /** What a run is an execution of; docs/configuration.md has its input, and `{}` maps every cell. */
  readonly stateMachine: StateMachine;
  /** The function of each Task state, with its role, its log group and the alias that the machine calls. */
  readonly functions: Readonly<Record<FunctionName, TaskFunction>>;
  /** The function that tells people how a run ended. */
  readonly announcer: TaskFunction;
  /** Keeps the results of runs. */
  readonly resultsBucket: ResultsBucket;
  /** What people and other systems subscribe to: ends of runs and alarms. */
  readonly topic: Topic;
  readonly alarms: readonly Alarm[];
  readonly dashboard: Dashboard;
  /** What could not be delivered. */
  readonly deadLetterQueue: Queue;
  /** The rule that runs `map` after an event; undefined where none is configured. */
  readonly deploymentTrigger: DeploymentTrigger | undefined;
  /** The schedule that runs `verify`; undefined where none is configured. */
  readonly nightlyVerify: NightlyVerify | undefined;
  /** Where to look in the AWS console. */
  readonly links: ConsoleLinks;

  /** @throws ConfigError which names each property that cannot be used */
  constructor(scope: Construct, id: string, props: InstanceMappingProps) {
    super(scope, id);
    const { machineName: givenName, encryptionKey, ...given } = props;
    const { stackName } = Stack.of(this);
    this.machineName = givenName ?? stackName;
    const knownStackName = Token.isUnresolved(stackName) ? this.machineName : stackName;
    const config = parseConfig({ ...given, stackName: knownStackName }, `of ${this.node.path}`);
    const { machineName } = this;
    const settings = { machineName, logRetention: config.logRetentionDays, encryptionKey };

    const encryption = new Encryption(this, 'Encryption', encryptionKey);
    this.resultsBucket = new ResultsBucket(this, 'Results', {
      retentionDays: config.resultsRetentionDays,
      encryptionKey,
    });
    const directory = new DatabaseDirectory(this, 'Directory', machineName, config.directory);
    const accessFor = accessOf(config, { directory, results: this.resultsBucket, encryptionKey });
    this.functions = Object.fromEntries(
      functionNames.map((name) => [name, new TaskFunction(this, name, { access: accessFor(name), settings })]),
    ) as Record<FunctionName, TaskFunction>;
    const { functions } = this;
    const machine = new MapMachine(this, 'Machine', {
      name: machineName,
      functionOf: (name) => functions[name].alias,
      logRetention: config.logRetentionDays,
      encryptionKey,
    });
    const { stateMachine } = machine;
    this.stateMachine = stateMachine;

    const deadLetterQueue = new DeadLetters(this, 'DeadLetters', { encryptionKey });
    this.deadLetterQueue = deadLetterQueue;
    const { deploymentEvent: event, nightlyVerify: night } = config;
    this.deploymentTrigger =
      event && new DeploymentTrigger(this, 'DeploymentTrigger', { event, stateMachine, deadLetterQueue });
    this.nightlyVerify =
      night && new NightlyVerify(this, 'NightlyVerify', { night, stateMachine, deadLetterQueue, encryptionKey });

    const notifications = new Notifications(this, 'Notifications', {
      stateMachine,
      emails: config.notifyEmails,
      topicKey: encryption.topicKey,
      deadLetterQueue,
      settings,
    });
    const { topic } = notifications;
    this.topic = topic;
    this.announcer = notifications.announcer;
    this.alarms = new Alarms(this, 'Alarms', { machineName, stateMachine, functions, deadLetterQueue, topic }).all;
    const { alarms } = this;
    this.dashboard = new RunDashboard(this, 'RunDashboard', { machineName, stateMachine, functions, alarms }).dashboard;
    this.links = consoleLinks(machineName, stateMachine, this.dashboard);
  }

  /** Writes the stack's outputs by which `cellmap --stack NAME` finds the machine, and the links for people. */
  writeOutputs(): void {
    const stack = Stack.of(this);
    const outputs = {
      StateMachineArn: this.stateMachine.stateMachineArn,
      ResultsBucketName: this.resultsBucket.bucketName,
      TopicArn: this.topic.topicArn,
      DeadLetterQueueUrl: this.deadLetterQueue.queueUrl,
      MachineLink: this.links.machine,
      DashboardLink: this.links.dashboard,
      AlarmsLink: this.links.alarms,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(stack, name, { value });
  }
}
