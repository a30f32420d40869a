import { type Acknowledgment, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** Keeps what became of each run and its cells, for as long as configured, and when the stack is gone too. */
export class ResultsBucket extends Bucket {
  constructor(scope: Construct, id: string, props: { retentionDays: number; encryptionKey?: IKey }) {
    const { encryptionKey } = props;
    super(scope, id, {
      encryption: encryptionKey === undefined ? BucketEncryption.S3_MANAGED : BucketEncryption.KMS,
      encryptionKey,
      bucketKeyEnabled: encryptionKey !== undefined || undefined,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      lifecycleRules: [{ expiration: Duration.days(props.retentionDays) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Only the functions of the stack write here; CloudTrail data events, where the account has ' +
        'them, tell who else read a result. A second bucket for access logs would hold nothing but their own calls.',
    });
  }

  /** The ARN of all results of all runs (contract/results.ts). */
  get resultArns(): string {
    return this.arnForObjects('runs/*');
  }

  /** Why a role may have {@link resultArns} in its policy. */
  get resultArnsAcknowledgment(): Acknowledgment {
    const logicalId = Stack.of(this).resolve((this.node.defaultChild as CfnBucket).logicalId);
    return {
      id: `AwsSolutions-IAM5[Resource::<${logicalId}.Arn>/runs/*]`,
      reason: "A run's results are kept under its name, which is not known beforehand; nothing else is under runs/.",
    };
  }
}
