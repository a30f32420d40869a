import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** How often and how long EventBridge tries to deliver something before it becomes a dead letter. */
export const DELIVERY = { retryAttempts: 24, maxEventAge: Duration.hours(2) };

/** Keeps what could not be delivered: an event or a schedule that started no run, an end that nobody was told of. */
export class DeadLetters extends Queue {
  constructor(scope: Construct, id: string, { encryptionKey }: { encryptionKey?: IKey }) {
    super(scope, id, {
      encryption: encryptionKey === undefined ? QueueEncryption.SQS_MANAGED : QueueEncryption.KMS,
      encryptionMasterKey: encryptionKey,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is the dead-letter queue itself: of rules and a schedule, which cdk-nag does not look at.',
    });
  }
}
