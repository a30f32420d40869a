import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { environmentNames } from '../../contract/environment.ts';
import type { ListedCells } from '../../contract/payloads.ts';
import { resultKeys } from '../../contract/results.ts';
import { newPart } from '../../domain/examine.ts';
import { noUsage } from '../../domain/usage.ts';
import type { ExplainResult } from '../../domain/verification-result.ts';
import { type EmbeddedPostgres, startPostgres } from '../../local/postgres.ts';
import { type Cloud, cells, createCloud, mapping, rows, uuidOf } from '../end-to-end/cloud.ts';
import { play, type Steps, startSteps } from './steps.ts';

const uuid = uuidOf(1);

describe('ListCells', () => {
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

  const list = (input: object, run = 'run') =>
    steps.call<ListedCells>('ListCells', { run, startedAt: '2026-01-01T00:00:00Z', input });

  it.each([
    [{ mode: 'verify', maxCount: 1 }, 'maxCount belongs to the mode map or plan, not to verify.'],
    [{ mode: 'repair' }, 'The mode repair needs classes in its input.'],
    [{ mode: 'verify', classes: ['orphan'] }, 'classes belongs to the mode repair, not to verify.'],
    [{ mode: 'explain' }, 'The mode explain needs uuid in its input.'],
    [{ mode: 'verify', uuid }, 'uuid belongs to the mode explain, not to verify.'],
    [{ mode: 'undo' }, 'The mode undo needs files in its input.'],
    [{ files: 1 }, 'files belongs to the mode undo, not to map.'],
    [{ mode: 'verify', apply: true }, 'apply belongs to the mode repair.'],
    [{ mode: 'repair', classes: ['everything'] }, "The execution's input is malformed"],
  ])('refuses %j', async (input, message) => {
    await expect(list(input)).rejects.toMatchObject({ name: 'BadInput', message: expect.stringContaining(message) });
  });

  describe('of a stack without a secret for changes', () => {
    const variable = environmentNames.repairSecretArn;
    let before: string | undefined;
    beforeEach(() => {
      before = process.env[variable];
      process.env[variable] = '';
    });
    afterEach(() => {
      process.env[variable] = before;
    });

    it.each([
      { mode: 'repair', classes: ['orphan'], apply: true },
      { mode: 'undo', files: 1 },
    ])('refuses %j before anything is read, with the remedy', async (input) => {
      await expect(list(input)).rejects.toMatchObject({
        name: 'AccessDenied',
        message:
          'This stack may not change or remove mappings. ' +
          "Set apiDatabase.repairSecretArn in the stack's configuration and deploy again.",
      });
    });

    it('plans a repair', async () => {
      expect((await list({ mode: 'repair', classes: ['orphan'] })).settings).toMatchObject({ apply: false });
    });

    it('cannot change a mapping, whoever asks it to', async () => {
      const progress = { part: 0, files: 1, filesDone: 0, next: 0, turns: 0, done: false, made: {} };
      const { settings } = await list({ mode: 'verify' });
      const task = { settings, progress: { ...progress, leftAlone: { number: 0, samples: [] }, usage: noUsage() } };
      await expect(steps.call('ChangeMappings', task)).rejects.toMatchObject({ name: 'AccessDenied' });
    });
  });

  it.each(['map', 'plan', 'cells', 'verify'])(
    'begins a run to %s with nothing to examine or to change',
    async (mode) => {
      const listed = await list({ mode });
      expect(listed).toMatchObject({ found: { any: false, parts: [] }, examined: [], mappingRanges: [] });
      expect(listed.cells).toHaveLength(3);
    },
  );

  it('splits the mappings into ranges where they are to be verified, up to the highest there is', async () => {
    await cloud.api.insertMappings([mapping(1, 'cell1'), mapping(2, null)]);
    const { settings, mappingRanges } = await list({ mode: 'verify' });
    expect(settings).toMatchObject({ maxMappingId: 2, everyCell: true, bucketLength: 3 });
    expect(mappingRanges).toMatchObject([{ from: 0, upTo: 2, after: 0, done: false }]);
    expect((await list({ mode: 'map' })).mappingRanges).toEqual([]);
  });

  it('knows that a run does not see every cell', async () => {
    expect((await list({ mode: 'verify', cells: ['cell1'] })).settings.everyCell).toBe(false);
    expect((await list({ mode: 'verify', cells: ['cell1', 'cell2', 'cell0'] })).settings.everyCell).toBe(true);
  });

  describe('to undo', () => {
    const undo = async (run: string, known: Record<string, number> | null) => {
      if (known !== null) await steps.write(resultKeys.undo(run), { cells: known });
      return list({ mode: 'undo', files: 3 }, run);
    };
    const { uuid: cell1, id } = cells.cell1;

    it('begins with the files that the command has written', async () => {
      expect((await undo('same', { [cell1]: id })).examined).toEqual([{ ...newPart(0), turns: 3, done: true }]);
    });

    it.each([
      ['another cell', { 'ffffffff-0000-4000-8000-000000000000': 2 }],
      ['another id', { [cell1]: id + 1 }],
      ['nothing at all', null],
    ])('refuses changes of %s', async (what, known) => {
      await expect(undo(`other ${what}`, known)).rejects.toMatchObject({ name: 'UndoMismatch' });
    });
  });

  describe('to explain', () => {
    const explain = (parts: object) => play<ExplainResult>(steps, { mode: 'explain', uuid, ...parts });

    it('has one suspect', async () => {
      const { found } = await list({ mode: 'explain', uuid });
      expect(found).toEqual({ any: true, waitSeconds: 0, parts: [newPart(1)], usage: noUsage() });
    });

    it('calls nothing an orphan that a cell may have which is left out', async () => {
      await cloud.api.insertMappings([mapping(1, 'cell1')]);
      const { document } = await explain({ cells: ['cell1', 'cell0'] });
      expect(document).toMatchObject({
        status: 'needs-attention',
        everyCellRead: false,
        verdicts: [{ class: 'undecided' }],
      });
      expect((await explain({})).document).toMatchObject({ everyCellRead: true, verdicts: [{ class: 'orphan' }] });
    });

    it('says which cell does not answer, and decides nothing that it may know', async () => {
      await cloud.api.insertMappings([mapping(1, 'cell1')]);
      await cloud.databases.cell2.insertInstances(rows(1, 1));
      await cloud.databases.cell2.query('ALTER TABLE instances RENAME TO elsewhere');
      try {
        const { document, end } = await explain({});
        expect(document).toMatchObject({ status: 'failed', everyCellRead: false, verdicts: [{ class: 'undecided' }] });
        const names = document.cells.map(({ name, error }) => [name, error?.name]);
        expect(Object.fromEntries(names)).toEqual({ cell0: undefined, cell1: undefined, cell2: 'UnexpectedTables' });
        expect(end.failure?.error).toBe('UnexpectedTables');
      } finally {
        await cloud.databases.cell2.query('ALTER TABLE elsewhere RENAME TO instances');
      }
    });
  });
});
