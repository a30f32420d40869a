import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ClassName } from '../../domain/classification.ts';
import type { RunResult } from '../../domain/result.ts';
import type { CellName } from '../end-to-end/cloud.ts';
import { cellmap, type Printed } from '../end-to-end/command.ts';
import type { StoredMapping } from '../servers/nova-database.ts';
import type { SqlServer } from '../servers/sql.ts';
import { type Comparison, compare, type Details, type Facts, type Mappings, type Reason } from './differences.ts';
import { type Before, byUuid, factsBy, novasOrder, readBefore } from './facts.ts';
import { fill } from './fill.ts';
import { cellNames, type InstalledNova, installNova } from './installed-nova.ts';
import { type Kind, kinds, membersOf, projects } from './kinds.ts';
import { novaManage } from './nova-manage.ts';
import { quotas, verifyInstance, verifyInstances } from './nova-says.ts';
import { deletedUuids, liveByProject } from './truth.ts';
import { expectVerdict } from './verdict.ts';
import { wrongVersions } from './wrong-versions.ts';

/** What is expected of one server. */
export interface UpgradeExpectations {
  /** How often each reason makes the tables differ while the rows without a user and a project stop nova-manage. */
  stuck: Partial<Record<Reason, number>>;
  /** And after somebody has repaired them. */
  repaired: Partial<Record<Reason, number>>;
  /** Why archive_deleted_rows fails on the tables as Nova makes them, and what each cell needs so that it works. */
  archiving?: { refusal: RegExp; remedy: string };
}

/** A page smaller than the cells, so that there are several. */
const PAGE_SIZE = '100';

/** What is written into the rows without a project or user, so that nova-manage gets past them. */
const REPAIRS = { projectId: projects.first, userId: 'somebody' };

/** Every instance that there is, or that a mapping is of. */
const everyUuid = [...membersOf.values()].flat();

/** How many live instances there are, before and after archiving. */
const LIVE = { [projects.first]: 451, [projects.second]: 231, [projects.troubled]: 77 };

/** How many instances are in two cells and mapped to neither. */
const IN_TWO_CELLS = kinds.find(({ name }) => name === 'in two cells')?.count ?? 0;

