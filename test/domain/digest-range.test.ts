import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addCellBuckets } from '../../domain/digest.ts';
import {
  addInstances,
  type DigestProgress,
  digestInstances,
  digestMappings,
  digestRanges,
  IDS_PER_DIGEST,
  type InstancesTurn,
  type MappingsTurn,
} from '../../domain/digest-range.ts';
import { PLACEHOLDER_UUID } from '../../domain/instance.ts';
import { addQuotas } from '../../domain/quota.ts';
import { countParts, MOST_SUSPECTS_A_TURN } from '../../domain/suspects.ts';
import { instance } from './memory-stores.ts';
import { MemoryVerifiedInstances, MemoryVerifiedMappings, mapping } from './verified-stores.ts';

const always = () => true;
/** All that verify wants of the mappings, without an end of its turn. */
const all = { timeIsUp: () => false, onlyDigests: false };
const never = () => false;

function range(upTo: number, parts: Partial<DigestProgress> = {}): DigestProgress {
  const [only] = digestRanges(1, upTo, 1);
  if (only === undefined) throw new Error('a range was expected');
  return { ...only, ...parts };
}

/** Turn after turn, until the range is done. */
async function allTurns<Turn>(
  progress: DigestProgress,
  turn: (progress: DigestProgress) => Promise<{ progress: DigestProgress; turn: Turn }>,
): Promise<{ progress: DigestProgress; turns: Turn[] }> {
  const turns: Turn[] = [];
  let now = progress;
  while (!now.done) {
    const ended = await turn(now);
    turns.push(ended.turn);
    expect(ended.progress.turns).toBe(turns.length);
    now = ended.progress;
  }
  return { progress: now, turns };
}

describe('digestRanges', () => {
  it('has none for an empty table', () => {
    expect(digestRanges(null, null, 4)).toEqual([]);
  });

  it('covers every id once, in ranges that are never too many', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(2 ** 31), fc.integer({ min: 1, max: 40 }), (minId, more, most) => {
        const ranges = digestRanges(minId, minId + more, most);
        expect(ranges.length).toBeGreaterThanOrEqual(1);
        expect(ranges.length).toBeLessThanOrEqual(most);
        expect(ranges[0]?.from).toBe(minId - 1);
        expect(ranges.at(-1)?.upTo).toBe(minId + more);
        for (const [index, { from, upTo, after, done }] of ranges.entries()) {
          expect({ index, after, done }).toEqual({ index: ranges[index]?.index, after: from, done: false });
          if (index > 0) expect(from).toBe(ranges[index - 1]?.upTo);
          expect(upTo).toBeGreaterThan(from);
        }
      }),
    );
  });

  it('splits a large table as far as it may, and a small one not at all', () => {
    expect(digestRanges(1, 10_000_000, 4).map(({ from, upTo }) => upTo - from)).toEqual(Array(4).fill(2_500_000));
    expect(digestRanges(1, 39_999, 4)).toHaveLength(1);
  });
});

