import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  ListMapRunsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { expect } from '@jest/globals';
import type { ExecutionInput } from '../../contract/payloads.ts';
import { resultKeys } from '../../contract/results.ts';
import { addsUp, totalsOf } from '../../domain/counts.ts';
import { parseDatabaseUrl } from '../../domain/database-url.ts';
import type { CellResult, CellsResult, RunResult } from '../../domain/result.ts';
import { type LocalAws, startLocalAws } from '../../local/aws.ts';

/** How an execution ended, and the document that it left. */
export interface EndedRun {
  executionArn: string;
  status: string | undefined;
  error: string | undefined;
  cause: string | undefined;
  output: string | undefined;
  /** The result document of mode `map`; fails the test where there is none. */
  result: RunResult;
  /** That of one cell, by its name. */
  cell(name: string): CellResult;
  /** The document as it was read, or undefined where the run left none. */
  document: RunResult | CellsResult | undefined;
}

/** The whole machine on one computer, with the SDK's own clients. */
export interface Machine {
  aws: LocalAws;
  sfn: SFNClient;
  /** What the functions have logged. */
  logs: string[];
  /** Starts an execution and waits for its end. The counts of its result must add up, whatever the test is about. */
  run(input?: ExecutionInput | Record<string, unknown>): Promise<EndedRun>;
  start(input?: ExecutionInput | Record<string, unknown>): Promise<string>;
  end(executionArn: string): Promise<EndedRun>;
  /** The history of an execution and those of its children. */
  histories(executionArn: string): Promise<{ parent: HistoryEvent[]; children: HistoryEvent[][] }>;
  stop(): Promise<void>;
}

/** Starts the machine on an API database. */
export async function startMachine(apiUrl: string, mainDatabaseUrl: string | null = null): Promise<Machine> {
  const logs: string[] = [];
  const apiDatabase = parseDatabaseUrl(apiUrl);
  const aws = await startLocalAws({ apiDatabase, mainDatabaseUrl, writers: 4, onLog: (line) => logs.push(line) });
  const { region, credentials } = aws;
  const sfn = new SFNClient({ region, credentials, endpoint: aws.endpoints.stepFunctions });
  const s3 = new S3Client({ region, credentials, endpoint: aws.endpoints.s3 });

  const read = async (run: string): Promise<RunResult | CellsResult | undefined> => {
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: aws.bucket, Key: resultKeys.result(run) }));
      return JSON.parse((await Body?.transformToString()) ?? '');
    } catch {
      return undefined;
    }
  };
  const start: Machine['start'] = async (input = {}) => {
    const name = `run-${randomUUID()}`;
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
      const document = await read(execution.name ?? '');
      if (document?.mode === 'map') expectToAddUp(document);
      const { status, error, cause, output } = execution;
      const mapped = () => {
        if (document?.mode === 'map') return document;
        throw new Error(`The run left no result: ${status} ${error} ${cause}`);
      };
      return {
        executionArn,
        status,
        error,
        cause,
        output,
        document,
        get result() {
          return mapped();
        },
        cell: (name) => {
          const found = mapped().cells.find((cell) => cell.name === name);
          if (found === undefined) throw new Error(`The result has no cell ${name}`);
          return found;
        },
      };
    }
  };
  const history = async (executionArn: string): Promise<HistoryEvent[]> => {
    const events: HistoryEvent[] = [];
    for (let nextToken: string | undefined, first = true; first || nextToken !== undefined; first = false) {
      const page = await sfn.send(new GetExecutionHistoryCommand({ executionArn, nextToken, maxResults: 1000 }));
      events.push(...(page.events ?? []));
      nextToken = page.nextToken;
    }
    return events;
  };
  return {
    aws,
    sfn,
    logs,
    start,
    end,
    run: async (input) => end(await start(input)),
    histories: async (executionArn) => {
      const { mapRuns = [] } = await sfn.send(new ListMapRunsCommand({ executionArn }));
      const children: HistoryEvent[][] = [];
      for (const { mapRunArn } of mapRuns) {
        const { executions = [] } = await sfn.send(new ListExecutionsCommand({ mapRunArn, maxResults: 1000 }));
        for (const child of executions) children.push(await history(child.executionArn ?? ''));
      }
      return { parent: await history(executionArn), children };
    },
    stop: async () => {
      sfn.destroy();
      s3.destroy();
      await aws.close();
    },
  };
}

/** What the design promises of every result: each instance in exactly one place, in each cell and in the totals. */
function expectToAddUp(result: RunResult): void {
  expect(addsUp(result.totals)).toBe(true);
  for (const cell of result.cells) {
    expect(addsUp(totalsOf(cell))).toBe(true);
    expect(cell.wrongDetails).toBeLessThanOrEqual(cell.alreadyMapped);
    expect(cell.samples.length).toBeLessThanOrEqual(20);
  }
  const keys = ['instances', 'mapped', 'alreadyMapped', 'unmapped', 'inFlight'] as const;
  for (const key of keys) expect(result.totals[key]).toBe(result.cells.reduce((sum, cell) => sum + cell[key], 0));
}
