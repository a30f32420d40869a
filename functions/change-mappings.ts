import { turnMs } from '../contract/defaults.ts';
import { NamedError } from '../contract/errors.ts';
import { changeMappingsSchema } from '../contract/payloads.ts';
import { type ChangedTurn, resultKeys } from '../contract/results.ts';
import {
  CHANGES_A_STATEMENT,
  type Change,
  type ChangeProgress,
  countChanges,
  MOST_CHANGES_A_TURN,
} from '../domain/change.ts';
import { statesUsed, turnStates } from '../domain/transitions.ts';
import { addUsage } from '../domain/usage.ts';
import { readResult, writeResult } from './clients.ts';
import { step } from './step.ts';
import { changeStore } from './verified-databases.ts';

/** Makes the changes of one part, those whose rows are as they were seen, and records which were made. */
export const handler = step(
  changeMappingsSchema,
  async ({ settings, progress }, { logger, deadline }): Promise<ChangeProgress> => {
    const { run, mode } = settings;
    const { part } = progress;
    const endOfTurn = Date.now() + turnMs(progress.turns);
    const store = changeStore(deadline);
    const turn: ChangedTurn = { made: [], leftAlone: [] };
    let now: ChangeProgress = { ...progress, turns: progress.turns + 1 };
    let file: Change[] = [];
    const isOver = () => Date.now() >= endOfTurn || turn.made.length + turn.leftAlone.length >= MOST_CHANGES_A_TURN;
    for (let pages = 0; now.filesDone < now.files && (pages === 0 || !isOver()); pages += 1) {
      if (pages === 0 || now.next === 0) {
        file = await readChanges(run, part, now.filesDone + 1, deadline);
      }
      const page = file.slice(now.next, now.next + CHANGES_A_STATEMENT);
      // What a repair has removed no build can be about; and what it has changed is Nova's again when it builds.
      const made = await store.apply(page, { unlessBuilding: mode === 'repair' });
      const changed = new Set(made);
      turn.made.push(...made);
      turn.leftAlone.push(...page.filter((change) => !changed.has(change)));
      const next = now.next + page.length;
      const last = next >= file.length;
      now = {
        ...now,
        ...countChanges(now, page, made),
        filesDone: now.filesDone + (last ? 1 : 0),
        next: last ? 0 : next,
      };
    }
    await writeResult(resultKeys.changed(run, part, now.turns), turn, deadline);
    const done = now.filesDone >= now.files;
    logger.info('mappings changed', { part, made: now.made, leftAlone: now.leftAlone.number, done });
    return { ...now, done, usage: addUsage([now.usage, statesUsed(turnStates({ done }))]) };
  },
);

/** A file that is not there would pass for one without changes. */
async function readChanges(run: string, part: number, file: number, deadline: AbortSignal): Promise<Change[]> {
  const changes = await readResult<Change[]>(resultKeys.changes(run, part, file), deadline);
  if (changes !== undefined) return changes;
  throw new NamedError(
    'BadInput',
    `File ${file} of the changes is not in the results bucket. Nothing more was changed.`,
  );
}
