import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { describeOnEachServer } from '../servers/each-server.ts';
import { type Cloud, cells, createCloud, mapping, row, rows, uuidOf } from './cloud.ts';
import { type EndedRun, type Machine, startMachine } from './harness.ts';

describeOnEachServer('the second look of a verification', ({ get }) => {
  let cloud: Cloud;
  let machine: Machine;
  beforeAll(async () => {
    cloud = await createCloud(get());
    machine = await startMachine(cloud.api.url);
  }, 60_000);
  afterAll(async () => {
    await machine?.stop();
    await cloud?.drop();
  });
  beforeEach(async () => {
    await cloud.reset();
    await cloud.databases.cell1.insertInstances(rows(1, 9));
    await cloud.api.insertMappings(rows(1, 9).map(({ id }) => mapping(id, 'cell1')));
  });

  /** Verifies, and lets something happen between the two looks. */
  async function verifyWhile(meanwhile: () => Promise<unknown>): Promise<EndedRun> {
    const started = await machine.start({ mode: 'verify', secondLookSeconds: 2, writers: 2 });
    await machine.untilEntered(started, 'WaitForSecondLook');
    await meanwhile();
    return machine.end(started);
  }

  const removeMappings = (...numbers: number[]) =>
    cloud.api.query(
      `DELETE FROM instance_mappings WHERE instance_uuid IN (${numbers.map(() => '?').join(', ')})`,
      numbers.map(uuidOf),
    );
  const namesOf = ({ verification: { cells: all, withoutCell } }: EndedRun) =>
    [...all, withoutCell].flatMap(({ samples }) => samples.map((sample) => [sample.class, sample.instance])).sort();

  it('does not count what was mended meanwhile, and counts what stays', async () => {
    await removeMappings(1, 2);
    const run = await verifyWhile(() => cloud.api.insertMappings([mapping(1, 'cell1')]));
    expect(run.verification).toMatchObject({ status: 'needs-attention', totals: { unmapped: 1, correct: 8 } });
    expect(namesOf(run)).toEqual([['unmapped', uuidOf(2)]]);
  });

  it('finds nothing where all was mended, of whatever class it was', async () => {
    await removeMappings(1);
    const set = (column: string, value: unknown, number: number) =>
      cloud.api.query(`UPDATE instance_mappings SET ${column} = ? WHERE instance_uuid = ?`, [value, uuidOf(number)]);
    await set('cell_id', cells.cell2.id, 2);
    await set('cell_id', null, 3);
    await set('user_id', 'another', 4);
    await cloud.databases.cell2.insertInstances([row(5), row(6, { projectId: null })]);
    await cloud.api.insertMappings([mapping(20, 'cell1'), mapping(21, null)]);
    const run = await verifyWhile(async () => {
      await cloud.api.insertMappings([mapping(1, 'cell1')]);
      await set('cell_id', cells.cell1.id, 2);
      await set('cell_id', cells.cell1.id, 3);
      await set('user_id', mapping(4, 'cell1').userId, 4);
      await cloud.databases.cell2.query('DELETE FROM instances');
      await removeMappings(20, 21);
    });
    expect(namesOf(run)).toEqual([]);
    expect(run.verification).toMatchObject({ status: 'complete', totals: { correct: 9 } });
  });

  it('calls a difference what it is by then', async () => {
    await removeMappings(1);
    await cloud.api.insertMappings([mapping(20, null)]);
    const run = await verifyWhile(async () => {
      await cloud.api.insertMappings([mapping(1, null)]);
      await cloud.api.insertBuildRequests([uuidOf(20)]);
    });
    expect(namesOf(run)).toEqual([
      ['inFlight', uuidOf(20)],
      ['noCell', uuidOf(1)],
    ]);
  });

  it('takes no time where nothing is in doubt', async () => {
    await cloud.api.insertMappings([
      mapping(20, null),
      { ...mapping(21, null), projectId: 'INSTANCE_MIGRATION_MARKER' },
    ]);
    await cloud.databases.cell1.insertInstances([row(30), row(31, { projectId: null })]);
    await cloud.api.insertMappings([mapping(30, null)]);
    await cloud.api.insertBuildRequests([uuidOf(20), uuidOf(30)]);
    const run = await machine.run({ mode: 'verify', secondLookSeconds: 3_600, writers: 2 });
    expect(run.verification.totals).toMatchObject({ inFlight: 2, placeholder: 1, setAside: 1, correct: 9 });
  });
});
