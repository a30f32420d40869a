import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { afterEach } from '@jest/globals';
import type { Connection } from '../../cli/connection.ts';
import type { Output, Terminal } from '../../cli/terminal.ts';
import { type FunctionName, functionNames } from '../../contract/bundling.ts';
import type { Settings } from '../../contract/payloads.ts';
import { type CellRecord, type ListedCell, resultKeys } from '../../contract/results.ts';
import { type Counts, noCounts } from '../../domain/counts.ts';
import { type RangeProgress, splitRanges } from '../../domain/range.ts';
import type { CellsResult, RunResult } from '../../domain/result.ts';
import type { FunctionOutcome } from '../../local/function-outcome.ts';
import { startS3 } from '../../local/s3.ts';
import { startStepFunctions } from '../../local/step-functions/endpoint.ts';

const KEY = 'the key of this run';
const BUCKET = 'results';

const opened: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A function's answer, or the error that it raises. */
export const fail = (errorType: string, errorMessage: string): FunctionOutcome => ({
  ok: false,
  errorType,
  errorMessage,
});

/** What the functions of a test's machine do; each gets its payload and whether its caller has gone. */
export type Steps = { [Name in FunctionName]?: (payload: never, signal: AbortSignal) => unknown };

/** The real machine with a test's functions in it, and the results bucket. */
export interface TestMachine {
  connection: Connection;
  /** Writes what a function would write to the bucket. */
  write(key: string, value: unknown): Promise<void>;
}

/** Starts the rendered machine on the local endpoints; a step that the test does not give answers `{}`. */
export async function startMachine(makeSteps: (write: TestMachine['write']) => Steps): Promise<TestMachine> {
  const directory = await mkdtemp(join(tmpdir(), 'cellmap-test-'));
  opened.push(() => rm(directory, { recursive: true, force: true }));
  const write = async (key: string, value: unknown) => {
    const file = join(directory, key);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify(value));
  };
  const steps = makeSteps(write);
  const asl = await readFile(new URL('../../contract/map-cells.asl.json', import.meta.url), 'utf8');
  const definition = JSON.parse(asl.replaceAll(/\$\{(\w+)\}/g, (_, name) => arnOf(name)));
  const machine = await startStepFunctions({
    key: KEY,
    name: 'cellmap',
    definition,
    invoke: async (functionArn, payload, signal) => {
      const name = functionNames.find((candidate) => arnOf(candidate) === functionArn);
      const answer = await (name && steps[name])?.(JSON.parse(payload) as never, signal);
      if (isFault(answer)) return answer;
      return { ok: true, payload: JSON.stringify(answer ?? {}) };
    },
  });
  opened.push(() => machine.close());
  const bucket = await startS3({ key: KEY, directory, bucket: BUCKET });
  opened.push(() => bucket.close());
  const aws = { region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 's', sessionToken: KEY } };
  const sfn = new SFNClient({ ...aws, endpoint: machine.url });
  const s3 = new S3Client({ ...aws, endpoint: bucket.url, forcePathStyle: true });
  const close = async () => {
    sfn.destroy();
    s3.destroy();
  };
  opened.push(close);
  const { stateMachineArn } = machine;
  const connection = { sfn, s3, stateMachineArn, bucket: BUCKET, where: 'a test', pollMs: 5, callsPerLook: 50, close };
  return { connection, write };
}

/** Makes an operation fail so many times before it reaches Step Functions, as without a network. */
export function cutOff({ sfn }: Connection, operation: string, times = Number.POSITIVE_INFINITY): void {
  let left = times;
  sfn.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName !== `${operation}Command` || left === 0) return next(args);
      left -= 1;
      throw Object.assign(new Error('no network'), { name: 'TimeoutError' });
    },
    { step: 'initialize' },
  );
}

function arnOf(name: string): string {
  return `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
}

function isFault(answer: unknown): answer is FunctionOutcome {
  return typeof answer === 'object' && answer !== null && 'errorType' in answer;
}

/** A cell with a uuid that tells its number. */
export function cellNumber(number: number, name: string | null = `cell${number}`): ListedCell {
  const uuid = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  return { uuid, name, disabled: false, database: `db${number}:3306/nova` };
}

/** Counts with so many mapped instances, and whatever else is given. */
export function countsWith(mapped: number, others: Partial<Counts> = {}): Counts {
  return { ...noCounts(), instances: mapped, mapped, ...others };
}

/** One range over the ids from 1 to `ids`. */
export function oneRange(ids: number): RangeProgress {
  const [range] = splitRanges(1, ids, 1, 4_000);
  if (range === undefined) throw new Error('no range');
  return range;
}

/** What ListCells returns for these cells, and writes. */
export function listing(cells: readonly ListedCell[], write: TestMachine['write'], mode: 'map' | 'cells' = 'map') {
  return async ({ run, startedAt }: { run: string; startedAt: string }) => {
    await write(resultKeys.cells(run), cells);
    const settings: Settings = {
      run,
      startedAt,
      mode,
      maxCount: null,
      pageSize: 4_000,
      cellsAtOnce: 4,
      rangesAtOnce: 1,
    };
    return { settings, cells: cells.map(({ uuid }) => ({ uuid })) };
  };
}

/** What OpenCell returns: a range over the ids from 1 to `ids`, or none. */
export function opening(ids: number) {
  return ({ uuid }: { uuid: string }) => ({
    cell: {
      id: 1,
      uuid,
      name: 'cell',
      source: { clusterArn: 'c', secretArn: 's', database: 'd', dialect: 'mysql' },
      maxId: ids,
    },
    ranges: ids === 0 ? [] : [oneRange(ids)],
  });
}

/** Writes a cell's record, as CloseCell does. */
export function closing(record: (uuid: string) => CellRecord, write: TestMachine['write']) {
  return async ({ settings, cell }: { settings: Settings; cell: { uuid: string } }) => {
    await write(resultKeys.cell(settings.run, cell.uuid), record(cell.uuid));
    return { uuid: cell.uuid, status: 'complete' };
  };
}

/** Writes the result document and returns the verdict, as CloseRun does. */
export function concluding(document: RunResult | CellsResult, write: TestMachine['write']) {
  return async ({ settings }: { settings: Settings }) => {
    await write(resultKeys.result(settings.run), document);
    const failure = { error: 'CellsFailed', cause: '1 of 1 cells failed.' };
    return { status: document.status, resultKey: 'k', ...(document.status === 'failed' ? { failure } : {}) };
  };
}

/** A terminal that keeps what is written to it. */
export interface TestTerminal extends Terminal {
  written: { stdout: string; stderr: string };
}

/** A terminal that is none, unless it is given features of one. */
export function makeTerminal(env: Terminal['env'] = {}, features: Partial<Output> = {}): TestTerminal {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written): Output => ({
    ...features,
    write: (text: string | Uint8Array) => {
      written[name] += String(text);
      return true;
    },
  });
  return { stdout: stream('stdout'), stderr: stream('stderr'), env, written };
}
