import { DescribeExecutionCommand, type DescribeExecutionOutput, type ExecutionListItem } from '@aws-sdk/client-sfn';
import { type Mode, runEndSchema } from '../../contract/payloads.ts';
import { toSeconds } from '../../domain/result.ts';
import { type RunStatus, runStatuses } from '../../domain/run-status.ts';
import type { Connection } from '../connection.ts';
import { isRunning } from '../follow.ts';
import { recordsOf } from '../records.ts';
import { readInput } from './find-run.ts';

/** A run as the list of runs has it. */
export interface ListedRun {
  /** The execution's name. */
  run: string;
  executionArn: string;
  mode: Mode;
  /** Null where it ended without saying how. */
  status: RunStatus | 'running' | null;
  /** ISO 8601, UTC. */
  startedAt: string;
  /** How long it took, or has taken so far. */
  seconds: number;
  /** How many of each kind; the names are those of the result document's totals. Null where it left none. */
  totals: Record<string, number> | null;
  /** The name of the error that ended it. */
  error: string | null;
}

/** Finds out what a run of the list is about, and how it stands. */
export async function describeListed(
  connection: Connection,
  { executionArn = '', name = '' }: ExecutionListItem,
  now: () => number,
): Promise<ListedRun> {
  const description = await connection.sfn.send(new DescribeExecutionCommand({ executionArn }));
  const startedAtMs = description.startDate?.getTime() ?? now();
  const endedAtMs = description.stopDate?.getTime() ?? now();
  return {
    run: name,
    executionArn,
    mode: readInput(description.input).input.mode ?? 'map',
    startedAt: new Date(startedAtMs).toISOString(),
    seconds: toSeconds(endedAtMs - startedAtMs),
    ...(await standing(connection, name, description)),
  };
}

async function standing(
  connection: Connection,
  name: string,
  { status, output, error }: DescribeExecutionOutput,
): Promise<Pick<ListedRun, 'status' | 'totals' | 'error'>> {
  if (isRunning({ status })) return { status: 'running', totals: null, error: null };
  if (status === 'ABORTED') return { status: 'stopped', totals: null, error: null };
  if (status === 'TIMED_OUT') return { status: 'failed', totals: null, error: error ?? 'States.Timeout' };
  if (status === 'FAILED') {
    // An execution that failed has no output, but may have left a document.
    const document = await recordsOf(connection, name).result();
    const totals = document !== null && 'totals' in document ? { ...document.totals } : null;
    return { status: 'failed', totals, error: error ?? null };
  }
  const end = runEndSchema.safeParse(parse(output));
  const known = runStatuses.find((row) => row.status === end.data?.status);
  return { status: known?.status ?? null, totals: end.data?.totals ?? null, error: null };
}

function parse(output: string | undefined): unknown {
  try {
    return JSON.parse(output ?? 'null');
  } catch {
    return null;
  }
}
