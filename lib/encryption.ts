import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

/** What a service or a role does with a key to write, and to read, what the key encrypts. */
export const WITH_KEY = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** What encrypts the results, the notifications, the dead-letter queue and the logs. */
export class Encryption extends Construct {
  /** The customer-managed key of all of them; undefined where AWS's own keys do. */
  readonly key: IKey | undefined;
  /** The notifications' own: alarms cannot be sent to a topic that AWS's own key encrypts. */
  readonly topicKey: IKey;

  /** @param given the key; one for the topic alone is made where it is left out */
  constructor(scope: Construct, id: string, given: IKey | undefined) {
    super(scope, id);
    this.key = given;
    this.topicKey =
      given ??
      new Key(this, 'TopicKey', {
        description: 'The notifications of cellmap',
        enableKeyRotation: true,
        removalPolicy: RemovalPolicy.DESTROY,
      });
    // Of a key that was made elsewhere CDK leaves the policy alone: docs/permissions.md says what it must allow.
    this.#allow(this.topicKey, 'cloudwatch.amazonaws.com');
    if (given !== undefined) {
      this.#allow(given, 'events.amazonaws.com');
      this.#allowLogs(given);
    }
  }

  #allow(key: IKey, service: string): void {
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(service)],
        actions: WITH_KEY,
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
  }

  /** CloudWatch Logs names the group that it encrypts instead of the account. */
  #allowLogs(key: IKey): void {
    const { region, account, partition } = Stack.of(this);
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
        actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
        resources: ['*'],
        conditions: {
          ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:*` },
        },
      }),
    );
  }
}
