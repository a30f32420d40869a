import { cellLabel } from '../../domain/cell.ts';
import { type ClassName, classNames } from '../../domain/classification.ts';
import type { ClassCounts } from '../../domain/examine.ts';
import type { RunStatus } from '../../domain/run-status.ts';
import { type VerifyResult, verificationStatus, type WrongQuota } from '../../domain/verification-result.ts';
import { marks } from '../display/marks.ts';
import { paint } from '../display/paint.ts';
import { countOf, formatCount, printable } from '../display/text.ts';
import { classLines } from './class-samples.ts';
import { failureLine, type Reporting, secondsText, verdictLine } from './reporting.ts';
import { type Column, tableLines } from './table.ts';

/** How many projects are shown whose quota is wrong; the document has all. */
const PROJECTS_SHOWN = 10;

/** What a row of the table shows: a cell, the mappings without one, or the sums. */
interface Row {
  name: string;
  instances: number;
  counts: ClassCounts;
  status: RunStatus;
}

/** What a verification found out, for people: a table of the cells, what is wrong and what to do, and the quotas. */
export function verifyReport(result: VerifyResult, reporting: Reporting): string {
  const lines = [
    ...(result.cells.length === 0 ? [] : verifyTable(result, reporting)),
    ...classLines(result, reporting),
    ...quotaLines(result, reporting),
    ...failureLines(result, reporting),
    ...(result.cells.length === 0 ? [] : ['', done(result)]),
    verdictLine('verify', result.status, reporting),
  ];
  return `${lines.join('\n')}\n`;
}

/** How many of each class that occurs, cell by cell; mappings without a cell in a row of their own. */
function verifyTable(result: VerifyResult, { colours }: Reporting): string[] {
  const { cells, withoutCell, totals, status } = result;
  const rows: Row[] = cells.map((cell) => ({
    name: printable(cellLabel(cell)),
    instances: cell.instances,
    counts: cell.classes,
    status: cell.status,
  }));
  if (withoutCell.mappings > 0) {
    const counts = withoutCell.classes;
    rows.push({ name: 'without a cell', instances: 0, counts, status: verificationStatus(counts, null) });
  }
  const instances = cells.reduce((sum, cell) => sum + cell.instances, 0);
  const shown: ClassName[] = ['correct', ...classNames.filter((name) => name !== 'correct' && totals[name] > 0)];
  const number = (title: string, of: (row: Row) => number): Column<Row> => ({
    title,
    align: 'right',
    text: (row) => formatCount(of(row)),
  });
  const columns: Column<Row>[] = [
    { title: 'cell', text: ({ name }) => name },
    number('instances', (row) => row.instances),
    ...shown.map((name) => number(name, ({ counts }) => counts[name])),
    {
      title: 'status',
      text: (row) => `${marks[row.status].sign} ${row.status}`,
      look: (row) => marks[row.status].look,
    },
  ];
  const all = rows.length === 1 ? rows : [...rows, { name: 'total', instances, counts: totals, status }];
  return tableLines(columns, all, colours);
}

/** Whether Nova's quota counts what there is, and for which projects it does not. */
function quotaLines({ quota, cells }: VerifyResult, { colours }: Reporting): string[] {
  if (cells.length === 0) return [];
  if (quota === null) return ['', 'Quotas are not known: that takes every cell.'];
  const projects = countOf(quota.projects, 'project');
  const { counted, live, wrong } = quota;
  if (wrong.length === 0) {
    return ['', `Quotas are right: Nova counts ${countOf(counted, 'live instance')} of ${projects}.`];
  }
  const shown = [...wrong].sort((a, b) => Math.abs(offBy(b)) - Math.abs(offBy(a))).slice(0, PROJECTS_SHOWN);
  const more = wrong.length - shown.length;
  const number = (title: string, text: (row: WrongQuota) => string): Column<WrongQuota> => ({
    title,
    align: 'right',
    text,
  });
  const columns: Column<WrongQuota>[] = [
    { title: '  project', text: ({ project }) => `  ${printable(project)}` },
    number('Nova counts', (row) => formatCount(row.counted)),
    number('live', (row) => formatCount(row.live)),
    number('being deleted', (row) => formatCount(row.deleting)),
    number('off by', (row) => `${offBy(row) > 0 ? '+' : ''}${formatCount(offBy(row))}`),
  ];
  const heading = `Quotas are wrong for ${formatCount(wrong.length)} of ${projects}`;
  return [
    '',
    `${paint(heading, 'yellow', colours)}: Nova counts ${countOf(counted, 'live instance')}, and there are ${formatCount(live)}.`,
    ...tableLines(columns, shown, colours),
    ...(more > 0 ? [paint(`  and ${formatCount(more)} more; --json lists all`, 'dim', colours)] : []),
  ];
}

/** By how much Nova's count is wrong. An instance that is being deleted may be counted or not. */
export function offBy({ counted, live, deleting }: WrongQuota): number {
  if (counted > live) return counted - live;
  return Math.min(0, counted - (live - deleting));
}

/** What could not be read, and why. */
export function failureLines({ cells, error }: VerifyResult, reporting: Reporting): string[] {
  const ofCells = cells.flatMap((cell) =>
    cell.error === null ? [] : ['', failureLine(cellLabel(cell), cell.error, reporting)],
  );
  return error === null ? ofCells : [...ofCells, '', failureLine('The run', error, reporting)];
}

/** What was found out, in a sentence. */
export function done({ cells, totals, seconds, everyCellRead }: VerifyResult): string {
  const instances = cells.reduce((sum, cell) => sum + cell.instances, 0);
  const of = `${formatCount(totals.correct)} of ${countOf(instances, 'instance')} in ${countOf(cells.length, 'cell')} are correct`;
  const left = everyCellRead ? '' : '; not every cell of the cloud was read';
  return `${of}; verified in ${secondsText(seconds)}${left}.`;
}
