import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { announcer } from '../contract/bundling.ts';
import { toAnnouncerVariables } from '../contract/environment.ts';
import type { Access } from './access.ts';
import { DELIVERY } from './dead-letters.ts';
import { WITH_KEY } from './encryption.ts';
import { nagNameOf } from './nag-name.ts';
import { type FunctionSettings, TaskFunction } from './task-function.ts';

interface NotificationsProps {
  stateMachine: StateMachine;
  emails: readonly string[];
  /** Encrypts the topic. */
  topicKey: IKey;
  deadLetterQueue: IQueue;
  settings: FunctionSettings;
}

/** Tells people how runs ended that failed, were stopped or need a look. */
export class Notifications extends Construct {
  readonly topic: Topic;
  readonly announcer: TaskFunction;
  /** The ends of executions. Those of cells are executions of the map, which has an ARN of its own. */
  readonly rule: Rule;

  constructor(scope: Construct, id: string, props: NotificationsProps) {
    super(scope, id);
    const { stateMachine, emails, topicKey, deadLetterQueue, settings } = props;
    this.topic = new Topic(this, 'Topic', {
      displayName: settings.machineName,
      masterKey: topicKey,
      enforceSSL: true,
    });
    this.#admitAlarms();
    for (const email of emails) this.topic.addSubscription(new EmailSubscription(email));
    this.announcer = new TaskFunction(this, announcer, { access: this.#access(props), settings, deadLetterQueue });
    this.rule = new Rule(this, 'RunEnded', {
      description: 'cellmap: a run has ended',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [stateMachine.stateMachineArn],
          status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'],
        },
      },
      targets: [new LambdaFunction(this.announcer.alias, { deadLetterQueue, ...DELIVERY })],
    });
  }

  /** With a policy of its own a topic no longer admits the account's alarms by itself. */
  #admitAlarms(): void {
    const { account } = Stack.of(this);
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    );
  }

  #access({ topicKey, settings }: NotificationsProps): Access {
    const stack = Stack.of(this);
    const executions = stack.formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${settings.machineName}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    return {
      variables: toAnnouncerVariables({ topicArn: this.topic.topicArn, stackName: stack.stackName }),
      statements: [
        new PolicyStatement({ actions: ['states:DescribeExecution'], resources: [executions] }),
        new PolicyStatement({ actions: ['sns:Publish'], resources: [this.topic.topicArn] }),
        new PolicyStatement({ actions: WITH_KEY, resources: [topicKey.keyArn] }),
      ],
      acknowledgments: [
        {
          id: `AwsSolutions-IAM5[Resource::${nagNameOf(this, executions)}]`,
          reason: 'The executions of this machine alone, whose names are not known beforehand.',
        },
      ],
    };
  }
}
