import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeOnEachServer } from '../servers/each-server.ts';
import { type Cloud, createCloud } from './cloud.ts';
import { fill } from './generated-cloud.ts';
import { type EndedRun, type Machine, startMachine } from './harness.ts';
import { cloudOfEveryClass } from './verify-cloud.ts';
import { drawFrom, type FlipKind, flipKinds, flipOne } from './verify-flips.ts';

/** CELLMAP_VERIFY_FLIPS makes a campaign of so many flips, other ones each time; the usual few are always the same. */
const campaign = process.env.CELLMAP_VERIFY_FLIPS;
const flips = Number(campaign ?? 50);
const seed = campaign === undefined ? 20_250_608 : Number(process.env.CELLMAP_VERIFY_SEED ?? Date.now() % 2 ** 31);

/** A flip takes a second; the machine may be busy with others. */
const TIME_LIMIT_MS = 60_000 + flips * 6_000;

/** After how many flips the cloud must be found right again. */
const CLEAN_EVERY = 10;

describeOnEachServer('a verification of a cloud in which one row was flipped', ({ name, get }) => {
  const only = ['inFlight', 'inFlightNowhere', 'inFlightToCell', 'marker', 'hiddenAndUnmapped'] as const;
  const contents = cloudOfEveryClass({ right: 3_000, each: 5, only });
  let cloud: Cloud;
  let machine: Machine;
  beforeAll(async () => {
    cloud = await createCloud(get());
    machine = await startMachine(cloud.api.url);
    await fill(cloud, contents);
  }, 60_000);
  afterAll(async () => {
    await machine?.stop();
    await cloud?.drop();
  });

  // Two writers have processes enough to stay warm, which is the quickest here.
  const verify = () => machine.run({ mode: 'verify', secondLookSeconds: 0, writers: 2 });

  it(
    'notices it, and names it and nothing else',
    async () => {
      const draw = drawFrom(seed);
      const noticed = new Map<FlipKind, number>(flipKinds.map((kind) => [kind, 0]));
      const began = Date.now();
      expect(await verify().then(tell)).toEqual({ status: 'complete', names: [] });
      for (let number = 1; number <= flips; number += 1) {
        const flip = await flipOne(cloud, contents, draw);
        const run = await verify();
        expect({ seed, number, kind: flip.kind, what: flip.what, ...tell(run) }).toEqual({
          seed,
          number,
          kind: flip.kind,
          what: flip.what,
          status: 'needs-attention',
          names: [...flip.names].sort(),
        });
        noticed.set(flip.kind, (noticed.get(flip.kind) ?? 0) + 1);
        await flip.undo();
        if (number % CLEAN_EVERY === 0) expect(await verify().then(tell)).toEqual({ status: 'complete', names: [] });
      }
      if (campaign !== undefined) report(noticed, (Date.now() - began) / 1000);
    },
    TIME_LIMIT_MS,
  );

  function report(noticed: Map<FlipKind, number>, seconds: number): void {
    const kinds = [...noticed].map(([kind, number]) => `${String(number).padStart(6)}  ${kind}`);
    const head = `${name}: ${flips} flips, all noticed and named, in ${Math.round(seconds)} s (seed ${seed})`;
    process.stdout.write(`\n${[head, ...kinds].join('\n')}\n`);
  }
});

/** What a run says, and every uuid that it names as wrong. */
function tell(run: EndedRun): { status: string; names: string[] } {
  if (run.status !== 'SUCCEEDED') return { status: `${run.status}: ${run.cause}`, names: [] };
  const { cells, withoutCell, status } = run.verification;
  const samples = [...cells, withoutCell]
    .flatMap((part) => part.samples)
    .filter((sample) => !['inFlight', 'placeholder'].includes(sample.class));
  return { status, names: [...new Set(samples.map(({ instance }) => instance.toLowerCase()))].sort() };
}