describe('digestInstances', () => {
  const rows = [
    ...Array.from({ length: 40 }, (_, index) => instance(index + 1, { gone: index % 3 === 0 })),
    instance(41, { hidden: true }),
    instance(42, { uuid: PLACEHOLDER_UUID }),
    instance(43, { projectId: null }),
    instance(50, { projectId: 'p2', deleting: true }),
  ];

  it('gives the same sums in whatever ranges, intervals and turns', async () => {
    const whole = await digestInstances(range(50), new MemoryVerifiedInstances(rows), never);
    expect(whole.turn).toMatchObject({ hidden: 1, placeholders: 1, noProject: 1 });
    expect(whole.turn.quotas).toEqual({
      p1: { counted: 0, live: 26, deleting: 0 },
      p2: { counted: 0, live: 1, deleting: 1 },
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 49 }), { maxLength: 4 }),
        fc.array(fc.boolean(), { minLength: 1 }),
        async (ids, cuts, pattern) => {
          const store = new MemoryVerifiedInstances(rows);
          const bounds = [0, ...cuts.sort((a, b) => a - b), 50];
          let asked = 0;
          const timeIsUp = () => pattern[asked++ % pattern.length] ?? true;
          const turns: InstancesTurn[] = [];
          for (const [index, from] of bounds.slice(0, -1).entries()) {
            const progress = { ...range(50), ids, from, after: from, upTo: bounds[index + 1] ?? 50 };
            const ended = await allTurns(progress, (now) => digestInstances(now, store, timeIsUp));
            turns.push(...ended.turns);
          }
          expect(addInstances(turns)).toEqual(whole.turn);
          const digests = store.reads.filter(({ kind }) => kind === 'digest');
          expect(digests.map(({ after }) => after)).toEqual([0, ...digests.slice(0, -1).map(({ upTo }) => upTo)]);
        },
      ),
    );
  });

  it('halves an interval that takes too long, and does not try the whole again', async () => {
    const store = new MemoryVerifiedInstances(rows);
    store.mostIds = 100_000;
    const { progress } = await digestInstances(range(400_000), store, never);
    expect(progress).toMatchObject({ done: true, ids: 62_500 });
    const tried = store.reads.filter(({ kind }) => kind === 'digest').map(({ after, upTo }) => upTo - after);
    expect(tried.slice(0, 3)).toEqual([250_000, 125_000, 62_500]);
    expect(tried.slice(2).every((ids) => ids <= 62_500)).toBe(true);
  });

  it('keeps what it learned about the size although the time is up, so that the next turn begins with it', async () => {
    const store = new MemoryVerifiedInstances(rows);
    store.mostIds = 100_000;
    const first = await digestInstances(range(400_000), store, always);
    expect(first.progress).toMatchObject({ after: 0, ids: 125_000, turns: 1, done: false });
    expect(first.turn).toEqual(addInstances([]));
    const { progress, turns } = await allTurns(range(400_000), (now) => digestInstances(now, store, always));
    expect(progress).toMatchObject({ done: true, after: 400_000 });
    expect(addInstances(turns)).toEqual((await digestInstances(range(50), store, never)).turn);
  });

  it('gives up on an interval that is small and still takes too long', async () => {
    const store = new MemoryVerifiedInstances(rows);
    store.mostIds = 0;
    await expect(digestInstances(range(400_000), store, never)).rejects.toThrow('too slow');
    expect(store.reads.at(-1)?.upTo).toBeLessThanOrEqual(500);
    expect(store.reads.length).toBeLessThan(12);
  });

  it('does not take any other error for a question of size', async () => {
    const store = new MemoryVerifiedInstances(rows);
    store.quotas = async () => {
      throw new RangeError('something else');
    };
    await expect(digestInstances(range(50), store, never)).rejects.toThrow('something else');
    expect(store.reads).toHaveLength(1);
  });

  it('counts nothing twice where the second statement of an interval is the one that takes too long', async () => {
    const store = new MemoryVerifiedInstances(rows);
    const quotas = store.quotas.bind(store);
    store.quotas = async (after, upTo) => {
      if (upTo - after > 125_000) throw Object.assign(new Error('too slow'), { name: 'StatementTimeout' });
      return quotas(after, upTo);
    };
    const { turn } = await digestInstances(range(IDS_PER_DIGEST), store, never);
    expect(turn).toEqual((await digestInstances(range(50), new MemoryVerifiedInstances(rows), never)).turn);
  });
});

