import { describe, expect, it } from '@jest/globals';
import { planReport } from '../../../cli/report/plan-report.ts';
import type { Check, DatabasePreflight } from '../../../domain/preflight.ts';
import { emptyCellResult, failedPlan, foldPlan, type PlannedCell } from '../../../domain/result.ts';
import { cellNumber, countsWith } from '../harness.ts';

const run = { startedAt: '2026-11-22T14:05:01Z', seconds: 2 };
const reporting = { colours: false, where: {} };

const ok = (check: Check['check'], detail: string): Check => ({ check, state: 'ok', detail, remedy: null });
const fine = (database: string): DatabasePreflight => ({
  database,
  cell: null,
  checks: [ok('reachable', 'answers'), ok('version', 'MariaDB 10.11.6')],
});

function planned(number: number, projects: [project: string, instances: number][], more = 0): PlannedCell {
  const instances = projects.reduce((sum, [, each]) => sum + each, 0);
  return {
    ...emptyCellResult(cellNumber(number), instances > 0 ? 'more-remain' : 'complete', null),
    ...countsWith(0, { instances: instances + more + 5, unmapped: instances + more, alreadyMapped: 5 }),
    plan: { instances, projects: projects.map(([project, each]) => ({ project, instances: each })) },
  };
}

const report = (cells: PlannedCell[], preflight = [fine('API database')]) =>
  planReport(foldPlan(run, cells, preflight), reporting);

describe('the report of a plan', () => {
  it('shows the databases, the cells, the projects, and that nothing was written', () => {
    const cells = [
      planned(1, [
        ['one', 12_000],
        ['two', 3],
      ]),
      planned(2, []),
    ];
    expect(report(cells)).toBe(
      [
        'database      check      result',
        'API database  reachable  ✓ answers',
        '              version    ✓ MariaDB 10.11.6',
        '',
        'cell   instances  to map  already mapped  status',
        'cell1     12,008  12,003               5  … more-remain',
        'cell2          5       0               5  ✓ complete',
        'total     12,013  12,003              10  … more-remain',
        '',
        'project  to map',
        'one      12,000',
        'two           3',
        '',
        'map would insert 12,003 mappings: 12,013 instances of 2 cells looked at in 2 s; 10 are mapped already.',
        'more-remain: There is something to map, and nothing was written.',
        '',
      ].join('\n'),
    );
  });

  it('shows a remedy below the check that is not well, and a database where all is well in one line of many', () => {
    const grants: Check = { check: 'grants', state: 'warning', detail: 'no INSERT', remedy: 'GRANT INSERT …' };
    const api = { ...fine('API database'), checks: [ok('reachable', 'answers'), grants] };
    const text = report([planned(1, [])], [api, fine('cell1'), fine('cell2'), fine('cell3')]);
    expect(text.split('\n\n')[0]).toBe(
      [
        'database      check      result',
        'API database  reachable  ✓ answers',
        '              grants     ! no INSERT',
        '                           GRANT INSERT …',
        'cell1         all        ✓ MariaDB 10.11.6',
        'cell2         all        ✓ MariaDB 10.11.6',
        'cell3         all        ✓ MariaDB 10.11.6',
      ].join('\n'),
    );
  });

  it('shows the ten largest projects, and how many more there are', () => {
    const projects = Array.from({ length: 12 }, (_, index): [string, number] => [`p${index}`, 100 - index]);
    const text = report([planned(1, projects)]);
    expect(text).toContain('\np9           91\nand 2 more projects; --json lists them all\n');
    expect(text).not.toContain('p10');
  });

  it('shows what has no mapping besides what --max-count lets through', () => {
    expect(report([planned(1, [['one', 4]], 6)])).toMatch(
      /^cell +instances +to map +already mapped +unmapped +status$/m,
    );
  });

  it('says of a cell that failed why, and that the sums are without it', () => {
    const error = { name: 'LoginRefused', message: 'The database of cell cell1 refuses the login. Check the user.' };
    const failed = { ...emptyCellResult(cellNumber(1), 'failed', error), unmapped: 2, instances: 2, plan: null };
    const text = report([failed, planned(2, [['one', 1]])]);
    expect(text).toContain(`cell1 failed (LoginRefused): ${error.message}`);
    expect(text).toContain('map would insert 1 mapping in the cells that could be read: ');
    expect(text).toContain('failed: A database could not be read; the message says why. Nothing was written.');
    expect(text).not.toMatch(/^cell .* unmapped/m);
  });

  it('of a run without cells shows what is wrong with the API database', () => {
    const checks: Check[] = [{ check: 'reachable', state: 'failed', detail: 'It is down.', remedy: 'Start it.' }];
    expect(planReport(failedPlan(run, [{ database: 'API database', cell: null, checks }]), reporting)).toBe(
      [
        'database      check      result',
        'API database  reachable  ✗ It is down.',
        '                           Start it.',
        'failed: A database could not be read; the message says why. Nothing was written.',
        '',
      ].join('\n'),
    );
  });
});
