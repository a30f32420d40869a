import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterEach } from '@jest/globals';
import type { FunctionOutcome, InvokeFunction } from '../../../local/function-outcome.ts';
import { startStepFunctions } from '../../../local/step-functions/endpoint.ts';
import type { Sleep } from '../../../local/step-functions/scope.ts';

const KEY = 'the key of this run';

const opened: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

/** The ARN of a function in a test's definition. */
export const arn = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

/** A Task that calls the function of that name and ends, unless more fields say otherwise. */
export const task = (name: string, fields: object = { End: true }) => ({
  Type: 'Task',
  Resource: arn(name),
  ...fields,
});

/** A machine of these states; the first one starts. */
export const machine = (states: Record<string, object>) => ({ StartAt: Object.keys(states)[0], States: states });

export const succeed = (answer: unknown): FunctionOutcome => ({ ok: true, payload: JSON.stringify(answer) });
export const fail = (errorType: string, errorMessage = 'no'): FunctionOutcome => ({
  ok: false,
  errorType,
  errorMessage,
});

/** A function of a test: gets its input and whether its caller has gone; returns its outcome. */
export type TestFunction = (input: never, signal: AbortSignal) => FunctionOutcome | Promise<FunctionOutcome>;

export interface Local {
  client: SFNClient;
  stateMachineArn: string;
  /** The milliseconds of each wait, in order. */
  waits: number[];
  /** Starts an execution and returns its ARN. */
  start(input?: unknown): Promise<string>;
  /** Starts an execution and waits for its end. */
  run(input?: unknown): Promise<DescribeExecutionCommandOutput>;
  ended(executionArn: string): Promise<DescribeExecutionCommandOutput>;
  events(executionArn: string): Promise<HistoryEvent[]>;
}

/** Starts the endpoint and the SDK's client for one test. Waits pass at once, unless `sleep` says otherwise. */
export async function startLocal(
  definition: unknown,
  functions: Record<string, TestFunction> = {},
  options: { sleep?: Sleep; random?: () => number } = {},
): Promise<Local> {
  const waits: number[] = [];
  const sleep: Sleep = async (ms, signal) => {
    waits.push(ms);
    await options.sleep?.(ms, signal);
  };
  const invoke: InvokeFunction = async (functionArn, payload, signal) => {
    const body = functions[functionArn.replace(/^.*:/, '')];
    if (body === undefined) throw new Error(`no function ${functionArn}`);
    return body(JSON.parse(payload) as never, signal);
  };
  const local = await startStepFunctions({
    key: KEY,
    name: 'cellmap',
    definition,
    invoke,
    sleep,
    random: options.random,
  });
  const client = clientOf(local.url, KEY);
  opened.push(async () => {
    client.destroy();
    await local.close();
  });
  const start = async (input: unknown = {}) => {
    const { stateMachineArn } = local;
    const started = await client.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }));
    return started.executionArn ?? '';
  };
  const ended = async (executionArn: string) => {
    for (;;) {
      const execution = await client.send(new DescribeExecutionCommand({ executionArn }));
      if (execution.status !== 'RUNNING') return execution;
    }
  };
  const events = async (executionArn: string) => {
    const all: HistoryEvent[] = [];
    let nextToken: string | undefined;
    do {
      const page = await client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000, nextToken }));
      all.push(...(page.events ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return all;
  };
  const run = async (input?: unknown) => ended(await start(input));
  return { client, stateMachineArn: local.stateMachineArn, waits, start, run, ended, events };
}

export function clientOf(endpoint: string, key: string): SFNClient {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local', sessionToken: key };
  return new SFNClient({ region: 'us-east-1', endpoint, credentials });
}

/** A promise and its switch: lets a test hold a function until it says go. */
export function gate(): { opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

export const types = (events: HistoryEvent[]) => events.map(({ type }) => type);
