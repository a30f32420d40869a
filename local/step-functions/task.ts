import type { FunctionOutcome } from '../function-outcome.ts';
import { Aborted, StatesError } from './faults.ts';
import type { TaskState } from './machine.ts';
import { checkSize, type Json, type Payload } from './payload.ts';
import type { Scope, World } from './scope.ts';

/** Calls the function of a Task state once and returns its answer; a failure becomes a `StatesError`. */
export async function callFunction(state: TaskState, input: Payload, scope: Scope, world: World): Promise<Json> {
  const { execution, trail } = scope;
  const { resource, timeoutSeconds } = state;
  execution.record(trail, 'LambdaFunctionScheduled', {
    resource,
    input: input.text,
    timeoutInSeconds: timeoutSeconds,
  });
  execution.record(trail, 'LambdaFunctionStarted');
  const outcome = await awaitOutcome(state, input.text, scope, world);
  if (outcome === undefined) {
    const timeout = new StatesError('States.Timeout');
    execution.record(trail, 'LambdaFunctionTimedOut', { error: timeout.name });
    throw timeout;
  }
  try {
    const answer = readAnswer(outcome, resource);
    execution.record(trail, 'LambdaFunctionSucceeded', { output: answer.text });
    return answer.value;
  } catch (fault) {
    if (fault instanceof StatesError) {
      execution.record(trail, 'LambdaFunctionFailed', { error: fault.name, cause: fault.message });
    }
    throw fault;
  }
}

/** `undefined` when the state's time is over. Rejects with `Aborted` as soon as nobody needs the answer. */
async function awaitOutcome(
  { resource, timeoutSeconds }: TaskState,
  input: string,
  scope: Scope,
  { invoke, sleep }: World,
): Promise<FunctionOutcome | undefined> {
  const call = new AbortController();
  const timer = new AbortController();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = () => {
    call.abort();
    reject(new Aborted());
  };
  scope.signal.addEventListener('abort', stop, { once: true });
  try {
    // What the rejection says may quote anything, so it is not passed on.
    const outcome = invoke(resource, input, call.signal).catch(() => UNKNOWN_FAULT);
    if (timeoutSeconds === undefined) return await Promise.race([outcome, stopped]);
    const timeout = sleep(timeoutSeconds * 1000, timer.signal).then(() => {
      if (!timer.signal.aborted) call.abort();
      return undefined;
    });
    return await Promise.race([outcome, stopped, timeout]);
  } finally {
    scope.signal.removeEventListener('abort', stop);
    timer.abort();
  }
}

const UNKNOWN_FAULT: FunctionOutcome = {
  ok: false,
  errorType: 'Lambda.Unknown',
  errorMessage: 'The function could not be run.',
};

function readAnswer(outcome: FunctionOutcome, resource: string): Payload {
  if (!outcome.ok) {
    const { errorType, errorMessage } = outcome;
    // AWS puts the stack trace here; it would show the paths of this computer.
    throw new StatesError(errorType, JSON.stringify({ errorType, errorMessage, trace: [] }));
  }
  const text = outcome.payload === '' ? 'null' : outcome.payload;
  checkSize(text, resource);
  try {
    return { value: JSON.parse(text), text };
  } catch {
    throw new StatesError('Lambda.Unknown', 'The function did not answer with JSON.');
  }
}
