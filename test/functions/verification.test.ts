import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ExecutionInput } from '../../contract/payloads.ts';
import { type ChangedTurn, resultKeys } from '../../contract/results.ts';
import { type Change, undoOf } from '../../domain/change.ts';
import { type ClassName, classes, classNames, repairableClasses } from '../../domain/classification.ts';
import { MOST_SLICES } from '../../domain/suspects.ts';
import type { UndoResult, VerifyResult } from '../../domain/verification-result.ts';
import { type EmbeddedPostgres, startPostgres } from '../../local/postgres.ts';
import { type Cloud, cells, createCloud, mapping, rows } from '../end-to-end/cloud.ts';
import { fill } from '../end-to-end/generated-cloud.ts';
import { cloudOfEveryClass } from '../end-to-end/verify-cloud.ts';
import { type Course, type Ended, play, type Steps, startSteps } from './steps.ts';

const verify: ExecutionInput = { mode: 'verify', secondLookSeconds: 0 };
const repair: ExecutionInput = { mode: 'repair', classes: [...repairableClasses], apply: true };
const needingEveryCell = classNames.filter((name) => classes[name].needsEveryCell);

describe('the functions of a verification', () => {
  let server: EmbeddedPostgres;
  let cloud: Cloud;
  let steps: Steps;
  beforeAll(async () => {
    server = await startPostgres();
    cloud = await createCloud(server);
    steps = await startSteps(cloud.api.url);
  });
  afterAll(async () => {
    await steps.stop();
    await cloud.drop();
    await server.stop();
  });
  beforeEach(() => cloud.reset());

  const everyClass = () => fill(cloud, cloudOfEveryClass({ right: 12, each: 1 }));
  const verified = (course?: Course) => play<VerifyResult>(steps, verify, course);
  /** All that a document says but when. */
  const timeless = ({ document: { startedAt: _, seconds: __, usage: ___, ...document } }: Ended<VerifyResult>) =>
    document;
  const inOrder = (ended: Ended<VerifyResult>) => {
    const { cells: all, ...document } = timeless(ended);
    const sorted = all.map(({ samples, ...cell }) => ({
      ...cell,
      samples: samples.toSorted((a, b) => (a.instance + a.class < b.instance + b.class ? -1 : 1)),
    }));
    return { ...document, cells: sorted };
  };
  const total = (document: VerifyResult, names: readonly ClassName[]) =>
    names.reduce((sum, name) => sum + document.totals[name], 0);

  it('find the same in turns that do the least they can, one page at a time', async () => {
    await everyClass();
    const patient = await verified();
    expect(classNames.filter((name) => patient.document.totals[name] === 0)).toEqual([]);
    const hasty = await play<VerifyResult>(steps, { ...verify, pageSize: 2 }, { hurries: true });
    expect(timeless(hasty)).toEqual(timeless(patient));
    for (const name of ['DigestMappings', 'DigestInstances', 'CompareCell'] as const) {
      expect(hasty.calls[name]).toBeGreaterThan(patient.calls[name] ?? 0);
    }
  });

  it('find the same where every answer is lost once and every step is taken again', async () => {
    await everyClass();
    const once = await verified();
    expect(timeless(await verified({ twice: true }))).toEqual(timeless(once));
  });

  it('find the same where a second attempt does not come as far as the first, which has left more behind', async () => {
    await everyClass();
    const once = await verified();
    expect(timeless(await verified({ twice: true, hurries: true }))).toEqual(timeless(once));
  });

  it.each([{}, { hurries: true }])(
    'find the same where so many are suspect that they are worked in slices: %j',
    async (course) => {
      await everyClass();
      const whole = await verified();
      const sliced = await verified({ ...course, slices: MOST_SLICES });
      // Slices have another order than the whole, and so have the samples.
      expect(inOrder(sliced)).toEqual(inOrder(whole));
    },
  );

  it('mend the same rows where every step is taken again, and count each of them once', async () => {
    await everyClass();
    const planned = await play<VerifyResult>(steps, { ...repair, apply: false }, {});
    const before = await cloud.api.readMappings();
    const { run, document } = await play<VerifyResult>(steps, repair, { twice: true, hurries: true });
    expect(document.repair?.planned).toEqual(planned.document.repair?.planned);
    expect(document.repair?.made).toEqual(document.repair?.planned);
    expect(document.repair?.leftAlone.number).toBe(0);
    expect(total((await verified()).document, ['noCell', 'otherCell', 'wrongDetails', 'orphan'])).toBe(
      document.repair?.notRepairable,
    );

    const made = await changesOf(run);
    const after = await cloud.api.readMappings();
    expect(after).not.toEqual(before);
    const undone = await undo(made);
    expect(undone.document).toMatchObject({ status: 'complete', putBack: made.length, leftAlone: { number: 0 } });
    expect(await cloud.api.readMappings()).toEqual(before);
  });

  it('find nothing in a cloud without instances and mappings', async () => {
    const { document, calls } = await verified();
    expect(document).toMatchObject({
      status: 'complete',
      everyCellRead: true,
      quota: { projects: 0, counted: 0, live: 0, wrong: [] },
      withoutCell: { mappings: 0 },
    });
    for (const cell of document.cells) {
      expect(cell.digests).toEqual({ instances: { rows: 0, sum: '0' }, mappings: { rows: 0, sum: '0' } });
    }
    expect(calls).not.toHaveProperty('DigestMappings');
    expect(calls).not.toHaveProperty('ExamineSuspects');
  });

  it('find nothing wrong with what is built and mapped while they work', async () => {
    await cloud.databases.cell1.insertInstances(rows(1, 20));
    await cloud.api.insertMappings(rows(1, 20).map((_, index) => mapping(index + 1, 'cell1')));
    const { document } = await verified({
      before: {
        OpenCell: async () => {
          await cloud.databases.cell1.insertInstances(rows(21, 30));
          await cloud.api.insertMappings(rows(21, 30).map((_, index) => mapping(index + 21, 'cell1')));
        },
      },
    });
    expect(document).toMatchObject({ status: 'complete', totals: { correct: 30, unmapped: 0 } });
  });

  it('count an instance once that looks right in its own cell but is in another one too', async () => {
    await cloud.databases.cell1.insertInstances(rows(1, 5));
    await cloud.databases.cell2.insertInstances(rows(3, 3));
    await cloud.api.insertMappings(rows(1, 5).map((_, index) => mapping(index + 1, 'cell1')));
    const { document } = await verified();
    const counted = document.cells.map(({ name, instances, classes }) => [
      name,
      instances,
      classes.correct,
      classes.inTwoCells,
    ]);
    expect(counted).toEqual([
      ['cell0', 0, 0, 0],
      ['cell1', 5, 4, 1],
      ['cell2', 1, 0, 1],
    ]);
  });

  it('let what is mended between the two looks be', async () => {
    await cloud.databases.cell1.insertInstances(rows(1, 6));
    await cloud.api.insertMappings([1, 2, 3].map((number) => mapping(number, 'cell1')));
    const { document, calls } = await verified({
      before: {
        ExamineSuspects: () => cloud.api.insertMappings([4, 5].map((number) => mapping(number, 'cell1'))),
      },
    });
    expect(calls.ExamineSuspects).toBeGreaterThan(0);
    expect(document).toMatchObject({ status: 'needs-attention', totals: { correct: 5, unmapped: 1 } });
  });

  it('ask for no second look where all that is apart is in flight or a placeholder', async () => {
    await cloud.api.insertMappings([mapping(1, null), mapping(2, null, { projectId: 'INSTANCE_MIGRATION_MARKER' })]);
    await cloud.api.insertBuildRequests([mapping(1, null).instanceUuid]);
    const { run, document } = await play<VerifyResult>(steps, { mode: 'verify', secondLookSeconds: 600 });
    expect(document).toMatchObject({ status: 'complete', totals: { inFlight: 1, placeholder: 1 } });
    const listed = { settings: await settingsOf(run), cells: [], digested: [] };
    expect(await steps.call('FindSuspects', listed)).toMatchObject({ any: false, waitSeconds: 0, parts: [] });
  });

  it.each(['failing', 'lost'] as const)('decide nothing that another cell may know where a cell is %s', async (how) => {
    await everyClass();
    const { uuid } = cells.cell2;
    const { document, end } = await verified({ [how]: [uuid] });
    expect(total(document, needingEveryCell)).toBe(0);
    expect(document.totals.undecided).toBeGreaterThan(0);
    expect(document).toMatchObject({ status: 'failed', everyCellRead: false, quota: null });
    const down = document.cells.find((cell) => cell.uuid === uuid);
    expect(down).toMatchObject({
      status: 'failed',
      instances: 0,
      digests: null,
      error: { name: how === 'lost' ? 'CellLost' : 'DatabaseUnavailable' },
    });
    expect(document.cells.filter(({ error }) => error !== null)).toHaveLength(1);
    expect(end.failure?.error).toBe(down?.error?.name);
  });

  it.each(['failing', 'lost'] as const)('repair nothing that a cell may have to do with that is %s', async (how) => {
    await everyClass();
    const { id, uuid } = cells.cell2;
    const before = await cloud.api.readMappings();
    const { document } = await play<VerifyResult>(steps, repair, { [how]: [uuid] });
    const after = await cloud.api.readMappings();
    expect(document.status).toBe('failed');
    expect(Object.keys(document.repair?.made ?? {}).sort()).toEqual(['placeholder', 'wrongDetails']);
    expect(after.filter(({ cellId }) => cellId === id)).toEqual(before.filter(({ cellId }) => cellId === id));
    const kept = new Map(after.map((each) => [each.id, each]));
    for (const each of before) {
      // Rows went only where they stand for nothing, and none has come to point elsewhere.
      const isPlaceholder = each.projectId === 'INSTANCE_MIGRATION_MARKER' || /^[0-]+$/.test(each.instanceUuid);
      if (!isPlaceholder) expect(kept.get(each.id)?.cellId).toBe(each.cellId);
    }
  });

  it('say that a repair of some cells leaves what needs all of them undecided', async () => {
    await cloud.api.insertMappings([mapping(1, 'cell1'), mapping(2, null)]);
    const input: ExecutionInput = { ...repair, classes: ['orphan'], cells: ['cell1'] };
    const { document } = await play<VerifyResult>(steps, input);
    expect(document).toMatchObject({
      status: 'needs-attention',
      repair: { planned: {}, made: {}, notRepairable: 2 },
      totals: { orphan: 0, undecided: 2 },
    });
    expect(await cloud.api.readMappings()).toHaveLength(2);
  });

  it('look up where the cells are only once, whatever the number of suspects', async () => {
    await everyClass();
    await verified();
    steps.countLookups();
    const { calls } = await verified({ hurries: true });
    expect(calls.ExamineSuspects).toBeGreaterThan(10);
    const lookups = steps.countLookups();
    await cloud.reset();
    await verified();
    expect(lookups).toBe(steps.countLookups());
  });

  it('call no mapping an orphan that points to a cell which was made meanwhile', async () => {
    await cloud.api.insertMappings([mapping(1, null)]);
    const { document } = await verified({
      before: {
        FindSuspects: () =>
          cloud.api.insertCells([{ id: 9, uuid: '99999999-0000-4000-8000-000000000000', name: 'new' }]),
      },
    });
    expect(document.totals).toMatchObject({ orphan: 0, undecided: 1 });
  });

  it('count what was changed before an error ended the changing', async () => {
    await cloud.databases.cell1.insertInstances(rows(1, 40));
    await cloud.api.insertMappings(rows(1, 40).map((_, index) => mapping(index + 1, 'cell1', { userId: 'wrong' })));
    const { document, end } = await play<VerifyResult>(steps, repair, {
      failsFrom: { name: 'ChangeMappings', call: 4 },
    });
    expect(document.status).toBe('failed');
    expect(end.failure?.error).toBe('DatabaseUnavailable');
    const right = (await cloud.api.readMappings()).filter(({ userId }) => userId !== 'wrong').length;
    expect(right).toBeGreaterThan(0);
    expect(right).toBeLessThan(40);
    expect(document.repair).toMatchObject({ planned: { wrongDetails: 40 }, made: { wrongDetails: right } });
  });

  async function changesOf(run: string): Promise<Change[]> {
    const changes: Change[] = [];
    for (let part = 0; part < 16; part += 1) {
      for (let turn = 1; ; turn += 1) {
        const changed = await steps.read<ChangedTurn>(resultKeys.changed(run, part, turn));
        if (changed === undefined) break;
        changes.push(...changed.made);
      }
    }
    return changes;
  }

  async function undo(changes: readonly Change[]) {
    return play<UndoResult>(
      steps,
      { mode: 'undo', files: 1 },
      {
        prepare: async (run) => {
          await steps.write(resultKeys.changes(run, 0, 1), changes.map(undoOf));
          await steps.write(resultKeys.undo(run), { cells: { [cells.cell1.uuid]: cells.cell1.id } });
        },
      },
    );
  }

  async function settingsOf(run: string) {
    const input = { mode: 'verify', secondLookSeconds: 600 };
    const { settings } = await steps.call<{ settings: object }>('ListCells', {
      run,
      startedAt: '2026-01-01T00:00:00Z',
      input,
    });
    return settings;
  }
});
