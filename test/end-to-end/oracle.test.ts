import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeOnEachServer } from '../servers/each-server.ts';
import { type CellName, type Cloud, cells } from './cloud.ts';
import { fill, type GeneratedCloud, generatedClouds, largeCloud } from './generated-cloud.ts';
import type { EndedRun, Machine } from './harness.ts';
import { openJudgedCloud } from './judged-cloud.ts';
import { type Oracle, openOracle, type Problem } from './oracle.ts';

/** CELLMAP_ORACLE_RUNS makes a campaign of so many clouds, other ones each time; the usual few are always the same. */
const campaign = process.env.CELLMAP_ORACLE_RUNS;
const clouds = campaign === undefined ? { numRuns: 25, seed: 20_240_506 } : { numRuns: Number(campaign) };

/** A cloud takes less than a second; what is left is for making a failing one smaller. */
const TIME_LIMIT_MS = 60_000 + clouds.numRuns * 2_000;

describeOnEachServer('a run over any cloud, judged by plain SQL', ({ get }) => {
  let cloud: Cloud;
  let oracle: Oracle;
  let machine: Machine;
  let close: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    ({ cloud, oracle, machine, close } = await openJudgedCloud(get(), openOracle));
  }, 60_000);
  afterAll(() => close?.());

  /** Runs the machine twice over a cloud, and holds all that it did and said against the oracle. */
  async function judge(generated: GeneratedCloud): Promise<EndedRun> {
    const { pageSize, writers } = generated;
    await fill(cloud, generated);
    await oracle.before(cloud);
    const before = await cloud.api.readMappings();

    const run = await machine.run({ pageSize, writers });
    expect(run.status).toBe('SUCCEEDED');
    const after = await cloud.api.readMappings();
    await oracle.after(after);

    const ids = new Set(before.map(({ id }) => id));
    expect(after.filter(({ id }) => ids.has(id))).toEqual(before);
    expect(after.length - before.length).toBe(run.result.totals.mapped);
    expect(await oracle.wrongInserts()).toEqual([]);
    const problems = await oracle.problems();
    for (const cell of Object.keys(cells) as CellName[]) {
      const own = problems.filter((problem) => problem.cell === cells[cell].id);
      expect(run.cell(cell)).toEqual(await expectedCell(cell, generated, own, run));
    }

    const again = await machine.run({ pageSize: pageSize + 1, writers: 7 - Math.min(writers, 6) });
    expect(await cloud.api.readMappings()).toEqual(after);
    const { totals, status } = run.result;
    const alreadyMapped = totals.alreadyMapped + totals.mapped;
    expect(again.result).toMatchObject({ status, totals: { ...totals, mapped: 0, alreadyMapped } });
    return run;
  }

  /** The cell's result as the oracle's counts make it; which samples are kept is left open, but not what they say. */
  async function expectedCell(cell: CellName, generated: GeneratedCloud, problems: Problem[], run: EndedRun) {
    const { placeholder = 0, hidden = 0, right = 0, wrongDetails = 0, ...others } = await oracle.counts(cell);
    const { noProject = 0, mapped = 0, inFlight = 0, noCell = 0, otherCell = 0, missing } = others;
    expect(missing).toBeUndefined();
    const { samples } = run.cell(cell);
    const said = new Set(problems.map(toSample).map((sample) => JSON.stringify(sample)));
    expect(samples.map((sample) => JSON.stringify(sample)).filter((sample) => !said.has(sample))).toEqual([]);
    expect(new Set(samples.map(({ instance }) => instance)).size).toBe(Math.min(problems.length, 20));
    return {
      uuid: cells[cell].uuid,
      name: cell,
      status: problems.length > 0 ? 'needs-attention' : 'complete',
      instances: noProject + mapped + right + wrongDetails + inFlight + noCell + otherCell,
      mapped,
      alreadyMapped: right + wrongDetails,
      wrongDetails,
      unmapped: 0,
      inFlight,
      hidden,
      placeholders: placeholder,
      conflicts: { otherCell, noCell },
      setAside: { noProject, refused: 0 },
      samples,
      lastInstanceId: generated.instances[cell].at(-1)?.id ?? null,
      pauses: [],
      error: null,
    };
  }

  it(
    'maps just what is missing, changes nothing that is there, and counts it as it is',
    () =>
      fc.assert(
        fc.asyncProperty(generatedClouds, async (generated) => {
          await judge(generated);
        }),
        { ...clouds, interruptAfterTimeLimit: TIME_LIMIT_MS },
      ),
    TIME_LIMIT_MS + 30_000,
  );

  it('does so in a cell of several ranges, too', async () => {
    const run = await judge(largeCloud(33_000));
    const { children } = await machine.histories(run.executionArn);
    const ranges = children.map((events) => events.filter(({ type }) => type === 'MapIterationStarted').length);
    expect(Math.max(...ranges)).toBe(4);
  }, 120_000);
});

function toSample({ uuid, verdict, owner }: Problem) {
  const mappedTo = Object.values(cells).find(({ id }) => id === owner)?.uuid;
  return { instance: uuid, problem: verdict, ...(verdict === 'otherCell' ? { mappedTo } : {}) };
}
