import { type Acknowledgment, Stack } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { directoryParameterName } from '../contract/directory.ts';
import { directoryKey } from '../domain/database-url.ts';
import type { DirectoryEntry } from './config.ts';
import { nagNameOf } from './nag-name.ts';

/**
 * The database directory: which cluster and which secret belong to the host of a cell's database_connection.
 *
 * Each entry is a parameter of its own, so the directory has no size limit.
 */
export class DatabaseDirectory extends Construct {
  /** The path of the entries; the machine's name in it keeps two stacks of an account apart. */
  readonly prefix: string;
  /**
   * All entries, also those that do not exist: a lookup asks for the most exact one first, and SSM answers
   * AccessDenied instead of ParameterNotFound where a name is not covered.
   */
  readonly parameterArns: string;
  readonly parameterArnsAcknowledgment: Acknowledgment;

  /** @param name the state machine's */
  constructor(scope: Construct, id: string, name: string, entries: readonly DirectoryEntry[]) {
    super(scope, id);
    const stack = Stack.of(this);
    this.prefix = `/cellmap/${name}/directory`;
    const resource = `parameter${this.prefix}/*`;
    this.parameterArns = stack.formatArn({ service: 'ssm', resource });
    this.parameterArnsAcknowledgment = {
      id: `AwsSolutions-IAM5[Resource::${nagNameOf(this, this.parameterArns)}]`,
      reason: 'The directory of this stack alone; names that do not exist must be covered too.',
    };
    for (const entry of entries) {
      const { clusterArn, secretArn } = entry;
      const key = directoryKey(entry);
      new StringParameter(this, key, {
        parameterName: directoryParameterName(this.prefix, key),
        description: `The database at ${key}, for cellmap`,
        stringValue: stack.toJsonString({ clusterArn, secretArn }),
      });
    }
  }
}
