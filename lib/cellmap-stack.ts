import { Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { type Config, homeOf } from './config.ts';
import { InstanceMapping } from './instance-mapping.ts';

/** cellmap in a stack of its own, made from a configuration file. It stands where the API database is. */
export class CellmapStack extends Stack {
  readonly mapping: InstanceMapping;

  constructor(scope: Construct, config: Config) {
    super(scope, config.stackName, {
      stackName: config.stackName,
      env: homeOf(config),
      description: "cellmap: fills Nova's instance_mappings for every cell",
    });
    const { stackName, encryptionKeyArn, ...props } = config;
    // This id leaves no trace in those of the resources: they are as if they stood in the stack itself.
    this.mapping = new InstanceMapping(this, 'Default', {
      ...props,
      encryptionKey:
        encryptionKeyArn === undefined ? undefined : Key.fromKeyArn(this, 'EncryptionKey', encryptionKeyArn),
    });
    this.mapping.writeOutputs();
  }
}
