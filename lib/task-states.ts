import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { TaskInput, Timeout } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { type FunctionName, functionFacts } from '../contract/bundling.ts';
import { retriesOf } from './retries.ts';

/** How much longer than its function a Task state waits, so that the function's own timeout comes first. */
const TASK_GRACE_SECONDS = 30;

/** Makes a Task state that calls the function of its name, with the state's input where no payload is given. */
export type MakeTask = (
  name: FunctionName,
  comment: string,
  options?: { payload?: Record<string, unknown>; resultPath?: string },
) => LambdaInvoke;

/** How the Task states of a machine are made. */
export function taskMaker(scope: Construct, functionOf: (name: FunctionName) => IFunction): MakeTask {
  return (name, comment, { payload, resultPath } = {}) => {
    const task = new LambdaInvoke(scope, name, {
      comment,
      lambdaFunction: functionOf(name),
      payload: payload && TaskInput.fromObject(payload),
      payloadResponseOnly: true,
      resultPath,
      taskTimeout: Timeout.duration(Duration.seconds(functionFacts[name].timeoutSeconds + TASK_GRACE_SECONDS)),
      retryOnServiceExceptions: false,
    });
    for (const retry of retriesOf(name)) task.addRetry(retry);
    return task;
  };
}
