import { DescribeExecutionCommand, type DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import { faultOf } from '../../contract/caught-error.ts';
import { type ExecutionInput, executionInputSchema, type Mode, modes } from '../../contract/payloads.ts';
import type { ListedCell } from '../../contract/results.ts';
import { cellLabel } from '../../domain/cell.ts';
import { toSeconds } from '../../domain/result.ts';
import { CommandError, exitCodes, misuse } from '../command-error.ts';
import type { Connection } from '../connection.ts';
import { Follower } from '../follower.ts';
import type { WhereOptions } from '../options.ts';
import { newRunProgress } from '../progress.ts';
import { type Records, type ResultDocument, recordsOf } from '../records.ts';
import { stoppedResult } from '../stopped.ts';
import { versionOfPackage } from '../version.ts';
import type { ExecutionFacts, ReportFacts } from './facts.ts';
import { NO_HISTORIES, readHistories } from './run-histories.ts';

/** Which run a report is about, and how it is reached. */
export interface ReportOrder {
  connection: Connection;
  /** The run's name. */
  run: string;
  /** How the command found its machine, for the commands that the report recommends. */
  where?: WhereOptions;
  /** The result document, where it is known already: that of a run that was stopped is in no bucket. */
  document?: ResultDocument | null;
}

/**
 * Collects all that a report tells of a run, from its execution, the histories and the results bucket.
 * @throws {CommandError} misuse, when there is no such run
 */
export async function gatherFacts(order: ReportOrder): Promise<ReportFacts> {
  const { connection, run, where = {} } = order;
  const records = recordsOf(connection, run);
  const execution = await describe(connection, run);
  const cells = (await records.cells()) ?? [];
  const document = order.document ?? (await records.result()) ?? (await rebuilt(connection, execution, records));
  if (execution === null && document === null) {
    throw misuse(`There is no run ${run} of ${connection.where}: give the name of one that there is.`);
  }
  const { settings, ...histories } =
    execution === null
      ? { settings: null, ...NO_HISTORIES }
      : await readHistories(connection, execution.arn, namesOf(document, cells));
  return {
    run,
    mode: document?.mode ?? settings?.mode ?? modeOf(execution, run),
    where: connection.where,
    stateMachineArn: connection.stateMachineArn,
    execution,
    document,
    settings,
    histories,
    reporting: { colours: false, where, cells: execution?.input?.cells, cellNames: namesById(cells) },
    ...madeNow(),
  };
}

/** All that a document alone tells, such as one that --json printed: neither the run's name nor its history. */
export function factsOfDocument(document: ResultDocument, where: WhereOptions = {}): ReportFacts {
  return {
    run: '',
    mode: document.mode,
    where: 'from a result document',
    stateMachineArn: '',
    execution: null,
    document,
    settings: null,
    histories: NO_HISTORIES,
    reporting: { colours: false, where },
    ...madeNow(),
  };
}

function madeNow(): Pick<ReportFacts, 'software' | 'writtenAtMs'> {
  const platform = `${process.platform} ${process.arch}`;
  return {
    software: { cellmap: versionOfPackage(), node: process.version, platform },
    writtenAtMs: Date.now(),
  };
}

/** Null where Step Functions does not know it, or not any more. */
async function describe({ sfn, stateMachineArn }: Connection, run: string): Promise<ExecutionFacts | null> {
  const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${run}`;
  let found: DescribeExecutionOutput;
  try {
    found = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'ExecutionDoesNotExist') return null;
    if (error.name === 'InvalidArn') throw misuse(`"${run}" is not the name of a run.`);
    throw new CommandError(exitCodes.failed, `Step Functions does not tell of ${run} (${error.name}): try again.`, {
      cause: error,
    });
  }
  const { status = 'RUNNING', startDate, stopDate, error, cause = '' } = found;
  return {
    arn: executionArn,
    status: status === 'PENDING_REDRIVE' ? 'RUNNING' : status,
    startedAtMs: startDate?.getTime() ?? 0,
    endedAtMs: stopDate?.getTime() ?? null,
    // A person who stopped it may have written anything, which is no error of ours.
    fault: error === undefined || status === 'ABORTED' ? null : faultOf({ Error: error, Cause: cause }),
    input: inputOf(found),
  };
}

function inputOf({ input }: DescribeExecutionOutput): ExecutionInput | null {
  try {
    return executionInputSchema.safeParse(JSON.parse(input ?? '{}')).data ?? null;
  } catch {
    return null;
  }
}

/** A run that was stopped writes no document, but its cells have left records and histories. */
async function rebuilt(
  connection: Connection,
  execution: ExecutionFacts | null,
  records: Records,
): Promise<ResultDocument | null> {
  if (execution === null || !['ABORTED', 'TIMED_OUT'].includes(execution.status)) return null;
  if ((execution.input?.mode ?? 'map') !== 'map') return null;
  const { arn: executionArn, startedAtMs, endedAtMs } = execution;
  const progress = newRunProgress('map', startedAtMs);
  await new Follower({ connection, executionArn, records, progress, now: Date.now })
    .lookAtTheEnd()
    // What cannot be found out any more is missing from the report.
    .catch(() => undefined);
  return stoppedResult(progress, {
    startedAt: new Date(startedAtMs).toISOString(),
    seconds: toSeconds((endedAtMs ?? startedAtMs) - startedAtMs),
  });
}

/** The mode stands in the input, and at the beginning of the names that the command gives. */
function modeOf(execution: ExecutionFacts | null, run: string): Mode {
  return execution?.input?.mode ?? modes.find((mode) => run.startsWith(`${mode}-`)) ?? 'map';
}

function namesOf(
  document: ResultDocument | null,
  cells: readonly ListedCell[],
): readonly { uuid: string; name: string | null }[] {
  return document !== null && 'cells' in document && document.cells.length > 0 ? document.cells : cells;
}

function namesById(cells: readonly ListedCell[]): ReadonlyMap<number, string> {
  return new Map(cells.flatMap((cell) => (cell.id === null ? [] : [[cell.id, cellLabel(cell)]])));
}