/** The upgrade of a cloud that the real Nova has made, and what the real Nova says of it; on one server. */
export function upgradeSuite(
  start: () => Promise<SqlServer>,
  dialect: 'mysql' | 'postgresql',
  expected: UpgradeExpectations,
): void {
  let server: SqlServer;
  /** With the configuration, which holds a password. */
  let folder: string;
  /** What cellmap maps. */
  let nova: InstalledNova;
  /** What nova-manage maps. */
  let copy: InstalledNova;
  let before: Before;
  /** cellmap's table. */
  let here: StoredMapping[];

  // Each nova-manage works for two seconds before it begins, and a test calls several.
  jest.setTimeout(300_000);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cellmap-upgrade-'));
    server = await start();
    nova = await installNova(server, folder);
    await fill(nova);
    copy = await nova.copy('other');
    before = await readBefore(nova);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const map = async () => {
    const printed = await cellmap([
      'map',
      '--local',
      '--config-file',
      nova.configFile,
      '--page-size',
      PAGE_SIZE,
      '--json',
    ]);
    expect(printed.stderr).not.toMatch(/error/i);
    return { code: printed.code, result: JSON.parse(printed.stdout) as RunResult };
  };

  describe('after cellmap map', () => {
    it('all that can be mapped is mapped, the rest is reported, and no row that was there has changed', async () => {
      expect(await readBefore(copy)).toEqual(before);
      const { code, result } = await map();
      here = await nova.readMappings();
      expect(code).toBe(3);
      expect(result.status).toBe('needs-attention');
      expect(result.totals).toEqual({
        instances: 979,
        mapped: 892,
        alreadyMapped: 74,
        unmapped: 0,
        inFlight: 3,
        conflicts: 9,
        setAside: 1,
      });
      expect(here.filter(({ id }) => before.mappings.some((row) => row.id === id))).toEqual(before.mappings);
      expect(here).toHaveLength(before.mappings.length + 892);
    });

    it('nova-manage verify_instance finds every instance that is mapped, and says why of every other', async () => {
      expect(await verifyInstances(nova, everyUuid)).toEqual(exitCodes(({ verifyInstance: [afterMap] }) => afterMap));
      // The command itself, on an instance for each of its exit codes.
      const oneOfEach = new Map(kinds.map((kind) => [kind.verifyInstance[0], membersOf.get(kind)?.[0] ?? '']));
      expect([...oneOfEach.keys()].sort()).toEqual([0, 1, 2, 3, 4]);
      for (const [exitCode, uuid] of oneOfEach) expect(await verifyInstance(nova, uuid)).toBe(exitCode);
    });

    it("Nova's quota counts from the mappings what is really there, but for rows that were wrong before", async () => {
      await expectQuotas(nova, 80);
    });

    it('cellmap verify agrees with all of it', async () => {
      await expectVerdict(nova, {
        classes: { ...classesOf(kinds), placeholder: 2 },
        wrongQuotas: [{ project: projects.troubled, counted: 80, live: 77, deleting: 4 }],
      });
    });
  });

  describe('beside map_instances on an equal copy', () => {
    let there: Mappings;
    let factsOf: (uuid: string) => Facts;

    const mapInstances = (cell: CellName, ...options: string[]) =>
      novaManage(copy.configFile, 'cell_v2', 'map_instances', '--cell_uuid', copy.cells[cell].uuid, ...options);

    it('every difference has a known reason, while rows without a user and a project stop nova-manage', async () => {
      expect(novasOrder).toEqual(['cell2', 'cell0', 'cell1']);
      // E6: it goes on at the marker, and says that all is done.
      expect(await mapInstances('cell2')).toMatchObject({ code: 0 });
      // E2: the other marker's instance was purged.
      expectFailure(await mapInstances('cell0'), /MarkerNotFound: Marker deadbeef-dead-/);
      // E14: it says that all is done.
      expect(await mapInstances('cell0')).toMatchObject({ code: 0 });
      // E1: a partial run of one cell, then another cell.
      expect(await mapInstances('cell0', '--max-count', '30')).toMatchObject({ code: 1 });
      expectFailure(await mapInstances('cell1'), /MarkerNotFound/);
      // E9, however often.
      expectFailure(await mapInstances('cell1'), /Field `user_id' cannot be None/);
      expectFailure(await mapInstances('cell1'), /Field `user_id' cannot be None/);

      there = byUuid(await copy.readMappings());
      const comparison = compare(byUuid(here), there, factsBy(before, dialect, null), REPAIRS);
      expectExplained(comparison, expected.stuck);
    });

    it('every difference has a known reason, once somebody has repaired those rows', async () => {
      await copy.withSql('cell1', (sql) =>
        sql.query('UPDATE instances SET user_id = ? WHERE user_id IS NULL', [REPAIRS.userId]),
      );
      expectFailure(await mapInstances('cell1'), /Field `project_id' cannot be None/);
      await copy.withSql('cell1', (sql) =>
        sql.query('UPDATE instances SET project_id = ? WHERE project_id IS NULL', [REPAIRS.projectId]),
      );
      expect(await mapInstances('cell1')).toMatchObject({ code: 0 });

      there = byUuid(await copy.readMappings());
      factsOf = factsBy(before, dialect, REPAIRS);
      expectExplained(compare(byUuid(here), there, factsOf, REPAIRS), expected.repaired);
    });

    it('a row of the table that is wrong would be noticed', async () => {
      const uuid = membersOf.get(kinds.find(({ name }) => name === 'live') as Kind)?.[0] ?? '';
      const point = (cell: CellName) =>
        nova.withSql('api', (sql) =>
          sql.query('UPDATE instance_mappings SET cell_id = ? WHERE instance_uuid = ?', [nova.cells[cell].id, uuid]),
        );
      await point('cell2');
      const { unexplained } = compare(byUuid(await nova.readMappings()), there, factsOf, REPAIRS);
      await point('cell1');
      expect(unexplained.map((difference) => difference.uuid)).toEqual([uuid]);
      expect(await nova.readMappings()).toEqual(here);
    });

    it('anything wrong in any one row of either table would be noticed', () => {
      const cellIds = cellNames.map((cell) => nova.cells[cell].id);
      const others = { cellIds, projectIds: Object.values(projects), userIds: [REPAIRS.userId] };
      const tables = { here: byUuid(here), there };
      const unnoticed: unknown[] = [];
      let tried = 0;
      for (const uuid of new Set([...tables.here.keys(), ...there.keys()])) {
        for (const side of ['here', 'there'] as const) {
          for (const wrong of wrongVersions(tables[side].get(uuid), others)) {
            const row = { here: tables.here.get(uuid), there: there.get(uuid) };
            // E8: of two cells that have it, either is right.
            if (side === 'here' && isInBoth(factsOf(uuid), row.here, wrong)) continue;
            row[side] = wrong;
            const { unexplained, counts } = compareOne(uuid, row, factsOf);
            tried += 1;
            // Where both tables now agree, a difference is missing, and the number of its reason with it.
            if (unexplained.length === 0 && Object.keys(counts).length > 0)
              unnoticed.push({ uuid, side, wrong, counts });
          }
        }
      }
      expect(tried).toBeGreaterThan(10_000);
      expect(unnoticed.slice(0, 5)).toEqual([]);
    });
  });

  describe('after nova-manage db archive_deleted_rows', () => {
    it('the mappings of the archived instances are gone, and all others are as they were', async () => {
      const gone = await deletedUuids(nova);
      const archive = () =>
        novaManage(nova.configFile, 'db', 'archive_deleted_rows', '--all-cells', '--until-complete');
      if (expected.archiving !== undefined) {
        const { refusal, remedy } = expected.archiving;
        expectFailure(await archive(), refusal);
        expect(await nova.readMappings()).toEqual(here);
        for (const cell of cellNames) await nova.withSql(cell, (sql) => sql.query(remedy));
      }
      expect(await archive()).toMatchObject({ code: 1 });
      expect(await deletedUuids(nova)).toEqual(new Set());
      expect(await nova.readMappings()).toEqual(here.filter(({ instanceUuid }) => !gone.has(instanceUuid)));
      expect(await archive()).toMatchObject({ code: 0 });
      const expectedCodes = exitCodes(({ verifyInstance: [, archived] }) => archived);
      expect(await verifyInstances(nova, everyUuid)).toEqual(expectedCodes);
    });

    it('another cellmap map writes just the mappings that living instances have lost', async () => {
      const { code, result } = await map();
      expect(code).toBe(3);
      expect(result.totals).toEqual({
        instances: 772,
        mapped: 2,
        alreadyMapped: 759,
        unmapped: 0,
        inFlight: 3,
        conflicts: 7,
        setAside: 1,
      });
      await expectQuotas(nova, 70);
    });

    it('cellmap verify agrees with all of it', async () => {
      const left = classesOf(kinds.filter(({ rows }) => Object.values(rows).every(({ deleted }) => !deleted)));
      // Those that were deleted in one cell and alive in the other are in one cell now.
      await expectVerdict(nova, {
        classes: { ...left, correct: (left.correct ?? 0) + 2, placeholder: 2 },
        wrongQuotas: [{ project: projects.troubled, counted: 70, live: 77, deleting: 4 }],
      });
    });
  });
}

/** So many instances in each of verify's classes. */
function classesOf(some: readonly Kind[]): Partial<Record<ClassName, number>> {
  const numbers: Partial<Record<ClassName, number>> = {};
  for (const { class: name, count, rows } of some) {
    if (name === null) continue;
    const visible = Object.values(rows).filter((parts) => parts.hidden !== true).length;
    // A mapping without any row counts once.
    numbers[name] = (numbers[name] ?? 0) + count * Math.max(visible, 1);
  }
  return numbers;
}

/** What a kind's instances should make verify_instance exit with, by uuid. */
function exitCodes(codeOf: (kind: Kind) => number): Record<string, number> {
  return Object.fromEntries([...membersOf].flatMap(([kind, uuids]) => uuids.map((uuid) => [uuid, codeOf(kind)])));
}

/**
 * Nova's quota counts from the mappings what is really there; of the project whose mappings were partly wrong before,
 * and stay so, it counts so many.
 */
async function expectQuotas(nova: InstalledNova, troubled: number): Promise<void> {
  const live = await liveByProject(nova);
  expect(await quotas(nova, Object.values(projects))).toEqual({
    [projects.first]: { mappings: live[projects.first], instances: live[projects.first], populated: true },
    [projects.second]: { mappings: live[projects.second], instances: live[projects.second], populated: true },
    [projects.troubled]: { mappings: troubled, instances: live[projects.troubled], populated: false },
  });
  expect(live).toEqual(LIVE);
}

/** nova-manage failed as it does, for this reason and no other. */
function expectFailure({ code, stdout }: Printed, reason: RegExp): void {
  expect([code, stdout]).toEqual([255, expect.stringMatching(reason)]);
}

/** No difference is left unexplained, and each reason is met as often as expected. */
function expectExplained({ counts, unexplained }: Comparison, expected: UpgradeExpectations['stuck']): void {
  expect(unexplained.slice(0, 20)).toEqual([]);
  const { E8 = 0, ...others } = counts;
  expect(others).toEqual(expected);
  // Which cell wins here is a matter of chance, and so is whether it is nova-manage's.
  expect(E8).toBeLessThanOrEqual(IN_TWO_CELLS);
}

function compareOne(uuid: string, row: { here?: Details; there?: Details }, factsOf: (uuid: string) => Facts) {
  const table = (details: Details | undefined) => new Map(details === undefined ? [] : [[uuid, details]]);
  return compare(table(row.here), table(row.there), factsOf, REPAIRS);
}

/** Whether an instance without a mapping was visible in the cells of both of these. */
function isInBoth({ before, visible }: Facts, a: Details | undefined, b: Details | undefined): boolean {
  const has = (details: Details | undefined) => visible.some(({ cellId }) => cellId === details?.cellId);
  return before === undefined && a?.cellId !== b?.cellId && has(a) && has(b);
}
