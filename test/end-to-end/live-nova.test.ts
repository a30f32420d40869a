import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeOnEachServer } from '../servers/each-server.ts';
import { type Cloud, cells, createCloud, row } from './cloud.ts';
import { type Machine, startMachine } from './harness.ts';
import { type LiveNova, p99Milliseconds, startLiveNova } from './live-nova.ts';

/** Every other id is free, so that the ids are enough for a range to each of four writers. */
const INSTANCES = 42_000;
const OTHERS = 6_000;

/** Uuids in no order, as Nova's are, so that live rows come between those that are being written. */
const uuidOf = (number: number) =>
  `${((number * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0')}-0000-4000-8000-${String(number).padStart(12, '0')}`;

describeOnEachServer('a live Nova', ({ get }) => {
  let cloud: Cloud;
  let machine: Machine;
  let nova: LiveNova | undefined;
  beforeAll(async () => {
    cloud = await createCloud(get());
    machine = await startMachine(cloud.api.url);
  }, 60_000);
  afterAll(async () => {
    await nova?.stop();
    await machine?.stop();
    await cloud?.drop();
  });

  it('does not notice four writers at full speed, and its own work does not confuse the run', async () => {
    await cloud.reset();
    const mapped = Array.from({ length: INSTANCES }, (_, index) => row(2 * index + 1, { uuid: uuidOf(index) }));
    await cloud.databases.cell1.insertInstances(mapped);
    const others = Array.from({ length: OTHERS }, (_, index) => uuidOf(INSTANCES + index));
    await cloud.api.insertMappings(others.map((instanceUuid) => ({ instanceUuid, cellId: cells.cell2.id })));
    const uuids = mapped.map(({ uuid }) => uuid);

    nova = await startLiveNova(get(), cloud, {
      kept: uuids.filter((_, index) => index % 10 > 0),
      archived: uuids.filter((_, index) => index % 10 === 0),
      others,
      uuidOf: (round) => uuidOf(INSTANCES + OTHERS + round),
    });
    await nova.rounds(200);
    const before = nova.statements.splice(0);

    const run = await machine.run({ cells: ['cell1'], writers: 4 });
    const beside = nova.statements.splice(0);
    await nova.stop();

    expect(nova.errors).toEqual([]);
    // It gets on while the run works, and waits for no lock: one that is held for longer shows in seconds.
    expect(beside.length).toBeGreaterThan(500);
    expect(p99Milliseconds(beside)).toBeLessThan(p99Milliseconds(before) + 1000);
    expect(run.status).toBe('SUCCEEDED');
    expect(run.result).toMatchObject({ status: 'complete', totals: { unmapped: 0, conflicts: 0, setAside: 0 } });
    expect(run.result.totals.instances).toBeGreaterThanOrEqual(INSTANCES * 0.9);

    const mappings = new Map((await cloud.api.readMappings()).map((mapping) => [mapping.instanceUuid, mapping]));
    const instances = await cloud.databases.cell1.query('SELECT uuid, project_id, user_id FROM instances');
    const wrong = instances.filter((instance) => {
      const mapping = mappings.get(String(instance.uuid));
      return (
        mapping?.cellId !== cells.cell1.id ||
        mapping.projectId !== instance.project_id ||
        mapping.userId !== instance.user_id ||
        mapping.queuedForDelete !== false
      );
    });
    expect(wrong).toEqual([]);
  }, 120_000);
});
