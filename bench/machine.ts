import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { ExecutionInput, RunEnd } from '../contract/payloads.ts';
import { parseDatabaseUrl } from '../domain/database-url.ts';
import { type LocalAws, startLocalAws } from '../local/aws.ts';

/** The whole machine on this computer, timed from StartExecution to the terminal status. */
export interface BenchMachine {
  aws: LocalAws;
  /** Runs it over the cells, and returns the milliseconds; fails unless exactly so many were mapped. */
  map(expected: number): Promise<number>;
  /** Compares every cell with its mappings, and returns the milliseconds; fails unless exactly so many are correct. */
  verify(expected: number): Promise<number>;
  stop(): Promise<void>;
}

/** Starts the machine; the first `map` finds the functions cold. */
export async function startBenchMachine(apiUrl: string, cells: string[]): Promise<BenchMachine> {
  const aws = await startLocalAws({ apiDatabase: parseDatabaseUrl(apiUrl), mainDatabaseUrl: null });
  const { region, credentials, endpoints, stateMachineArn } = aws;
  const sfn = new SFNClient({ region, credentials, endpoint: endpoints.stepFunctions });
  const run = async (input: ExecutionInput, kind: 'mapped' | 'correct', expected: number) => {
    const name = `bench-${randomUUID()}`;
    const began = performance.now();
    const { executionArn } = await sfn.send(
      new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
    );
    for (;;) {
      const { status, output, cause } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      if (status === 'RUNNING') {
        await delay(20);
        continue;
      }
      const took = performance.now() - began;
      const { totals } = JSON.parse(output ?? '{}') as Partial<RunEnd>;
      if (totals?.[kind] !== expected) {
        throw new Error(`${totals?.[kind]} ${kind}, not ${expected}: ${status} ${cause}`);
      }
      return took;
    }
  };
  return {
    aws,
    map: (expected) => run({ cells }, 'mapped', expected),
    verify: (expected) => run({ mode: 'verify', cells }, 'correct', expected),
    stop: async () => {
      sfn.destroy();
      await aws.close();
    },
  };
}
