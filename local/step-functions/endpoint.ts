import { AwsFault, type EndpointRequest, type EndpointResponse, startEndpoint } from '../endpoint.ts';
import type { InvokeFunction } from '../function-outcome.ts';
import { Executions } from './executions.ts';
import { Interpreter } from './interpreter.ts';
import { loadMachine } from './load-machine.ts';
import { type Deployment, OPERATIONS } from './operations.ts';
import { RequestMembers } from './request.ts';
import type { Sleep } from './scope.ts';
import { sleep as realSleep } from './sleep.ts';

/** Step Functions on the loopback address, with one machine in it. */
export interface StepFunctions {
  readonly url: string;
  readonly stateMachineArn: string;
  /** Aborts the executions that still run, and stops listening. */
  close(): Promise<void>;
}

const TARGET_PREFIX = 'AWSStepFunctions.';

/**
 * Starts Step Functions' protocol in front of one state machine, so that the ordinary SDK client runs it.
 *
 * `definition` is the machine in the Amazon States Language, with the functions' ARNs in it; `InvalidDefinition` is
 * thrown for whatever the engine does not support. `key` is the run's key (see `startEndpoint`).
 */
export async function startStepFunctions(options: {
  key: string;
  name: string;
  definition: unknown;
  invoke: InvokeFunction;
  /** From 0 to 1, for the jitter of retries. */
  random?: () => number;
  /** Waits of retries, Wait states and timeouts; real time when it is left out. */
  sleep?: Sleep;
}): Promise<StepFunctions> {
  const { key, name, definition, invoke, random = Math.random, sleep = realSleep } = options;
  const machine = loadMachine(definition);
  const executions = new Executions();
  const interpreter = new Interpreter({ invoke, random, sleep, executions });
  const stateMachineArn = `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;
  const deployment: Deployment = {
    stateMachineArn,
    executions,
    run: (execution) => void interpreter.run(execution, machine),
  };
  const endpoint = await startEndpoint({ key, handle: async (request) => answer(request, deployment) });
  return {
    url: endpoint.url,
    stateMachineArn,
    close: async () => {
      for (const execution of executions.started) execution.end({ status: 'ABORTED' });
      await endpoint.close();
    },
  };
}

function answer({ headers, body }: EndpointRequest, deployment: Deployment): EndpointResponse {
  const target = String(headers['x-amz-target'] ?? '');
  const name = target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : '';
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (operation === undefined) {
    throw new AwsFault('UnknownOperationException', `The local endpoint has no operation ${name || target}`);
  }
  return {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify(operation(new RequestMembers(body), deployment)),
  };
}
