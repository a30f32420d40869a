import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { parseDatabaseUrl } from '../../domain/database-url.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import { type Cloud, cells, createCloud, mapping, row, rows, uuidOf } from './cloud.ts';
import { type Machine, startMachine } from './harness.ts';

const PLACEHOLDER = '00000000-0000-0000-0000-000000000000';

/** The cases in which nova-manage fails, by their numbers; docs/architecture.md lists them. */
describeOnEachServer('the cases E1 to E16', ({ get }) => {
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
  beforeEach(async () => cloud.reset());

  /** The mappings without what differs from run to run. */
  const stored = async () =>
    (await cloud.api.readMappings()).map(({ id, createdAt, updatedAt, ...rest }) => rest).sort(byUuid);

  it('E1: a partial run of one cell leaves a run of another alone, and goes on where it was', async () => {
    await cloud.databases.cell1.insertInstances(rows(1, 10));
    await cloud.databases.cell2.insertInstances(rows(101, 105));
    const first = await machine.run({ cells: ['cell1'], maxCount: 4 });
    expect(first.result.status).toBe('more-remain');
    expect(first.cell('cell1')).toMatchObject({ mapped: 4, unmapped: 6 });
    expect((await machine.run({ cells: ['cell2'] })).result).toMatchObject({
      status: 'complete',
      totals: { mapped: 5 },
    });
    const last = await machine.run({ cells: ['cell1'] });
    expect(last.result).toMatchObject({ status: 'complete', totals: { mapped: 6, alreadyMapped: 4 } });
  });

  it('E2: a purged instance does not matter to a run that goes on', async () => {
    await cloud.databases.cell1.insertInstances(rows(1, 10));
    await machine.run({ maxCount: 4 });
    await cloud.databases.cell1.query('DELETE FROM instances WHERE id = 4');
    await cloud.api.query('DELETE FROM instance_mappings WHERE instance_uuid = ?', [uuidOf(4)]);
    const { result } = await machine.run();
    expect(result).toMatchObject({ status: 'complete', totals: { instances: 9, mapped: 6, alreadyMapped: 3 } });
  });

  it('E3: deleted and soft-deleted instances are queued for delete, so that quota does not count them', async () => {
    await cloud.databases.cell1.insertInstances([
      row(1),
      row(2, { deleted: 2 }),
      row(3, { vmState: 'soft-delete' }),
      row(4, { vmState: 'error' }),
    ]);
    const { result } = await machine.run();
    expect(result).toMatchObject({ status: 'complete', totals: { mapped: 4 } });
    expect((await stored()).map(({ queuedForDelete }) => queuedForDelete)).toEqual([false, true, true, false]);
  });

  it('E4: a mapping without a cell is told apart: a build in flight is left, a lost location is reported', async () => {
    await cloud.databases.cell1.insertInstances(rows(1, 3));
    await cloud.api.insertMappings([mapping(1, null), mapping(2, null)]);
    await cloud.api.insertBuildRequests([uuidOf(1)]);
    const before = (await stored()).slice(0, 2);
    const run = await machine.run({ cells: ['cell1'] });
    expect(run.cell('cell1')).toMatchObject({
      status: 'needs-attention',
      mapped: 1,
      inFlight: 1,
      conflicts: { noCell: 1, otherCell: 0 },
      samples: [{ instance: uuidOf(2), problem: 'noCell' }],
    });
    expect((await stored()).slice(0, 2)).toEqual(before);
  });

  it('E5: a mapping to another cell is reported as a conflict and not overwritten', async () => {
    await cloud.databases.cell1.insertInstances(rows(1, 2));
    await cloud.api.insertMappings([mapping(1, 'cell2')]);
    const run = await machine.run({ cells: ['cell1'] });
    expect(run.cell('cell1')).toMatchObject({
      status: 'needs-attention',
      conflicts: { otherCell: 1 },
      samples: [{ instance: uuidOf(1), problem: 'otherCell', mappedTo: cells.cell2.uuid }],
    });
    expect((await stored())[0]).toMatchObject({ cellId: cells.cell2.id });
  });

  it('E6: a row with an older created_at that appears between two runs is mapped', async () => {
    await cloud.databases.cell1.insertInstances(rows(1, 5));
    await machine.run({ maxCount: 3 });
    await cloud.databases.cell1.insertInstances([row(6, { createdAt: '2001-01-01 00:00:00' })]);
    expect((await machine.run()).result).toMatchObject({ status: 'complete', totals: { mapped: 3, alreadyMapped: 3 } });
    expect((await stored()).map(({ instanceUuid }) => instanceUuid)).toEqual(rows(1, 6).map(({ uuid }) => uuid));
  });

  it('E7: all cells in one go, cell0 and disabled ones too', async () => {
    await cloud.databases.cell0.insertInstances(rows(1, 3));
    await cloud.databases.cell1.insertInstances(rows(11, 14));
    await cloud.databases.cell2.insertInstances(rows(21, 25));
    await cloud.api.query('UPDATE cell_mappings SET disabled = ? WHERE name = ?', [true, 'cell2']);
    const run = await machine.run();
    expect(run.status).toBe('SUCCEEDED');
    expect(run.result).toMatchObject({ status: 'complete', totals: { instances: 12, mapped: 12 } });
    const byCell = (await stored()).map(({ cellId }) => cellId);
    expect(byCell).toEqual([...Array(3).fill(1), ...Array(4).fill(2), ...Array(5).fill(3)]);
  });

  it('E8: one uuid visible in two cells is mapped once, and the other cell reports where to', async () => {
    await cloud.databases.cell1.insertInstances([row(1), row(2)]);
    await cloud.databases.cell2.insertInstances([row(1), row(3)]);
    const run = await machine.run();
    expect(run.result).toMatchObject({ status: 'needs-attention', totals: { instances: 4, mapped: 3, conflicts: 1 } });
    const [winner, loser] =
      (await stored())[0]?.cellId === cells.cell1.id ? (['cell1', 'cell2'] as const) : (['cell2', 'cell1'] as const);
    expect(run.cell(winner).status).toBe('complete');
    expect(run.cell(loser).samples).toEqual([
      { instance: uuidOf(1), problem: 'otherCell', mappedTo: cells[winner].uuid },
    ]);
  });

  it('E9: a row without a project is set aside with its reason, and a NULL user is legal', async () => {
    await cloud.databases.cell1.insertInstances([
      row(1),
      row(2, { projectId: null }),
      row(3, { userId: null }),
      row(4),
    ]);
    const run = await machine.run({ cells: ['cell1'] });
    expect(run.cell('cell1')).toMatchObject({
      status: 'needs-attention',
      mapped: 3,
      setAside: { noProject: 1, refused: 0 },
      samples: [{ instance: uuidOf(2), problem: 'noProject' }],
    });
    expect((await stored()).map(({ userId }) => userId === null)).toEqual([false, true, false]);
  });

  it('E10: --max-count gets past a row without a project', async () => {
    await cloud.databases.cell1.insertInstances([row(1, { projectId: null }), ...rows(2, 5)]);
    expect((await machine.run({ maxCount: 2 })).result.status).toBe('more-remain');
    const second = await machine.run({ maxCount: 2 });
    expect(second.result).toMatchObject({
      status: 'needs-attention',
      totals: { mapped: 2, alreadyMapped: 2, setAside: 1 },
    });
  });

  it('E11: the placeholder instance is skipped and counted, in every cell', async () => {
    const placeholder = { uuid: PLACEHOLDER, projectId: PLACEHOLDER, deleted: 1 };
    await cloud.databases.cell1.insertInstances([row(1, placeholder), row(2)]);
    await cloud.databases.cell2.insertInstances([row(1, placeholder)]);
    const run = await machine.run();
    expect(run.result).toMatchObject({ status: 'complete', totals: { instances: 1, mapped: 1 } });
    expect([run.cell('cell1').placeholders, run.cell('cell2').placeholders]).toEqual([1, 1]);
    expect((await stored()).map(({ instanceUuid }) => instanceUuid)).toEqual([uuidOf(2)]);
  });

  it('E12: two runs at once are safe, and together map each instance once', async () => {
    await cloud.databases.cell1.insertInstances(rows(1, 3000));
    const [a, b] = await Promise.all([machine.run({ pageSize: 100 }), machine.run({ pageSize: 130 })]);
    expect([a.result.status, b.result.status]).toEqual(['complete', 'complete']);
    expect(a.result.totals.mapped + b.result.totals.mapped).toBe(3000);
    expect(await stored()).toHaveLength(3000);
  });

  it('E13: a run that was stopped half-way is gone on with, and nothing is written twice', async () => {
    await cloud.databases.cell1.insertInstances(rows(1, 4000));
    const other = await startMachine(cloud.api.url);
    await other.start({ pageSize: 20 });
    while ((await cloud.api.query('SELECT id FROM instance_mappings LIMIT 1')).length === 0);
    await other.stop();
    const before = await cloud.api.readMappings();
    expect(before.length).toBeLessThan(4000);
    const { result } = await machine.run();
    expect(result).toMatchObject({
      status: 'complete',
      totals: { instances: 4000, mapped: 4000 - before.length, alreadyMapped: before.length },
    });
    const after = await cloud.api.readMappings();
    expect(after).toHaveLength(4000);
    expect(after.slice(0, before.length)).toEqual(before);
  });

  it('E14: a NULL created_at at a page boundary loses no row', async () => {
    await cloud.databases.cell1.insertInstances(
      rows(1, 9).map((each) => (each.id === 3 ? { ...each, createdAt: null } : each)),
    );
    expect((await machine.run({ pageSize: 3 })).result).toMatchObject({ status: 'complete', totals: { mapped: 9 } });
  });

  it('E15: a cell whose database is down fails with one clear line, and the others are mapped', async () => {
    await cloud.databases.cell1.insertInstances(rows(1, 5));
    const { host, database } = parseDatabaseUrl(cloud.databases.cell2.url);
    const scheme = cloud.databases.cell2.url.split(':')[0];
    await cloud.api.query('UPDATE cell_mappings SET database_connection = ? WHERE name = ?', [
      `${scheme}://nova:secret@${host}:1/${database}`,
      'cell2',
    ]);
    const began = Date.now();
    const run = await machine.run();
    expect(Date.now() - began).toBeLessThan(15_000);
    expect(run.status).toBe('FAILED');
    expect(run.error).toBe('DatabaseUnavailable');
    expect(run.cell('cell1')).toMatchObject({ status: 'complete', mapped: 5 });
    expect(run.cell('cell2')).toMatchObject({ status: 'failed', error: { name: 'DatabaseUnavailable' } });
    expect(run.cell('cell2').error?.message).toBe(
      'The database of cell cell2 did not answer. Check that its server is running and can be reached, then run again.',
    );
    expect(run.cause).toContain(
      '1 of 3 cells failed. cell2: DatabaseUnavailable: The database of cell cell2 did not answer.',
    );
  });

  it('E16: the hidden twin of a cross-cell resize is skipped, and the visible one is mapped', async () => {
    await cloud.databases.cell1.insertInstances([row(1, { hidden: true }), row(2)]);
    await cloud.databases.cell2.insertInstances([row(1), row(3, { hidden: null })]);
    const run = await machine.run();
    expect(run.result).toMatchObject({ status: 'complete', totals: { instances: 3, mapped: 3 } });
    expect(run.cell('cell1').hidden).toBe(1);
    expect((await stored()).map(({ cellId }) => cellId)).toEqual([cells.cell2.id, cells.cell1.id, cells.cell2.id]);
  });

  it('a second run inserts nothing, and reports the same totals as already mapped', async () => {
    await cloud.databases.cell1.insertInstances([
      ...rows(1, 50),
      row(51, { projectId: null }),
      row(52, { hidden: true }),
    ]);
    await cloud.api.insertMappings([mapping(7, 'cell2'), mapping(8, null)]);
    const first = await machine.run({ pageSize: 9 });
    const before = await cloud.api.readMappings();
    const second = await machine.run({ pageSize: 11 });
    expect(second.result.totals).toEqual({
      ...first.result.totals,
      mapped: 0,
      alreadyMapped: first.result.totals.mapped,
    });
    expect(await cloud.api.readMappings()).toEqual(before);
  });
});

function byUuid(a: { instanceUuid: string }, b: { instanceUuid: string }): number {
  return a.instanceUuid < b.instanceUuid ? -1 : 1;
}