describe('digestMappings', () => {
  const rows = [
    ...Array.from({ length: 30 }, (_, index) => mapping(index + 1, { cellId: 1 + (index % 3) })),
    ...Array.from({ length: 9 }, (_, index) => mapping(index + 31, { cellId: null, queuedForDelete: null })),
    mapping(40, { projectId: 'INSTANCE_MIGRATION_MARKER', cellId: null, instanceUuid: 'a marker' }),
    mapping(41, { instanceUuid: PLACEHOLDER_UUID }),
  ];
  const building = [mapping(31).instanceUuid, mapping(32).instanceUuid];
  const newStore = () => new MemoryVerifiedMappings(rows, building);

  it('notes every mapping without a cell and every placeholder, and which of them need no second look', async () => {
    const { progress, turn } = await digestMappings(range(41), newStore(), all);
    expect(turn.suspects.instances).toEqual([]);
    expect(turn.suspects.mappings).toEqual(rows.slice(30).map(({ instanceUuid }) => instanceUuid));
    expect(progress).toMatchObject({ done: true, unsettled: 7, suspects: countParts(turn.suspects.mappings) });
    expect(Object.keys(turn.cells)).toEqual(['1', '2', '3']);
  });

  it('gives the same sums and suspects in whatever intervals and turns', async () => {
    const whole = await digestMappings(range(41), newStore(), all);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.boolean(), { minLength: 1 }),
        async (ids, pattern) => {
          let asked = 0;
          const timeIsUp = () => pattern[asked++ % pattern.length] ?? true;
          const store = newStore();
          const { progress, turns } = await allTurns(range(41, { ids }), (now) =>
            digestMappings(now, store, { timeIsUp, onlyDigests: false }),
          );
          expect(sumOf(turns)).toEqual(whole.turn);
          const { suspects, unsettled } = whole.progress;
          expect(progress).toMatchObject({ suspects, unsettled });
        },
      ),
    );
  });

  it('notes nothing twice where a page of an interval takes too long after another was read', async () => {
    const many = Array.from({ length: 4_001 }, (_, index) => mapping(index + 1, { cellId: null }));
    const store = new MemoryVerifiedMappings(many);
    const readApart = store.readApart.bind(store);
    let tooSlow = 1;
    store.readApart = async (after, upTo, limit) => {
      if (after === 4_000 && tooSlow-- > 0) throw Object.assign(new Error('too slow'), { name: 'StatementTimeout' });
      return readApart(after, upTo, limit);
    };
    const { progress, turn } = await digestMappings(range(IDS_PER_DIGEST), store, all);
    expect(turn.suspects.mappings).toEqual(many.map(({ instanceUuid }) => instanceUuid));
    expect(progress).toMatchObject({ unsettled: 4_001, ids: IDS_PER_DIGEST / 2 });
  });

  it('reads page after page of what is apart', async () => {
    const many = Array.from({ length: 9_001 }, (_, index) => mapping(index + 1, { cellId: null }));
    const store = new MemoryVerifiedMappings(many);
    const { turn } = await digestMappings(range(10_000), store, all);
    expect(turn.suspects.mappings).toEqual(many.map(({ instanceUuid }) => instanceUuid));
    expect(store.reads.filter(({ kind }) => kind === 'apart').map(({ after }) => after)).toEqual([0, 4_000, 8_000]);
  });

  it('hands over where it has found more than it should keep in memory', async () => {
    const many = Array.from({ length: MOST_SUSPECTS_A_TURN + 5_000 }, (_, index) =>
      mapping(index + 1, { cellId: null, instanceUuid: `${index}` }),
    );
    const store = new MemoryVerifiedMappings(many);
    const progress = range(many.length, { ids: 10_000 });
    const first = await digestMappings(progress, store, all);
    expect(first.progress).toMatchObject({ done: false, after: MOST_SUSPECTS_A_TURN });
    const second = await digestMappings(first.progress, store, all);
    expect(second.progress).toMatchObject({ done: true, unsettled: many.length });
    expect(second.turn.suspects.mappings).toHaveLength(5_000);
  });

  function sumOf(turns: readonly MappingsTurn[]): MappingsTurn {
    return {
      cells: addCellBuckets(turns.map(({ cells }) => cells)),
      quotas: addQuotas(turns.map(({ quotas }) => quotas)),
      suspects: { instances: [], mappings: turns.flatMap(({ suspects }) => suspects.mappings) },
    };
  }
});
