import { DescribeExecutionCommand, type DescribeExecutionOutput, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { CommandError, exitCodes } from '../command-error.ts';
import type { Connection } from '../connection.ts';
import { isRunning } from '../follow.ts';
import { pause } from '../lifetime.ts';
import type { WhereOptions } from '../options.ts';
import { STOP_WITHIN_MS } from '../patience.ts';
import { commandText } from '../report/command-text.ts';
import { meaningOf } from '../report/map-report.ts';
import { type MeaningMode, meaningAfter, statusMeanings } from '../report/meanings.ts';
import { nextLine } from '../report/reporting.ts';
import type { Session } from '../session.ts';
import { hasColours } from '../terminal.ts';
import { connectRuns } from './connect-runs.ts';
import { type FoundRun, findRun } from './find-run.ts';

/** What the history says where a person gives no reason. */
const NO_REASON = 'Stopped by a person, with cellmap stop.';

/** What `stop` takes besides the run. */
export interface StopOptions extends WhereOptions {
  /** Why, for the history. */
  cause?: string;
}

/** `cellmap stop`: ends a run, wherever it was started, and says how to go on. Returns the exit code. */
export async function stopRun(wanted: string, options: StopOptions, session: Session): Promise<number> {
  const connection = await connectRuns(options, session);
  const { stdout, env } = session.terminal;
  const found = await findRun(connection, wanted);
  const { name } = found;
  if (!found.running) {
    stdout.write(`${name} had ended already: ${commandText(['report', name], options)} says how.\n`);
    return exitCodes.ok;
  }
  await connection.sfn.send(
    new StopExecutionCommand({ executionArn: found.executionArn, cause: options.cause || NO_REASON }),
  );
  const ended = await untilEnded(connection, found);
  if (ended.status !== 'ABORTED') {
    stdout.write(`${name} ended by itself first: ${commandText(['report', name], options)} says how.\n`);
    return exitCodes.ok;
  }
  stdout.write(`${name} is stopped. ${whatItLeaves(found)}\n`);
  const next = nextCommand(found);
  if (next !== null)
    stdout.write(`${nextLine(commandText(next, options), { colours: hasColours(stdout, env), where: {} })}\n`);
  return exitCodes.ok;
}

async function untilEnded({ sfn, firstPollMs }: Connection, found: FoundRun): Promise<DescribeExecutionOutput> {
  const { executionArn, name } = found;
  const patience = AbortSignal.timeout(STOP_WITHIN_MS);
  for (;;) {
    const description = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (!isRunning(description)) return description;
    if (patience.aborted) {
      throw new CommandError(
        exitCodes.failed,
        `${name} was told to stop and has not ended yet: cellmap runs shows it.`,
      );
    }
    await pause(firstPollMs, patience);
  }
}

/** What a stopped run of the mode leaves, in the words that the command which started it would use. */
function whatItLeaves({ input: { mode = 'map' } }: FoundRun): string {
  return mode in statusMeanings ? meaningAfter(mode as MeaningMode, 'stopped') : meaningOf('stopped');
}

/** How to go on: with what is left, or with what may have to be put back. An undo begins again with its own file. */
function nextCommand({ name, input: { mode, apply } }: FoundRun): string[] | null {
  if (mode === 'undo') return null;
  return mode === 'repair' && apply ? ['watch', name] : ['retry', name];
}
