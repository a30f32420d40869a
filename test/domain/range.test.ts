import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addCounts, addsUp, totalsOf } from '../../domain/counts.ts';
import type { Instance } from '../../domain/instance.ts';
import { lastPass } from '../../domain/last-pass.ts';
import { type RangeProgress, splitRanges, sumRanges } from '../../domain/range.ts';
import { mapRange } from '../../domain/range-turn.ts';
import { IDS_PER_RANGE, wholeCell } from '../../domain/survey.ts';
import { instance, MemoryInstances, MemoryMappings, unhurried, wholeRanges } from './memory-stores.ts';

const describeFault = (error: unknown) => ({ name: (error as Error).name, message: (error as Error).message });

async function workCell(
  instances: MemoryInstances,
  mappings: MemoryMappings,
  { pageSize = 3, maxCount = null as number | null, pagesPerTurn = 2, plan = false } = {},
) {
  const ids = instances.rows.map(({ id }) => id);
  const maxId = Math.max(0, ...ids);
  const ended: RangeProgress[] = [];
  for (let progress of wholeRanges(ids, pageSize)) {
    while (!progress.done) {
      let pages = 0;
      progress = await mapRange(
        progress,
        { ...unhurried, plan, maxCount, maxId },
        { instances, mappings, now: () => pages, endAt: pagesPerTurn, describeFault, onPage: () => pages++ },
      );
    }
    ended.push(progress);
  }
  return { ended, maxId, sum: sumRanges(ended) };
}

describe('splitRanges', () => {
  it('has no range for a cell without rows', () => {
    expect(splitRanges({ minId: null, maxId: null, intervals: [], most: 4, pageSize: 10 })).toEqual([]);
  });

  it('covers every id once, in ranges that are never too small and never too many', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(2_000_000), fc.integer({ min: 1, max: 40 }), (minId, more, most) => {
        const maxId = minId + more;
        const ranges = splitRanges({ minId, maxId, intervals: wholeCell(minId, maxId), most, pageSize: 10 });
        expect(ranges.length).toBeGreaterThanOrEqual(1);
        expect(ranges.length).toBeLessThanOrEqual(most);
        expect(ranges[0]?.from).toBe(Math.min(minId - 1, Math.max(0, minId + more - 1000)));
        expect(ranges.at(-1)?.upTo).toBe(minId + more);
        for (const [index, range] of ranges.entries()) {
          if (index > 0) expect(range.from).toBe(ranges[index - 1]?.upTo);
          if (ranges.length > 1) expect(range.upTo - range.from).toBeGreaterThanOrEqual(IDS_PER_RANGE);
        }
      }),
    );
  });
});

