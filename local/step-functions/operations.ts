import { randomUUID } from 'node:crypto';
import { AwsFault } from '../endpoint.ts';
import { Execution } from './execution.ts';
import type { Executions } from './executions.ts';
import { renderEvent } from './history.ts';
import type { MapRun } from './map-run.ts';
import { exceedsPayloadLimit, type Json, MAX_PAYLOAD_BYTES } from './payload.ts';
import { nextToken, type RequestMembers, refuse } from './request.ts';

/** The one machine that the operations know, and how its executions are run. */
export interface Deployment {
  readonly stateMachineArn: string;
  readonly executions: Executions;
  run(execution: Execution): void;
}

type Operation = (request: RequestMembers, deployment: Deployment) => Record<string, unknown>;

/** The operations of Step Functions that the endpoint answers, by name. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  StartExecution: startExecution,
  DescribeExecution: describeExecution,
  GetExecutionHistory: getExecutionHistory,
  StopExecution: stopExecution,
  ListExecutions: listExecutions,
  ListMapRuns: listMapRuns,
  DescribeMapRun: describeMapRun,
};

const STATUSES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];

function startExecution(request: RequestMembers, deployment: Deployment): Record<string, unknown> {
  const stateMachineArn = stateMachineOf(request.requiredText('stateMachineArn'), deployment);
  const name = request.text('name') ?? randomUUID();
  const text = request.text('input') ?? '{}';
  request.end();
  if (name.length > 80) refuse('name', 'Member must have length less than or equal to 80');
  if (!isExecutionName(name)) throw new AwsFault('InvalidName', `Invalid Name: '${name}'`);
  // The API's model bounds the member's length, so this is a ValidationException and no InvalidExecutionInput.
  if (exceedsPayloadLimit(text)) refuse('input', `Member must have length less than or equal to ${MAX_PAYLOAD_BYTES}`);
  const execution = new Execution({ name, stateMachineArn, input: { value: parseInput(text), text } });
  const earlier = deployment.executions.find(execution.arn);
  if (earlier === undefined) {
    deployment.executions.add(execution);
    deployment.run(execution);
  } else if (!earlier.running || earlier.input.text !== text) {
    throw new AwsFault('ExecutionAlreadyExists', `Execution Already Exists: '${execution.arn}'`);
  }
  return { executionArn: execution.arn, startDate: (earlier ?? execution).startedAtMs / 1000 };
}

function describeExecution(request: RequestMembers, { executions }: Deployment): Record<string, unknown> {
  const execution = executionOf(request, executions);
  request.end();
  const { ending } = execution;
  const output = ending?.status === 'SUCCEEDED' ? ending.output : undefined;
  const fault = ending?.status === 'SUCCEEDED' ? undefined : ending;
  return {
    ...summary(execution),
    input: execution.input.text,
    inputDetails: { included: true },
    ...(output === undefined ? {} : { output, outputDetails: { included: true } }),
    error: fault?.error,
    cause: fault?.cause,
  };
}

function getExecutionHistory(request: RequestMembers, { executions }: Deployment): Record<string, unknown> {
  const execution = executionOf(request, executions);
  const reverse = request.flag('reverseOrder', false);
  const withData = request.flag('includeExecutionData', true);
  const list = `${execution.arn}#${reverse}`;
  // Newest first, a place is counted from the oldest event, so that events written meanwhile do not shift it.
  const given = request.offset(list);
  const count = request.maxResults();
  request.end();
  const { length } = execution.history;
  const last = reverse && given > 0 ? given : length;
  const events = reverse
    ? execution.history.slice(Math.max(0, last - count), last).reverse()
    : execution.history.slice(given, given + count);
  const next = reverse ? last - events.length : given + events.length;
  const more = reverse ? next > 0 : next < length;
  return {
    events: events.map((event) => renderEvent(event, withData)),
    nextToken: more ? nextToken(list, next) : undefined,
  };
}

function stopExecution(request: RequestMembers, { executions }: Deployment): Record<string, unknown> {
  const execution = executionOf(request, executions);
  const error = request.text('error');
  const cause = request.text('cause');
  request.end();
  execution.end({ status: 'ABORTED', error, cause });
  return { stopDate: seconds(execution.stoppedAtMs) };
}

function listExecutions(request: RequestMembers, deployment: Deployment): Record<string, unknown> {
  const stateMachineArn = request.text('stateMachineArn');
  const mapRunArn = request.text('mapRunArn');
  const status = request.text('statusFilter');
  const count = request.maxResults();
  if ((stateMachineArn === undefined) === (mapRunArn === undefined)) {
    refuse('stateMachineArn', 'Exactly one of stateMachineArn and mapRunArn must be given');
  }
  if (status !== undefined && !STATUSES.includes(status)) {
    refuse('statusFilter', `Member must satisfy enum value set: [${STATUSES.join(', ')}]`);
  }
  if (stateMachineArn !== undefined) stateMachineOf(stateMachineArn, deployment);
  const mapRun = mapRunArn === undefined ? undefined : mapRunOf(mapRunArn, deployment.executions);
  const list = `${stateMachineArn ?? mapRunArn}#${status}`;
  const all = mapRun?.children ?? deployment.executions.started;
  // Newest first: a place is counted from the oldest, so that executions started meanwhile do not shift it.
  let place = request.offset(list) || all.length;
  request.end();
  const found: Execution[] = [];
  let more = false;
  for (; place > 0; place -= 1) {
    const execution = all[place - 1];
    if (execution === undefined || (status !== undefined && execution.status !== status)) continue;
    more = found.length === count;
    if (more) break;
    found.push(execution);
  }
  return {
    executions: found.map((execution) => (mapRun ? { ...summary(execution), itemCount: 1 } : summary(execution))),
    nextToken: more ? nextToken(list, place) : undefined,
  };
}

function listMapRuns(request: RequestMembers, { executions }: Deployment): Record<string, unknown> {
  const execution = executionOf(request, executions);
  const list = `mapRuns#${execution.arn}`;
  const offset = request.offset(list);
  const count = request.maxResults();
  request.end();
  const mapRuns = executions.mapRunsOf(execution);
  const next = offset + count;
  return {
    mapRuns: mapRuns.slice(offset, next).map((mapRun) => ({
      ...mapRunSummary(mapRun),
      stateMachineArn: mapRun.stateMachineArn,
    })),
    nextToken: next < mapRuns.length ? nextToken(list, next) : undefined,
  };
}

function describeMapRun(request: RequestMembers, { executions }: Deployment): Record<string, unknown> {
  const mapRun = mapRunOf(request.requiredText('mapRunArn'), executions);
  request.end();
  const counts = mapRun.counts();
  return {
    ...mapRunSummary(mapRun),
    status: mapRun.status,
    maxConcurrency: mapRun.maxConcurrency,
    toleratedFailurePercentage: mapRun.toleratedFailurePercentage,
    toleratedFailureCount: 0,
    // Without an ItemBatcher an item is an execution.
    itemCounts: counts,
    executionCounts: counts,
    redriveCount: 0,
  };
}

function summary(execution: Execution): Record<string, unknown> {
  return {
    executionArn: execution.arn,
    stateMachineArn: execution.stateMachineArn,
    name: execution.name,
    status: execution.status,
    startDate: execution.startedAtMs / 1000,
    stopDate: seconds(execution.stoppedAtMs),
    mapRunArn: execution.mapRunArn,
    redriveCount: 0,
  };
}

function mapRunSummary(mapRun: MapRun): Record<string, unknown> {
  return {
    mapRunArn: mapRun.arn,
    executionArn: mapRun.parent.arn,
    startDate: mapRun.startedAtMs / 1000,
    stopDate: seconds(mapRun.stoppedAtMs),
  };
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}

function executionOf(request: RequestMembers, executions: Executions): Execution {
  const arn = checkedArn(request.requiredText('executionArn'), 'execution');
  const execution = executions.find(arn);
  if (execution !== undefined) return execution;
  throw new AwsFault('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
}

function mapRunOf(arn: string, executions: Executions): MapRun {
  const mapRun = executions.findMapRun(checkedArn(arn, 'mapRun'));
  if (mapRun !== undefined) return mapRun;
  throw new AwsFault('ResourceNotFound', `Resource not found: '${arn}'`);
}

function stateMachineOf(arn: string, { stateMachineArn }: Deployment): string {
  if (checkedArn(arn, 'stateMachine') === stateMachineArn) return arn;
  throw new AwsFault('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
}

function checkedArn(arn: string, kind: 'execution' | 'mapRun' | 'stateMachine'): string {
  if (new RegExp(`^arn:aws[\\w-]*:states:[\\w-]+:\\d{12}:${kind}:\\S+$`).test(arn)) return arn;
  throw new AwsFault('InvalidArn', `Invalid Arn: '${arn}'`);
}

/** None of the characters that StartExecution's reference excludes. */
function isExecutionName(name: string): boolean {
  return /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]+$/u.test(name);
}

function parseInput(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsFault('InvalidExecutionInput', 'Invalid State Machine Execution Input: the input is not JSON');
  }
}
