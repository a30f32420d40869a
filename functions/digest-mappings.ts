import { turnMs } from '../contract/defaults.ts';
import { digestMappingsSchema, isVerifying } from '../contract/payloads.ts';
import { resultKeys } from '../contract/results.ts';
import { splitCells } from '../domain/digest.ts';
import { type DigestProgress, digestMappings } from '../domain/digest-range.ts';
import { statesUsed, turnStates } from '../domain/transitions.ts';
import { addUsage } from '../domain/usage.ts';
import { writeResult } from './clients.ts';
import { step } from './step.ts';
import { writeSuspects } from './suspect-files.ts';
import { verifiedMappings } from './verified-databases.ts';

/** Digests one range of `instance_mappings`, of all cells at once, until it is done or this turn's time is used up. */
export const handler = step(
  digestMappingsSchema,
  async ({ settings, progress }, { logger, deadline }): Promise<DigestProgress> => {
    const endOfTurn = Date.now() + turnMs(progress.turns);
    const store = await verifiedMappings(settings, deadline);
    const timeIsUp = () => Date.now() >= endOfTurn;
    const verifies = isVerifying(settings.mode);
    const { progress: after, turn } = await digestMappings(progress, store, { timeIsUp, onlyDigests: !verifies });
    const { run, bucketLength } = settings;
    const { index, turns } = after;
    const groups = splitCells(turn.cells, bucketLength);
    await Promise.all(
      groups.map((cells, group) => writeResult(resultKeys.mappingsTurn(run, index, turns, group), cells, deadline)),
    );
    if (verifies) {
      await Promise.all([
        writeResult(resultKeys.mappingQuotas(run, index, turns), turn.quotas, deadline),
        writeSuspects(run, `mappings-${index}`, turns, turn.suspects, deadline),
      ]);
    }
    logger.info('mappings digested', { index, turns, after: after.after, done: after.done });
    return { ...after, usage: addUsage([after.usage, statesUsed(turnStates(after))]) };
  },
);
