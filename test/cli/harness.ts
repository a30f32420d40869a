import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { afterEach } from '@jest/globals';
import type { Connection } from '../../cli/connection.ts';
import type { ProgressView } from '../../cli/follow.ts';
import type { RunProgress } from '../../cli/progress.ts';
import type { ResultDocument } from '../../cli/records.ts';
import type { Output, Terminal } from '../../cli/terminal.ts';
import { type FunctionName, functionNames } from '../../contract/bundling.ts';
import { executionInputSchema, type ListedCells, type Mode, type Settings } from '../../contract/payloads.ts';
import { type CellRecord, type ListedCell, resultKeys } from '../../contract/results.ts';
import type { Change } from '../../domain/change.ts';
import { newComparison } from '../../domain/compare.ts';
import { type Counts, noCounts } from '../../domain/counts.ts';
import { digestRanges } from '../../domain/digest-range.ts';
import { newPart } from '../../domain/examine.ts';
import { type RangeProgress, splitRanges, sumRanges } from '../../domain/range.ts';
import { wholeCell } from '../../domain/survey.ts';
import { noUsage } from '../../domain/usage.ts';
import type { FunctionOutcome } from '../../local/function-outcome.ts';
import { startS3 } from '../../local/s3.ts';
import { startStepFunctions } from '../../local/step-functions/endpoint.ts';
import type { LoopbackAws } from './deployed.ts';

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
  /** The same as a stack can be deployed of (deployed.ts). */
  aws: LoopbackAws;
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
  const connection = {
    sfn,
    s3,
    stateMachineArn,
    bucket: BUCKET,
    where: 'a test',
    outlivesCommand: false,
    pollMs: 5,
    firstPollMs: 5,
    callsPerLook: 50,
    close,
  };
  const endpoints = { stepFunctions: machine.url, s3: bucket.url };
  return { connection, aws: { ...aws, endpoints, stateMachineArn, bucket: BUCKET }, write };
}

/** A view by which a test waits `until` the progress is as wanted. */
export function watch() {
  const waiting = new Set<() => void>();
  let progress: RunProgress | undefined;
  const view: ProgressView = {
    begin: (begun) => {
      progress = begun;
      for (const look of waiting) look();
    },
    changed: () => {
      for (const look of waiting) look();
    },
    end: () => {},
  };
  const until = (wanted: (progress: RunProgress) => boolean) =>
    new Promise<RunProgress>((resolve) => {
      const look = () => {
        if (progress === undefined || !wanted(progress)) return;
        waiting.delete(look);
        resolve(progress);
      };
      waiting.add(look);
    });
  return { view, until };
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
  return { id: number, uuid, name, disabled: false, database: `db${number}:3306/nova` };
}

/** The n-th change of a repair: its row points to cell 1, and shall point to cell 2. */
export function changeNumber(number: number): Change {
  const before = {
    id: number,
    createdAt: '2026-11-22 14:05:01',
    updatedAt: null,
    instanceUuid: `deadbeef-0000-4000-8000-${String(number).padStart(12, '0')}`,
    cellId: 1,
    projectId: 'p',
    userId: null,
    queuedForDelete: null,
  };
  return { class: 'wrongDetails', before, after: { ...before, cellId: 2, queuedForDelete: false } };
}

/** Counts with so many mapped instances, and whatever else is given. */
export function countsWith(mapped: number, others: Partial<Counts> = {}): Counts {
  return { ...noCounts(), instances: mapped, mapped, ...others };
}

/** What a cell's record says besides its counts, where nothing is to be said. */
export const cellEnd = { samples: [], lastInstanceId: null, pauses: [], usage: noUsage() };

/** One range over the ids from 1 to `ids`. */
export function oneRange(ids: number): RangeProgress {
  const intervals = wholeCell(1, ids);
  const [range] = splitRanges({ minId: 1, maxId: ids, intervals, most: 1, pageSize: 4_000 });
  if (range === undefined) throw new Error('no range');
  return range;
}

