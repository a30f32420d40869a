import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Change, changeFor } from '../../domain/change.ts';
import { type ClassName, classify, classNames, type Facts, type Verdict } from '../../domain/classification.ts';
import {
  addClassCounts,
  addExamined,
  type Examined,
  type ExamineStores,
  examine,
  joinSuspects,
  keepVerdictSamples,
  NO_CELL,
  noClassCounts,
  note,
  SAMPLES_PER_CLASS,
  type Suspect,
} from '../../domain/examine.ts';
import type { Suspects } from '../../domain/suspects.ts';
import { instance } from './memory-stores.ts';
import { anyCloud, type Cloud, factsOf, lookFirst, type Pace } from './verified-cloud.ts';
import { MemoryVerifiedInstances, MemoryVerifiedMappings, mapping } from './verified-stores.ts';

const exact = { exactCase: true };
const suspect = (id: number, ...cells: string[]): Suspect => ({ uuid: instance(id).uuid, cells: new Set(cells) });

describe('joinSuspects', () => {
  it('has each uuid once, in order, with all the cells that suspect it', () => {
    const joined = joinSuspects(
      [
        { cell: null, suspects: { instances: [], mappings: ['c', 'a'] } },
        { cell: 'cell1', suspects: { instances: ['b', 'a'], mappings: ['d'] } },
        { cell: 'cell2', suspects: { instances: ['a', 'a'], mappings: ['b'] } },
        { cell: 'cell1', suspects: { instances: ['a'], mappings: [] } },
      ],
      exact,
    );
    expect(joined.map(({ uuid, cells }) => [uuid, [...cells].sort()])).toEqual([
      ['a', ['cell1', 'cell2']],
      ['b', ['cell1']],
      ['c', []],
      ['d', []],
    ]);
  });

  it('does not depend on the order of the files, so that a turn that is repeated goes on at the same place', () => {
    const anyUuid = fc.constantFrom('a', 'b', 'B', 'c', 'C');
    const anySource = fc.record({
      cell: fc.option(fc.constantFrom('cell1', 'cell2')),
      suspects: fc.record({ instances: fc.array(anyUuid), mappings: fc.array(anyUuid) }),
    });
    fc.assert(
      fc.property(fc.array(anySource), fc.boolean(), (sources, exactCase) => {
        const tell = (given: { cell: string | null; suspects: Suspects }[]) =>
          joinSuspects(given, { exactCase }).map(({ uuid, cells }) => [
            exactCase ? uuid : uuid.toLowerCase(),
            [...cells].sort(),
          ]);
        const joined = tell(sources);
        expect(tell(sources.toReversed())).toEqual(joined);
        const names = joined.map(([uuid]) => uuid);
        expect(names).toEqual([...new Set(names)].sort());
      }),
    );
  });

  it.each([
    { exactCase: true, joined: 2 },
    { exactCase: false, joined: 1 },
  ])('joins uuids as the API database compares them (letter case matters: $exactCase)', ({ exactCase, joined }) => {
    const suspects = { instances: ['abc', 'ABC'], mappings: [] };
    expect(joinSuspects([{ cell: 'cell1', suspects }], { exactCase })).toHaveLength(joined);
  });
});

