import type { RunStatus } from '../../domain/run-status.ts';

/** The modes whose statuses mean something of their own. What they mean for a run that maps is in domain/run-status.ts. */
export type MeaningMode = 'plan' | 'verify' | 'repair' | 'explain' | 'undo';

/** What a status means after each command; what a command cannot end with is left out. Help and reports print it. */
export const statusMeanings = {
  plan: {
    failed: 'A database could not be read; the message says why. Nothing was written.',
    stopped: 'Stopped before its end. It had only read.',
    'more-remain': 'There is something to map, and nothing was written.',
    'needs-attention': 'There is nothing to map, but conflicts, wrong details or rows set aside need a look.',
    complete:
      'There is nothing to map: every visible instance has a mapping to its cell, with the right details, or Nova is still building it.',
  },
  verify: {
    failed: 'A cell or the API database could not be read; the message says why. What needs every cell is undecided.',
    stopped: 'Stopped before its end. It had only read.',
    'needs-attention': 'Something is not as it should be; the report says what, and what to do.',
    complete: 'Every instance is findable with the right details; builds in flight and placeholders are allowed.',
  },
  repair: {
    failed: 'An error ended it, or a cell was not read; the message says why. With --apply, see the undo file.',
    stopped: 'Stopped before its end. With --apply, what may have been changed is in the undo file.',
    'more-remain': 'There is something to change, and nothing was changed: that takes --apply.',
    'needs-attention': 'Done, but some of it was left alone or cannot be repaired.',
    complete: 'Nothing of these classes is left to repair.',
  },
  explain: {
    failed: 'A cell or the API database could not be asked; the message says why.',
    stopped: 'Stopped before its end. It had only read.',
    'needs-attention': 'It is not as it should be, or nothing is known of it.',
    complete: 'It is as it should be, or Nova is building it.',
  },
  undo: {
    failed: 'An error ended it; the message says why. The same file can be undone again.',
    stopped: 'Stopped before its end. The same file can be undone again.',
    'needs-attention': 'Done, but some rows have changed since the repair and were left alone.',
    complete: 'Every row is as it was before the repair.',
  },
} as const satisfies Record<MeaningMode, Partial<Record<RunStatus, string>>>;

/** What a status means after a command. */
export function meaningAfter(mode: MeaningMode, status: RunStatus): string {
  const meanings: Partial<Record<RunStatus, string>> = statusMeanings[mode];
  return meanings[status] ?? '';
}
