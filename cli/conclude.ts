import type { DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import { faultOf } from '../contract/caught-error.ts';
import { toSeconds } from '../domain/result.ts';
import { exitCodeOf } from '../domain/run-status.ts';
import { CommandError, exitCodeOfError, exitCodes } from './command-error.ts';
import type { Followed } from './follow.ts';
import type { Follower } from './follower.ts';
import { type RunProgress, runEnded, runStopped } from './progress.ts';
import type { Records, ResultDocument } from './records.ts';
import { stoppedResult } from './stopped.ts';

/** How a run ended for those who followed it. */
export interface RunEnding {
  exitCode: number;
  /** Null where a run was stopped, unless it maps: what it had mapped can be told then too. */
  document: ResultDocument | null;
  /** What a person should be told besides the document. */
  remark: string | null;
  /** It had not ended when it was last seen. */
  goesOn: boolean;
}

/** What is known of a run, and where more is to be found out. */
export interface About {
  records: Records;
  follower: Pick<Follower, 'lookAtTheEnd'>;
  progress: RunProgress;
  now: () => number;
}

/**
 * What a run came to.
 * @throws {CommandError} where it failed before it could leave a result document
 */
export async function conclude(followed: Followed, about: About): Promise<RunEnding> {
  if ('left' in followed) return leftAlone(followed);
  const { ended } = followed;
  if (ended.status === 'ABORTED' || ended.status === 'TIMED_OUT') return stopped(ended, about);
  const document = await about.records.result();
  if (document !== null) {
    runEnded(about.progress, document, about.now());
    return { exitCode: exitCodeOf(document.status), document, remark: null, goesOn: false };
  }
  if (ended.error === undefined) {
    throw new CommandError(exitCodes.failed, 'The run left no result document. Look at its execution, then run again.');
  }
  const { name, message } = faultOf({ Error: ended.error, Cause: ended.cause ?? '' });
  throw new CommandError(exitCodeOfError(name), message);
}

function leftAlone({ left, why }: Extract<Followed, { left: string }>): RunEnding {
  const ending = { document: null, goesOn: true };
  switch (left) {
    case 'by wish':
      return { ...ending, exitCode: exitCodes.stopped, remark: 'The run goes on.' };
    case 'unstoppable':
      return {
        ...ending,
        exitCode: exitCodes.stopped,
        remark: `The run could not be stopped, and may go on. Stop it in Step Functions: ${why}`,
      };
    case 'unheard':
      return {
        ...ending,
        exitCode: exitCodes.failed,
        remark: `The run is not followed any more: no answer (${why}). The run itself may well go on.`,
      };
  }
}

async function stopped(ended: DescribeExecutionOutput, { follower, progress, now }: About): Promise<RunEnding> {
  const timedOut = ended.status === 'TIMED_OUT';
  const exitCode = timedOut ? exitCodes.failed : exitCodes.stopped;
  const why = timedOut ? 'The run reached its time limit' : 'Stopped';
  progress.notice = null;
  if (progress.mode !== 'map') {
    runStopped(progress, now());
    return { exitCode, document: null, remark: `${why}.`, goesOn: false };
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
  const remark = timedOut || document.status !== 'stopped' ? `${why}.` : null;
  return { exitCode, document, remark, goesOn: false };
}