describe('mapRange', () => {
  it('hands over when the time of its turn is up, and goes on from there', async () => {
    const instances = new MemoryInstances([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((id) => instance(id)));
    const { ended, sum } = await workCell(instances, new MemoryMappings());
    // The third page had been read when the time was up.
    expect(ended[0]).toMatchObject({ done: true, turns: 2, after: 10 });
    expect(sum.counts).toMatchObject({ instances: 10, mapped: 10 });
  });

  it('throws an error of its first page, and returns the progress of those before a later one', async () => {
    const instances = new MemoryInstances([1, 2, 3, 4].map((id) => instance(id)));
    const mappings = new MemoryMappings();
    const order = { ...unhurried, plan: false, maxCount: null, maxId: 4 };
    const [progress] = wholeRanges([1, 4], 2);
    if (progress === undefined) throw new Error('a range was expected');
    const turn = { instances, mappings, now: () => 0, endAt: 1, describeFault };
    instances.beforeRead = () => {
      if (instances.reads.length === 1) throw new RangeError('the second page');
    };
    const after = await mapRange(progress, order, turn);
    expect(after).toMatchObject({ after: 2, done: false, fault: { name: 'RangeError' }, counts: { mapped: 2 } });
    await expect(mapRange(after, order, turn)).rejects.toThrow('the second page');
    instances.beforeRead = () => {};
    expect(await mapRange(after, order, turn)).toMatchObject({
      done: true,
      fault: null,
    });
  });

  it.each([
    { rows: 10, maxCount: 4, mapped: 4, more: true },
    { rows: 4, maxCount: 4, mapped: 4, more: false },
    { rows: 5, maxCount: 4, mapped: 4, more: true },
    { rows: 3, maxCount: 4, mapped: 3, more: false },
  ])('with $maxCount to map of $rows, maps $mapped and knows whether more remain: $more', async (example) => {
    const rows = Array.from({ length: example.rows }, (_, index) => instance(index + 1));
    const { sum } = await workCell(new MemoryInstances(rows), new MemoryMappings(), example);
    expect(sum.counts.mapped).toBe(example.mapped);
    expect(sum.counts.unmapped > 0).toBe(example.more);
  });
});

describe('a cell, worked by ranges and the last pass', () => {
  const row = fc.record({
    gap: fc.integer({ min: 1, max: 40 }),
    kind: fc.constantFrom('plain', 'gone', 'hidden', 'noProject', 'otherCell', 'noCell', 'mapped', 'late', 'new'),
  });

  it('gives every visible row exactly one place, late and new rows included', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (shape, pageSize, skips) => {
          const mappings = new MemoryMappings();
          mappings.skips = skips;
          let id = 0;
          const rows: Instance[] = [];
          const later: Instance[] = [];
          for (const { gap, kind } of shape) {
            id += gap;
            const made = instance(id, {
              hidden: kind === 'hidden',
              gone: kind === 'gone',
              projectId: kind === 'noProject' ? null : 'p1',
            });
            const mapping = { instanceUuid: made.uuid, projectId: 'p1', userId: 'u1', queuedForDelete: false };
            if (kind === 'otherCell') mappings.table.set(made.uuid, { ...mapping, cell: 'cell2' });
            if (kind === 'noCell') mappings.table.set(made.uuid, { ...mapping, cell: null });
            if (kind === 'mapped') mappings.table.set(made.uuid, { ...mapping, cell: 'cell1' });
            (kind === 'late' ? later : rows).push(made);
          }
          // Rows that are new have the highest ids; they come after the ranges were made, like the late ones.
          const fresh = shape.filter(({ kind }) => kind === 'new').map((_, index) => instance(id + 1 + index));
          const instances = new MemoryInstances([...rows]);
          const { ended, maxId, sum } = await workCell(instances, mappings, { pageSize });
          instances.rows.push(...later, ...fresh);
          const late = await lastPass(
            { plan: false, maxId, gaps: ended.flatMap(({ gaps }) => gaps), pageSize, mayMap: Number.POSITIVE_INFINITY },
            { instances, mappings, timeIsUp: () => false },
          );
          const counts = addCounts([sum.counts, late.counts]);
          expect(addsUp(totalsOf(counts))).toBe(true);
          // A late row counts where it lies in the window; the others were there when the ranges passed.
          const seen = instances.rows.filter((each) => !later.includes(each) || each.id > maxId - 1000);
          const visible = seen.filter(({ hidden }) => !hidden);
          expect(counts.instances).toBe(visible.length);
          for (const { uuid, projectId } of visible)
            if (projectId !== null) expect(mappings.table.has(uuid)).toBe(true);
          expect(late.lastInstanceId).toBe(Math.max(maxId, ...instances.rows.map((each) => each.id).concat(0)));
        },
      ),
    );
  });

  it('goes on until a pass inserts nothing', async () => {
    const instances = new MemoryInstances([instance(1)]);
    const mappings = new MemoryMappings();
    let next = 2;
    instances.beforeRead = () => {
      if (next <= 4) instances.rows.push(instance(next++));
    };
    const late = await lastPass(
      { plan: false, maxId: 1, gaps: [], pageSize: 100, mayMap: Number.POSITIVE_INFINITY },
      { instances, mappings, timeIsUp: () => false },
    );
    expect(late.counts.mapped).toBe(3);
    expect(instances.reads).toHaveLength(4);
  });

  it('fails by name when rows keep appearing until the time is up', async () => {
    const instances = new MemoryInstances([]);
    let next = 1;
    instances.beforeRead = () => instances.rows.push(instance(next++));
    await expect(
      lastPass(
        { plan: false, maxId: 0, gaps: [], pageSize: 100, mayMap: Number.POSITIVE_INFINITY },
        { instances, mappings: new MemoryMappings(), timeIsUp: () => next > 50 },
      ),
    ).rejects.toThrow(expect.objectContaining({ name: 'CellKeepsGrowing' }));
  });

  it('maps late rows only up to --max-count', async () => {
    const instances = new MemoryInstances([instance(1), instance(2)]);
    const late = await lastPass(
      { plan: false, maxId: 0, gaps: [], pageSize: 100, mayMap: 1 },
      { instances, mappings: new MemoryMappings(), timeIsUp: () => false },
    );
    expect(late.counts).toMatchObject({ mapped: 1, unmapped: 1 });
  });
});
