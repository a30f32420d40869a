import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, type HistoryEvent, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { expect } from '@jest/globals';
import type { ExecutionInput } from '../../contract/payloads.ts';
import { resultKeys } from '../../contract/results.ts';
import { classNames } from '../../domain/classification.ts';
import { addsUp, totalsOf } from '../../domain/counts.ts';
import { parseDatabaseUrl } from '../../domain/database-url.ts';
import { addClassCounts, type ClassCounts, SAMPLES_PER_CLASS, type VerdictSample } from '../../domain/examine.ts';
import type { CellResult, CellsResult, RunResult } from '../../domain/result.ts';
import type { ExplainResult, UndoResult, VerifyResult } from '../../domain/verification-result.ts';
import { type LocalAws, startLocalAws } from '../../local/aws.ts';
import { readHistories, readHistory } from './histories.ts';

/** The result document of a run of any mode. */
export type Document = RunResult | CellsResult | VerifyResult | ExplainResult | UndoResult;

/** How an execution ended, and the document that it left. */
export interface EndedRun {
  executionArn: string;
  /** The execution's name, under which its results are kept. */
  name: string;
  status: string | undefined;
  error: string | undefined;
  cause: string | undefined;
  output: string | undefined;
  /** The result document of modes `map` and `plan`; fails the test where there is none, as the next ones do. */
  result: RunResult;
  /** That of one cell, by its name. */
  cell(name: string): CellResult;
  /** The document of modes `verify` and `repair`. */
  verification: VerifyResult;
  /** That of mode `explain`. */
  explanation: ExplainResult;
  /** That of mode `undo`. */
  undoing: UndoResult;
  /** The document as it was read, or undefined where the run left none. */
  document: Document | undefined;
}

/** The whole machine on one computer, with the SDK's own clients. */
export interface Machine {
  aws: LocalAws;
  sfn: SFNClient;
  /** What the functions have logged. */
  logs: string[];
  /** Starts an execution and waits for its end. The counts of its result must add up, whatever the test is about. */
  run(input?: ExecutionInput | Record<string, unknown>): Promise<EndedRun>;
  /** @param name the execution's, where the test has to know it beforehand */
  start(input?: ExecutionInput | Record<string, unknown>, name?: string): Promise<string>;
  end(executionArn: string): Promise<EndedRun>;
  /** Waits until an execution has entered a state of its own; throws where it ends without it. */
  untilEntered(executionArn: string, state: string): Promise<void>;
  /** Reads an object of the results bucket, JSON as all of them are; undefined where there is none. */
  readObject<Value>(key: string): Promise<Value | undefined>;
  writeObject(key: string, value: unknown): Promise<void>;
  /** The history of an execution and those of its children. */
  histories(executionArn: string): Promise<{ parent: HistoryEvent[]; children: HistoryEvent[][] }>;
  stop(): Promise<void>;
}

