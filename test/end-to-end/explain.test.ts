import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { describeOnEachServer } from '../servers/each-server.ts';
import { type Cloud, cells, mapping, row, uuidOf } from './cloud.ts';
import { fill } from './generated-cloud.ts';
import type { Machine } from './harness.ts';
import { openJudgedCloud } from './judged-cloud.ts';
import { cloudOfEveryClass, scattered } from './verify-cloud.ts';
import { openVerifyOracle, type VerifyOracle } from './verify-oracle.ts';

describeOnEachServer('explain', ({ dialect, get }) => {
  let cloud: Cloud;
  let oracle: VerifyOracle;
  let machine: Machine;
  let close: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    ({ cloud, oracle, machine, close } = await openJudgedCloud(get(), openVerifyOracle));
  }, 60_000);
  afterAll(() => close?.());
  beforeEach(() => cloud.reset());

  const explain = (uuid: string, options = {}) => machine.run({ mode: 'explain', uuid, ...options });

  it('says of each instance and mapping what the oracle says', async () => {
    const contents = cloudOfEveryClass({ right: 9, each: 1 });
    await fill(cloud, contents);
    await oracle.take(cloud);
    const judged = await oracle.judged();
    const idOf = (uuid: string | null) => Object.values(cells).find((cell) => cell.uuid === uuid)?.id ?? null;
    const uuids = new Set([
      ...Object.values(contents.instances).flatMap((some) => some.map(({ uuid }) => uuid)),
      ...contents.mappings.map(({ instanceUuid }) => instanceUuid),
    ]);
    for (const uuid of uuids) {
      const own = judged.filter((each) => each.uuid === uuid);
      const run = await explain(uuid);
      const told = run.explanation.verdicts.map((verdict) => [verdict.class, verdict.of, idOf(verdict.cell)]);
      expect([uuid, told.sort()]).toEqual([uuid, own.map(({ truth, of, cell }) => [truth, of, cell]).sort()]);
      const isRight =
        own.length > 0 && own.every(({ truth }) => ['correct', 'inFlight', 'placeholder'].includes(truth));
      expect([uuid, run.status, run.explanation.status]).toEqual([
        uuid,
        'SUCCEEDED',
        isRight ? 'complete' : 'needs-attention',
      ]);
    }
  }, 120_000);

  it('shows the mapping, and the row in every cell that has one', async () => {
    await cloud.databases.cell1.insertInstances([row(1, { deleted: 1, taskState: 'deleting' })]);
    await cloud.databases.cell2.insertInstances([row(1, { hidden: true, userId: null })]);
    await cloud.api.insertMappings([mapping(1, 'cell2', { queuedForDelete: null })]);
    await cloud.api.query("UPDATE instance_mappings SET updated_at = '2024-05-07 08:09:10'");
    await cloud.api.insertBuildRequests([uuidOf(1)]);
    const { explanation } = await explain(uuidOf(1));
    const { projectId, userId } = row(1) as { projectId: string; userId: string };
    const instance = { projectId, userId, hidden: false, gone: true, deleting: true };
    expect(explanation).toMatchObject({
      mode: 'explain',
      uuid: uuidOf(1),
      everyCellRead: true,
      buildRequest: true,
      mapping: { instanceUuid: uuidOf(1), cell: cells.cell2.uuid, projectId, userId, queuedForDelete: null },
      cells: [
        { uuid: cells.cell0.uuid, name: 'cell0', instance: null, error: null },
        { uuid: cells.cell1.uuid, name: 'cell1', instance, error: null },
        {
          uuid: cells.cell2.uuid,
          name: 'cell2',
          instance: { projectId, userId: null, hidden: true, gone: false, deleting: false },
          error: null,
        },
      ],
      verdicts: [
        { class: 'otherCell', of: 'instance', cell: cells.cell1.uuid, mappedTo: cells.cell2.uuid, hiddenThere: true },
      ],
      error: null,
    });
    expect(explanation.mapping?.createdAt).toMatch(/^2024-05-06 07:08:09(\.0+)?$/);
    expect(explanation.mapping?.updatedAt).toMatch(/^2024-05-07 08:09:10(\.0+)?$/);
  });

  it('says so where nothing has the uuid', async () => {
    const run = await explain(scattered('nobody'));
    expect(run.status).toBe('SUCCEEDED');
    expect(run.explanation).toMatchObject({ status: 'needs-attention', verdicts: [], mapping: null, error: null });
    expect(run.explanation.cells.map(({ instance }) => instance)).toEqual([null, null, null]);
  });

  it('finds a uuid in upper case where the database does', async () => {
    await cloud.databases.cell1.insertInstances([row(1)]);
    await cloud.api.insertMappings([mapping(1, 'cell1')]);
    const { explanation } = await explain(uuidOf(1).toUpperCase());
    const verdicts = dialect === 'mysql' ? [{ class: 'correct', of: 'instance', cell: cells.cell1.uuid }] : [];
    expect(explanation.verdicts).toEqual(verdicts);
    expect(explanation.status).toBe(dialect === 'mysql' ? 'complete' : 'needs-attention');
  });

  it('cannot say where a cell is down, but shows what the others have', async () => {
    await cloud.databases.cell1.insertInstances([row(1), row(2)]);
    await cloud.api.insertMappings([mapping(1, 'cell1'), mapping(2, 'cell2'), mapping(3, 'cell1')]);
    const { databases, api } = cloud;
    const url = `${databases.cell2.url.split(':')[0]}://nova:secret@127.0.0.1:1/nova`;
    await api.query('UPDATE cell_mappings SET database_connection = ? WHERE name = ?', [url, 'cell2']);
    for (const [number, told] of [
      [1, 'correct'],
      [2, 'undecided'],
      [3, 'undecided'],
    ] as const) {
      const run = await explain(uuidOf(number));
      expect([run.status, run.error]).toEqual(['FAILED', 'DatabaseUnavailable']);
      expect(run.explanation).toMatchObject({ status: 'failed', everyCellRead: false, verdicts: [{ class: told }] });
      const errors = run.explanation.cells.map(({ name, error }) => [name, error?.name]);
      expect(errors).toEqual([
        ['cell0', undefined],
        ['cell1', undefined],
        ['cell2', 'DatabaseUnavailable'],
      ]);
    }
  }, 120_000);
});
