import { describe, expect, it } from '@jest/globals';
import { MOST_FRUITLESS_PAUSES } from '../../domain/pause.ts';
import type { RangeProgress } from '../../domain/range.ts';
import { mapRange, passRange, type RangeTurn, type WorkedPage } from '../../domain/range-turn.ts';
import type { InstancesDigest } from '../../domain/verification-stores.ts';
import { instance, MemoryInstances, MemoryMappings, unhurried, wholeRanges } from './memory-stores.ts';

const describeFault = (error: unknown) => ({ name: (error as Error).name, message: (error as Error).message });

function named(name: string): Error {
  return Object.assign(new Error(`the ${name}`), { name });
}

const ids = (number: number) => Array.from({ length: number }, (_, index) => index + 1);

/** A range over so many instances, and what to work it with. */
function begin(number: number, pageSize: number) {
  const instances = new MemoryInstances(ids(number).map((id) => instance(id)));
  const mappings = new MemoryMappings();
  const [progress] = wholeRanges(ids(number), pageSize) as [RangeProgress];
  const turn: RangeTurn = { instances, mappings, now: () => 0, endAt: 1, describeFault };
  const order = { ...unhurried, plan: false, maxCount: null, maxId: number };
  return { instances, mappings, progress, turn, order };
}

describe('a turn over a range', () => {
  it('reads the next page while one is written', async () => {
    const { instances, mappings, progress, turn, order } = begin(6, 2);
    const readsAtInserts: number[] = [];
    mappings.beforeInsert = () => void readsAtInserts.push(instances.reads.length);
    expect(await mapRange(progress, order, turn)).toMatchObject({ done: true, counts: { mapped: 6 } });
    expect(readsAtInserts).toEqual([2, 3, 3]);
    expect(instances.reads.map(({ after }) => after)).toEqual([0, 2, 4]);
  });

  it('works a page that it has read when its time is up, so that nobody reads it again', async () => {
    const { instances, progress, turn, order } = begin(6, 2);
    // The clock strikes while the first page is written and the second is read.
    const now = () => (instances.reads.length >= 2 ? 1 : 0);
    const after = await mapRange(progress, order, { ...turn, now });
    expect(after).toMatchObject({ after: 4, done: false, turns: 1, counts: { mapped: 4 } });
    expect(instances.reads.map((read) => read.after)).toEqual([0, 2]);
  });

  it('leaves no read open when it ends early', async () => {
    const { instances, mappings, progress, turn, order } = begin(6, 2);
    let open = 0;
    const readPage = instances.readPage.bind(instances);
    instances.readPage = async (...args) => {
      open += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      open -= 1;
      return readPage(...args);
    };
    mappings.beforeInsert = () => {
      throw named('StatementFailed');
    };
    await expect(mapRange(progress, order, turn)).rejects.toThrow('the StatementFailed');
    expect(open).toBe(0);
  });

  it('steers the size of its pages by the time that its statements take, and says so', async () => {
    const { mappings, progress, turn, order } = begin(3_000, 2_000);
    let clock = 0;
    const look = mappings.look.bind(mappings);
    mappings.look = (page) => {
      clock += page.length / 2;
      return look(page);
    };
    const pages: WorkedPage[] = [];
    await mapRange(progress, order, { ...turn, now: () => clock, endAt: 1e9, onPage: (page) => pages.push(page) });
    const reasons = pages.map(({ next }) => next.reason);
    expect(pages[0]).toMatchObject({ rows: 500, slowestMs: 250, next: { size: { rows: 500 }, reason: null } });
    // Then each is wholly new, and takes no look: in this store, no time. It was read with the size of two before.
    expect(reasons.slice(1)).toContain('fast');
    expect(pages.map(({ next }) => next.reason)).not.toContain('limit');
    expect(pages.reduce((sum, { rows }) => sum + rows, 0)).toBe(3_000);
  });

  it.each(['DatabaseThrottled', 'DatabaseContention', 'StatementTimeout'])(
    'waits longer each time that it meets %s, with half the page, and goes on',
    async (name) => {
      const { instances, progress, turn, order } = begin(4, 4);
      instances.beforeRead = () => {
        throw named(name);
      };
      const first = await mapRange(progress, order, turn);
      expect(first).toMatchObject({ done: false, fault: { name }, size: { rows: 2 }, restraint: { pauseSeconds: 1 } });
      const second = await mapRange(first, order, turn);
      expect(second).toMatchObject({ size: { rows: 1 }, restraint: { pauseSeconds: 2, fruitless: 2 } });
      instances.beforeRead = () => {};
      const last = await mapRange(second, order, turn);
      expect(last).toMatchObject({ done: true, fault: null, counts: { mapped: 4 } });
      expect(last.restraint).toMatchObject({ pauseSeconds: 0, pauses: [{ reason: name, times: 2, seconds: 3 }] });
    },
  );

  it('gives up on what does not go away, and leaves that to the orchestrator', async () => {
    const { instances, progress, turn, order } = begin(4, 4);
    instances.beforeRead = () => {
      throw named('DatabaseThrottled');
    };
    let now = progress;
    for (let turns = 0; turns < MOST_FRUITLESS_PAUSES; turns += 1) now = await mapRange(now, order, turn);
    await expect(mapRange(now, order, turn)).rejects.toThrow('the DatabaseThrottled');
  });

  it('waits its share of the time where the writer has a part of it', async () => {
    const { progress, turn, order } = begin(9, 2);
    let clock = 0;
    const now = () => (clock += 100);
    const after = await mapRange(progress, { ...order, load: 0.2 }, { ...turn, now, endAt: 700 });
    expect(after.done).toBe(false);
    expect(after.restraint.pauseSeconds * 1_000 + after.restraint.owedMs).toBeGreaterThanOrEqual(4 * 700);
    expect(after.restraint.pauses).toEqual([{ reason: 'load', times: 1, seconds: after.restraint.pauseSeconds }]);
  });
});

describe('a turn that passes over a range', () => {
  const nothing = { hidden: 0, placeholders: 0, noProject: 0 };

  it('adds the digests of its intervals up, and halves one that takes too long', async () => {
    const { progress } = begin(1_000, 10);
    const range: RangeProgress = { ...progress, kind: 'passOver', size: { rows: 1_000, most: 1_000, msPerRow: null } };
    const asked: [number, number][] = [];
    const digest = async (after: number, upTo: number): Promise<InstancesDigest> => {
      if (upTo - after > 500) throw named('StatementTimeout');
      asked.push([after, upTo]);
      return { ...nothing, hidden: 1, buckets: { a: { rows: upTo - after, sum: '10' } } };
    };
    const { progress: after, turn } = await passRange(
      range,
      { load: 1 },
      { now: () => 0, endAt: 1, instances: { digest } },
    );
    expect(asked).toEqual([
      [0, 500],
      [500, 1_000],
    ]);
    expect(after).toMatchObject({ done: true, after: 1_000, turns: 1, size: { rows: 500 } });
    expect(turn).toEqual({ ...nothing, passedOver: true, hidden: 2, buckets: { a: { rows: 1_000, sum: '20' } } });
  });

  it('hands over when its time is up', async () => {
    const { progress } = begin(1_000, 10);
    const range: RangeProgress = { ...progress, kind: 'passOver', size: { rows: 400, most: 400, msPerRow: null } };
    const digest = async (): Promise<InstancesDigest> => ({ ...nothing, buckets: {} });
    const { progress: after } = await passRange(range, { load: 1 }, { now: () => 2, endAt: 1, instances: { digest } });
    expect(after).toMatchObject({ done: false, after: 400 });
  });
});
