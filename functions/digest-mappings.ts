import { turnMs } from '../contract/defaults.ts';
import { digestMappingsSchema } from '../contract/payloads.ts';
import { resultKeys } from '../contract/results.ts';
import { type DigestProgress, digestMappings } from '../domain/digest-range.ts';
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
    const { progress: after, turn } = await digestMappings(progress, store, () => Date.now() >= endOfTurn);
    const { run } = settings;
    const { index, turns } = after;
    await Promise.all([
      writeResult(resultKeys.mappingsTurn(run, index, turns), turn.cells, deadline),
      writeResult(resultKeys.mappingQuotas(run, index, turns), turn.quotas, deadline),
      writeSuspects(run, `mappings-${index}`, turns, turn.suspects, deadline),
    ]);
    logger.info('mappings digested', { run, index, turns, after: after.after, done: after.done });
    return after;
  },
);
