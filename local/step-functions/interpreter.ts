import type { Execution } from './execution.ts';
import { Aborted, RuntimeFault, StatesError } from './faults.ts';
import type { ChoiceState, FailState, Flow, Machine, MapState, State, TaskState, WaitState } from './machine.ts';
import { type Runner, runMap } from './map.ts';
import { type Path, requirePath, type Sources, writePath } from './paths.ts';
import { type Json, type Payload, payloadOf } from './payload.ts';
import { findCatcher, nextRetryMs } from './retry.ts';
import { contextOf, type Scope, type Visit, type World } from './scope.ts';
import { callFunction } from './task.ts';
import { fillTemplate } from './templates.ts';

/** Where a state leads: its output and the next state, or `null` at the end of the flow. */
interface Step {
  readonly output: Payload;
  readonly next: string | null;
}

/** Runs executions: takes them from state to state and writes their histories. */
export class Interpreter implements Runner {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Runs an execution to its end. Never rejects: how it went is in the execution. */
  async run(execution: Execution, flow: Flow | Machine): Promise<void> {
    const trail = { lastEventId: 0 };
    if ('timeoutSeconds' in flow && flow.timeoutSeconds !== undefined) {
      void this.#world.sleep(flow.timeoutSeconds * 1000, execution.signal).then(
        () => execution.end({ status: 'TIMED_OUT', error: 'States.Timeout' }),
        () => {},
      );
    }
    try {
      const output = await this.runFlow(flow, execution.input, { execution, trail, signal: execution.signal });
      execution.end({ status: 'SUCCEEDED', output: output.text }, trail);
    } catch (fault) {
      const { name, message } =
        fault instanceof StatesError
          ? fault
          : new StatesError('States.Runtime', 'The local engine failed unexpectedly.');
      execution.end({ status: 'FAILED', error: name || undefined, cause: message || undefined }, trail);
    }
  }

  async runFlow(flow: Flow, input: Payload, scope: Scope): Promise<Payload> {
    let name: string | null = flow.startAt;
    let payload = input;
    while (name !== null) {
      const state = flow.states.get(name);
      if (state === undefined) throw new RuntimeFault(`The state ${name} does not exist.`);
      ({ output: payload, next: name } = await this.#runState(state, payload, scope));
    }
    return payload;
  }

  async #runState(state: State, input: Payload, scope: Scope): Promise<Step> {
    if (scope.signal.aborted) throw new Aborted();
    const { execution, trail } = scope;
    const { name, type } = state;
    execution.record(trail, `${type}StateEntered`, { name, input: input.text });
    const enteredEventId = trail.lastEventId;
    const visit = { stateName: name, enteredAtMs: Date.now(), retryCount: 0 };
    try {
      if (type === 'Fail') throw failure(state, { input: input.value, context: () => contextOf(scope, visit) });
      const step = await this.#perform(state, input, scope, visit);
      execution.record(trail, `${type}StateExited`, { name, output: step.output.text });
      return step;
    } catch (fault) {
      if (scope.signal.aborted) {
        if (execution.running && type !== 'Fail') execution.record(trail, `${type}StateAborted`);
        throw new Aborted();
      }
      if (!(fault instanceof RuntimeFault)) throw fault;
      const place = `the state '${name}' (entered at the event id #${enteredEventId})`;
      throw new StatesError('States.Runtime', `An error occurred while executing ${place}. ${fault.message}`);
    }
  }

  async #perform(state: Exclude<State, FailState>, input: Payload, scope: Scope, visit: Visit): Promise<Step> {
    const context = () => contextOf(scope, visit);
    const effective = filtered(state.inputPath, { input: input.value, context }, 'InputPath');
    const sources: Sources = { input: effective, context };
    const output = (value: Json): Payload => {
      const kept = filtered(state.outputPath, { input: value, context }, 'OutputPath');
      return kept === input.value ? input : payloadOf(kept, state.name);
    };
    switch (state.type) {
      case 'Succeed':
        return { output: output(effective), next: null };
      case 'Choice':
        return { output: output(effective), next: choose(state, sources) };
      case 'Wait':
        await this.#sleep(waitMs(state, sources), scope);
        return { output: output(effective), next: state.next };
      case 'Pass': {
        const result = state.result ? fillTemplate(state.result, sources) : effective;
        return { output: output(placed(state.resultPath, input.value, result)), next: state.next };
      }
      case 'Task':
      case 'Map':
        return this.#recovering(state, input, scope, visit, async () => {
          const raw = await this.#produce(state, sources, scope, visit);
          const result = state.resultSelector ? fillTemplate(state.resultSelector, { input: raw, context }) : raw;
          return { output: output(placed(state.resultPath, input.value, result)), next: state.next };
        });
    }
  }

  async #produce(state: TaskState | MapState, sources: Sources, scope: Scope, visit: Visit): Promise<Json> {
    if (state.type === 'Map') return runMap(state, sources, scope, visit, this.#world, this);
    const parameters = state.parameters ? fillTemplate(state.parameters, sources) : sources.input;
    return callFunction(state, payloadOf(parameters, state.resource), scope, this.#world);
  }

  /** Tries until it works, until no retrier allows a further attempt, or until the error is caught. */
  async #recovering(
    state: TaskState | MapState,
    input: Payload,
    scope: Scope,
    visit: Visit,
    attempt: () => Promise<Step>,
  ): Promise<Step> {
    const attempts: number[] = [];
    for (;;) {
      try {
        return await attempt();
      } catch (fault) {
        if (!(fault instanceof StatesError) || scope.signal.aborted) throw fault;
        const delayMs = nextRetryMs(state.retry, attempts, fault, this.#world.random);
        if (delayMs === undefined) {
          const catcher = findCatcher(state.catch, fault);
          if (catcher === undefined) throw fault;
          const value = placed(catcher.resultPath, input.value, fault.output);
          return { output: payloadOf(value, state.name), next: catcher.next };
        }
        await this.#sleep(delayMs, scope);
        visit.retryCount += 1;
      }
    }
  }

  async #sleep(ms: number, { signal }: Scope): Promise<void> {
    await this.#world.sleep(ms, signal);
    // Whatever the given sleep does on an abort, no retry may follow.
    if (signal.aborted) throw new Aborted();
  }
}

function filtered(path: Path | null, sources: Sources, field: string): Json {
  return path === null ? {} : requirePath(path, sources, field);
}

function placed(path: Path | null, input: Json, result: Json): Json {
  return path === null ? input : writePath(path, input, result);
}

function choose({ choices, otherwise }: ChoiceState, sources: Sources): string {
  const next = choices.find(({ condition }) => condition(sources))?.next ?? otherwise;
  if (next !== undefined) return next;
  throw new RuntimeFault('Failed to transition out of the state. The state does not point to a next state.');
}

function waitMs({ seconds }: WaitState, sources: Sources): number {
  if (typeof seconds === 'number') return seconds * 1000;
  const value = requirePath(seconds, sources, 'SecondsPath');
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value * 1000;
  throw new RuntimeFault(`The SecondsPath "${seconds.text}" must point to a whole number from 0 on.`);
}

function failure({ error, cause }: FailState, sources: Sources): StatesError {
  const text = (from: string | Path, field: string) => {
    const value = typeof from === 'string' ? from : requirePath(from, sources, field);
    if (typeof value === 'string') return value;
    throw new RuntimeFault(`The ${field} must point to text.`);
  };
  return new StatesError(text(error, 'ErrorPath'), text(cause, 'CausePath'));
}
