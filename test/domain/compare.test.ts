import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { MappingRow } from '../../domain/classification.ts';
import {
  type CompareOrder,
  type CompareProgress,
  compareCell,
  newComparison,
  UUIDS_A_QUESTION,
} from '../../domain/compare.ts';
import { type Instance, isMappable } from '../../domain/instance.ts';
import { countParts, MOST_SUSPECTS_A_TURN, type Suspects } from '../../domain/suspects.ts';
import { instance } from './memory-stores.ts';
import { MemoryLook, MemoryVerifiedInstances, MemoryVerifiedMappings, mapping } from './verified-stores.ts';

const never = () => false;

/** A cell with the id 1 and the mappings of a cloud, in memory. */
class Cell {
  readonly instances: MemoryVerifiedInstances;
  readonly mappings: MemoryVerifiedMappings;
  readonly look: MemoryLook;
  readonly order: CompareOrder;

  constructor(rows: Instance[], mappings: MappingRow[], order: Partial<CompareOrder> = {}) {
    this.instances = new MemoryVerifiedInstances(rows);
    this.mappings = new MemoryVerifiedMappings(mappings);
    this.look = new MemoryLook(this.mappings, 1);
    this.order = {
      cellId: 1,
      buckets: null,
      instancesUpTo: Math.max(0, ...rows.map(({ id }) => id)),
      mappingsUpTo: Math.max(0, ...mappings.map(({ id }) => id)),
      someHaveNoProject: rows.some(({ projectId }) => projectId === null),
      exactCase: true,
      ...order,
    };
  }

  turn(progress: CompareProgress, timeIsUp = never) {
    const { instances, mappings, look } = this;
    return compareCell(progress, this.order, { instances, mappings, look, timeIsUp });
  }

  /** Turn after turn, until all is compared. */
  async compare(
    pageSize = 3,
    timeIsUp = never,
  ): Promise<{ progress: CompareProgress; suspects: Suspects; turns: number }> {
    let progress = newComparison(pageSize);
    const suspects: Suspects = { instances: [], mappings: [] };
    let turns = 0;
    while (!progress.done) {
      const ended = await this.turn(progress, timeIsUp);
      suspects.instances.push(...ended.suspects.instances);
      suspects.mappings.push(...ended.suspects.mappings);
      progress = ended.progress;
      turns += 1;
      expect(progress.turns).toBe(turns);
    }
    return { progress, suspects, turns };
  }
}

/** What a comparison is to find, said without pages. */
async function naive({ instances, mappings, look, order }: Cell): Promise<Suspects> {
  const isAsked = (uuid: string) => order.buckets === null || order.buckets.includes(uuid.slice(0, 1));
  const visible = instances.rows.filter((row) => row.id <= order.instancesUpTo && !row.hidden);
  const mappable = visible.filter(isMappable).filter(({ uuid }) => isAsked(uuid));
  const wrong = new Set((await look.look(mappable)).map(({ index }) => mappable[index]?.uuid));
  const here = new Set(instances.rows.filter(({ hidden }) => !hidden).map(({ uuid }) => uuid));
  return {
    instances: visible.filter(({ uuid, projectId }) => projectId === null || wrong.has(uuid)).map(({ uuid }) => uuid),
    mappings: mappings.rows
      .filter(({ id, cellId, instanceUuid }) => id <= order.mappingsUpTo && cellId === 1 && isAsked(instanceUuid))
      .map(({ instanceUuid }) => instanceUuid)
      .filter((uuid) => !here.has(uuid)),
  };
}

const sorted = ({ instances, mappings }: Suspects) => ({ instances: instances.sort(), mappings: mappings.sort() });

