import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addsUp, totalsOf } from '../../domain/counts.ts';
import { PLACEHOLDER_UUID } from '../../domain/instance.ts';
import type { PlannedCell, PlanResult } from '../../domain/result.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import type { StoredMapping } from '../servers/nova-database.ts';
import { createRestrictedUser, type RestrictedUser } from '../servers/restricted-user.ts';
import { type CellName, type Cloud, cells, createCloud, mapping, row, rows } from './cloud.ts';
import { cellmap } from './command.ts';
import { fill, type GeneratedCloud, generatedClouds, largeCloud } from './generated-cloud.ts';
import { type EndedRun, type Machine, startMachine } from './harness.ts';

const CLOUDS = { numRuns: 8, seed: 20_261_122 };
const cellNames = Object.keys(cells) as CellName[];
const API_TABLES = ['cell_mappings', 'build_requests', 'instance_mappings'];

describeOnEachServer('a plan', ({ dialect, get }) => {
  let cloud: Cloud;
  /** May SELECT what a plan reads, and nothing else. */
  let reader: RestrictedUser;
  /** Works as the reader, in the API database and in the cells. */
  let machine: Machine;
  /** Works as one who may do everything. */
  let writer: Machine;
  beforeAll(async () => {
    cloud = await createCloud(get(), 'plan');
    reader = await createRestrictedUser(get(), 'reader');
    for (const table of API_TABLES) await reader.grant(cloud.api.name, 'SELECT', table);
    for (const { name } of Object.values(cloud.databases)) await reader.grant(name, 'SELECT', 'instances');
    // A user without any grant could not even enter a database of MySQL.
    await reader.grant('plan_cell1', 'SELECT', 'instance_extra');
    machine = await startMachine(reader.url(cloud.api.name));
    writer = await startMachine(cloud.api.url);
  }, 60_000);
  afterAll(async () => {
    await machine?.stop();
    await writer?.stop();
    const names = Object.values(cloud?.databases ?? {}).map(({ name }) => name);
    await reader?.drop(cloud.api.name, ...names);
    await cloud?.drop();
  });

  /** Says under which URL a cell's database is reached. */
  async function point(cell: CellName, url: string): Promise<void> {
    await cloud.api.query('UPDATE cell_mappings SET database_connection = ? WHERE id = ?', [url, cells[cell].id]);
  }

  async function pointToReader(): Promise<void> {
    for (const cell of cellNames) await point(cell, reader.url(cloud.databases[cell].name));
  }

  /** Plans as the reader, who could not write if the plan wanted to. */
  async function plan(input: Record<string, unknown> = {}): Promise<{ run: EndedRun; result: PlanResult }> {
    const before = await cloud.api.readMappings();
    const run = await machine.run({ ...input, mode: 'plan' });
    expect(await cloud.api.readMappings()).toEqual(before);
    const result = run.document as unknown as PlanResult;
    expect(result?.mode).toBe('plan');
    for (const cell of result.cells) {
      expect(addsUp(totalsOf(cell))).toBe(true);
      expect(cell.mapped).toBe(0);
      if (cell.plan !== null && input.maxCount === undefined) expect(cell.plan.instances).toBe(cell.unmapped);
    }
    return { run, result };
  }

  const cellOf = (result: PlanResult, name: CellName): PlannedCell => {
    const cell = result.cells.find(({ uuid }) => uuid === cells[name].uuid);
    if (cell === undefined) throw new Error(`The result has no ${name}`);
    return cell;
  };

  /** What the rows themselves say that is to be inserted, by project. */
  function expectedPlan(generated: GeneratedCloud, cell: CellName, before: readonly StoredMapping[]) {
    const same = (uuid: string) => (dialect === 'mysql' ? uuid.toLowerCase() : uuid);
    const mapped = new Set(before.map(({ instanceUuid }) => same(instanceUuid)));
    const numbers = new Map<string, number>();
    for (const { uuid, hidden, projectId } of generated.instances[cell]) {
      if (hidden || projectId === null || uuid === PLACEHOLDER_UUID || mapped.has(same(uuid))) continue;
      numbers.set(projectId, (numbers.get(projectId) ?? 0) + 1);
    }
    const projects = [...numbers].map(([project, instances]) => ({ project, instances }));
    projects.sort((a, b) => b.instances - a.instances || (a.project < b.project ? -1 : 1));
    return { instances: projects.reduce((sum, { instances }) => sum + instances, 0), projects };
  }

  /** Holds a plan against the rows, and then against what map does. */
  async function judge(generated: GeneratedCloud, { planPageSize = generated.pageSize } = {}) {
    const { pageSize, writers } = generated;
    await fill(cloud, generated);
    await pointToReader();
    const before = await cloud.api.readMappings();
    const { run, result } = await plan({ pageSize: planPageSize, writers });
    expect(run.status).toBe('SUCCEEDED');
    for (const cell of cellNames) expect(cellOf(result, cell).plan).toEqual(expectedPlan(generated, cell, before));
    expect(result.plan.instances).toBe(result.totals.unmapped);
    if (result.totals.unmapped > 0) expect(result.status).toBe('more-remain');

    const mapped = await writer.run({ pageSize, writers });
    if (result.totals.unmapped === 0) expect(result.status).toBe(mapped.result.status);
    for (const cell of cellNames) {
      const { plan: _, status, samples, ...planned } = cellOf(result, cell);
      const { status: __, samples: ___, ...done } = mapped.cell(cell);
      // A uuid that is visible in two cells and mapped in neither: one of them gets it.
      const lost = done.conflicts.otherCell - planned.conflicts.otherCell;
      expect({ ...planned, unmapped: 0, mapped: planned.unmapped - lost }).toEqual({
        ...done,
        conflicts: { ...done.conflicts, otherCell: planned.conflicts.otherCell },
      });
    }
    return { run, result };
  }

  it('says of any cloud what map then does, with a user who may only SELECT', async () => {
    await fc.assert(
      fc.asyncProperty(generatedClouds, async (generated) => {
        await judge(generated);
      }),
      CLOUDS,
    );
  }, 120_000);

  it('adds up the projects of several ranges, turns and cells', async () => {
    // Small pages, so that the ranges take more than one turn.
    const { run, result } = await judge(largeCloud(21_000), { planPageSize: 15 });
    const { children } = await machine.histories(run.executionArn);
    const entered = (state: string) =>
      children.flat().filter(({ stateEnteredEventDetails: details }) => details?.name === state).length;
    expect(entered('MapRange')).toBeGreaterThan(entered('RangeMapped'));
    expect(entered('RangeMapped')).toBe(5);
    expect(result.plan.projects.length).toBeGreaterThan(1);
    const [first] = result.plan.projects;
    const inCells = result.cells.map(({ plan }) => plan?.projects.find(({ project }) => project === first?.project));
    expect(first?.instances).toBe(inCells.reduce((sum, project) => sum + (project?.instances ?? 0), 0));
  }, 120_000);

  describe('of a small cloud', () => {
    beforeEach(async () => {
      await cloud.reset();
      await cloud.databases.cell1.insertInstances([
        ...rows(1, 3, { projectId: 'one' }),
        ...rows(4, 9, { projectId: 'two' }),
        row(10),
      ]);
      await cloud.databases.cell2.insertInstances(rows(21, 22, { projectId: 'one' }));
      await cloud.api.insertMappings([mapping(10, 'cell1')]);
      await pointToReader();
    });

    it('counts with --max-count what map with it inserts, and reads on to the end', async () => {
      const { result } = await plan({ maxCount: 4, pageSize: 2 });
      expect(cellOf(result, 'cell1')).toMatchObject({
        status: 'more-remain',
        instances: 10,
        unmapped: 9,
        alreadyMapped: 1,
        plan: {
          instances: 4,
          projects: [
            { project: 'one', instances: 3 },
            { project: 'two', instances: 1 },
          ],
        },
      });
      expect(result.plan).toEqual({
        instances: 6,
        projects: [
          { project: 'one', instances: 5 },
          { project: 'two', instances: 1 },
        ],
      });
      const mapped = await writer.run({ maxCount: 4, pageSize: 2 });
      expect(mapped.cell('cell1').mapped).toBe(4);
      expect(mapped.result.totals.mapped).toBe(6);
    });

    it('begins with the databases, and warns of the grants that map will need', async () => {
      const { result } = await plan();
      expect(result.preflight.map(({ database, cell }) => [database, cell])).toEqual([
        ['API database', null],
        ...cellNames.map((name) => [name, cells[name].uuid]),
      ]);
      const [api, ...others] = result.preflight;
      const states = (checks: (typeof result.preflight)[number]['checks'] = []) =>
        checks.map(({ check, state }) => `${check} ${state}`);
      expect(states(api?.checks)).toEqual(['reachable ok', 'dataApi ok', 'grants warning', 'version ok', 'tables ok']);
      expect(api?.checks[2]?.remedy).toContain('GRANT INSERT ON ');
      for (const { checks } of others) {
        expect(states(checks)).toEqual(['reachable ok', 'dataApi ok', 'grants ok', 'version ok', 'tables ok']);
      }
      const asWriter = (await writer.run({ mode: 'plan' })).document as unknown as PlanResult;
      expect(asWriter.preflight.flatMap(({ checks }) => checks).filter(({ state }) => state !== 'ok')).toEqual([]);
    });

    /** Plans where cell1 is broken: it fails as map would, its preflight says why, and the others are planned. */
    async function planBroken(): Promise<PlanResult['preflight'][number] | undefined> {
      const { run, result } = await plan();
      const { error } = (await machine.run({ cells: ['cell1'] })).cell('cell1');
      expect(error).not.toBeNull();
      expect(cellOf(result, 'cell1')).toMatchObject({ status: 'failed', plan: null, error });
      expect([run.status, result.status]).toEqual(['FAILED', 'failed']);
      expect(cellOf(result, 'cell2')).toMatchObject({ status: 'more-remain', plan: { instances: 2 } });
      expect(result.plan.instances).toBe(2);
      const text = JSON.stringify(result.preflight);
      for (const secret of ['127.0.0.1', 'restricted-password', 'reader', 'nobody-knows']) {
        expect(text).not.toContain(secret);
      }
      return result.preflight.find(({ cell }) => cell === cells.cell1.uuid);
    }

    it('tells of a cell whose database is down', async () => {
      await point('cell1', reader.url('plan_cell1').replace(/:\d+\//, ':1/'));
      expect(await planBroken()).toEqual({
        database: 'cell1',
        cell: cells.cell1.uuid,
        checks: [
          {
            check: 'reachable',
            state: 'failed',
            detail: 'The database did not answer.',
            remedy: 'Check that its server is running and can be reached, then run again.',
          },
        ],
      });
    });

    it('tells of a cell whose URL cannot be read, and quotes nothing of it', async () => {
      await point('cell1', 'nobody-knows');
      expect((await planBroken())?.checks).toMatchObject([
        { check: 'reachable', state: 'failed', remedy: expect.stringContaining('nova-manage cell_v2 update_cell') },
      ]);
    });

    it('tells of a login that is refused', async () => {
      // Under another name, because the machine keeps the logins that it has found.
      const url = reader.url('plan_cell1').replace('restricted-password', 'nobody-knows');
      await point('cell1', url.replace('127.0.0.1', 'localhost'));
      expect((await planBroken())?.checks).toMatchObject([
        { check: 'reachable', state: 'failed', detail: 'The database refuses the login.' },
      ]);
    });

    it('tells of a grant that is missing in a cell', async () => {
      await reader.revoke('plan_cell1', 'SELECT', 'instances');
      try {
        expect((await planBroken())?.checks).toContainEqual(
          expect.objectContaining({ check: 'grants', state: 'failed', detail: 'no SELECT on instances' }),
        );
      } finally {
        await reader.grant('plan_cell1', 'SELECT', 'instances');
      }
    });

    it('tells of a column that is missing in a cell', async () => {
      const { query } = cloud.databases.cell1;
      await query('ALTER TABLE instances RENAME COLUMN hidden TO hidden_once');
      try {
        expect((await planBroken())?.checks).toContainEqual(
          expect.objectContaining({ check: 'tables', state: 'failed', detail: 'instances has no hidden' }),
        );
      } finally {
        await query('ALTER TABLE instances RENAME COLUMN hidden_once TO hidden');
      }
    });

    it('tells of a table that is missing in a cell', async () => {
      const { query } = cloud.databases.cell1;
      await query('ALTER TABLE instances RENAME TO instances_once');
      try {
        // On MySQL a grant on a table outlives it: only then is it known to be missing.
        expect((await planBroken())?.checks).toContainEqual(
          expect.objectContaining({ state: 'failed', detail: expect.stringMatching(/instances$/) }),
        );
      } finally {
        await query('ALTER TABLE instances_once RENAME TO instances');
      }
    });

    it('shows of an API database without its tables what is missing, although there are no cells to plan', async () => {
      const empty = await startMachine(cloud.databases.cell0.url);
      try {
        const run = await empty.run({ mode: 'plan' });
        expect([run.status, run.error]).toEqual(['FAILED', 'UnexpectedTables']);
        expect(run.document).toMatchObject({ mode: 'plan', status: 'failed', cells: [] });
        expect((run.document as unknown as PlanResult).preflight[0]?.checks).toContainEqual(
          expect.objectContaining({
            check: 'tables',
            state: 'failed',
            detail: API_TABLES.map((table) => `there is no table ${table}`).join('; '),
          }),
        );
      } finally {
        await empty.stop();
      }
    });

    it('is what cellmap map --dry-run prints, and its exit code says whether anything is to be inserted', async () => {
      const env = { CELLMAP_API_DATABASE: reader.url(cloud.api.name) };
      const planned = await cellmap(['map', '--dry-run', '--local', '--no-progress'], env);
      expect(planned).toMatchObject({ code: 1, stderr: '' });
      expect(planned.stdout).toContain('API database');
      expect(planned.stdout).toContain('GRANT INSERT ON ');
      expect(planned.stdout).toMatch(/one +5/);
      expect(planned.stdout).toContain('map would insert 11 mappings');

      const { totals } = (await writer.run()).result;
      expect(totals.mapped).toBe(11);
      const after = await cellmap(['map', '--dry-run', '--local', '--json', '--no-progress'], env);
      expect(after).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.parse(after.stdout)).toMatchObject({
        mode: 'plan',
        status: 'complete',
        plan: { instances: 0, projects: [] },
        totals: { instances: 12, alreadyMapped: 12 },
      });
    });
  });
});
