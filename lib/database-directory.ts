import { Stack } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { directoryParameterName } from '../contract/directory.ts';
import { directoryKey } from '../domain/database-url.ts';
import type { DirectoryEntry } from './config.ts';

/**
 * The database directory: which cluster and which secret belong to the host of a cell's database_connection.
 *
 * Each entry is a parameter of its own, so the directory has no size limit and its permissions can be exact.
 */
export class DatabaseDirectory extends Construct {
  /** The path of the entries; the stack's name in it keeps two stacks of an account apart. */
  readonly prefix: string;
  readonly parameterArns: readonly string[];

  constructor(scope: Construct, id: string, entries: readonly DirectoryEntry[]) {
    super(scope, id);
    const stack = Stack.of(this);
    this.prefix = `/cellmap/${stack.stackName}/directory`;
    this.parameterArns = entries.map((entry) => {
      const { clusterArn, secretArn } = entry;
      const key = directoryKey(entry);
      const parameter = new StringParameter(this, key, {
        parameterName: directoryParameterName(this.prefix, key),
        description: `The database at ${key}, for cellmap`,
        stringValue: stack.toJsonString({ clusterArn, secretArn }),
      });
      return parameter.parameterArn;
    });
  }
}
