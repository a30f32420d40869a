import { addCounts, type Counts, noCounts } from './counts.ts';
import { gapsBetween, windowStart } from './gaps.ts';
import type { MappableInstance } from './instance.ts';
import { mapPage, readPage } from './page.ts';
import { lookOnly } from './plan.ts';
import { keepSamples, type Sample } from './sample.ts';
import type { InstanceStore, MappingStore } from './stores.ts';

/** What the ranges of a cell left for the last pass. */
export interface LastPassOrder {
  /** Only to look: nothing is inserted, so that one pass to the end is all. */
  plan: boolean;
  /** The cell's highest id when its ranges were made; 0 for a cell without rows. */
  maxId: number;
  /** The ids below it, within the window of late rows, at which the ranges saw no row. */
  gaps: readonly number[];
  pageSize: number;
  /** The most mappings that may still be inserted in the cell. */
  mayMap: number;
}

/** What the last pass found. */
export interface LastPassResult {
  counts: Counts;
  samples: Sample[];
  /** Those that are counted as `unmapped`, by ascending id. */
  unmapped: MappableInstance[];
  /** The highest id that was seen; 0 when there was none. */
  lastInstanceId: number;
}

/** Rows keep appearing without a mapping, faster than they can be mapped. */
export class CellKeepsGrowingError extends Error {
  override readonly name: string = 'CellKeepsGrowing';
}

/**
 * Looks again at the end of a cell for rows that were committed late or are new, and repeats that until it inserts
 * nothing. Only rows that were not seen before are counted.
 * @throws CellKeepsGrowingError when the time is up before a pass inserted nothing
 */
export async function lastPass(
  order: LastPassOrder,
  stores: { instances: InstanceStore; mappings: MappingStore; timeIsUp: () => boolean },
): Promise<LastPassResult> {
  let maxId = order.maxId;
  let gaps = new Set(order.gaps);
  const result: LastPassResult = { counts: noCounts(), samples: [], unmapped: [], lastInstanceId: maxId };
  const mappings = order.plan ? lookOnly(stores.mappings) : stores.mappings;
  const isEnough = () => !order.plan && result.counts.unmapped > 0;

  for (let inserted = 1; inserted > 0 && !isEnough(); ) {
    inserted = 0;
    const seenUpTo = maxId;
    let after = windowStart(maxId);
    for (let last = false; !last && !isEnough(); ) {
      if (stores.timeIsUp()) throw new CellKeepsGrowingError('Instances without a mapping keep appearing in the cell');
      const page = await readPage(stores.instances, after, null, order.pageSize);
      const fresh = page.rows.filter(({ id }) => id > seenUpTo || gaps.has(id));
      const mayMap = order.plan ? 0 : order.mayMap - result.counts.mapped;
      const { counts, samples, unmapped } = await mapPage(mappings, fresh, { mayMap, expectNew: false });
      result.counts = addCounts([result.counts, counts]);
      result.samples = keepSamples(result.samples, samples);
      result.unmapped.push(...unmapped);
      inserted += counts.mapped;
      for (const { id } of fresh) gaps.delete(id);

      const end = page.rows.at(-1)?.id ?? after;
      const ids = page.rows.map(({ id }) => id);
      for (const id of gapsBetween(Math.max(after, seenUpTo), end, ids, Math.max(end, seenUpTo))) gaps.add(id);
      maxId = Math.max(maxId, end);
      after = end;
      last = page.last;
    }
    gaps = new Set([...gaps].filter((id) => id > windowStart(maxId)));
  }
  result.lastInstanceId = maxId;
  return result;
}