describe('examine', () => {
  function storesOf(mappings: MemoryVerifiedMappings, cells: Record<string, MemoryVerifiedInstances>) {
    return { mappings, cells: new Map(Object.entries(cells)), cellUuid: (id: number) => `cell${id}` };
  }

  it('says what the mapping and the suspecting cell know of it', async () => {
    const stores = storesOf(new MemoryVerifiedMappings([mapping(1, { userId: 'u2' })], [mapping(1).instanceUuid]), {
      cell1: new MemoryVerifiedInstances([instance(1, { gone: true })]),
    });
    expect(await examine([suspect(1, 'cell1')], stores, exact)).toEqual([
      {
        uuid: instance(1).uuid,
        mapping: mapping(1, { userId: 'u2' }),
        mappedTo: 'cell1',
        buildRequest: true,
        instances: [{ cell: 'cell1', projectId: 'p1', userId: 'u1', hidden: false, gone: true, deleting: false }],
      },
    ]);
  });

  it.each([
    { of: 'wrong details', row: mapping(1, { userId: 'u2' }), asks: false },
    { of: 'an instance that is unmapped in one cell', row: null, asks: false },
    { of: 'a mapping without a cell', row: mapping(1, { cellId: null }), asks: true },
    { of: 'a mapping to another cell', row: mapping(1, { cellId: 2 }), asks: true },
    {
      of: "an instance that is there, though its mapping has the marker's project",
      row: mapping(1, { cellId: null, projectId: 'INSTANCE_MIGRATION_MARKER' }),
      asks: true,
    },
  ])('asks other cells about $of: $asks', async ({ row, asks }) => {
    const other = new MemoryVerifiedInstances([]);
    const stores = storesOf(new MemoryVerifiedMappings(row === null ? [] : [row]), {
      cell1: new MemoryVerifiedInstances([instance(1)]),
      cell2: other,
    });
    await examine([suspect(1, 'cell1')], stores, exact);
    expect(other.asked).toEqual(asks ? [[instance(1).uuid]] : []);
    await examine([suspect(1, 'cell1')], stores, { ...exact, everywhere: true });
    expect(other.asked.at(-1)).toEqual([instance(1).uuid]);
  });

  it('asks no cell about a marker of which nobody has seen an instance', async () => {
    const cells = { cell1: new MemoryVerifiedInstances([]), cell2: new MemoryVerifiedInstances([]) };
    const marker = mapping(1, { cellId: null, projectId: 'INSTANCE_MIGRATION_MARKER' });
    const stores = storesOf(new MemoryVerifiedMappings([marker]), cells);
    await examine([suspect(1)], stores, exact);
    expect([...cells.cell1.asked, ...cells.cell2.asked]).toEqual([]);
    await examine([suspect(1)], stores, { ...exact, everywhere: true });
    expect([...cells.cell1.asked, ...cells.cell2.asked]).toEqual([[marker.instanceUuid], [marker.instanceUuid]]);
  });

  it('asks every cell about a mapping that nobody has seen the instance of', async () => {
    const cells = { cell1: new MemoryVerifiedInstances([]), cell2: new MemoryVerifiedInstances([instance(1)]) };
    const stores = storesOf(new MemoryVerifiedMappings([mapping(1)]), cells);
    const [facts] = await examine([suspect(1)], stores, exact);
    expect(facts?.instances.map(({ cell }) => cell)).toEqual(['cell2']);
    expect(cells.cell1.asked).toHaveLength(1);
  });

  it('asks each cell once for all that it may know, and never for nothing', async () => {
    const cells = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`cell${index + 1}`, new MemoryVerifiedInstances([])]),
    );
    const stores = storesOf(new MemoryVerifiedMappings([mapping(1), mapping(2)]), cells);
    await examine([suspect(1), suspect(2), suspect(3)], stores, exact);
    const uuids = [instance(1).uuid, instance(2).uuid];
    for (const { asked } of Object.values(cells)) expect(asked).toEqual([uuids]);
  });

  it('asks some cells at once, but not thousands', async () => {
    let [open, most] = [0, 0];
    const slow = {
      find: async () => {
        open += 1;
        most = Math.max(most, open);
        await new Promise((resolve) => setTimeout(resolve, 1));
        open -= 1;
        return [];
      },
    };
    const cells = new Map(Array.from({ length: 50 }, (_, index) => [`cell${index + 1}`, slow]));
    const stores: ExamineStores = { mappings: new MemoryVerifiedMappings([mapping(1)]), cells, cellUuid: String };
    await examine([suspect(1)], stores, exact);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(16);
  });

  it('keeps the order of the suspects, those of which nothing is known too', async () => {
    const stores = storesOf(new MemoryVerifiedMappings([mapping(2)]), { cell1: new MemoryVerifiedInstances([]) });
    const facts = await examine([suspect(3), suspect(2), suspect(1)], stores, exact);
    expect(facts.map(({ uuid }) => uuid)).toEqual([3, 2, 1].map((id) => instance(id).uuid));
    expect(facts[0]).toEqual({
      uuid: instance(3).uuid,
      mapping: null,
      mappedTo: null,
      buildRequest: false,
      instances: [],
    });
  });

  it('throws what a cell throws', async () => {
    const broken = new MemoryVerifiedInstances([]);
    broken.find = async () => {
      throw new RangeError('the cell is down');
    };
    const stores = storesOf(new MemoryVerifiedMappings([mapping(1)]), { cell1: broken });
    await expect(examine([suspect(1)], stores, exact)).rejects.toThrow('the cell is down');
  });
});

