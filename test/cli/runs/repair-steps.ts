import { resultKeys } from '../../../contract/results.ts';
import type { RunStatus } from '../../../domain/run-status.ts';
import { repairDocument } from '../documents.ts';
import {
  cellNumber,
  changeNumber,
  comparing,
  concluding,
  listing,
  openingToVerify,
  type Steps,
  type TestMachine,
} from '../harness.ts';

const PART = 3;

/** The changes of {@link repairSteps}. */
export const planned = [changeNumber(1), changeNumber(2), changeNumber(3)];

/** What of a step's payload these steps go by. */
export interface Task {
  settings: { run: string };
  progress: { part: number };
}

/** Steps of a repair that plans three changes and makes the first two. */
export const repairSteps = (
  write: TestMachine['write'],
  status: RunStatus = 'needs-attention',
  others: Steps = {},
): Steps => ({
  ListCells: listing([cellNumber(1), cellNumber(2)], write, 'repair', { apply: true }),
  OpenCell: openingToVerify(0),
  CompareCell: comparing(10, 3, write),
  FindSuspects: () => ({ any: true, waitSeconds: 0, parts: [{ part: PART, next: 0, turns: 0, done: false }] }),
  ExamineSuspects: async ({ settings, progress }: Task) => {
    await write(resultKeys.changes(settings.run, PART, 1), planned);
    return { ...progress, turns: 1, next: 3, done: true };
  },
  ChangeMappings: async ({ settings, progress }: Task) => {
    await write(resultKeys.changed(settings.run, PART, 1), { made: planned.slice(0, 2), leftAlone: planned.slice(2) });
    return { ...progress, turns: 1, done: true };
  },
  CloseRun: concluding(repairDocument(status), write),
  ...others,
});
