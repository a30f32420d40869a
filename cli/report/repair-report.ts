import type { Change } from '../../domain/change.ts';
import { type ClassName, classes, type MappingRow } from '../../domain/classification.ts';
import type { RepairSummary, VerifyResult } from '../../domain/verification-result.ts';
import { paint } from '../display/paint.ts';
import { countOf, formatCount, printable } from '../display/text.ts';
import { commandText } from './command-text.ts';
import { nextLine, type Reporting, secondsText, verdictLine } from './reporting.ts';
import { type Column, tableLines } from './table.ts';
import { failureLines } from './verify-report.ts';

/** How many changes are shown; the undo file has all. */
const CHANGES_SHOWN = 10;

/** What a repair changed, or would change, for people. */
export function repairReport(result: VerifyResult, reporting: Reporting): string {
  const { repair } = result;
  const lines = [
    ...(repair === undefined ? [] : summaryLines(result, repair, reporting)),
    ...failureLines(result, reporting),
    '',
    ...(repair === undefined ? [] : [done(repair, result.seconds)]),
    verdictLine('repair', result.status, reporting),
    ...(repair === undefined ? [] : nextLines(repair, reporting)),
  ];
  return `${lines.join('\n')}\n`;
}

function summaryLines(result: VerifyResult, repair: RepairSummary, reporting: Reporting): string[] {
  return [
    ...table(result, repair, reporting),
    ...undecidedLines(result, repair),
    ...changeLines(repair, reporting),
    ...leftAloneLines(repair, reporting),
    ...(repair.notRepairable > 0
      ? [
          '',
          `${paint(`Not to be repaired (${formatCount(repair.notRepairable)})`, 'yellow', reporting.colours)}: something else stands in the way. explain says what it is.`,
        ]
      : []),
  ];
}

function table({ totals }: VerifyResult, repair: RepairSummary, { colours }: Reporting): string[] {
  const number = (title: string, of: (name: ClassName) => number): Column<ClassName> => ({
    title,
    align: 'right',
    text: (name) => formatCount(of(name)),
  });
  const columns: Column<ClassName>[] = [
    { title: 'class', text: (name) => name },
    number('found', (name) => totals[name]),
    number('to change', (name) => repair.planned[name] ?? 0),
    ...(repair.applied ? [number('changed', (name) => repair.made[name] ?? 0)] : []),
  ];
  return tableLines(columns, repair.classes, colours);
}

/** Where not every cell was read, some classes cannot be told, and nothing of them is touched. */
function undecidedLines({ everyCellRead, totals }: VerifyResult, { classes: named }: RepairSummary): string[] {
  const open = named.filter((name) => classes[name].needsEveryCell);
  if (everyCellRead || open.length === 0) return [];
  const list = new Intl.ListFormat('en').format(open);
  return [
    '',
    `Not every cell was read, so nothing of ${list} could be told: ${formatCount(totals.undecided)} undecided.`,
  ];
}

function changeLines({ samples, planned, made, applied }: RepairSummary, reporting: Reporting): string[] {
  if (samples.length === 0) return [];
  const shown = samples.slice(0, CHANGES_SHOWN);
  const more = sumOf(applied ? made : planned) - shown.length;
  const columns: Column<Change>[] = [
    { title: '  instance', text: ({ before, after }) => `  ${printable((before ?? after)?.instanceUuid ?? '')}` },
    { title: 'class', text: ({ class: name }) => name },
    { title: 'before → after', text: (change) => differenceOf(change, reporting) },
  ];
  return [
    '',
    ...tableLines(columns, shown, reporting.colours),
    ...(more > 0 ? [paint(`  and ${formatCount(more)} more`, 'dim', reporting.colours)] : []),
  ];
}

/** The columns that a change touches, with their values before and after. */
const touched: readonly (readonly [column: string, value: (row: MappingRow, reporting: Reporting) => string])[] = [
  ['cell', ({ cellId }, { cellNames }) => cellText(cellId, cellNames)],
  ['project', ({ projectId }) => printable(projectId)],
  ['user', ({ userId }) => printable(userId ?? 'NULL')],
  ['queued_for_delete', ({ queuedForDelete }) => flagText(queuedForDelete)],
];

/** What a change does to a row, column by column. */
export function differenceOf({ before, after }: Change, reporting: Reporting): string {
  const row = before ?? after;
  if (row === null) return '';
  if (before === null || after === null) {
    const values = touched.map(([column, value]) => `${column} ${value(row, reporting)}`);
    return `${values.join(', ')} → ${after === null ? 'removed' : 'put back'}`;
  }
  return touched
    .map(([column, value]) => [column, value(before, reporting), value(after, reporting)] as const)
    .filter(([, from, to]) => from !== to)
    .map(([column, from, to]) => `${column} ${from} → ${to}`)
    .join(', ');
}

function cellText(id: number | null, names: Reporting['cellNames']): string {
  return id === null ? 'NULL' : printable(names?.get(id) ?? `id ${id}`);
}

function flagText(flag: boolean | null): string {
  return flag === null ? 'NULL' : String(Number(flag));
}

function leftAloneLines({ leftAlone: { number, samples } }: RepairSummary, { colours }: Reporting): string[] {
  if (number === 0) return [];
  const shown = samples.slice(0, CHANGES_SHOWN).map((uuid) => `  ${printable(uuid)}`);
  const more = number - shown.length;
  return [
    '',
    `${paint(`Left alone (${formatCount(number)})`, 'yellow', colours)}: their rows have changed since they were seen, or a build has begun.`,
    ...shown,
    ...(more > 0 ? [paint(`  and ${formatCount(more)} more`, 'dim', colours)] : []),
  ];
}

function done({ planned, made, applied }: RepairSummary, seconds: number): string {
  const rows = sumOf(planned);
  const time = secondsText(seconds);
  if (rows === 0) return `There is nothing to change; found out in ${time}.`;
  return applied
    ? `Changed ${formatCount(sumOf(made))} of ${countOf(rows, 'row')} in ${time}.`
    : `It would change ${countOf(rows, 'row')}; found out in ${time}.`;
}

/** After a dry run that has found something: the same, to be done; after a repair: whether all is well now. */
function nextLines({ classes: named, planned, applied }: RepairSummary, reporting: Reporting): string[] {
  const { where, cells = [] } = reporting;
  if (sumOf(planned) === 0) return [];
  if (applied) return [nextLine(commandText(['verify'], where), reporting)];
  const chosen = cells.flatMap((cell) => ['--cell', cell]);
  return [nextLine(commandText(['repair', '--class', named.join(','), ...chosen, '--apply'], where), reporting)];
}

/** The sum over all classes. */
export function sumOf(counts: Partial<Record<ClassName, number>>): number {
  return Object.values(counts).reduce((sum, number) => sum + number, 0);
}
