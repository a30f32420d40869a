/**
 * How a run, or one of its cells, can end; the worst first. A run is as well as the worst of its cells.
 *
 * `exitCode` is the command's: 0 and 1 are what scripts written for nova-manage loop on.
 */
export const runStatuses = [
  { status: 'failed', exitCode: 4, meaning: 'An error ended it; the message says what to do. Running again goes on.' },
  {
    status: 'stopped',
    exitCode: 130,
    meaning: 'Stopped before its end. What was written is right; running again goes on.',
  },
  {
    status: 'more-remain',
    exitCode: 1,
    meaning: 'More is to be done: --max-count was reached, or a dry run found what would be written.',
  },
  {
    status: 'needs-attention',
    exitCode: 3,
    meaning: 'Done, but conflicts, wrong details or rows set aside need a look.',
  },
  {
    status: 'complete',
    exitCode: 0,
    meaning: 'Every visible instance has a mapping to its cell, with the right details, or Nova is still building it.',
  },
] as const;

/** One of the statuses of {@link runStatuses}. */
export type RunStatus = (typeof runStatuses)[number]['status'];

/** The worst of several statuses; nothing at all is `complete`. */
export function worstStatus(statuses: Iterable<RunStatus>): RunStatus {
  const found = new Set(statuses);
  return runStatuses.find(({ status }) => found.has(status))?.status ?? 'complete';
}

/** The command's exit code for a status. */
export function exitCodeOf(status: RunStatus): number {
  return runStatuses.find((row) => row.status === status)?.exitCode ?? 4;
}