describe('note', () => {
  const verdict = (name: ClassName, parts: Partial<Verdict> = {}): Verdict => ({
    class: name,
    of: 'instance',
    cell: 'cell1',
    ...parts,
  });

  it('counts an instance in its cell, and a mapping alone where it points', () => {
    const byCell = new Map<string, Examined>();
    note(byCell, suspect(1, 'cell1'), verdict('otherCell', { mappedTo: 'cell2', hiddenThere: false }));
    note(byCell, suspect(2), verdict('orphan', { of: 'mapping' }));
    note(byCell, suspect(3), verdict('inFlight', { of: 'mapping', cell: null }));
    expect(byCell.get('cell1')).toEqual({
      instances: { ...noClassCounts(), otherCell: 1 },
      mappings: { ...noClassCounts(), orphan: 1 },
      takenForCorrect: 0,
      samples: [
        { class: 'otherCell', instance: instance(1).uuid, mappedTo: 'cell2', hiddenThere: false },
        { class: 'orphan', instance: instance(2).uuid },
      ],
    });
    expect(byCell.get(NO_CELL)?.mappings.inFlight).toBe(1);
  });

  it('corrects the first look where it had taken an instance for correct, and only there', () => {
    const byCell = new Map<string, Examined>();
    note(byCell, suspect(1, 'cell2'), verdict('inTwoCells'));
    note(byCell, suspect(1, 'cell2'), verdict('inTwoCells', { cell: 'cell2' }));
    note(byCell, suspect(2, 'cell2'), verdict('correct'));
    expect(byCell.get('cell1')).toMatchObject({ takenForCorrect: 1, instances: { inTwoCells: 1, correct: 0 } });
    expect(byCell.get('cell2')).toMatchObject({ takenForCorrect: 0, instances: { inTwoCells: 1 } });
  });

  it('keeps no sample of what is right, and does not keep thousands of one class', () => {
    const byCell = new Map<string, Examined>();
    for (let id = 1; id <= 1_000; id += 1) {
      note(byCell, suspect(id, 'cell1'), verdict('correct'));
      note(byCell, suspect(id, 'cell1'), verdict('unmapped'));
      note(byCell, suspect(id), verdict('orphan', { of: 'mapping' }));
    }
    const examined = byCell.get('cell1');
    expect(examined?.instances).toMatchObject({ correct: 1_000, unmapped: 1_000 });
    expect(examined?.samples.length).toBeLessThanOrEqual(2 * SAMPLES_PER_CLASS);
    expect(new Set(examined?.samples.map((sample) => sample.class))).toEqual(new Set(['unmapped', 'orphan']));
  });
});

describe('samples', () => {
  it('are the first of each class, the worst class first', () => {
    const many = classNames
      .toReversed()
      .flatMap((name) => Array.from({ length: 25 }, (_, index) => ({ class: name, instance: `${name}${index}` })));
    const kept = keepVerdictSamples(many);
    expect(kept.map((sample) => sample.class)).toEqual(
      classNames.flatMap((name) => Array.from({ length: SAMPLES_PER_CLASS }, () => name)),
    );
    expect(kept[0]?.instance).toBe(`${classNames[0]}0`);
  });

  it('of several looks are kept together, and the counts add up', () => {
    const one: Examined = {
      instances: addClassCounts([{ unmapped: 2 }]),
      mappings: addClassCounts([{ orphan: 1 }]),
      takenForCorrect: 1,
      samples: [{ class: 'orphan', instance: 'a' }],
    };
    expect(addExamined([one, one])).toEqual({
      instances: addClassCounts([{ unmapped: 4 }]),
      mappings: addClassCounts([{ orphan: 2 }]),
      takenForCorrect: 2,
      samples: [...one.samples, ...one.samples],
    });
    expect(addExamined([])).toEqual({
      instances: noClassCounts(),
      mappings: noClassCounts(),
      takenForCorrect: 0,
      samples: [],
    });
  });
});