/** Starts the machine on an API database. */
export async function startMachine(apiUrl: string, mainDatabaseUrl: string | null = null): Promise<Machine> {
  const logs: string[] = [];
  const apiDatabase = parseDatabaseUrl(apiUrl);
  // As many as any run has: then the functions of runs of several modes stay warm beside each other.
  const writers = 6;
  const aws = await startLocalAws({ apiDatabase, mainDatabaseUrl, writers, onLog: (line) => logs.push(line) });
  const { region, credentials } = aws;
  const sfn = new SFNClient({ region, credentials, endpoint: aws.endpoints.stepFunctions });
  const s3 = new S3Client({ region, credentials, endpoint: aws.endpoints.s3 });

  const readObject: Machine['readObject'] = async (key) => {
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: aws.bucket, Key: key }));
      return JSON.parse((await Body?.transformToString()) ?? '');
    } catch {
      return undefined;
    }
  };
  const start: Machine['start'] = async (input = {}, name = `run-${randomUUID()}`) => {
    const started = await sfn.send(
      new StartExecutionCommand({ stateMachineArn: aws.stateMachineArn, name, input: JSON.stringify(input) }),
    );
    return started.executionArn ?? '';
  };
  const end: Machine['end'] = async (executionArn) => {
    for (;;) {
      const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      if (execution.status === 'RUNNING') {
        await delay(20);
        continue;
      }
      const { name = '', status, error, cause, output } = execution;
      const document = await readObject<Document>(resultKeys.result(name));
      if (document !== undefined) expectToAddUp(document);
      const documentOf = <Wanted extends Document>(modes: readonly string[]) => {
        if (document !== undefined && modes.includes(document.mode)) return document as Wanted;
        throw new Error(`The run left no result: ${status} ${error} ${cause}`);
      };
      return {
        executionArn,
        name,
        status,
        error,
        cause,
        output,
        document,
        get result() {
          return documentOf<RunResult>(['map', 'plan']);
        },
        get verification() {
          return documentOf<VerifyResult>(['verify', 'repair']);
        },
        get explanation() {
          return documentOf<ExplainResult>(['explain']);
        },
        get undoing() {
          return documentOf<UndoResult>(['undo']);
        },
        cell: (wanted) => {
          const found = documentOf<RunResult>(['map', 'plan']).cells.find((cell) => cell.name === wanted);
          if (found === undefined) throw new Error(`The result has no cell ${wanted}`);
          return found;
        },
      };
    }
  };
  return {
    aws,
    sfn,
    logs,
    start,
    end,
    run: async (input) => end(await start(input)),
    untilEntered: async (executionArn, state) => {
      for (;;) {
        const events = await readHistory(sfn, executionArn);
        if (events.some(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name === state)) return;
        if (events.some(({ type }) => /^Execution(?!Started)/.test(type ?? ''))) {
          throw new Error(`The execution has ended without ${state}`);
        }
        await delay(20);
      }
    },
    readObject,
    writeObject: async (key, value) => {
      await s3.send(new PutObjectCommand({ Bucket: aws.bucket, Key: key, Body: JSON.stringify(value) }));
    },
    histories: (executionArn) => readHistories(sfn, executionArn),
    stop: async () => {
      sfn.destroy();
      s3.destroy();
      await aws.close();
    },
  };
}

/** What the design promises of every result: each instance in exactly one place, in each cell and in the totals. */
function expectToAddUp(document: Document): void {
  if (isMapping(document)) expectCountsToAddUp(document);
  if (document.mode === 'verify' || document.mode === 'repair') expectClassesToAddUp(document);
}

function isMapping(document: Document): document is RunResult {
  return ['map', 'plan'].includes(document.mode);
}

function expectCountsToAddUp(result: RunResult): void {
  expect(addsUp(result.totals)).toBe(true);
  for (const cell of result.cells) {
    expect(addsUp(totalsOf(cell))).toBe(true);
    expect(cell.wrongDetails).toBeLessThanOrEqual(cell.alreadyMapped);
    expect(cell.samples.length).toBeLessThanOrEqual(20);
  }
  const keys = ['instances', 'mapped', 'alreadyMapped', 'unmapped', 'inFlight'] as const;
  for (const key of keys) expect(result.totals[key]).toBe(result.cells.reduce((sum, cell) => sum + cell[key], 0));
}

/** Each instance and each mapping alone is of one class, and samples are of what is counted. */
function expectClassesToAddUp({ cells, withoutCell, totals }: VerifyResult): void {
  const number = (counts: ClassCounts) => classNames.reduce((sum, name) => sum + counts[name], 0);
  const parts = [...cells, withoutCell];
  expect(totals).toEqual(addClassCounts(parts.map(({ classes }) => classes)));
  for (const cell of cells)
    if (cell.error === null) expect(number(cell.classes)).toBe(cell.instances + cell.mappingsAlone);
  expect(number(withoutCell.classes)).toBe(withoutCell.mappings);
  for (const { samples, classes } of parts) {
    for (const name of classNames) {
      const ofClass = samples.filter((sample: VerdictSample) => sample.class === name);
      expect(ofClass.length).toBe(name === 'correct' ? 0 : Math.min(classes[name], SAMPLES_PER_CLASS));
    }
  }
}
