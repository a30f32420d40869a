import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addCounts, addsUp, type Counts, totalsOf } from '../../domain/counts.ts';
import type { Instance } from '../../domain/instance.ts';
import { lastPass } from '../../domain/last-pass.ts';
import { addPlans, lookOnly, PlanTally } from '../../domain/plan.ts';
import { type RangeProgress, sumRanges } from '../../domain/range.ts';
import { mapRange } from '../../domain/range-turn.ts';
import { instance, MemoryInstances, MemoryMappings, mappable, unhurried, wholeRanges } from './memory-stores.ts';

const describeFault = (error: unknown) => ({ name: (error as Error).name, message: (error as Error).message });
const NO_LIMIT = Number.POSITIVE_INFINITY;

/** Works a cell as the machine does: its range turn by turn, then the last pass, before which late rows appear. */
async function workCell(
  rows: readonly Instance[],
  mappings: MemoryMappings,
  {
    plan,
    maxCount,
    pageSize,
    late = [],
  }: { plan: boolean; maxCount: number | null; pageSize: number; late?: Instance[] },
) {
  const instances = new MemoryInstances([...rows]);
  const ids = rows.map(({ id }) => id);
  const maxId = Math.max(0, ...ids);
  const most = maxCount ?? NO_LIMIT;
  const turns: PlanTally[] = [];
  const ended: RangeProgress[] = [];
  for (let progress of wholeRanges(ids, pageSize)) {
    while (!progress.done) {
      let pages = 0;
      const planned = new PlanTally(most - progress.counts.unmapped);
      turns.push(planned);
      const onPage = ({ unmapped }: { unmapped: Parameters<PlanTally['add']>[0] }) => {
        pages += 1;
        planned.add(unmapped);
      };
      const turn = { instances, mappings, now: () => pages, endAt: 2, describeFault, onPage };
      progress = await mapRange(progress, { ...unhurried, plan, maxCount, maxId }, turn);
    }
    ended.push(progress);
  }
  instances.rows.push(...late);
  const { counts: worked } = sumRanges(ended);
  const gaps = ended.flatMap((range) => range.gaps);
  const isOver = !plan && worked.unmapped > 0;
  const order = { plan, maxId, gaps, pageSize, mayMap: most - worked.mapped };
  const last = isOver ? null : await lastPass(order, { instances, mappings, timeIsUp: () => false });
  const planned = new PlanTally(most - worked.unmapped);
  planned.add(last?.unmapped ?? []);
  const counts: Counts = last === null ? worked : addCounts([worked, last.counts]);
  return { counts, plan: addPlans([...turns, planned].map((tally) => tally.plan)) };
}

const kinds = [
  'plain',
  'gone',
  'hidden',
  'noProject',
  'mapped',
  'wrong',
  'otherCell',
  'noCell',
  'inFlight',
  'late',
] as const;

const shapes = fc.array(
  fc.record({
    gap: fc.integer({ min: 1, max: 3 }),
    kind: fc.constantFrom(...kinds),
    project: fc.constantFrom('p1', 'p2', '__proto__'),
  }),
  { maxLength: 60 },
);

/** A cell and its mappings, made anew each time, because mapping changes them. */
function makeCell(shape: typeof shapes extends fc.Arbitrary<infer Shape> ? Shape : never) {
  const mappings = new MemoryMappings();
  const rows: Instance[] = [];
  const late: Instance[] = [];
  let id = 0;
  for (const { gap, kind, project } of shape) {
    id += gap;
    const projectId = kind === 'noProject' ? null : project;
    const made = instance(id, { hidden: kind === 'hidden', gone: kind === 'gone', projectId });
    const mapping = { instanceUuid: made.uuid, projectId: project, userId: 'u1', queuedForDelete: false };
    if (kind === 'otherCell') mappings.table.set(made.uuid, { ...mapping, cell: 'cell2' });
    if (kind === 'noCell' || kind === 'inFlight') mappings.table.set(made.uuid, { ...mapping, cell: null });
    if (kind === 'inFlight') mappings.buildRequests.add(made.uuid);
    if (kind === 'mapped') mappings.table.set(made.uuid, { ...mapping, cell: 'cell1' });
    if (kind === 'wrong') mappings.table.set(made.uuid, { ...mapping, userId: null, cell: 'cell1' });
    (kind === 'late' ? late : rows).push(made);
  }
  return { rows, late, mappings };
}

