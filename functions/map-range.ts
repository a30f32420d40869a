import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { politeTurnMs } from '../contract/defaults.ts';
import { mapRangeSchema, type OpenedCell, type Settings } from '../contract/payloads.ts';
import { resultKeys } from '../contract/results.ts';
import { DoubtfulInstances } from '../data-api/doubtful-instances.ts';
import { digestRows } from '../data-api/row-digest.ts';
import { addPassed, newPassedTurn, type PassedTurn } from '../domain/pass-over.ts';
import { PlanTally } from '../domain/plan.ts';
import type { RangeProgress } from '../domain/range.ts';
import { mapRange, passRange, type WorkedPage } from '../domain/range-turn.ts';
import type { InstanceStore } from '../domain/stores.ts';
import { statesUsed, turnStates } from '../domain/transitions.ts';
import { addUsage } from '../domain/usage.ts';
import { writeResult } from './clients.ts';
import { instanceStore, mappingStore } from './databases.ts';
import { faultFor, type StepContext, step } from './step.ts';
import { readUuidRulesOnce, verifiedInstances } from './verified-databases.ts';

/** Works one range, page by page or by digests, until it is done or this turn's time is used up. */
export const handler = step(mapRangeSchema, async (task, context): Promise<RangeProgress> => {
  const { settings, cell, progress } = task;
  const endAt = Date.now() + politeTurnMs(progress.turns, settings.load, settings.rangesAtOnce);
  const began = Date.now();
  let pages = 0;
  const worked =
    progress.kind === 'passOver'
      ? await passOver(task, endAt, context)
      : await goThrough(task, endAt, context, () => {
          pages += 1;
        });
  const { index, kind, turns, done, fault, after, restraint, size } = worked;
  const mapped = worked.counts.mapped - progress.counts.mapped;
  const { pauseSeconds } = restraint;
  const workedMs = Date.now() - began;
  const pageMs = pages === 0 ? null : Math.round(workedMs / pages);
  const page = { size: size.rows, pageMs, workedMs, pauseSeconds };
  context.logger.info('range worked', {
    cell: cell.uuid,
    index,
    kind,
    turns,
    after,
    mapped,
    done,
    fault,
    ...page,
  });
  return { ...worked, usage: addUsage([worked.usage, statesUsed(turnStates({ done, pauseSeconds }))]) };
});

/** What MapRange is given. */
interface Task {
  settings: Settings;
  cell: OpenedCell;
  progress: RangeProgress;
}

/** Digests a part of the cell that seems to be mapped. */
async function passOver(
  { settings, cell, progress }: Task,
  endAt: number,
  { deadline, lastCall }: StepContext,
): Promise<RangeProgress> {
  const instances = await verifiedInstances(cell, cell.source, settings, deadline);
  const after = await passRange(progress, settings, { instances, now: Date.now, endAt });
  await leavePassed(settings.run, cell, after.progress, after.turn, lastCall);
  return after.progress;
}

/** Maps pages, or plans to. */
async function goThrough(
  { settings, cell, progress }: Task,
  endAt: number,
  context: StepContext,
  onPage: () => void,
): Promise<RangeProgress> {
  const { run, maxCount, statementMs, load } = settings;
  const { deadline, lastCall, metrics } = context;
  const plan = settings.mode === 'plan';
  const planned = new PlanTally((maxCount ?? Number.POSITIVE_INFINITY) - progress.counts.unmapped);
  const passed = newPassedTurn(false);
  const isChecked = cell.passedOver && progress.kind === 'pages';
  const rules = { ...(await readUuidRulesOnce(deadline)), bucketLength: settings.bucketLength };
  const measure = pageMeter(metrics);
  const after = await mapRange(
    progress,
    { plan, maxCount, maxId: cell.maxId, statementMs, load },
    {
      instances: await instancesToGoThrough({ settings, cell, progress }, deadline),
      mappings: await mappingStore(cell, deadline),
      now: Date.now,
      endAt,
      describeFault: faultFor,
      onPage: (page) => {
        onPage();
        planned.add(page.unmapped);
        if (isChecked && page.found.length > 0)
          addPassed(passed, { ...NOTHING_ELSE, buckets: digestRows(page.found, rules) });
        measure(page);
      },
    },
  );
  if (isChecked) await leavePassed(run, cell, after, passed, lastCall);
  // In a file, because a cell may have instances of thousands of projects, more than a payload can hold.
  if (plan) await writeResult(resultKeys.planned(run, cell.uuid, after.index, after.turns), planned.plan, lastCall);
  return after;
}

const NOTHING_ELSE = { hidden: 0, placeholders: 0, noProject: 0 };

async function instancesToGoThrough({ settings, cell, progress }: Task, deadline: AbortSignal): Promise<InstanceStore> {
  if (progress.kind === 'pages') return instanceStore(cell, deadline);
  return new DoubtfulInstances(await verifiedInstances(cell, cell.source, settings, deadline), cell.doubtful);
}

async function leavePassed(
  run: string,
  { uuid }: OpenedCell,
  { index, turns }: RangeProgress,
  turn: PassedTurn,
  deadline: AbortSignal,
): Promise<void> {
  await writeResult(resultKeys.passedTurn(run, uuid, index, turns), turn, deadline);
}

/** Publishes what each page was like. */
function pageMeter(metrics: Metrics): (page: WorkedPage) => void {
  let began = Date.now();
  return ({ rows, counts, slowestMs, next }) => {
    metrics.addMetric('PageTime', MetricUnit.Milliseconds, Date.now() - began);
    metrics.addMetric('StatementTime', MetricUnit.Milliseconds, slowestMs);
    metrics.addMetric('PageRows', MetricUnit.Count, rows);
    metrics.addMetric('PageSize', MetricUnit.Count, next.size.rows);
    if (next.reason !== null) metrics.addMetric(sizeMetrics[next.reason], MetricUnit.Count, 1);
    metrics.addMetric('InstancesMapped', MetricUnit.Count, counts.mapped);
    metrics.addMetric('Conflicts', MetricUnit.Count, counts.conflicts.otherCell + counts.conflicts.noCell);
    began = Date.now();
  };
}

/** How often pages changed their size, and why. */
const sizeMetrics = {
  fast: 'PageGrownFast',
  slow: 'PageShrunkSlow',
  limit: 'PageShrunkLimit',
  trouble: 'PageShrunkTrouble',
} as const;
