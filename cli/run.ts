import { randomBytes } from 'node:crypto';
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { faultOf } from '../contract/caught-error.ts';
import { DEFAULT_SECOND_LOOK_SECONDS } from '../contract/defaults.ts';
import type { ExecutionInput, Mode } from '../contract/payloads.ts';
import { toSeconds } from '../domain/result.ts';
import { exitCodeOf } from '../domain/run-status.ts';
import { CommandError, exitCodeOfError, exitCodes, isServiceError } from './command-error.ts';
import type { Connection } from './connection.ts';
import { Follower } from './follower.ts';
import { pause } from './lifetime.ts';
import { phaseText } from './phase.ts';
import { newRunProgress, type RunProgress, runEnded, runStopped } from './progress.ts';
import { type Records, type ResultDocument, recordsOf } from './records.ts';
import { stoppedResult } from './stopped.ts';

/** How long a stopped run is waited for, in milliseconds. */
const STOP_WITHIN_MS = 15_000;

/** The longest wait between two looks when they fail, in milliseconds. */
const MOST_BACKOFF_MS = 30_000;

/** A look may take up to this part of the time, so that following a large run does not slow it. */
const SHARE_OF_TIME = 0.25;

/** Who is told of a run's progress. */
export interface ProgressView {
  begin(progress: RunProgress): void;
  /** The progress has changed. */
  changed(): void;
  end(): void;
}

/** How a run ended. */
export interface RunEnding {
  exitCode: number;
  /** Null where a run was stopped, unless it maps: what it had mapped can be told then too. */
  document: ResultDocument | null;
  /** What a person should be told besides the document. */
  remark: string | null;
}

/**
 * Starts the machine, follows it to its end, and stops it when it is interrupted.
 * @param options.name the run's name, where its records begin before it does; a new one where it is left out
 */
export async function run(
  connection: Connection,
  input: ExecutionInput,
  options: { interrupted: AbortSignal; view: ProgressView; now?: () => number; name?: string },
): Promise<RunEnding> {
  const { interrupted, view, now = Date.now } = options;
  const mode = input.mode ?? 'map';
  const { name = newRunName(mode, now()) } = options;
  const executionArn = await start(connection, name, input);
  const records = recordsOf(connection, name);
  const progress = newRunProgress(mode, now());
  const follower = new Follower({ connection, executionArn, records, progress, now });
  view.begin(progress);
  try {
    const { secondLookSeconds = DEFAULT_SECOND_LOOK_SECONDS } = input;
    const following = { connection, executionArn, follower, progress, secondLookSeconds, interrupted, view, now };
    const ended = await follow(following);
    return await conclude(ended, { executionArn, records, follower, progress, now });
  } finally {
    progress.endedAtMs = now();
    view.end();
  }
}

/** A name for a run that begins now. */
export function newRunName(mode: Mode, nowMs = Date.now()): string {
  return executionName(mode, new Date(nowMs), randomBytes(2).toString('hex'));
}

/** Such as `map-20261122T140501Z-ab12`: it sorts by time, and is unique for the 90 days that a name is taken. */
export function executionName(mode: string, at: Date, random: string): string {
  const stamp = at.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `${mode}-${stamp}-${random}`;
}

async function start({ sfn, stateMachineArn }: Connection, name: string, input: ExecutionInput): Promise<string> {
  try {
    const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
    return (await sfn.send(command)).executionArn ?? '';
  } catch (cause) {
    const why = isServiceError(cause) ? `${cause.name}: ${cause.message}` : (cause as Error).name;
    throw new CommandError(exitCodes.failed, `The run could not be started (${why}).`, { cause });
  }
}

interface Following {
  connection: Connection;
  executionArn: string;
  follower: Follower;
  progress: RunProgress;
  secondLookSeconds: number;
  interrupted: AbortSignal;
  view: ProgressView;
  now: () => number;
}

