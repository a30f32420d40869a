import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type FunctionName, functionNames } from '../contract/bundling.ts';
import { accessOf } from './access.ts';
import { type Config, homeOf } from './config.ts';
import { DatabaseDirectory } from './database-directory.ts';
import { MapMachine } from './map-machine.ts';
import { ResultsBucket } from './results-bucket.ts';
import { TaskFunction } from './task-function.ts';

/** All of cellmap on AWS. It stands where the API database is: in its account and region. */
export class CellmapStack extends Stack {
  readonly functions: Readonly<Record<FunctionName, TaskFunction>>;
  readonly machine: MapMachine;

  constructor(scope: Construct, config: Config) {
    super(scope, config.stackName, {
      stackName: config.stackName,
      env: homeOf(config),
      description: "cellmap: fills Nova's instance_mappings for every cell",
    });
    const logRetention = config.logRetentionDays;
    const results = new ResultsBucket(this, 'Results', { retentionDays: config.resultsRetentionDays });
    const directory = new DatabaseDirectory(this, 'Directory', config.directory);
    const accessFor = accessOf(config, { directory, results });
    this.functions = Object.fromEntries(
      functionNames.map((name) => [name, new TaskFunction(this, name, { access: accessFor(name), logRetention })]),
    ) as Record<FunctionName, TaskFunction>;
    this.machine = new MapMachine(this, 'Machine', {
      name: config.stackName,
      functionOf: (name) => this.functions[name].alias,
      logRetention,
    });
    new CfnOutput(this, 'StateMachineArn', { value: this.machine.stateMachine.stateMachineArn });
    new CfnOutput(this, 'ResultsBucketName', { value: results.bucketName });
  }
}
