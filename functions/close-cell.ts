import { type CellEnd, closeCellSchema, type OpenedCell, type Settings } from '../contract/payloads.ts';
import { type CellRecord, resultKeys } from '../contract/results.ts';
import { countInstances, countMappings } from '../data-api/cells.ts';
import { addCounts } from '../domain/counts.ts';
import { lastPass } from '../domain/last-pass.ts';
import { type Plan, PlanTally } from '../domain/plan.ts';
import { type RangeProgress, sumRanges } from '../domain/range.ts';
import { cellStatus } from '../domain/result.ts';
import { keepSamples } from '../domain/sample.ts';
import { readAtOnce, readResult, writeResult } from './clients.ts';
import { apiDatabase, cellDatabase, cellStores } from './databases.ts';
import { step } from './step.ts';

/** Looks once more for rows that were committed late, and writes the cell's result. */
export const handler = step(
  closeCellSchema,
  async ({ settings, cell, ranges }, { logger, deadline }): Promise<CellEnd> => {
    const progress = ranges.map((range) => range.progress);
    const error = ranges.find((range) => range.error !== undefined)?.error;
    const record: CellRecord =
      settings.mode === 'cells'
        ? await count(cell, deadline)
        : error === undefined
          ? await close(cell, settings, progress, deadline)
          : { kind: 'failed', ...sumRanges(progress), error };
    await writeResult(resultKeys.cell(settings.run, cell.uuid), record, deadline);
    const status = record.kind === 'mapped' ? cellStatus(record.counts, null) : record.kind;
    logger.info('cell closed', { run: settings.run, cell: cell.uuid, status });
    return { uuid: cell.uuid, status };
  },
);

async function close(
  cell: OpenedCell,
  settings: Settings,
  ranges: readonly RangeProgress[],
  deadline: AbortSignal,
): Promise<CellRecord> {
  const worked = sumRanges(ranges);
  const plan = settings.mode === 'plan';
  // --max-count was reached and one further unmapped instance met: what comes later does not matter.
  if (worked.counts.unmapped > 0 && !plan) return { kind: 'mapped', ...worked };
  const most = settings.maxCount ?? Number.POSITIVE_INFINITY;
  const late = await lastPass(
    {
      plan,
      maxId: cell.maxId,
      gaps: ranges.flatMap(({ gaps }) => gaps),
      pageSize: settings.pageSize,
      mayMap: most - worked.counts.mapped,
    },
    { ...(await cellStores(cell, deadline)), timeIsUp: () => deadline.aborted },
  );
  const planned = new PlanTally(most - worked.counts.unmapped);
  planned.add(late.unmapped);
  return {
    kind: 'mapped',
    counts: addCounts([worked.counts, late.counts]),
    samples: keepSamples(worked.samples, late.samples),
    lastInstanceId: late.lastInstanceId || null,
    ...(plan ? { plan: await addTurns(planned, settings.run, cell, ranges, deadline) } : {}),
  };
}

/** How many turns' files are held at once: each may name thousands of projects. */
const TURNS_AT_ONCE = 16;

/** Adds what the turns over the ranges have left. */
async function addTurns(
  planned: PlanTally,
  run: string,
  cell: OpenedCell,
  ranges: readonly RangeProgress[],
  deadline: AbortSignal,
): Promise<Plan> {
  const keys = ranges.flatMap(({ index, turns }) =>
    Array.from({ length: turns }, (_, turn) => resultKeys.planned(run, cell.uuid, index, turn + 1)),
  );
  for (let begin = 0; begin < keys.length; begin += TURNS_AT_ONCE) {
    const some = keys.slice(begin, begin + TURNS_AT_ONCE);
    for (const plan of await readAtOnce(some, (key) => readResult<Plan>(key, deadline))) {
      if (plan === undefined) throw new Error('A turn of the plan left no counts.');
      planned.addPlan(plan);
    }
  }
  return planned.plan;
}

async function count(cell: OpenedCell, deadline: AbortSignal): Promise<CellRecord> {
  const [instances, mappings] = await Promise.all([
    countInstances(cellDatabase(cell, cell.source, deadline)),
    countMappings(apiDatabase(deadline), cell.id),
  ]);
  return { kind: 'counted', instances, mappings };
}