describe('a plan', () => {
  it('counts what map then does, writes nothing, and reads to the end whatever is missing', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.integer({ min: 1, max: 7 }), async (shape, pageSize) => {
        const { rows, late, mappings } = makeCell(shape);
        const before = structuredClone(mappings.table);
        const planned = await workCell(rows, mappings, { plan: true, maxCount: null, pageSize, late });
        expect(mappings.table).toEqual(before);
        expect(mappings.inserts).toEqual([]);

        const mapped = await workCell(rows, mappings, { plan: false, maxCount: null, pageSize, late });
        expect(planned.counts).toEqual({ ...mapped.counts, mapped: 0, unmapped: mapped.counts.mapped });
        expect(planned.plan).toEqual(projectsOf(mappings, before));
      }),
    );
  });

  it('counts with --max-count what map with it inserts, and still every instance without a mapping', async () => {
    await fc.assert(
      fc.asyncProperty(
        shapes,
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 40 }),
        async (shape, pageSize, maxCount) => {
          const { rows, late, mappings } = makeCell(shape);
          const before = structuredClone(mappings.table);
          const { counts, plan } = await workCell(rows, mappings, { plan: true, maxCount, pageSize, late });
          expect(addsUp(totalsOf(counts))).toBe(true);
          const all = await workCell(rows, mappings, { plan: true, maxCount: null, pageSize, late });
          expect(counts).toEqual(all.counts);

          const mapped = await workCell(rows, mappings, { plan: false, maxCount, pageSize, late });
          expect(plan.instances).toBe(mapped.counts.mapped);
          expect(plan).toEqual(projectsOf(mappings, before));
          expect(counts.unmapped > plan.instances).toBe(mapped.counts.unmapped > 0);
        },
      ),
    );
  });

  it('has no way to insert', async () => {
    const mappings = new MemoryMappings();
    const mapping = { instanceUuid: instance(1).uuid, projectId: 'p1', userId: 'u1', queuedForDelete: false };
    await expect(lookOnly(mappings).insert([mapping])).rejects.toThrow('A plan inserts nothing.');
    expect(mappings.table.size).toBe(0);
  });
});

/** The plan that would have said what was inserted since. */
function projectsOf({ table }: MemoryMappings, before: ReadonlyMap<string, unknown>) {
  const numbers = new Map<string, number>();
  const inserted = [...table.values()].filter(({ instanceUuid }) => !before.has(instanceUuid));
  for (const { projectId } of inserted) numbers.set(projectId, (numbers.get(projectId) ?? 0) + 1);
  const projects = [...numbers].map(([project, instances]) => ({ project, instances }));
  projects.sort((a, b) => b.instances - a.instances || (a.project < b.project ? -1 : 1));
  return { instances: inserted.length, projects };
}

describe('PlanTally', () => {
  it('sorts projects by number, and by name where the numbers are equal', () => {
    const tally = new PlanTally(NO_LIMIT);
    tally.add(['b', 'c', 'a', 'c'].map((projectId, id) => mappable(id, { projectId })));
    expect(tally.plan).toEqual({
      instances: 4,
      projects: [
        { project: 'c', instances: 2 },
        { project: 'a', instances: 1 },
        { project: 'b', instances: 1 },
      ],
    });
  });

  it('counts no more than map may insert, also where it may insert none any more', () => {
    const tally = new PlanTally(-3);
    tally.add([mappable(1)]);
    expect(tally.plan).toEqual({ instances: 0, projects: [] });
  });
});
