import { turnMs } from '../contract/defaults.ts';
import { digestInstancesSchema } from '../contract/payloads.ts';
import { resultKeys } from '../contract/results.ts';
import { type DigestProgress, digestInstances } from '../domain/digest-range.ts';
import { statesUsed, turnStates } from '../domain/transitions.ts';
import { addUsage } from '../domain/usage.ts';
import { writeResult } from './clients.ts';
import { step } from './step.ts';
import { verifiedInstances } from './verified-databases.ts';

/** Digests one range of a cell's instances until it is done or this turn's time is used up. */
export const handler = step(
  digestInstancesSchema,
  async ({ settings, cell, progress }, { logger, deadline }): Promise<DigestProgress> => {
    const endOfTurn = Date.now() + turnMs(progress.turns);
    const store = await verifiedInstances(cell, cell.source, settings, deadline);
    const { progress: after, turn } = await digestInstances(progress, store, () => Date.now() >= endOfTurn);
    const { index, turns } = after;
    await writeResult(resultKeys.instancesTurn(settings.run, cell.uuid, index, turns), turn, deadline);
    logger.info('instances digested', { cell: cell.uuid, index, turns, done: after.done });
    return { ...after, usage: addUsage([after.usage, statesUsed(turnStates(after))]) };
  },
);
