import { Duration, TimeZone } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Schedule, ScheduleExpression, ScheduleTargetInput, TimeWindow } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { NightlyVerify as Night } from './config.ts';
import { DELIVERY } from './dead-letters.ts';
import { WITH_KEY } from './encryption.ts';

/** Runs `verify` each night, so that drift is found before a user finds it. */
export class NightlyVerify extends Construct {
  readonly schedule: Schedule;
  readonly role: Role;

  constructor(
    scope: Construct,
    id: string,
    props: { night: Night; stateMachine: StateMachine; deadLetterQueue: IQueue; encryptionKey?: IKey },
  ) {
    super(scope, id);
    const { night, stateMachine, deadLetterQueue, encryptionKey } = props;
    const [hour, minute] = night.at.split(':').map(String);
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') });
    if (encryptionKey !== undefined) {
      this.role.addToPolicy(new PolicyStatement({ actions: WITH_KEY, resources: [encryptionKey.keyArn] }));
    }
    this.schedule = new Schedule(this, 'Schedule', {
      description: 'cellmap: verifies every cell',
      schedule: ScheduleExpression.cron({
        hour: String(Number(hour)),
        minute: String(Number(minute)),
        timeZone: TimeZone.of(night.timeZone),
      }),
      timeWindow: TimeWindow.flexible(Duration.minutes(15)),
      target: new StepFunctionsStartExecution(stateMachine, {
        input: ScheduleTargetInput.fromObject({ mode: 'verify' }),
        role: this.role,
        deadLetterQueue,
        ...DELIVERY,
      }),
    });
  }
}
