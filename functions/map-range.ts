import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { turnMs } from '../contract/defaults.ts';
import { mapRangeSchema } from '../contract/payloads.ts';
import { resultKeys } from '../contract/results.ts';
import { PlanTally } from '../domain/plan.ts';
import { mapRange, type RangeProgress } from '../domain/range.ts';
import { writeResult } from './clients.ts';
import { cellStores } from './databases.ts';
import { faultFor, step } from './step.ts';

/** Maps pages of one range, or plans to, until it is done or this turn's time is used up. */
export const handler = step(
  mapRangeSchema,
  async ({ settings, cell, progress }, { logger, metrics, deadline }): Promise<RangeProgress> => {
    const endOfTurn = Date.now() + turnMs(progress.turns);
    const stores = await cellStores(cell, deadline);
    const { run, maxCount } = settings;
    const plan = settings.mode === 'plan';
    const planned = new PlanTally((maxCount ?? Number.POSITIVE_INFINITY) - progress.counts.unmapped);
    let pageBegan = Date.now();
    const after = await mapRange(
      progress,
      { plan, maxCount, maxId: cell.maxId },
      {
        ...stores,
        timeIsUp: () => Date.now() >= endOfTurn,
        describeFault: faultFor,
        onPage: ({ rows, counts, unmapped }) => {
          planned.add(unmapped);
          metrics.addMetric('PageTime', MetricUnit.Milliseconds, Date.now() - pageBegan);
          metrics.addMetric('PageRows', MetricUnit.Count, rows);
          metrics.addMetric('InstancesMapped', MetricUnit.Count, counts.mapped);
          metrics.addMetric('Conflicts', MetricUnit.Count, counts.conflicts.otherCell + counts.conflicts.noCell);
          pageBegan = Date.now();
        },
      },
    );
    const { index, turns, done, fault } = after;
    // In a file, because a cell may have instances of thousands of projects, more than a payload can hold.
    if (plan) await writeResult(resultKeys.planned(run, cell.uuid, index, turns), planned.plan, deadline);
    const mapped = after.counts.mapped - progress.counts.mapped;
    logger.info('range worked', {
      run,
      cell: cell.uuid,
      index,
      turns,
      after: after.after,
      mapped,
      done,
      fault,
    });
    return after;
  },
);
