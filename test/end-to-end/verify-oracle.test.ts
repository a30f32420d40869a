import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeOnEachServer } from '../servers/each-server.ts';
import { type CellName, type Cloud, cells } from './cloud.ts';
import { fill } from './generated-cloud.ts';
import type { EndedRun, Machine } from './harness.ts';
import { openJudgedCloud } from './judged-cloud.ts';
import { countByClass, expectSamplesAmong, expectTruth, readNamed } from './verify-agreement.ts';
import { cloudOfEveryClass, scatteredClouds } from './verify-cloud.ts';
import { type Judged, openVerifyOracle, type VerifyOracle } from './verify-oracle.ts';

/** CELLMAP_VERIFY_RUNS makes a campaign of so many clouds, other ones each time; the usual few are always the same. */
const campaign = process.env.CELLMAP_VERIFY_RUNS;
const clouds = campaign === undefined ? { numRuns: 12, seed: 20_250_607 } : { numRuns: Number(campaign) };

/** A cloud takes a second; what is left is for a busy machine, and for making a failing cloud smaller. */
const TIME_LIMIT_MS = 60_000 + clouds.numRuns * 6_000;

describeOnEachServer('a verification, judged by plain SQL', ({ get }) => {
  let cloud: Cloud;
  let oracle: VerifyOracle;
  let machine: Machine;
  let close: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    ({ cloud, oracle, machine, close } = await openJudgedCloud(get(), openVerifyOracle));
  }, 60_000);
  afterAll(() => close?.());

  const verify = (options = {}) => machine.run({ mode: 'verify', secondLookSeconds: 0, ...options });

  it(
    'says of any cloud what is true, and changes nothing',
    () =>
      fc.assert(
        fc.asyncProperty(scatteredClouds, async (generated) => {
          const { pageSize, writers } = generated;
          await fill(cloud, generated);
          await oracle.take(cloud);
          const before = await cloud.api.readMappings();
          await expectTruth(await verify({ pageSize, writers }), oracle);
          expect(await cloud.api.readMappings()).toEqual(before);
        }),
        { ...clouds, interruptAfterTimeLimit: TIME_LIMIT_MS },
      ),
    TIME_LIMIT_MS + 30_000,
  );

  it('says so where more is wrong than it names', async () => {
    await fill(cloud, cloudOfEveryClass({ right: 2_000, each: 100 }));
    await oracle.take(cloud);
    const run = await verify();
    const judged = await expectTruth(run, oracle);
    expectEveryClass(judged);
    const own = judged.filter(({ cell }) => cell === cells.cell1.id);
    expect(countByClass(own).wrongDetails).toBeGreaterThan(20);
    expectSamplesAmong(namedOf(run, 'cell1'), own);
    await expectDigestsByHand(run);
  }, 120_000);

  it('calls a cloud complete in which all is right, and its digests are equal', async () => {
    await fill(cloud, cloudOfEveryClass({ right: 500, deleting: false, each: 0 }));
    await oracle.take(cloud);
    const run = await verify();
    await expectTruth(run, oracle);
    expect(run.verification).toMatchObject({ status: 'complete', totals: { correct: 500 }, quota: { wrong: [] } });
    for (const { digests } of run.verification.cells) expect(digests?.instances).toEqual(digests?.mappings);
    await expectDigestsByHand(run);
  });

  it('calls an empty cloud complete', async () => {
    await cloud.reset();
    await oracle.take(cloud);
    const run = await verify();
    await expectTruth(run, oracle);
    for (const { digests } of run.verification.cells) {
      expect(digests).toEqual({ instances: { rows: 0, sum: '0' }, mappings: { rows: 0, sum: '0' } });
    }
    await expectDigestsByHand(run);
  });

  // The last: deleting so many rows keeps a server busy for a while.
  it('says of 100,000 instances, of every class, what each one is', async () => {
    await fill(cloud, cloudOfEveryClass({ right: 98_500, each: 96 }));
    await oracle.take(cloud);
    const run = await verify();
    const judged = await expectTruth(run, oracle);
    expect(judged.filter(({ of }) => of === 'instance').length).toBeGreaterThan(100_000);
    expectEveryClass(judged);

    // No part names more than 20 of a class and cell, so nothing is left out: all that is not correct has been named.
    const named = await readNamed(machine, run);
    for (const { id, uuid } of [...Object.values(cells), { id: null, uuid: null }]) {
      const own = judged.filter(({ cell, truth }) => cell === id && truth !== 'correct');
      const ownNamed = named.filter(({ cell }) => cell === uuid);
      expectSamplesAmong(ownNamed, own);
      expect(ownNamed).toHaveLength(own.length);
    }
    await expectDigestsByHand(run);
  }, 240_000);

  /** The result's plain SQL, given to the plain driver, gives what the result says. */
  async function expectDigestsByHand({ verification }: EndedRun): Promise<void> {
    for (const { name, digests, sql } of verification.cells) {
      const ask = async ({ query }: Pick<Cloud['api'], 'query'>, statement = '') => {
        const [row] = await query<{ rows: number | string; sum: string }>(statement);
        return { rows: Number(row?.rows), sum: row?.sum };
      };
      expect(await ask(cloud.databases[name as CellName], sql?.instances)).toEqual(digests?.instances);
      expect(await ask(cloud.api, sql?.mappings)).toEqual(digests?.mappings);
    }
  }
});

function namedOf(run: EndedRun, name: CellName) {
  return run.verification.cells.find(({ uuid }) => uuid === cells[name].uuid)?.samples ?? [];
}

/** The cloud is of use only where it has all of them. */
function expectEveryClass(judged: readonly Judged[]): void {
  expect(Object.values(countByClass(judged)).every((number) => number > 0)).toBe(true);
}
