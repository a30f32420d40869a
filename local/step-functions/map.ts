import { randomUUID } from 'node:crypto';
import { Execution } from './execution.ts';
import { Aborted, RuntimeFault, StatesError } from './faults.ts';
import type { Flow, MapState } from './machine.ts';
import { MapRun } from './map-run.ts';
import { requirePath, type Sources } from './paths.ts';
import { type Json, type Payload, payloadOf } from './payload.ts';
import { contextOf, type Scope, type Visit, type World } from './scope.ts';
import { fillTemplate } from './templates.ts';

/** The most that Step Functions runs at once, also when the machine asks for more. */
const MAX_INLINE_ITERATIONS = 40;
const MAX_CHILD_EXECUTIONS = 10_000;

/** How a map runs its processor: as part of the execution, or as an execution of its own. */
export interface Runner {
  runFlow(flow: Flow, input: Payload, scope: Scope): Promise<Payload>;
  run(execution: Execution, flow: Flow): Promise<void>;
}

/** Runs a Map state once; the result is the list of its iterations' outputs in the order of the items. */
export async function runMap(
  state: MapState,
  sources: Sources,
  scope: Scope,
  visit: Visit,
  world: World,
  runner: Runner,
): Promise<Json> {
  const { execution, trail } = scope;
  const items = readItems(state, sources);
  const maxConcurrency = readMaxConcurrency(state, sources);
  const iterations = items.map((value, index) => {
    const item = { index, value };
    const context = () => contextOf({ ...scope, item }, visit);
    const input = state.itemSelector ? fillTemplate(state.itemSelector, { input: sources.input, context }) : value;
    return { item, input: payloadOf(input, state.name) };
  });
  execution.record(trail, 'MapStateStarted', { length: items.length });
  try {
    const outputs = state.distributed
      ? await runChildren(state, state.distributed, maxConcurrency, iterations, scope, world, runner)
      : await runIterations(state, maxConcurrency, iterations, scope, runner);
    // Held to the quota even when ResultPath drops it, as AWS does (aws-cdk issue 24799).
    const { value } = payloadOf(outputs, state.name);
    execution.record(trail, 'MapStateSucceeded');
    return value;
  } catch (fault) {
    if (fault instanceof StatesError) execution.record(trail, 'MapStateFailed');
    throw fault;
  }
}

interface Iteration {
  readonly item: { readonly index: number; readonly value: Json };
  readonly input: Payload;
}

/** The first iteration that fails ends the others, and its error becomes the map's. */
async function runIterations(
  state: MapState,
  maxConcurrency: number,
  iterations: readonly Iteration[],
  scope: Scope,
  runner: Runner,
): Promise<Json[]> {
  const { execution, trail } = scope;
  const failed = new AbortController();
  const signal = AbortSignal.any([scope.signal, failed.signal]);
  const outputs: Json[] = new Array(iterations.length).fill(null);
  let firstFault: unknown;
  let { lastEventId } = trail;
  await forEach(iterations, Math.min(maxConcurrency || MAX_INLINE_ITERATIONS, MAX_INLINE_ITERATIONS), async (work) => {
    if (signal.aborted) return;
    const about = { name: state.name, index: work.item.index };
    const own = { lastEventId: trail.lastEventId };
    try {
      execution.record(own, 'MapIterationStarted', about);
      const inner: Scope = { execution, trail: own, signal, item: work.item };
      outputs[work.item.index] = (await runner.runFlow(state.processor, work.input, inner)).value;
      execution.record(own, 'MapIterationSucceeded', about);
    } catch (fault) {
      if (!execution.running) return;
      if (signal.aborted) {
        execution.record(own, 'MapIterationAborted', about);
      } else {
        firstFault = fault;
        execution.record(own, 'MapIterationFailed', about);
        failed.abort(new Aborted());
      }
    } finally {
      lastEventId = Math.max(lastEventId, own.lastEventId);
    }
  });
  if (scope.signal.aborted) throw new Aborted();
  trail.lastEventId = lastEventId;
  if (firstFault !== undefined) throw firstFault;
  return outputs;
}

/**
 * Runs a child execution an item. Children that fail within the tolerance leave the map successful, and their results
 * are left out of its output. (AWS's guide does not say plainly what a tolerated failure leaves in the output when
 * there is no ResultWriter; a machine should not build on it.)
 */
async function runChildren(
  state: MapState,
  { label, toleratedFailurePercentage }: NonNullable<MapState['distributed']>,
  maxConcurrency: number,
  iterations: readonly Iteration[],
  { execution, trail, signal }: Scope,
  { executions }: World,
  runner: Runner,
): Promise<Json[]> {
  const mapRun = new MapRun({
    parent: execution,
    label,
    itemCount: iterations.length,
    maxConcurrency,
    toleratedFailurePercentage,
  });
  executions.addMapRun(mapRun);
  const stop = () => mapRun.end('ABORTED');
  signal.addEventListener('abort', stop, { once: true });
  const outputs: (Json | undefined)[] = new Array(iterations.length).fill(undefined);
  let failures = 0;
  try {
    execution.record(trail, 'MapRunStarted', { mapRunArn: mapRun.arn });
    await forEach(iterations, Math.min(maxConcurrency || MAX_CHILD_EXECUTIONS, MAX_CHILD_EXECUTIONS), async (work) => {
      if (!mapRun.running) return;
      const { stateMachineArn, arn: mapRunArn } = mapRun;
      const child = new Execution({ name: randomUUID(), stateMachineArn, input: work.input, mapRunArn });
      executions.add(child, mapRun);
      await runner.run(child, state.processor);
      if (child.ending?.status === 'SUCCEEDED') outputs[work.item.index] = JSON.parse(child.ending.output);
      else if (!mapRun.tolerates(++failures)) mapRun.end('FAILED');
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
  if (signal.aborted) throw new Aborted();
  if (!mapRun.running) {
    const error = 'States.ExceedToleratedFailureThreshold';
    const cause = 'The specified tolerated failure threshold was exceeded';
    execution.record(trail, 'MapRunFailed', { error, cause });
    throw new StatesError(error, cause);
  }
  mapRun.end('SUCCEEDED');
  execution.record(trail, 'MapRunSucceeded');
  return outputs.filter((output) => output !== undefined);
}

function readItems({ itemsPath }: MapState, sources: Sources): readonly Json[] {
  const items = requirePath(itemsPath, sources, 'ItemsPath');
  if (Array.isArray(items)) return items;
  throw new RuntimeFault(`Reference path "${itemsPath.text}" must point to array.`);
}

function readMaxConcurrency({ maxConcurrency }: MapState, sources: Sources): number {
  if (typeof maxConcurrency === 'number') return maxConcurrency;
  const value = requirePath(maxConcurrency, sources, 'MaxConcurrencyPath');
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw new RuntimeFault(`The MaxConcurrencyPath "${maxConcurrency.text}" must point to a whole number from 0 on.`);
}

/** Works through a list in order, on at most `limit` items at once. */
async function forEach<T>(items: readonly T[], limit: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const drain = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, drain));
}
