import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { functionNames } from '../contract/bundling.ts';
import type { ExecutionInput, RunEnd } from '../contract/payloads.ts';
import { resultKeys } from '../contract/results.ts';
import { parseDatabaseUrl } from '../domain/database-url.ts';
import { startLocalAws } from '../local/aws.ts';
import { readHistories } from '../test/end-to-end/histories.ts';
import type { BenchCloud } from './cloud.ts';
import type { MachineFacts, Peaks, Usage } from './results.ts';

/** An execution that has ended. */
export interface BenchRun {
  executionArn: string;
  /** How many mappings it made, or found right. */
  mapped: number;
}

/** The whole machine on this computer, over the cells of a cloud. */
export interface BenchMachine {
  /** How long it took until it could take an execution, in milliseconds. */
  startUpMs: number;
  /** Maps, from StartExecution to the terminal status; fails unless exactly so many were mapped. */
  map(expected: number): Promise<BenchRun>;
  /** Compares all with all; fails unless exactly so many are found right. */
  verify(expected: number): Promise<BenchRun>;
  /** Starts to map, and stops the execution when that is so; resolves when nothing of it works any more. */
  mapUntil(isTime: () => Promise<boolean>): Promise<void>;
  /** What Step Functions has of an execution, and what its result document says that it used. */
  facts(run: BenchRun): Promise<MachineFacts>;
  /** As {@link facts}, with the number of events of each child. */
  childEvents(run: BenchRun): Promise<{ parentEvents: number; childEvents: number[]; usage: Usage | null }>;
  /** Peak memory of each function that was called. */
  peaks(): Peaks;
  stop(): Promise<void>;
}

/** How long to wait between two looks at an execution, in milliseconds: on the average half of it is measured as well. */
const POLL_MS = 50;

/** Starts the machine; the first run finds the functions cold. */
export async function startBenchMachine(cloud: BenchCloud): Promise<BenchMachine> {
  const began = performance.now();
  const aws = await startLocalAws({
    apiDatabase: parseDatabaseUrl(cloud.apiUrl),
    mainDatabaseUrl: cloud.mainDatabaseUrl,
  });
  const startUpMs = performance.now() - began;
  const { region, credentials, endpoints, stateMachineArn, bucket } = aws;
  const sfn = new SFNClient({ region, credentials, endpoint: endpoints.stepFunctions });
  const s3 = new S3Client({ region, credentials, endpoint: endpoints.s3 });
  const cells = cloud.cells.map(({ name }) => name);

  const start = async (input: ExecutionInput) => {
    const name = `bench-${randomUUID()}`;
    const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify({ cells, ...input }) });
    return (await sfn.send(command)).executionArn ?? '';
  };
  const usageOf = async (executionArn: string): Promise<Usage | null> => {
    const Key = resultKeys.result(executionArn.split(':').at(-1) ?? '');
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
    const document = JSON.parse((await Body?.transformToString()) ?? '{}') as { usage?: Usage };
    return document.usage ?? null;
  };
  const childEvents: BenchMachine['childEvents'] = async ({ executionArn }) => {
    const { parent, children } = await readHistories(sfn, executionArn);
    return {
      parentEvents: parent.length,
      childEvents: children.map((events) => events.length),
      usage: await usageOf(executionArn),
    };
  };
  const run = async (input: ExecutionInput, kind: 'mapped' | 'correct', expected: number): Promise<BenchRun> => {
    const executionArn = await start(input);
    for (;;) {
      const { status, output, cause } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      if (status === 'RUNNING') {
        await delay(POLL_MS);
        continue;
      }
      const { totals } = JSON.parse(output ?? '{}') as Partial<RunEnd>;
      if (totals?.[kind] !== expected)
        throw new Error(`${totals?.[kind]} ${kind}, not ${expected}: ${status} ${cause ?? ''}`);
      return { executionArn, mapped: expected };
    }
  };
  return {
    startUpMs,
    map: (expected) => run({}, 'mapped', expected),
    verify: (expected) => run({ mode: 'verify' }, 'correct', expected),
    mapUntil: async (isTime) => {
      const executionArn = await start({});
      while (!(await isTime())) {
        const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
        if (status !== 'RUNNING') throw new Error(`The execution has ended before it was to be stopped: ${status}`);
        await delay(POLL_MS);
      }
      await sfn.send(new StopExecutionCommand({ executionArn }));
      await untilStill(cloud);
    },
    facts: async (run) => {
      const { childEvents: events, ...facts } = await childEvents(run);
      return { ...facts, childEvents: Math.max(0, ...events) };
    },
    childEvents,
    peaks: () =>
      Object.fromEntries(
        functionNames.map((name) => [name, aws.peakMemoryMb(name)] as const).filter(([, peak]) => peak > 0),
      ),
    stop: async () => {
      sfn.destroy();
      s3.destroy();
      await aws.close();
    },
  };
}

/** A statement that was on its way when its execution was stopped may still end. */
async function untilStill(cloud: BenchCloud): Promise<void> {
  for (let before = -1; ; ) {
    const now = await cloud.progress();
    if (now === before) return;
    before = now;
    await delay(500);
  }
}