/** Looks until the run has ended; a look that fails is tried again. Null where it could not be stopped. */
async function follow(following: Following): Promise<DescribeExecutionOutput | null> {
  const { connection, follower, progress, interrupted, view, now } = following;
  const { sfn, pollMs } = connection;
  const { executionArn } = following;
  const uninterrupted = new AbortController().signal;
  let giveUpAtMs: number | null = null;
  let stopSent = false;
  for (let failures = 0; ; ) {
    if (interrupted.aborted) giveUpAtMs ??= now() + STOP_WITHIN_MS;
    const lookedAtMs = now();
    try {
      if (giveUpAtMs !== null && !stopSent) {
        progress.notice = 'Stopping …';
        view.changed();
        await sfn.send(new StopExecutionCommand({ executionArn, cause: 'Stopped by a person.' }));
        stopSent = true;
      }
      const description = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      if (description.status !== 'RUNNING') return description;
      if (!stopSent) await follower.look();
      failures = 0;
      const { phase } = progress;
      const about = phase === null ? null : phaseText(phase, following.secondLookSeconds);
      progress.notice = stopSent ? 'Stopping …' : about;
    } catch (error) {
      failures += 1;
      const name = error instanceof Error ? error.name : 'an error';
      progress.notice = `No answer about the run (${name}), trying again. The run itself goes on.`;
    }
    view.changed();
    if (giveUpAtMs !== null && now() >= giveUpAtMs) return null;
    const tookMs = now() - lookedAtMs;
    const backoffMs = Math.min(MOST_BACKOFF_MS, pollMs * 2 ** failures);
    const waitMs = Math.max(backoffMs, tookMs / SHARE_OF_TIME - tookMs);
    if (giveUpAtMs === null) await pause(waitMs, interrupted);
    else await pause(Math.min(waitMs, giveUpAtMs - now()), uninterrupted);
  }
}

async function conclude(
  ended: DescribeExecutionOutput | null,
  about: { executionArn: string; records: Records; follower: Follower; progress: RunProgress; now: () => number },
): Promise<RunEnding> {
  const { records } = about;
  if (ended === null) {
    const remark = `The run could not be stopped, and may go on. Stop it in Step Functions: ${about.executionArn}`;
    return { exitCode: exitCodes.stopped, document: null, remark };
  }
  if (ended.status === 'ABORTED' || ended.status === 'TIMED_OUT') return stopped(ended, about);
  const document = await records.result();
  if (document !== null) {
    runEnded(about.progress, document, about.now());
    return { exitCode: exitCodeOf(document.status), document, remark: null };
  }
  if (ended.error === undefined) {
    throw new CommandError(exitCodes.failed, 'The run left no result document. Look at its execution, then run again.');
  }
  const { name, message } = faultOf({ Error: ended.error, Cause: ended.cause ?? '' });
  throw new CommandError(exitCodeOfError(name), message);
}

async function stopped(
  ended: DescribeExecutionOutput,
  { follower, progress, now }: { follower: Follower; progress: RunProgress; now: () => number },
): Promise<RunEnding> {
  const timedOut = ended.status === 'TIMED_OUT';
  const exitCode = timedOut ? exitCodes.failed : exitCodes.stopped;
  const why = timedOut ? 'The run reached its time limit' : 'Stopped';
  progress.notice = null;
  if (progress.mode !== 'map') {
    runStopped(progress, now());
    return { exitCode, document: null, remark: `${why}.` };
  }
  // What cannot be found out any more is missing from the document; that the run is over is certain.
  await follower.lookAtTheEnd().catch(() => undefined);
  const startedAtMs = ended.startDate?.getTime() ?? progress.startedAtMs;
  const endedAtMs = ended.stopDate?.getTime() ?? now();
  const document = stoppedResult(progress, {
    startedAt: new Date(startedAtMs).toISOString(),
    seconds: toSeconds(endedAtMs - startedAtMs),
  });
  runEnded(progress, document, now());
  // A document says by its status that the run was stopped, unless a cell had failed before.
  return { exitCode, document, remark: timedOut || document.status !== 'stopped' ? `${why}.` : null };
}