describe('compareCell', () => {
  const uuidOf = (number: number) => `${'0123456789abcdef'[number % 5]}0000000-${number}`;
  const anyRow = fc.record({
    gap: fc.integer({ min: 1, max: 30 }),
    hidden: fc.boolean(),
    hasProject: fc.boolean(),
    gone: fc.boolean(),
    mapped: fc.constantFrom('right', 'right', 'nowhere', 'noCell', 'otherCell', 'wrong', 'only'),
    mappingGap: fc.integer({ min: 1, max: 30 }),
  });

  function cellOf(
    shape: readonly (typeof anyRow extends fc.Arbitrary<infer Row> ? Row : never)[],
    order: Partial<CompareOrder>,
  ) {
    const rows: Instance[] = [];
    const mappings: MappingRow[] = [];
    let [id, mappingId] = [0, 0];
    for (const [index, { gap, hidden, hasProject, gone, mapped, mappingGap }] of shape.entries()) {
      const uuid = uuidOf(index);
      id += gap;
      mappingId += mappingGap;
      if (mapped !== 'only') rows.push(instance(id, { uuid, hidden, gone, projectId: hasProject ? 'p1' : null }));
      const cellId = mapped === 'noCell' ? null : mapped === 'otherCell' ? 2 : 1;
      const userId = mapped === 'wrong' ? 'u2' : 'u1';
      const row = mapping(mappingId, { instanceUuid: uuid, cellId, userId, queuedForDelete: gone });
      if (mapped !== 'nowhere') mappings.push(row);
    }
    return new Cell(rows, mappings, order);
  }

  it('finds exactly the rows that differ, for any page, any turn, any limit and any buckets', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRow, { maxLength: 40 }),
        fc.record({
          pageSize: fc.integer({ min: 1, max: 12 }),
          fits: fc.integer({ min: 1, max: 12 }),
          buckets: fc.option(fc.subarray(['0', '1', '2', '3', '4'])),
        }),
        fc.array(fc.boolean(), { minLength: 1 }),
        async (shape, { pageSize, fits, buckets }, pattern) => {
          const cell = cellOf(shape, { buckets });
          cell.instances.fits = fits;
          cell.mappings.fits = fits;
          let asked = 0;
          const { progress, suspects } = await cell.compare(pageSize, () => pattern[asked++ % pattern.length] ?? true);
          expect(sorted(suspects)).toEqual(sorted(await naive(cell)));
          expect(progress.suspects).toEqual(countParts([...suspects.instances, ...suspects.mappings]));
          const noProject = suspects.instances.length - progress.wrong;
          expect(noProject).toBe(cell.instances.rows.filter((row) => !row.hidden && row.projectId === null).length);
          const isAsked = ({ uuid }: Instance) => buckets === null || buckets.includes(uuid.slice(0, 1));
          expect(progress.read).toBe(cell.instances.rows.filter(isMappable).filter(isAsked).length);
        },
      ),
    );
  });

  it('leaves out what came after the digests', async () => {
    const rows = [1, 2, 3].map((id) => instance(id));
    const orphans = [7, 8, 9].map((id) => mapping(id));
    const cell = new Cell(rows, orphans, { instancesUpTo: 2, mappingsUpTo: 8 });
    const { suspects } = await cell.compare();
    expect(suspects).toEqual({
      instances: rows.slice(0, 2).map(({ uuid }) => uuid),
      mappings: orphans.slice(0, 2).map(({ instanceUuid }) => instanceUuid),
    });
  });

  it('takes for right what was mapped after the mappings were digested', async () => {
    const cell = new Cell([instance(1)], [mapping(1, { id: 99 })], { mappingsUpTo: 50 });
    expect(await cell.compare()).toMatchObject({
      suspects: { instances: [], mappings: [] },
      progress: { read: 1, wrong: 0 },
    });
  });

  it('reads nothing where nothing differs', async () => {
    const cell = new Cell([instance(1)], [mapping(1)], { buckets: [] });
    const { progress, turns } = await cell.compare();
    expect(progress).toMatchObject({ done: true, read: 0, unsettled: 0 });
    expect(turns).toBe(1);
    expect([...cell.instances.reads, ...cell.mappings.reads, ...cell.instances.asked]).toEqual([]);
    expect(cell.look.looks).toBe(0);
  });

  it('reads only rows without a project where those are all there is to find', async () => {
    const cell = new Cell([instance(1), instance(2, { projectId: null })], [mapping(1)], { buckets: [] });
    const { progress, suspects } = await cell.compare();
    expect(suspects).toEqual({ instances: [instance(2).uuid], mappings: [] });
    expect(progress).toMatchObject({ read: 0, unsettled: 0 });
    expect(cell.look.looks).toBe(0);
    expect(cell.mappings.reads).toEqual([]);
  });

  it('has nothing to do in an empty cell without mappings', async () => {
    const { progress, suspects } = await new Cell([], []).compare();
    expect(progress).toMatchObject({ done: true, read: 0, wrong: 0 });
    expect(suspects).toEqual({ instances: [], mappings: [] });
  });

  it('finds every mapping to an empty cell', async () => {
    const { suspects } = await new Cell([], [mapping(1), mapping(2)]).compare();
    expect(suspects.mappings).toEqual([mapping(1).instanceUuid, mapping(2).instanceUuid]);
  });

  it('has mappings of hidden rows judged, because they may be in flight, but asks for no second look', async () => {
    const cell = new Cell([instance(1, { hidden: true })], [mapping(1), mapping(2)]);
    const { suspects, progress } = await cell.compare();
    expect(suspects.mappings).toEqual([mapping(1).instanceUuid, mapping(2).instanceUuid]);
    expect(progress.unsettled).toBe(1);
  });

  it('asks for a second look at all but what is being built or has no project', async () => {
    const rows = [instance(1), instance(2, { projectId: null }), instance(3)];
    const mappings = [mapping(1, { cellId: null }), mapping(4)];
    const cell = new Cell(rows, mappings);
    const building = new MemoryVerifiedMappings(mappings, [instance(1).uuid]);
    const look = new MemoryLook(building, 1);
    const { progress, suspects } = await compareCell(newComparison(10), cell.order, {
      instances: cell.instances,
      mappings: building,
      look,
      timeIsUp: never,
    });
    expect(suspects.instances).toEqual([1, 3, 2].map((id) => instance(id).uuid));
    expect(suspects.mappings).toEqual([mapping(4).instanceUuid]);
    expect(progress.unsettled).toBe(2);
  });

  it.each([
    { exactCase: false, missing: 0 },
    { exactCase: true, missing: 1 },
  ])('compares uuids as the API database does (letter case matters: $exactCase)', async ({ exactCase, missing }) => {
    const rows = [instance(1, { uuid: 'abc' })];
    const mappings = [mapping(1, { instanceUuid: 'ABC' })];
    const cell = new Cell(rows, mappings, { exactCase, mappingsUpTo: 1 });
    cell.instances.find = async () => rows;
    cell.look.look = async () => [];
    expect((await cell.compare()).suspects.mappings).toHaveLength(missing);
  });

  it('asks for the instances of a long page in several questions', async () => {
    const mappings = Array.from({ length: 2 * UUIDS_A_QUESTION + 1 }, (_, index) => mapping(index + 1));
    const cell = new Cell([], mappings);
    const { suspects } = await cell.compare(10_000);
    expect(cell.instances.asked.map((uuids) => uuids.length)).toEqual([UUIDS_A_QUESTION, UUIDS_A_QUESTION, 1]);
    expect(suspects.mappings).toHaveLength(mappings.length);
  });

  it('hands over where it has found more than it should keep in memory', async () => {
    const rows = Array.from({ length: MOST_SUSPECTS_A_TURN + 8_000 }, (_, index) => instance(index + 1));
    const { progress, suspects } = await new Cell(rows, []).turn(newComparison(4_000));
    expect(progress.done).toBe(false);
    expect(suspects.instances).toHaveLength(MOST_SUSPECTS_A_TURN);
  });

  it('goes over a million ids a statement where rows are far apart', async () => {
    const cell = new Cell([instance(1), instance(2_500_000)], [mapping(1)], { mappingsUpTo: 1 });
    await cell.compare(4_000);
    expect(cell.instances.reads.map(({ after }) => after)).toEqual([0, 1_000_000, 2_000_000]);
  });

  it('tries a smaller page where a statement takes too long, and keeps that size although the time is up', async () => {
    const cell = new Cell([instance(1), instance(900_000)], [], {});
    cell.instances.mostIds = 300_000;
    const first = await cell.turn(newComparison(4_000), () => true);
    expect(first.progress).toMatchObject({ after: 0, pageSize: 2_000, done: false });
    const { suspects, progress } = await cell.compare(4_000, () => true);
    expect(suspects.instances).toEqual([instance(1).uuid, instance(900_000).uuid]);
    expect(progress.pageSize).toBe(1_000);
  });

  it.each(['instances', 'mappings', 'look'] as const)('halves a page that does not fit: %s', async (which) => {
    const rows = [1, 2, 3, 4, 5, 6, 7].map((id) => instance(id));
    const orphans = [11, 12, 13, 14, 15].map((id) => mapping(id));
    const cell = new Cell(rows, orphans);
    cell[which].fits = 2;
    const { suspects, progress } = await cell.compare(8);
    expect(suspects.instances).toEqual(rows.map(({ uuid }) => uuid));
    expect(suspects.mappings).toEqual(orphans.map(({ instanceUuid }) => instanceUuid));
    expect(progress.pageSize).toBe(2);
  });

  it('gives up on a single row that does not fit', async () => {
    const cell = new Cell([instance(1)], []);
    cell.instances.fits = 0;
    await expect(cell.compare(4)).rejects.toMatchObject({ name: 'PageTooLarge' });
  });

  it('throws any other error', async () => {
    const cell = new Cell([instance(1)], []);
    cell.look.look = async () => {
      throw new RangeError('something else');
    };
    await expect(cell.compare(4)).rejects.toThrow('something else');
    expect(cell.instances.reads).toHaveLength(1);
  });

  it('tells the same of a turn that is repeated', async () => {
    const rows = [1, 2, 3, 4, 5].map((id) => instance(id));
    const cell = new Cell(rows, [mapping(9)]);
    const begun = (await cell.turn(newComparison(2), () => true)).progress;
    expect(begun).toMatchObject({ after: 2, turns: 1 });
    expect(await cell.turn(begun, () => true)).toEqual(await cell.turn(begun, () => true));
  });
});