describe('a verification, from digests to verdicts', () => {
  const anyPace = fc.record({
    ids: fc.integer({ min: 1, max: 60 }),
    pageSize: fc.integer({ min: 1, max: 9 }),
    pattern: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
  });

  /** Looks twice, and counts by cell and class. */
  async function verify(cloud: Cloud, { ids, pageSize, pattern }: Omit<Pace, 'timeIsUp'> & { pattern: boolean[] }) {
    let asked = 0;
    const timeIsUp = () => pattern[asked++ % pattern.length] ?? true;
    const { correct, suspects, stores } = await lookFirst(cloud, { ids, pageSize, timeIsUp });
    const everyCellRead = cloud.read.length === cloud.cells.size;
    const facts = await examine(suspects, stores, exact);
    const asking = await examine(suspects, stores, { ...exact, everywhere: true });
    const byCell = new Map<string, Examined>();
    for (const [index, observation] of facts.entries()) {
      for (const verdict of classify({ ...observation, everyCellRead })) {
        note(byCell, suspects[index] as Suspect, verdict);
      }
    }
    const counts = (cell: string) => {
      const { instances, mappings, takenForCorrect } = addExamined([byCell.get(cell) ?? addExamined([])]);
      const firstLook = (correct.get(cell) ?? 0) - takenForCorrect;
      return addClassCounts([instances, mappings, { correct: firstLook }]);
    };
    return { suspects, facts, asking, counts, everyCellRead };
  }

  /** Counts what is true of every uuid, by cell and class. */
  function truth(cloud: Cloud, cell: string) {
    const verdicts = factsOf(cloud).flatMap(classify);
    return addClassCounts(
      verdicts.filter((verdict) => (verdict.cell ?? NO_CELL) === cell).map((verdict) => ({ [verdict.class]: 1 })),
    );
  }

  it('counts every instance and every mapping as looking at all of them would', async () => {
    await fc.assert(
      fc.asyncProperty(anyCloud, anyPace, async (cloud, pace) => {
        const { counts } = await verify(cloud, pace);
        for (const cell of [...cloud.read, NO_CELL])
          expect({ cell, ...counts(cell) }).toEqual({ cell, ...truth(cloud, cell) });
      }),
      { numRuns: 400 },
    );
  });

  it('comes to the verdicts of asking every cell about everything, and knows as much where it did ask', async () => {
    await fc.assert(
      fc.asyncProperty(anyCloud, anyPace, async (cloud, pace) => {
        const { facts, asking, everyCellRead } = await verify(cloud, pace);
        const judge = (of: readonly Omit<Facts, 'everyCellRead'>[]) =>
          of.map((observation) =>
            classify({ ...observation, everyCellRead })
              .map((verdict) => JSON.stringify(verdict))
              .sort(),
          );
        expect(judge(facts)).toEqual(judge(asking));
        for (const [index, { instances, ...rest }] of facts.entries()) {
          const { instances: all, ...others } = asking[index] ?? { instances: [] };
          expect(rest).toEqual(others);
          for (const row of instances) expect(all).toContainEqual(row);
          // What was not asked about is at most a hidden row beside the one that is mapped.
          const unknown = all.filter((row) => !instances.some(({ cell }) => cell === row.cell));
          if (!classify({ ...rest, instances, everyCellRead }).some((verdict) => verdict.class === 'placeholder')) {
            expect(unknown.every(({ hidden }) => hidden)).toBe(true);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it('makes the same changes whether it asks every cell or not', async () => {
    await fc.assert(
      fc.asyncProperty(anyCloud, anyPace, async (cloud, pace) => {
        const { facts, asking, everyCellRead } = await verify(cloud, pace);
        const target = (cell: string) => (cloud.read.includes(cell) ? Number(cell.slice(4)) : undefined);
        const changes = (of: readonly Omit<Facts, 'everyCellRead'>[]): Change[] =>
          of.flatMap((observation) => {
            const known = { ...observation, everyCellRead };
            return classify(known).flatMap((verdict) => changeFor(known, verdict, target, 'now') ?? []);
          });
        expect(changes(facts)).toEqual(changes(asking));
      }),
    );
  });

  it('suspects nothing and asks nobody where every mapping is right', async () => {
    const rows = [1, 2, 3, 4, 5].map((id) => instance(id));
    const cloud: Cloud = {
      cells: new Map([
        ['cell1', rows.slice(0, 3)],
        ['cell2', rows.slice(3)],
        ['cell3', []],
      ]),
      mappings: [1, 2, 3, 4, 5].map((id) => mapping(id, { cellId: id <= 3 ? 1 : 2 })),
      building: new Set(),
      read: ['cell1', 'cell2', 'cell3'],
    };
    const { suspects, stores, correct } = await lookFirst(cloud, { ids: 2, pageSize: 2, timeIsUp: () => false });
    expect(suspects).toEqual([]);
    expect(Object.fromEntries(correct)).toEqual({ cell1: 3, cell2: 2, cell3: 0 });
    expect([...stores.cells.values()].flatMap(({ asked }) => asked)).toEqual([]);
    expect([...stores.cells.values()].flatMap(({ reads }) => reads).filter(({ kind }) => kind === 'rows')).toEqual([]);
  });
});
