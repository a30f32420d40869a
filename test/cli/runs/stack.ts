import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterEach } from '@jest/globals';
import { Lifetime } from '../../../cli/lifetime.ts';
import { main } from '../../../cli/main.ts';
import type { CellRecord } from '../../../contract/results.ts';
import type { RangeProgress } from '../../../domain/range.ts';
import { type CellResult, emptyCellResult, foldRun, type RunResult } from '../../../domain/result.ts';
import { deploy, setAwsEnvironment } from '../deployed.ts';
import {
  cellEnd,
  cellNumber,
  closing,
  concluding,
  countsWith,
  listing,
  makeTerminal,
  opening,
  type Steps,
  startMachine,
  type TestMachine,
  type TestTerminal,
} from '../harness.ts';

const opened: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A command that runs in this process. */
export interface Begun {
  terminal: TestTerminal;
  signal(name: 'SIGINT' | 'SIGHUP'): void;
  ended: Promise<Ended>;
}

/** What a command wrote, and its exit code. */
export interface Ended {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A stack as the command finds one on AWS, and the command. */
export interface Stack extends TestMachine {
  begin(...args: string[]): Begun;
  cellmap(...args: string[]): Promise<Ended>;
  /** Starts an execution as the console, or a trigger, would. */
  start(name: string, input: unknown): Promise<string>;
}

/**
 * Deploys the machine with a test's functions in it.
 * @param through puts something between the command and Step Functions
 */
export async function startStack(
  makeSteps: (write: TestMachine['write']) => Steps,
  through: (stepFunctions: string) => Promise<string> = async (url) => url,
): Promise<Stack> {
  const machine = await startMachine(makeSteps);
  const { stepFunctions, s3 } = machine.aws.endpoints;
  const stack = await deploy({ ...machine.aws, endpoints: { s3, stepFunctions: await through(stepFunctions) } });
  opened.push(stack.close, setAwsEnvironment(stack.environment));
  const begin = (...args: string[]): Begun => {
    const terminal = makeTerminal();
    const signalled = Object.assign(new EventEmitter(), { exit: () => {} });
    const ended = main(args, terminal, new Lifetime(signalled)).then((exitCode) => ({ exitCode, ...terminal.written }));
    return { terminal, signal: (name) => void signalled.emit(name, name), ended };
  };
  const start = async (name: string, input: unknown) => {
    const { sfn, stateMachineArn } = machine.connection;
    const started = await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
    return started.executionArn ?? '';
  };
  return { ...machine, begin, start, cellmap: (...args) => begin(...args).ended };
}

/** Answers so many requests with a fault before it lets any through. */
export async function failFirst(times: number, fault: string, endpoint: string): Promise<string> {
  let left = times;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (left > 0) {
      left -= 1;
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: fault, message: 'Rate exceeded' }));
      return;
    }
    const headers = Object.entries(request.headers).filter(([name]) =>
      /^(x-amz|content-type|authorization)/.test(name),
    );
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: Object.fromEntries(headers) as Record<string, string>,
      body: Buffer.concat(chunks),
    });
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const times = { startedAt: '2026-11-22T14:05:01Z', seconds: 1 };

/** The record of a cell that was mapped. */
export const mapped = (count: number): CellRecord => ({
  kind: 'mapped',
  counts: countsWith(count),
  ...cellEnd,
  lastInstanceId: count,
});

/** The record of a cell that failed. */
export const failedRecord: CellRecord = {
  kind: 'failed',
  counts: countsWith(0),
  ...cellEnd,
  error: { Error: 'DatabaseUnavailable', Cause: '{"errorMessage":"It did not answer."}' },
};

/** The document of a run over cells 1 and 2, of which the second may have failed. */
export function mapDocument({ failed }: { failed: boolean }): RunResult {
  const second: CellResult = failed
    ? emptyCellResult(cellNumber(2), 'failed', { name: 'DatabaseUnavailable', message: 'It did not answer.' })
    : { ...emptyCellResult(cellNumber(2), 'complete', null), ...countsWith(10) };
  return foldRun(times, [{ ...emptyCellResult(cellNumber(1), 'complete', null), ...countsWith(10) }, second]);
}

/** Steps that map ten instances in each of two cells; whatever else is given comes first. */
export function mapSteps(write: TestMachine['write'], others: Steps = {}): Steps {
  return {
    ListCells: listing([cellNumber(1), cellNumber(2)], write),
    OpenCell: opening(10),
    MapRange: ({ progress }: { progress: RangeProgress }) => ({
      ...progress,
      after: progress.upTo,
      done: true,
      counts: countsWith(10),
    }),
    CloseCell: closing(() => mapped(10), write),
    CloseRun: concluding(mapDocument({ failed: false }), write),
    ...others,
  };
}

/** The same, but the second cell fails. */
export function failingSteps(write: TestMachine['write'], others: Steps = {}): Steps {
  return mapSteps(write, {
    CloseCell: closing((uuid) => (uuid === cellNumber(2).uuid ? failedRecord : mapped(10)), write),
    CloseRun: concluding(mapDocument({ failed: true }), write),
    ...others,
  });
}

/** Steps of which the second cell's range stays at work until it is let go on. */
export function heldSteps(write: TestMachine['write'], others: Steps = {}) {
  const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const steps = mapSteps(write, {
    MapRange: async ({ cell, progress }: { cell: { uuid: string }; progress: RangeProgress }, signal: AbortSignal) => {
      if (cell.uuid === cellNumber(2).uuid) {
        begun.resolve();
        await Promise.race([held.promise, new Promise((resolve) => signal.addEventListener('abort', resolve))]);
      }
      return { ...progress, after: progress.upTo, done: true, counts: countsWith(10) };
    },
    ...others,
  });
  return { steps, begun: begun.promise, goOn: held.resolve };
}
