import { type Check, checkTitles, type DatabasePreflight } from '../../domain/preflight.ts';
import type { PlanResult } from '../../domain/result.ts';
import { marks } from '../display/marks.ts';
import { type Look, paint } from '../display/paint.ts';
import { countOf, formatCount, printable } from '../display/text.ts';
import { failureLines, problemLines } from './cell-problems.ts';
import { costLines } from './costs.ts';
import { type CountsColumn, countsTable, rowOf, totalRow } from './counts-table.ts';
import { type Reporting, secondsText, verdictLine } from './reporting.ts';
import { tableLines } from './table.ts';

/** How many projects are shown; the document has all. */
const PROJECTS_SHOWN = 10;

/** Of how many databases each check has a line of its own even where all is well. */
const DATABASES_IN_FULL = 3;

const kinds: readonly CountsColumn[] = [
  { kind: 'instances', title: 'instances', always: true },
  { kind: 'toMap', title: 'to map', always: true },
  { kind: 'alreadyMapped', title: 'already mapped', always: true },
  { kind: 'wrongDetails', title: 'wrong details' },
  { kind: 'inFlight', title: 'in flight' },
  { kind: 'conflicts', title: 'conflicts' },
  { kind: 'setAside', title: 'set aside' },
];

/** With --max-count, what has no mapping is more than what is to be mapped. */
const unmapped: CountsColumn = { kind: 'unmapped', title: 'unmapped' };

/** What `map` would do, for people: whether it could, what of each cell and project, and what needs a look. */
export function planReport(result: PlanResult, reporting: Reporting): string {
  const { colours } = reporting;
  const lines = [
    ...preflightLines(result.preflight, colours),
    ...(result.cells.length === 0 ? [] : ['', ...table(result, colours)]),
    ...projectLines(result, colours),
    ...problemLines(result.cells, colours),
    ...failureLines(result.cells, colours),
    ...(result.cells.length === 0 ? [] : ['', summary(result)]),
    ...costLines('map will cost', result.estimate, colours),
    verdictLine('plan', result.status, reporting),
  ];
  return `${lines.join('\n')}\n`;
}

interface PreflightRow {
  database: string;
  check: string;
  result: string;
  look: Look;
}

const checkMarks: Readonly<Record<Check['state'], { sign: string; look: Look }>> = {
  ok: marks.complete,
  warning: marks['needs-attention'],
  failed: marks.failed,
};

function preflightLines(preflight: readonly DatabasePreflight[], colours: boolean): string[] {
  const rows = preflight.flatMap((database) => {
    const isFine = database.checks.every(({ state }) => state === 'ok');
    return isFine && preflight.length > DATABASES_IN_FULL ? [foldedRow(database)] : rowsOf(database);
  });
  return tableLines(
    [
      { title: 'database', text: ({ database }: PreflightRow) => database },
      { title: 'check', text: ({ check }) => check },
      { title: 'result', text: ({ result }) => result, look: ({ look }) => look },
    ],
    rows,
    colours,
  );
}

function rowsOf({ database, checks }: DatabasePreflight): PreflightRow[] {
  return checks.flatMap(({ check, state, detail, remedy }, index) => {
    const { sign, look } = checkMarks[state];
    const first = {
      database: index === 0 ? printable(database) : '',
      check: checkTitles[check],
      result: `${sign} ${printable(detail)}`,
      look,
    };
    const help = { database: '', check: '', result: `  ${printable(remedy ?? '')}`, look: 'plain' as const };
    return remedy === null ? [first] : [first, help];
  });
}

function foldedRow({ database, checks }: DatabasePreflight): PreflightRow {
  const { sign, look } = checkMarks.ok;
  const version = checks.find(({ check }) => check === 'version')?.detail ?? '';
  return { database: printable(database), check: 'all', result: `${sign} ${printable(version)}`, look };
}

function table(result: PlanResult, colours: boolean): string[] {
  const rows = result.cells.map((cell) => rowOf(cell, cell.plan?.instances ?? 0));
  const total = totalRow(result, rows);
  const isLimited = result.cells.some(({ plan, unmapped: all }) => plan !== null && all > plan.instances);
  return countsTable(rows, total, isLimited ? [...kinds, unmapped] : kinds, colours);
}

function projectLines({ plan: { projects } }: PlanResult, colours: boolean): string[] {
  if (projects.length === 0) return [];
  const more = projects.length - PROJECTS_SHOWN;
  return [
    '',
    ...tableLines(
      [
        { title: 'project', text: ({ project }) => printable(project) },
        { title: 'to map', align: 'right', text: ({ instances }) => formatCount(instances) },
      ],
      projects.slice(0, PROJECTS_SHOWN),
      colours,
    ),
    ...(more > 0 ? [paint(`and ${countOf(more, 'more project')}; --json lists them all`, 'dim', colours)] : []),
  ];
}

/** What map would do, in a sentence. */
export function summary({ plan, totals, cells, seconds }: PlanResult): string {
  const where = cells.some(({ plan: own }) => own === null) ? ' in the cells that could be read' : '';
  const already = totals.alreadyMapped > 0 ? `; ${formatCount(totals.alreadyMapped)} are mapped already` : '';
  return (
    `map would insert ${countOf(plan.instances, 'mapping')}${where}: ${countOf(totals.instances, 'instance')} of ` +
    `${countOf(cells.length, 'cell')} looked at in ${secondsText(seconds)}${already}.`
  );
}
