import type { InvokeFunction } from '../function-outcome.ts';
import type { Execution } from './execution.ts';
import type { Executions } from './executions.ts';
import type { Trail } from './history.ts';
import type { Json } from './payload.ts';

/** What the states of one flow share: the execution they belong to and, in an inline map, the iteration. */
export interface Scope {
  readonly execution: Execution;
  readonly trail: Trail;
  /** Aborts when the execution has ended, or the inline map around this flow. */
  readonly signal: AbortSignal;
  readonly item?: { readonly index: number; readonly value: Json };
}

/** One stay in a state. */
export interface Visit {
  readonly stateName: string;
  readonly enteredAtMs: number;
  retryCount: number;
}

/** Waits; rejects when the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** What the interpreter needs of the world. */
export interface World {
  readonly invoke: InvokeFunction;
  readonly sleep: Sleep;
  /** From 0 to 1, for the jitter of retries. */
  readonly random: () => number;
  readonly executions: Executions;
}

/** The context object (`$$`), as far as `paths.ts` lets a machine ask for it. */
export function contextOf({ execution, item }: Scope, visit: Visit): Json {
  return {
    Execution: {
      Id: execution.arn,
      Input: execution.input.value,
      Name: execution.name,
      StartTime: new Date(execution.startedAtMs).toISOString(),
    },
    StateMachine: {
      Id: execution.stateMachineArn,
      Name: execution.stateMachineArn.replace(/^.*:stateMachine:/, ''),
    },
    State: {
      EnteredTime: new Date(visit.enteredAtMs).toISOString(),
      Name: visit.stateName,
      RetryCount: visit.retryCount,
    },
    ...(item === undefined ? {} : { Map: { Item: { Index: item.index, Value: item.value } } }),
  };
}
