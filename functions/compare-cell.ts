import { LONGEST_TURN_MS } from '../contract/defaults.ts';
import { compareCellSchema, type OpenedCell, type Settings } from '../contract/payloads.ts';
import { type CellRecord, resultKeys } from '../contract/results.ts';
import { digestSql } from '../data-api/digest-sql.ts';
import { type CompareProgress, compareCell } from '../domain/compare.ts';
import { addDigests, type Buckets, differingBuckets, MOST_BUCKETS_NAMED } from '../domain/digest.ts';
import { addInstances, type InstancesTurn } from '../domain/digest-range.ts';
import { statesUsed, turnStates } from '../domain/transitions.ts';
import { addUsage } from '../domain/usage.ts';
import { writeResult } from './clients.ts';
import { apiDatabase, mappingStore } from './databases.ts';
import { step } from './step.ts';
import { writeSuspects } from './suspect-files.ts';
import { readMappingBuckets, readRanges } from './turn-files.ts';
import { readUuidRulesOnce, verifiedInstances, verifiedMappings } from './verified-databases.ts';

/** Compares the digests of a cell and of the mappings to it, and then the rows of the buckets that differ. */
export const handler = step(compareCellSchema, async (task, { logger, deadline, usage }): Promise<CompareProgress> => {
  const { settings, opened, digested, compared } = task;
  const { cell, comparison } = opened;
  const { run } = settings;
  const computed = await readComputed(settings, cell, deadline);
  const endOfTurn = Date.now() + LONGEST_TURN_MS;
  const rules = await readUuidRulesOnce(deadline);
  const worked = await compareCell(
    compared ?? comparison,
    {
      ...rules,
      cellId: cell.id,
      buckets: computed.reread,
      instancesUpTo: cell.maxId,
      mappingsUpTo: settings.maxMappingId,
      someHaveNoProject: computed.instances.noProject > 0,
    },
    {
      instances: await verifiedInstances(cell, cell.source, settings, deadline),
      mappings: await verifiedMappings(settings, deadline),
      look: await mappingStore(cell, deadline),
      timeIsUp: () => Date.now() >= endOfTurn,
    },
  );
  const { suspects } = worked;
  const states = statesUsed(turnStates(worked.progress));
  const progress = { ...worked.progress, usage: addUsage([worked.progress.usage, states]) };
  await writeSuspects(run, cell.uuid, progress.turns, suspects, deadline);
  if (progress.done) {
    await writeResult(resultKeys.instanceQuotas(run, cell.uuid), computed.instances.quotas, deadline);
    await writeResult(resultKeys.cell(run, cell.uuid), record(computed, progress), deadline);
  }
  const { turns, done, read } = progress;
  logger.info('cell compared', { cell: cell.uuid, differing: computed.differing, turns, read, done });
  return progress;

  function record({ instances, mappings, reread }: Computed, last: CompareProgress): CellRecord {
    const again = new Set(reread ?? Object.keys(instances.buckets));
    const equal = Object.entries(instances.buckets).filter(([bucket]) => !again.has(bucket));
    return {
      kind: 'compared',
      source: cell.source,
      correct: addDigests(equal.map(([, digest]) => digest)).rows + last.read - last.wrong,
      hidden: instances.hidden,
      placeholders: instances.placeholders,
      digests: {
        instances: addDigests(Object.values(instances.buckets)),
        mappings: addDigests(Object.values(mappings)),
      },
      sql: {
        instances: digestSql(cell.source.dialect, rules),
        mappings: digestSql(apiDatabase(deadline).address.dialect, rules, cell.id),
      },
      suspects: last.suspects,
      unsettled: last.unsettled,
      turns: last.turns,
      usage: addUsage([opened.usage, ...digested.map((range) => range.usage), last.usage, usage()]),
    };
  }
});

/** What both databases computed of the cell. */
interface Computed {
  instances: InstancesTurn;
  mappings: Buckets;
  /** How many buckets differ. */
  differing: number;
  /** The buckets whose rows are compared; null for all. */
  reread: string[] | null;
}

async function readComputed(settings: Settings, cell: OpenedCell, deadline: AbortSignal): Promise<Computed> {
  const ofCell = (index: number, turn: number) => resultKeys.instancesTurn(settings.run, cell.uuid, index, turn);
  const instances = addInstances(await readRanges<InstancesTurn>(ofCell, deadline));
  const mappings = await readMappingBuckets(settings, cell.id, deadline);
  const buckets = differingBuckets(instances.buckets, mappings);
  const reread = buckets.length > MOST_BUCKETS_NAMED ? null : buckets;
  return { instances, mappings, differing: buckets.length, reread };
}
