import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parseDatabaseUrl } from '../../domain/database-url.ts';
import { PLACEHOLDER_UUID } from '../../domain/instance.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import { createCellDatabase } from '../servers/nova-database.ts';
import { type Cloud, cells } from './cloud.ts';
import { fill } from './generated-cloud.ts';
import type { Machine } from './harness.ts';
import { openJudgedCloud } from './judged-cloud.ts';
import { countByClass, expectSamplesAmong } from './verify-agreement.ts';
import { changedIds, idsOf, readTable } from './verify-changes.ts';
import { cloudOfEveryClass } from './verify-cloud.ts';
import { type Judged, openVerifyOracle, type Truth, type VerifyOracle } from './verify-oracle.ts';

const mendable = ['noCell', 'wrongDetails', 'otherCell', 'orphan', 'placeholder'];

/** What can be told only by who has read every cell. */
const ofAllCells: Truth[] = ['otherCell', 'noCell', 'inTwoCells', 'orphan'];

describeOnEachServer('a verification with cell2 down', ({ get }) => {
  let cloud: Cloud;
  let oracle: VerifyOracle;
  let machine: Machine;
  let close: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    ({ cloud, oracle, machine, close } = await openJudgedCloud(get(), openVerifyOracle));
  }, 60_000);
  afterAll(() => close?.());
  const contents = cloudOfEveryClass({ right: 60, each: 6 });
  beforeEach(() => fill(cloud, contents));

  const list = (url: string) =>
    cloud.api.query('UPDATE cell_mappings SET database_connection = ? WHERE name = ?', [url, 'cell2']);

  /** Its server is away: nobody listens there. */
  async function closeThePort(): Promise<void> {
    const { database } = parseDatabaseUrl(cloud.databases.cell2.url);
    await list(`${cloud.databases.cell2.url.split(':')[0]}://nova:secret@127.0.0.1:1/${database}`);
  }

  /** Its server is there, and has no such database any more. */
  async function dropTheDatabase(): Promise<void> {
    const spare = await createCellDatabase(get(), 'nova_spare');
    await list(spare.url);
    await spare.drop();
  }

  /** What can be told of the other cells: the oracle's truth, but that what depends on all cells is undecided. */
  async function truthWithoutCell2(): Promise<Judged[]> {
    await oracle.take(cloud, 'cell2');
    return (await oracle.judged()).map((each) =>
      ofAllCells.includes(each.truth) ? { ...each, truth: 'undecided' } : each,
    );
  }

  describe.each([
    ['its port is closed', closeThePort, 'DatabaseUnavailable'],
    ['its database was dropped', dropTheDatabase, 'DatabaseNotFound'],
  ])('because %s', (_, goDown, error) => {
    it('fails with its error, and calls nothing an orphan or misplaced', async () => {
      await goDown();
      const judged = await truthWithoutCell2();
      const run = await machine.run({ mode: 'verify', secondLookSeconds: 0, writers: 2 });
      expect([run.status, run.error]).toEqual(['FAILED', error]);
      expect(run.cause).toContain(`1 of 3 cells failed. cell2: ${error}:`);
      expect(run.verification).toMatchObject({ status: 'failed', everyCellRead: false, quota: null, error: null });
      const never = Object.fromEntries(ofAllCells.map((name) => [name, 0]));
      expect(run.verification.totals).toMatchObject(never);

      for (const name of ['cell0', 'cell1'] as const) {
        const own = judged.filter(({ cell }) => cell === cells[name].id);
        const cell = run.verification.cells.find((each) => each.name === name);
        expect(cell).toMatchObject({ status: 'needs-attention', error: null, classes: countByClass(own) });
        expectSamplesAmong(cell?.samples ?? [], own);
      }
      const apart = judged.filter(({ cell }) => cell === null);
      expect(run.verification.withoutCell.classes).toEqual(countByClass(apart));
      const cell2 = run.verification.cells.find((each) => each.name === 'cell2');
      expect(cell2).toMatchObject({ status: 'failed', error: { name: error }, digests: null, instances: 0 });
    });

    it('repairs nothing that points to it, and nothing whose instance may be in it', async () => {
      await goDown();
      const judged = await truthWithoutCell2();
      const mended = judged.filter(
        ({ truth, owner, building }) =>
          ['wrongDetails', 'placeholder'].includes(truth) && owner !== cells.cell2.id && !building,
      );
      const ids = await idsOf(
        cloud.api,
        mended.map(({ uuid }) => uuid),
      );
      const inCell2 = await cloud.databases.cell2.query<{ uuid: string }>(
        `SELECT uuid FROM instances WHERE uuid <> '${PLACEHOLDER_UUID}'`,
      );
      const toCell2 = (await cloud.api.readMappings()).filter(({ cellId }) => cellId === cells.cell2.id);
      const untouchable = new Set([
        ...toCell2.map(({ id }) => id),
        ...(await idsOf(
          cloud.api,
          inCell2.map(({ uuid }) => uuid),
        )),
      ]);
      const before = await readTable(cloud.api);
      const run = await machine.run({
        mode: 'repair',
        classes: mendable,
        apply: true,
        secondLookSeconds: 0,
        writers: 2,
      });
      expect([run.status, run.error, run.verification.status]).toEqual(['FAILED', error, 'failed']);
      const changed = changedIds(before, await readTable(cloud.api));
      expect([...changed].filter((id) => untouchable.has(id))).toEqual([]);
      expect(changed).toEqual(ids);
      expect(changed.size).toBeGreaterThan(10);
    });
  });

  it('fails as a whole where the cell goes down before the second look, and repairs nothing', async () => {
    const spare = await createCellDatabase(get(), 'nova_spare');
    await spare.insertInstances(contents.instances.cell2);
    await list(spare.url);
    const before = await readTable(cloud.api);
    const started = await machine.start({
      mode: 'repair',
      classes: mendable,
      apply: true,
      secondLookSeconds: 3,
      writers: 2,
    });
    await machine.untilEntered(started, 'WaitForSecondLook');
    await spare.drop();
    const run = await machine.end(started);
    // MySQL's connections outlive their database; they only find no table in it any more.
    expect(['DatabaseNotFound', 'UnexpectedTables']).toContain(run.error);
    expect(run.status).toBe('FAILED');
    const { totals, repair, cells: told } = run.verification;
    expect(totals).toMatchObject(Object.fromEntries(ofAllCells.map((name) => [name, 0])));
    expect(repair).toMatchObject({ made: {} });
    expect(told.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed']);
    expect(changedIds(before, await readTable(cloud.api)).size).toBe(0);
  }, 120_000);
});
