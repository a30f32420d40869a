import { describe, expect, it } from '@jest/globals';
import { addsUp, totalsOf } from '../../domain/counts.ts';
import { PLACEHOLDER_UUID } from '../../domain/instance.ts';
import { mapPage, readPage } from '../../domain/page.ts';
import { ContentionError, PageTooLargeError, RowRefusedError } from '../../domain/stores.ts';
import { instance, MemoryInstances, MemoryMappings, mappable } from './memory-stores.ts';

const everything = { mayMap: Number.POSITIVE_INFINITY, expectNew: false };
const pageOf = (number: number) => Array.from({ length: number }, (_, index) => instance(index + 1));

describe('readPage', () => {
  it('halves a page until it fits in an answer, and says with how many rows it did', async () => {
    const store = new MemoryInstances(pageOf(100));
    store.fits = 10;
    const page = await readPage(store, 0, 100, 64);
    expect(page).toMatchObject({ limit: 8, last: false });
    expect(page.rows.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('gives up on a single row that does not fit', async () => {
    const store = new MemoryInstances(pageOf(3));
    store.fits = 0;
    await expect(readPage(store, 0, 3, 2)).rejects.toThrow(PageTooLargeError);
  });

  it('knows that a full page which ends at the last id is the last', async () => {
    const store = new MemoryInstances(pageOf(4));
    expect((await readPage(store, 0, 4, 4)).last).toBe(true);
    expect((await readPage(store, 0, 5, 4)).last).toBe(false);
    expect((await readPage(store, 0, 5, 5)).last).toBe(true);
  });

  it('goes over no more ids than its store can at once, and is not the last for being short or empty', async () => {
    const store = Object.assign(new MemoryInstances([instance(3), instance(28)]), {
      reach: (limit: number) => limit * 5,
    });
    const pages = [];
    for (let after = 0, last = false; !last; ) {
      const page = await readPage(store, after, 30, 2);
      pages.push([page.through, page.rows.map(({ id }) => id)]);
      after = page.through ?? 30;
      last = page.last;
    }
    expect(pages).toEqual([
      [10, [3]],
      [20, []],
      [30, [28]],
    ]);
  });
});

describe('mapPage', () => {
  it('gives each row its place, and inserts only what has no mapping', async () => {
    const store = new MemoryMappings();
    const rows = pageOf(9);
    const at = (id: number) => instance(id).uuid;
    const details = { projectId: 'p1', userId: 'u1', queuedForDelete: false };
    store.table.set(at(1), { instanceUuid: at(1), ...details, cell: 'cell1' });
    store.table.set(at(2), { instanceUuid: at(2), ...details, userId: null, cell: 'cell1' });
    store.table.set(at(3), { instanceUuid: at(3), ...details, cell: 'cell2' });
    store.table.set(at(4), { instanceUuid: at(4), ...details, cell: null });
    store.table.set(at(5), { instanceUuid: at(5), ...details, cell: null });
    store.buildRequests.add(at(5));
    rows[5] = instance(6, { projectId: null });
    rows[6] = instance(7, { hidden: true });
    rows[7] = instance(8, { uuid: PLACEHOLDER_UUID, projectId: PLACEHOLDER_UUID, gone: true });
    rows[8] = instance(9, { gone: true, userId: null });

    const { counts, samples, whollyNew } = await mapPage(store, rows, everything);

    expect(counts).toEqual({
      instances: 7,
      mapped: 1,
      alreadyMapped: 2,
      wrongDetails: 1,
      unmapped: 0,
      inFlight: 1,
      hidden: 1,
      placeholders: 1,
      conflicts: { otherCell: 1, noCell: 1 },
      setAside: { noProject: 1, refused: 0 },
    });
    expect(samples).toEqual([
      { instance: at(3), problem: 'otherCell', mappedTo: 'cell2' },
      { instance: at(4), problem: 'noCell' },
      { instance: at(6), problem: 'noProject' },
      { instance: at(2), problem: 'wrongDetails' },
    ]);
    expect(store.table.get(at(9))).toMatchObject({ queuedForDelete: true, userId: null, cell: 'cell1' });
    expect(store.inserts).toEqual([1]);
    expect(whollyNew).toBe(false);
  });

  it('inserts without a look where the page is expected to be new', async () => {
    const store = new MemoryMappings();
    const result = await mapPage(store, pageOf(5), { ...everything, expectNew: true });
    expect(result).toMatchObject({ counts: { mapped: 5 }, whollyNew: true });
    expect(store.looks).toBe(0);
  });

  it.each([true, false])('looks after an insert that met a duplicate (the database skips it: %s)', async (skips) => {
    const store = new MemoryMappings();
    store.skips = skips;
    await mapPage(store, pageOf(2), everything);
    const result = await mapPage(store, pageOf(5), { ...everything, expectNew: true });
    expect(result.counts).toMatchObject({ instances: 5, mapped: 3, alreadyMapped: 2 });
    expect(result.whollyNew).toBe(false);
    expect(store.table.size).toBe(5);
  });

  it.each([true, false])('does not claim rows that another run inserts meanwhile (skips: %s)', async (skips) => {
    const store = new MemoryMappings();
    store.skips = skips;
    const rival = new Set(pageOf(3).map(({ uuid }) => uuid));
    store.beforeInsert = (mappings) => {
      for (const mapping of mappings) {
        if (rival.delete(mapping.instanceUuid)) store.table.set(mapping.instanceUuid, { ...mapping, cell: 'cell1' });
      }
    };
    const { counts } = await mapPage(store, pageOf(10), everything);
    expect(counts).toMatchObject({ instances: 10, mapped: 7, alreadyMapped: 3 });
  });

  it('keeps wrong details a part of what was already mapped, when Nova changes a row just inserted', async () => {
    const store = new MemoryMappings();
    store.skips = true;
    await mapPage(store, pageOf(1), everything);
    const look = store.look.bind(store);
    store.look = async (page) => {
      for (const [uuid, row] of store.table) store.table.set(uuid, { ...row, queuedForDelete: true });
      return look(page);
    };
    const { counts } = await mapPage(store, pageOf(3), { ...everything, expectNew: true });
    expect(counts).toMatchObject({ instances: 3, mapped: 2, alreadyMapped: 1, wrongDetails: 1 });
  });

  it('halves a page that does not fit in a request', async () => {
    const store = new MemoryMappings();
    store.fits = 3;
    const { counts } = await mapPage(store, pageOf(10), { ...everything, expectNew: true });
    expect(counts).toMatchObject({ instances: 10, mapped: 10 });
    expect(Math.max(...store.inserts)).toBeLessThanOrEqual(3);
  });

  it('maps one of two uuids that the table calls equal, and finds the other mapped', async () => {
    const store = new MemoryMappings();
    const rows = [instance(1, { uuid: 'abc' }), instance(2, { uuid: 'ABC' }), instance(3)];
    // A case-insensitive collation: a duplicate within one statement.
    store.beforeInsert = (mappings) => {
      const equal = mappings.map(({ instanceUuid }) => instanceUuid.toLowerCase());
      const taken = [...store.table.keys()].map((uuid) => uuid.toLowerCase());
      if (new Set([...equal, ...taken]).size < equal.length + taken.length) throw new ContentionError('1062');
    };
    const look = store.look.bind(store);
    store.look = async (page) => {
      const taken = new Set([...store.table.keys()].map((uuid) => uuid.toLowerCase()));
      return (await look(page)).filter(({ index }) => !taken.has(page[index]?.uuid.toLowerCase() ?? ''));
    };
    const { counts } = await mapPage(store, rows, everything);
    expect(counts).toMatchObject({ instances: 3, mapped: 2, alreadyMapped: 1 });
  });

  it('gives up on a single row whose lock does not go away', async () => {
    const store = new MemoryMappings();
    store.insert = async () => {
      throw new ContentionError('1205');
    };
    await expect(mapPage(store, pageOf(4), everything)).rejects.toThrow(ContentionError);
  });

  it('maps no more than it may, the lowest ids first', async () => {
    const store = new MemoryMappings();
    const { counts } = await mapPage(store, pageOf(10), { mayMap: 4, expectNew: true });
    expect(counts).toMatchObject({ instances: 10, mapped: 4, unmapped: 6 });
    expect([...store.table.keys()]).toEqual(pageOf(4).map(({ uuid }) => uuid));
    expect(addsUp(totalsOf(counts))).toBe(true);
  });
});

describe('a row that the table does not take', () => {
  /** Refuses each statement with one of these rows in it, as a server does. */
  function refusing(store: MemoryMappings, ids: readonly number[]): void {
    const refused = new Set(ids.map((id) => mappable(id).uuid));
    store.beforeInsert = (mappings) => {
      if (mappings.some(({ instanceUuid }) => refused.has(instanceUuid)))
        throw new RowRefusedError('refused a row', 'Data too long (error 1406)');
    };
  }

  it.each([[[1]], [[16]], [[7, 8]], [[1, 5, 16]]])(
    'is set aside with the reason, and all others are mapped: %j',
    async (ids) => {
      const store = new MemoryMappings();
      refusing(store, ids);
      const rows = Array.from({ length: 16 }, (_, index) => mappable(index + 1));
      const { counts, samples, whollyNew } = await mapPage(store, rows, {
        mayMap: Number.POSITIVE_INFINITY,
        expectNew: true,
      });
      expect(counts).toMatchObject({ instances: 16, mapped: 16 - ids.length, setAside: { refused: ids.length } });
      expect(samples).toEqual(
        ids.map((id) => ({ instance: mappable(id).uuid, problem: 'refused', reason: 'Data too long (error 1406)' })),
      );
      expect(whollyNew).toBe(false);
      expect(store.table.size).toBe(16 - ids.length);
    },
  );

  it('takes no place of those that may be mapped: as many others are', async () => {
    const store = new MemoryMappings();
    refusing(store, [1, 2, 3]);
    const page = [1, 2, 3, 4, 5, 6].map((id) => instance(id));
    const { counts, unmapped } = await mapPage(store, page, { mayMap: 2, expectNew: false });
    expect([...store.table.keys()]).toEqual([instance(4).uuid, instance(5).uuid]);
    expect(counts).toMatchObject({ instances: 6, mapped: 2, unmapped: 1, setAside: { refused: 3 } });
    expect(unmapped.map(({ id }) => id)).toEqual([6]);
  });

  it('is an error where it is no question of rows', async () => {
    const store = new MemoryMappings();
    const rows = Array.from({ length: 300 }, (_, index) => mappable(index + 1));
    refusing(
      store,
      rows.map(({ id }) => id),
    );
    const mapping = mapPage(store, rows, { mayMap: Number.POSITIVE_INFINITY, expectNew: false });
    await expect(mapping).rejects.toThrow(expect.objectContaining({ name: 'RowRefused' }));
  });
});
