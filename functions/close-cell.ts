import {
  type CaughtError,
  type CellEnd,
  closeCellSchema,
  type OpenedCell,
  type Settings,
  type Settled,
} from '../contract/payloads.ts';
import { type CellRecord, type MappedCell, resultKeys } from '../contract/results.ts';
import { countInstances, countMappings } from '../data-api/cells.ts';
import { cellLabel } from '../domain/cell.ts';
import { addCounts, tally } from '../domain/counts.ts';
import { lastPass } from '../domain/last-pass.ts';
import { noProjectUncounted } from '../domain/pass-over.ts';
import { type Plan, PlanTally } from '../domain/plan.ts';
import { addSums, type RangesSum, sumRanges, turnsOf } from '../domain/range.ts';
import { cellStatus } from '../domain/result.ts';
import { keepSamples } from '../domain/sample.ts';
import { addUsage, noUsage } from '../domain/usage.ts';
import { writeResult } from './clients.ts';
import { apiDatabase, cellDatabase, instanceStore, mappingStore } from './databases.ts';
import { step } from './step.ts';
import { takeTurns } from './turn-files.ts';

/** Looks once more for rows that were committed late, and writes the cell's result. */
export const handler = step(
  closeCellSchema,
  async ({ settings, opened, ranges }, { logger, deadline, usage }): Promise<CellEnd> => {
    const { cell, settled } = opened;
    const progress = ranges.map((range) => range.progress);
    const worked = sumRanges(progress);
    const sum = addSums([settled.sum, worked]);
    tally(sum.counts, 'noProject', noProjectUncounted(settled.noProject, worked.counts));
    const turns = [...settled.turns, ...turnsOf(progress)];
    const error = settled.error ?? ranges.find((range) => range.error !== undefined)?.error;
    const ended =
      settings.mode === 'cells'
        ? await count(cell, deadline)
        : error === undefined
          ? await close(cell, settings, sum, turns, deadline)
          : failed(sum, error);
    const record = { ...ended, usage: addUsage([sum.usage, opened.usage, usage()]) };
    await writeResult(resultKeys.cell(settings.run, cell.uuid), record, deadline);
    const status = record.kind === 'mapped' ? cellStatus(record.counts, null) : record.kind;
    logger.info('cell closed', { cell: cell.uuid, status, ...measured(cell, record) });
    return { uuid: cell.uuid, status };
  },
);

/** What the stack's dashboard shows of a cell: a dimension for each in its metrics would be paid by the cell. */
function measured(cell: OpenedCell, record: CellRecord) {
  if (record.kind !== 'mapped' && record.kind !== 'failed') return {};
  const { instances, mapped, conflicts } = record.counts;
  return { name: cellLabel(cell), instances, mapped, conflicts: conflicts.otherCell + conflicts.noCell };
}

async function close(
  cell: OpenedCell,
  settings: Settings,
  worked: RangesSum,
  turns: Settled['turns'],
  deadline: AbortSignal,
): Promise<CellRecord> {
  const plan = settings.mode === 'plan';
  // --max-count was reached and one further unmapped instance met: what comes later does not matter.
  if (worked.counts.unmapped > 0 && !plan) return { kind: 'mapped', ...mappedCell(worked) };
  const most = settings.maxCount ?? Number.POSITIVE_INFINITY;
  const late = await lastPass(
    {
      plan,
      maxId: cell.maxId,
      gaps: worked.gaps,
      pageSize: settings.pageSize,
      mayMap: most - worked.counts.mapped,
    },
    {
      instances: instanceStore(cell, deadline),
      mappings: await mappingStore(cell, deadline),
      timeIsUp: () => deadline.aborted,
    },
  );
  const planned = new PlanTally(most - worked.counts.unmapped);
  planned.add(late.unmapped);
  return {
    kind: 'mapped',
    ...mappedCell(worked),
    counts: addCounts([worked.counts, late.counts]),
    samples: keepSamples(worked.samples, late.samples),
    lastInstanceId: late.lastInstanceId || null,
    ...(plan ? { plan: await addTurns(planned, settings.run, cell, turns, deadline) } : {}),
  };
}

function failed(worked: RangesSum, error: CaughtError): CellRecord {
  return { kind: 'failed', ...mappedCell(worked), error };
}

function mappedCell({ gaps: _, ...worked }: RangesSum): MappedCell {
  return worked;
}

/** Adds what the turns over the ranges have left; a range that was passed over has left no plan. */
async function addTurns(
  planned: PlanTally,
  run: string,
  cell: OpenedCell,
  ranges: Settled['turns'],
  deadline: AbortSignal,
): Promise<Plan> {
  const keyOf = (index: number, turn: number) => resultKeys.planned(run, cell.uuid, index, turn);
  await takeTurns<Plan>(ranges, keyOf, deadline, (plan) => planned.addPlan(plan));
  return planned.plan;
}

async function count(cell: OpenedCell, deadline: AbortSignal): Promise<CellRecord> {
  const [instances, mappings] = await Promise.all([
    countInstances(cellDatabase(cell, cell.source, deadline)),
    countMappings(apiDatabase(deadline), cell.id),
  ]);
  return { kind: 'counted', instances, mappings, usage: noUsage() };
}
