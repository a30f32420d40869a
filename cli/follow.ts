import { DescribeExecutionCommand, type DescribeExecutionOutput, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { errorNameOf, isHopeless, isLoginExpired } from './aws-error.ts';
import type { Connection } from './connection.ts';
import type { Follower } from './follower.ts';
import { orAborted, pause } from './lifetime.ts';
import { GIVE_UP_MS, STOP_WITHIN_MS } from './patience.ts';
import { phaseText } from './phase.ts';
import type { RunProgress } from './progress.ts';

/** The longest wait between two looks when they fail, in milliseconds. */
const MOST_BACKOFF_MS = 10_000;

/** A look may take up to this part of the time, so that following a large run does not slow it. */
const SHARE_OF_TIME = 0.25;

/** How much longer each wait is than the one before, up to the connection's longest: short runs end at once. */
const SLOWDOWN = 1.5;

/** The cause with which a run is stopped that a person has interrupted. */
const INTERRUPTED = 'Stopped by a person.';

/** Who is told of a run's progress. */
export interface ProgressView {
  begin(progress: RunProgress): void;
  /** The progress has changed. */
  changed(): void;
  end(): void;
}

/** How following a run has ended: with the run, or before it. */
export type Followed =
  | { ended: DescribeExecutionOutput }
  /** The person has left and let it go on; it could not be stopped; or nothing was heard of it any more. */
  | { left: 'by wish' | 'unstoppable' | 'unheard'; why: string };

/** What is followed, and how. */
export interface Following {
  connection: Pick<Connection, 'sfn' | 'pollMs' | 'firstPollMs'>;
  executionArn: string;
  follower: Pick<Follower, 'look'>;
  progress: RunProgress;
  secondLookSeconds: number;
  /** A person's wish to end the command. */
  interrupted: AbortSignal;
  /** Whether that wish leaves the run alone; otherwise it stops the run. */
  leavesRun: () => boolean;
  view: ProgressView;
  now: () => number;
}

/**
 * Looks until the run has ended, or the person does not want to look any more.
 *
 * A look that fails is tried again, at ever longer distances: a network that is gone for a while, or a login that has to
 * be renewed, ends no run.
 */
export async function follow(following: Following): Promise<Followed> {
  const { executionArn, progress, interrupted, leavesRun, view, now } = following;
  const { sfn, pollMs, firstPollMs } = following.connection;
  let stopping: { byMs: number; sent: boolean } | null = null;
  let silentSinceMs: number | null = null;
  let waitMs = firstPollMs;
  for (let failures = 0; ; ) {
    if (interrupted.aborted && stopping === null) {
      if (leavesRun()) return { left: 'by wish', why: String(interrupted.reason) };
      stopping = { byMs: now() + STOP_WITHIN_MS, sent: false };
    }
    // The first wish of a person cuts short what is being asked, and after it the time for stopping.
    const patience = stopping === null ? interrupted : AbortSignal.timeout(Math.max(0, stopping.byMs - now()));
    const lookedAtMs = now();
    try {
      if (stopping !== null && !stopping.sent) {
        progress.notice = 'Stopping …';
        view.changed();
        const command = new StopExecutionCommand({ executionArn, cause: INTERRUPTED });
        await orAborted(sfn.send(command, { abortSignal: patience }), patience);
        stopping.sent = true;
      }
      const command = new DescribeExecutionCommand({ executionArn });
      const description = await orAborted(sfn.send(command, { abortSignal: patience }), patience);
      if (!isRunning(description)) return { ended: description };
      silentSinceMs = null;
      failures = 0;
      progress.notice = stopping === null ? await lookAtCells(following, patience) : 'Stopping …';
    } catch (error) {
      if (stopping === null && interrupted.aborted) continue;
      failures += 1;
      const why = errorNameOf(error);
      silentSinceMs ??= lookedAtMs;
      const isLost = isHopeless(error) || now() - silentSinceMs >= GIVE_UP_MS;
      if (stopping === null && isLost) return { left: 'unheard', why };
      progress.notice = isLoginExpired(error)
        ? 'The AWS login has expired: log in again, and this goes on. The run itself goes on.'
        : `No answer about the run (${why}), trying again. The run itself goes on.`;
    }
    const tookMs = now() - lookedAtMs;
    view.changed();
    if (stopping !== null && now() >= stopping.byMs) return { left: 'unstoppable', why: executionArn };
    const distanceMs =
      failures === 0
        ? Math.max(waitMs, tookMs / SHARE_OF_TIME - tookMs)
        : Math.min(MOST_BACKOFF_MS, pollMs * 2 ** (failures - 1));
    waitMs = Math.min(pollMs, waitMs * SLOWDOWN);
    if (stopping === null) await pause(distanceMs, interrupted);
    else await pause(Math.min(firstPollMs, stopping.byMs - now()), patience);
  }
}

/** Whether an execution has not ended; one that waits to be redriven has not either. */
export function isRunning({ status }: Pick<DescribeExecutionOutput, 'status'>): boolean {
  return status === 'RUNNING' || status === 'PENDING_REDRIVE';
}

/**
 * Looks at how the cells stand, and returns what a person should know besides. That this cannot be found out does not
 * keep anyone from seeing how the run ends.
 */
async function lookAtCells(following: Following, patience: AbortSignal): Promise<string | null> {
  const { follower, progress, secondLookSeconds } = following;
  try {
    await orAborted(follower.look(), patience);
  } catch (error) {
    if (patience.aborted) throw error;
    return `How the cells stand cannot be read (${errorNameOf(error)}), trying again. The run itself goes on.`;
  }
  const { phase } = progress;
  return phase === null ? null : phaseText(phase, secondLookSeconds);
}
