import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { turnMs } from '../contract/defaults.ts';
import { mapRangeSchema } from '../contract/payloads.ts';
import { mapRange, type RangeProgress } from '../domain/range.ts';
import { cellStores } from './databases.ts';
import { faultFor, step } from './step.ts';

/** Maps pages of one range until it is done or this turn's time is used up. */
export const handler = step(
  mapRangeSchema,
  async ({ settings, cell, progress }, { logger, metrics, deadline }): Promise<RangeProgress> => {
    const endOfTurn = Date.now() + turnMs(progress.turns);
    const stores = await cellStores(cell, deadline);
    let pageBegan = Date.now();
    const after = await mapRange(
      progress,
      { maxCount: settings.maxCount, maxId: cell.maxId },
      {
        ...stores,
        timeIsUp: () => Date.now() >= endOfTurn,
        describeFault: faultFor,
        onPage: ({ rows, counts }) => {
          metrics.addMetric('PageTime', MetricUnit.Milliseconds, Date.now() - pageBegan);
          metrics.addMetric('PageRows', MetricUnit.Count, rows);
          metrics.addMetric('InstancesMapped', MetricUnit.Count, counts.mapped);
          metrics.addMetric('Conflicts', MetricUnit.Count, counts.conflicts.otherCell + counts.conflicts.noCell);
          pageBegan = Date.now();
        },
      },
    );
    const { index, turns, done, fault } = after;
    const mapped = after.counts.mapped - progress.counts.mapped;
    logger.info('range worked', {
      run: settings.run,
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
