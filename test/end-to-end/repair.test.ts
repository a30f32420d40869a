import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { repairableClasses } from '../../domain/classification.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import { type Cloud, cells, mapping, row, uuidOf } from './cloud.ts';
import { fill } from './generated-cloud.ts';
import type { EndedRun, Machine } from './harness.ts';
import { openJudgedCloud } from './judged-cloud.ts';
import { expectTruth } from './verify-agreement.ts';
import { cellIds, changedIds, idsOf, readMade, readPlanned, readTable, setTimes, undo } from './verify-changes.ts';
import { cloudOfEveryClass, scatteredClouds } from './verify-cloud.ts';
import { type Judged, openVerifyOracle, type VerifyOracle } from './verify-oracle.ts';
import { beginTransaction } from './verify-transaction.ts';

/** The classes as the issue names them. */
const mendable = ['noCell', 'wrongDetails', 'otherCell', 'orphan', 'placeholder'] as const;

describeOnEachServer('repair', ({ get }) => {
  let cloud: Cloud;
  let oracle: VerifyOracle;
  let machine: Machine;
  let close: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    ({ cloud, oracle, machine, close } = await openJudgedCloud(get(), openVerifyOracle));
  }, 60_000);
  afterAll(() => close?.());

  const repair = (classes: readonly string[], options = {}) =>
    machine.run({ mode: 'repair', classes, secondLookSeconds: 0, writers: 2, ...options });
  const verify = () => machine.run({ mode: 'verify', secondLookSeconds: 0, writers: 2 });
  const table = () => readTable(cloud.api);

  const mappingsOf = (judged: readonly Judged[]) =>
    idsOf(
      cloud.api,
      judged.map(({ uuid }) => uuid),
    );

  /** What the oracle says of the cloud as it stands. */
  async function truth(): Promise<Judged[]> {
    await oracle.take(cloud);
    return oracle.judged();
  }

  /** What is wrong and can be mended, and what is not, because Nova's API is still building it. */
  function mendableAmong(judged: readonly Judged[], names: readonly string[]) {
    const wrong = judged.filter((each) => names.includes(each.truth));
    return { free: wrong.filter(({ building }) => !building), building: wrong.filter(({ building }) => building) };
  }

  function countsOf(judged: readonly Judged[]): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const each of judged) counts[each.truth] = (counts[each.truth] ?? 0) + 1;
    return counts;
  }

  describe('of a cloud with every class', () => {
    beforeEach(async () => {
      await fill(cloud, cloudOfEveryClass({ right: 60, each: 6 }));
      await setTimes(cloud.api);
    });

    it('knows the classes that can be repaired', () => {
      expect([...repairableClasses].sort()).toEqual([...mendable].sort());
    });

    it('plans just what the oracle names, and changes nothing without --apply', async () => {
      const { free, building } = mendableAmong(await truth(), mendable);
      const before = await table();
      const run = await repair(mendable);
      expect(run.verification).toMatchObject({ mode: 'repair', status: 'more-remain' });
      expect(run.verification.repair).toMatchObject({
        classes: mendable,
        applied: false,
        planned: countsOf(free),
        made: {},
        leftAlone: { number: 0, samples: [] },
        notRepairable: building.length,
      });
      await expectTruth(run, oracle);
      const planned = (await readPlanned(machine, run)).map((change) => [change.class, change.before?.instanceUuid]);
      expect(planned.sort()).toEqual(free.map((each) => [each.truth, each.uuid]).sort());
      expect(await readMade(machine, run)).toEqual([]);
      expect(await table()).toEqual(before);
    });

    it.each(mendable)('leaves verify clean of %s, and every other mapping as it was', async (name) => {
      const { free, building } = mendableAmong(await truth(), [name]);
      expect(free.length).toBeGreaterThanOrEqual(6);
      const before = await table();
      const ids = await mappingsOf(free);
      const run = await repair([name], { apply: true });
      expect(run.verification).toMatchObject({
        status: building.length > 0 ? 'needs-attention' : 'complete',
        repair: { applied: true, planned: countsOf(free), made: countsOf(free), leftAlone: { number: 0 } },
      });
      expect(changedIds(before, await table())).toEqual(ids);
      const judged = await truth();
      expect(judged.filter((each) => each.truth === name)).toHaveLength(building.length);
      const after = await verify();
      await expectTruth(after, oracle);
      expect(after.verification.totals[name]).toBe(building.length);
    });

    it('leaves verify clean of all of them, and finds nothing more to do', async () => {
      const { free, building } = mendableAmong(await truth(), mendable);
      const buildingIds = await mappingsOf((await truth()).filter((each) => each.building));
      const before = await table();
      const run = await repair(mendable, { apply: true });
      expect(run.verification.repair).toMatchObject({ planned: countsOf(free), made: countsOf(free) });
      const changed = changedIds(before, await table());
      expect(changed).toEqual(await changedBy(run));
      // Nothing is repaired while a build request exists.
      expect([...buildingIds].filter((id) => changed.has(id))).toEqual([]);

      const { free: left } = mendableAmong(await truth(), mendable);
      expect(left).toEqual([]);
      await expectTruth(await verify(), oracle);
      const middle = await table();
      const again = await repair(mendable, { apply: true });
      expect(again.verification.repair).toMatchObject({ planned: {}, made: {}, notRepairable: building.length });
      expect(await table()).toEqual(middle);
    });

    it('is put back to the last byte by undo, and a second undo changes nothing', async () => {
      const before = await table();
      const run = await repair(mendable, { apply: true });
      const changes = await readMade(machine, run);
      expect(changes.length).toBeGreaterThan(50);
      expect(changedIds(before, await table())).toEqual(await changedBy(run));
      const back = await undo(machine, changes, { files: 3 });
      expect(back.undoing).toMatchObject({
        mode: 'undo',
        status: 'complete',
        changes: changes.length,
        putBack: changes.length,
        leftAlone: { number: 0, samples: [] },
      });
      expect(await table()).toEqual(before);
      await undo(machine, changes);
      expect(await table()).toEqual(before);
    });

    it('is put back but for what has changed since, which is left alone and named', async () => {
      const before = await table();
      const run = await repair(mendable, { apply: true });
      const changes = await readMade(machine, run);
      const [one, two, three, four] = ['wrongDetails', 'noCell', 'otherCell', 'orphan'].map(
        (name) => changes.find((change) => change.class === name)?.before,
      );
      const uuids = [one, two, three, four].map((each) => each?.instanceUuid as string);
      await cloud.api.query('UPDATE instance_mappings SET user_id = ? WHERE id = ?', ['since', one?.id]);
      await cloud.api.query('UPDATE instance_mappings SET updated_at = NULL WHERE id = ?', [two?.id]);
      await cloud.api.query('DELETE FROM instance_mappings WHERE id = ?', [three?.id]);
      await cloud.api.insertMappings([{ instanceUuid: uuids[3] as string, cellId: cells.cell1.id }]);
      const middle = await table();

      const back = await undo(machine, changes, { files: 2 });
      expect(back.undoing).toMatchObject({
        status: 'needs-attention',
        changes: changes.length,
        putBack: changes.length - 4,
        leftAlone: { number: 4 },
      });
      expect([...back.undoing.leftAlone.samples].sort()).toEqual([...uuids].sort());
      const after = await table();
      const since = new Set([one?.id, two?.id, three?.id, four?.id, Math.max(...middle.keys())]);
      expect([...changedIds(before, after)].filter((id) => !since.has(id))).toEqual([]);
      for (const id of since) expect(after.get(id as number)).toBe(middle.get(id as number));
    });

    it.each([
      ['another cell', { cells: { ...cellIds, 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa': 4 } }],
      ['the same cell under another id', { cells: { ...cellIds, [cells.cell1.uuid]: 77 } }],
      ['no cells that anybody knows', null],
    ])('refuses to undo the changes of another cloud: %s', async (_, of) => {
      const run = await repair(mendable, { apply: true });
      const before = await table();
      const back = await undo(machine, await readMade(machine, run), { of });
      expect([back.status, back.error]).toEqual(['FAILED', 'UndoMismatch']);
      expect(back.cause).toContain('those of another cloud.');
      expect(await table()).toEqual(before);
    });

    it('decides nothing that takes every cell where only some were chosen', async () => {
      const judged = await truth();
      const decided = judged.filter(
        ({ truth: name, cell, building }) =>
          cell === cells.cell1.id && ['wrongDetails', 'placeholder'].includes(name) && !building,
      );
      const withoutCell = judged.filter(({ truth: name, cell }) => name === 'placeholder' && cell === null);
      const ids = await mappingsOf([...decided, ...withoutCell]);
      // Which instances another cell has as well cannot be seen from this one.
      const twins = await mappingsOf(judged.filter(({ truth: name }) => name === 'inTwoCells'));
      const before = await table();
      const run = await repair(mendable, { apply: true, cells: ['cell1'] });
      expect(run.verification.everyCellRead).toBe(false);
      expect(run.verification.totals).toMatchObject({ otherCell: 0, noCell: 0, orphan: 0, inTwoCells: 0 });
      const changed = [...changedIds(before, await table())].filter((id) => !twins.has(id));
      expect(new Set(changed)).toEqual(ids);
    });
  });

  /** The ids of the rows that a run says it has changed. */
  async function changedBy(run: EndedRun): Promise<Set<number>> {
    return new Set((await readMade(machine, run)).map(({ before }) => before?.id as number));
  }

  it('leaves any cloud clean of what can be repaired, and undo puts back all of it', async () => {
    await fc.assert(
      fc.asyncProperty(scatteredClouds, async (generated) => {
        await fill(cloud, generated);
        await setTimes(cloud.api);
        const { free, building } = mendableAmong(await truth(), mendable);
        const before = await table();
        const run = await repair(mendable, { apply: true, pageSize: generated.pageSize });
        expect(run.verification.repair).toMatchObject({ made: countsOf(free), notRepairable: building.length });
        expect(mendableAmong(await truth(), mendable).free).toEqual([]);
        await expectTruth(await verify(), oracle);
        await undo(machine, await readMade(machine, run));
        expect(await table()).toEqual(before);
      }),
      { numRuns: 8, seed: 20_250_609, interruptAfterTimeLimit: 150_000 },
    );
  }, 180_000);

  it('re-points a mapping only where the instance is not visible in the cell that it points to', async () => {
    await cloud.reset();
    await cloud.databases.cell1.insertInstances([row(1), row(2), row(3)]);
    await cloud.databases.cell2.insertInstances([row(2), row(3, { hidden: true })]);
    await cloud.api.insertMappings([mapping(1, 'cell2'), mapping(2, 'cell2'), mapping(3, 'cell2')]);
    const run = await repair(mendable, { apply: true });
    expect(run.verification.repair).toMatchObject({ planned: { otherCell: 2 }, made: { otherCell: 2 } });
    const stored = await cloud.api.readMappings();
    expect(stored.map(({ instanceUuid, cellId }) => [instanceUuid, cellId])).toEqual([
      [uuidOf(1), cells.cell1.id],
      [uuidOf(2), cells.cell2.id],
      [uuidOf(3), cells.cell1.id],
    ]);
    expect((await verify()).verification.totals).toMatchObject({ otherCell: 0, inTwoCells: 2, correct: 2 });
  });

  it("keeps Nova's own queued_for_delete while it is deleting, and notes when the row was changed", async () => {
    await cloud.reset();
    await cloud.databases.cell1.insertInstances([1, 2, 3].map((number) => row(number, { taskState: 'deleting' })));
    await cloud.api.insertMappings([
      mapping(1, 'cell1', { userId: 'wrong', queuedForDelete: true }),
      mapping(2, 'cell1', { userId: 'wrong', queuedForDelete: false }),
      mapping(3, 'cell1', { queuedForDelete: null }),
    ]);
    const began = Date.now();
    await repair(['wrongDetails'], { apply: true });
    const stored = await cloud.api.readMappings();
    expect(stored.map(({ queuedForDelete }) => queuedForDelete)).toEqual([true, false, true]);
    for (const { updatedAt } of stored) {
      expect(Date.parse(`${updatedAt}Z`)).toBeGreaterThanOrEqual(began - 1_000);
      expect(Date.parse(`${updatedAt}Z`)).toBeLessThanOrEqual(Date.now());
    }
  });

  it('leaves a row alone that Nova changes between the look and the repair, and names it', async () => {
    await cloud.reset();
    await cloud.databases.cell1.insertInstances([1, 2, 3, 4].map((number) => row(number)));
    await cloud.api.insertMappings([
      ...[1, 2, 3].map((number) => mapping(number, 'cell1', { userId: 'wrong' })),
      mapping(4, null),
      mapping(5, 'cell1'),
      mapping(6, 'cell2'),
    ]);
    // What Nova has written and not yet committed is not seen by the look, and the repair has to wait for it.
    const nova = await beginTransaction(get(), cloud.api.name);
    await nova.query(`UPDATE instance_mappings SET project_id = 'nova' WHERE instance_uuid = '${uuidOf(1)}'`);
    await nova.query(`DELETE FROM instance_mappings WHERE instance_uuid = '${uuidOf(2)}'`);
    await nova.query(`UPDATE instance_mappings SET cell_id = 3 WHERE instance_uuid = '${uuidOf(4)}'`);
    await nova.query(`UPDATE instance_mappings SET cell_id = NULL WHERE instance_uuid = '${uuidOf(5)}'`);
    const started = await machine.start({
      mode: 'repair',
      classes: [...mendable],
      apply: true,
      secondLookSeconds: 0,
      writers: 4,
    });
    await nova.untilAwaited();
    await nova.commit();
    const run = await machine.end(started);
    expect(run.verification).toMatchObject({
      status: 'needs-attention',
      repair: {
        planned: { wrongDetails: 3, noCell: 1, orphan: 2 },
        made: { wrongDetails: 1, orphan: 1 },
        leftAlone: { number: 4 },
      },
    });
    const left = [1, 2, 4, 5].map(uuidOf);
    expect([...(run.verification.repair?.leftAlone.samples ?? [])].sort()).toEqual(left);
    const stored = await cloud.api.readMappings();
    expect(stored.map(({ instanceUuid, cellId, projectId }) => [instanceUuid, cellId, projectId === 'nova'])).toEqual([
      [uuidOf(1), cells.cell1.id, true],
      [uuidOf(3), cells.cell1.id, false],
      [uuidOf(4), cells.cell2.id, false],
      [uuidOf(5), null, false],
    ]);
  });

  it('refuses what is not asked for rightly, and writes nothing', async () => {
    await cloud.reset();
    await cloud.databases.cell1.insertInstances([row(1)]);
    await cloud.api.insertMappings([mapping(1, null)]);
    const before = await table();
    for (const input of [
      { mode: 'repair', apply: true },
      { mode: 'repair', classes: [], apply: true },
      { mode: 'repair', classes: ['inTwoCells'], apply: true },
      { mode: 'repair', classes: ['noSuchClass'], apply: true },
      { mode: 'verify', apply: true },
      { mode: 'undo' },
    ]) {
      const run = await machine.run(input);
      expect([run.status, run.error]).toEqual(['FAILED', 'BadInput']);
    }
    expect(await table()).toEqual(before);
  });
});