/** What ListCells returns for these cells, and writes. A run that undoes has one part to put back. */
export function listing(
  cells: readonly ListedCell[],
  write: TestMachine['write'],
  mode: Mode = 'map',
  others: Partial<Settings> = {},
) {
  return async ({
    run,
    startedAt,
    input,
  }: {
    run: string;
    startedAt: string;
    input?: unknown;
  }): Promise<ListedCells> => {
    await write(resultKeys.cells(run), cells);
    const { files } = executionInputSchema.parse(input ?? {});
    const settings: Settings = {
      run,
      startedAt,
      mode,
      maxCount: null,
      pageSize: 4_000,
      writers: 4,
      cellsAtOnce: 4,
      rangesAtOnce: 1,
      statementMs: 100,
      load: 1,
      passOver: false,
      secondLookSeconds: 0,
      classes: [],
      apply: false,
      uuid: null,
      everyCell: true,
      bucketLength: 3,
      maxMappingId: 0,
      ...others,
    };
    return {
      settings,
      cells: cells.map(({ uuid }) => ({ uuid })),
      mappingRanges: [],
      found: { any: false, waitSeconds: 0, parts: [], usage: noUsage() },
      usage: noUsage(),
      examined: files === undefined ? [] : [{ ...newPart(0), turns: files, done: true }],
    };
  };
}

const source = { clusterArn: 'c', secretArn: 's', database: 'd', dialect: 'mysql' } as const;

/** What OpenCell returns: a range over the ids from 1 to `ids`, or none. */
export function opening(ids: number) {
  return ({ uuid }: { uuid: string }) => ({
    cell: {
      id: 1,
      uuid,
      name: 'cell',
      source,
      maxId: ids,
      passedOver: false,
      doubtful: [],
    },
    ranges: ids === 0 ? [] : [oneRange(ids)],
    settled: { sum: sumRanges([]), turns: [], noProject: 0 },
    digests: [],
    comparison: newComparison(4_000),
    usage: noUsage(),
  });
}

/** What OpenCell returns in a run that verifies: the ids from 1 to `ids` to digest. */
export function openingToVerify(ids: number) {
  return (payload: { uuid: string }) => ({
    ...opening(ids)(payload),
    ranges: [],
    digests: digestRanges(1, ids, 1),
  });
}

/** The record of a cell of which the first look leaves so many suspects. */
export function comparedRecord(instances: number, suspects: number): CellRecord {
  return {
    kind: 'compared',
    correct: instances - suspects,
    hidden: 0,
    placeholders: 0,
    source: { clusterArn: 'c', secretArn: 's', database: 'nova_cell', dialect: 'mysql' },
    digests: { instances: { rows: instances, sum: '1' }, mappings: { rows: instances, sum: '2' } },
    sql: { instances: 'SELECT 1', mappings: 'SELECT 2' },
    suspects: [suspects],
    unsettled: suspects,
    turns: 1,
    usage: noUsage(),
  };
}

/** Compares a cell at once and writes its record, as CompareCell does. */
export function comparing(instances: number, suspects: number, write: TestMachine['write']) {
  return async ({ settings, uuid }: { settings: Settings; uuid: string }) => {
    await write(resultKeys.cell(settings.run, uuid), comparedRecord(instances, suspects));
    return { ...newComparison(4_000), turns: 1, done: true };
  };
}

/** Writes a cell's record, as CloseCell does. */
export function closing(record: (uuid: string) => CellRecord, write: TestMachine['write']) {
  return async ({ settings, opened }: { settings: Settings; opened: { cell: { uuid: string } } }) => {
    const { cell } = opened;
    await write(resultKeys.cell(settings.run, cell.uuid), record(cell.uuid));
    return { uuid: cell.uuid, status: 'complete' };
  };
}

/** Writes the result document and returns the verdict, as CloseRun does. */
export function concluding(document: ResultDocument, write: TestMachine['write']) {
  return async ({ settings }: { settings: Settings }) => {
    await write(resultKeys.result(settings.run), document);
    const failure = { error: 'CellsFailed', cause: '1 of 1 cells failed.' };
    const totals = 'totals' in document ? { totals: { ...document.totals } } : {};
    return { status: document.status, resultKey: 'k', ...totals, ...(document.status === 'failed' ? { failure } : {}) };
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
