import { type DescribeExecutionOutput, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { DEFAULT_SECOND_LOOK_SECONDS } from '../contract/defaults.ts';
import type { ExecutionInput } from '../contract/payloads.ts';
import { errorNameOf, isServiceError } from './aws-error.ts';
import { CommandError, exitCodes } from './command-error.ts';
import { type About, conclude, type RunEnding } from './conclude.ts';
import type { Connection } from './connection.ts';
import { follow, type ProgressView } from './follow.ts';
import { Follower } from './follower.ts';
import { isHangUp } from './lifetime.ts';
import { newRunProgress } from './progress.ts';
import { recordsOf } from './records.ts';
import { cellsSubject, newRunName } from './run-name.ts';

/** How a run is followed. */
export interface FollowOptions {
  /** A person's wish to end the command. */
  interrupted: AbortSignal;
  view: ProgressView;
  now?: () => number;
}

/** A run that has been started, here or by somebody else. */
export interface StartedRun {
  /** The execution's name, under which its results are kept. */
  name: string;
  executionArn: string;
  input: ExecutionInput;
  startedAtMs: number;
}

/**
 * Starts the machine, follows it to its end, and stops it when it is interrupted. A terminal that is closed stops only a
 * run that could not go on without the command.
 * @param options.name the run's name, where its records begin before it does; a new one where it is left out
 */
export async function run(
  connection: Connection,
  input: ExecutionInput,
  options: FollowOptions & { name?: string },
): Promise<RunEnding> {
  const { interrupted, now = Date.now } = options;
  const { name = newRunName(input.mode ?? 'map', cellsSubject(input.cells), now()) } = options;
  const executionArn = await start(connection, name, input);
  const leavesRun = () => connection.outlivesCommand && isHangUp(interrupted);
  return await followToEnd(connection, { name, executionArn, input, startedAtMs: now() }, { ...options, leavesRun });
}

/** Follows a run that somebody has started; a wish to end the command leaves the run alone. */
export async function join(connection: Connection, started: StartedRun, options: FollowOptions): Promise<RunEnding> {
  return await followToEnd(connection, started, { ...options, leavesRun: () => true });
}

/** What a run that has ended came to, as those who followed it were told. */
export async function concludeEnded(
  connection: Connection,
  started: StartedRun,
  ended: DescribeExecutionOutput,
): Promise<RunEnding> {
  return await conclude({ ended }, aboutRun(connection, started, Date.now));
}

async function followToEnd(
  connection: Connection,
  started: StartedRun,
  options: FollowOptions & { leavesRun: () => boolean },
): Promise<RunEnding> {
  const { interrupted, view, leavesRun, now = Date.now } = options;
  const { secondLookSeconds = DEFAULT_SECOND_LOOK_SECONDS } = started.input;
  const { executionArn } = started;
  const about = aboutRun(connection, started, now);
  const { follower, progress } = about;
  view.begin(progress);
  try {
    const following = { connection, executionArn, follower, progress, secondLookSeconds };
    const followed = await follow({ ...following, interrupted, leavesRun, view, now });
    return await conclude(followed, about);
  } finally {
    progress.endedAtMs = now();
    view.end();
  }
}

function aboutRun(connection: Connection, started: StartedRun, now: () => number): About & { follower: Follower } {
  const { name, executionArn, input, startedAtMs } = started;
  const records = recordsOf(connection, name);
  const progress = newRunProgress(input.mode ?? 'map', startedAtMs);
  const follower = new Follower({ connection, executionArn, records, progress, now });
  return { records, progress, follower, now };
}

async function start({ sfn, stateMachineArn }: Connection, name: string, input: ExecutionInput): Promise<string> {
  try {
    const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
    return (await sfn.send(command)).executionArn ?? '';
  } catch (cause) {
    const why = isServiceError(cause)
      ? `The run could not be started (${cause.name}: ${cause.message}).`
      : `Whether the run was started is not known (${errorNameOf(cause)}). Its name is ${name}.`;
    throw new CommandError(exitCodes.failed, why, { cause });
  }
}
