import { cellLabel } from '../../domain/cell.ts';
import type { RunResult } from '../../domain/result.ts';
import { type RunStatus, runStatuses } from '../../domain/run-status.ts';
import { marks } from '../display/marks.ts';
import { paint } from '../display/paint.ts';
import { countOf, formatCount, formatDuration, printable } from '../display/text.ts';
import { failureLines, problemLines } from './cell-problems.ts';
import { costLines, pauseLines } from './costs.ts';
import { type CountsColumn, countsTable, rowOf, totalRow } from './counts-table.ts';

const kinds: readonly CountsColumn[] = [
  { kind: 'instances', title: 'instances', always: true },
  { kind: 'mapped', title: 'mapped', always: true },
  { kind: 'alreadyMapped', title: 'already mapped', always: true },
  { kind: 'wrongDetails', title: 'wrong details' },
  { kind: 'unmapped', title: 'unmapped' },
  { kind: 'inFlight', title: 'in flight' },
  { kind: 'conflicts', title: 'conflicts' },
  { kind: 'setAside', title: 'set aside' },
];

/** How many cells are named where more were not read to their end. */
const NAMES_SHOWN = 3;

/**
 * The result of a run for people: a table of the cells, what needs a look, what failed, and the sum of it.
 * @param whenStopped what a person is told of a stopped run
 */
export function mapReport(result: RunResult, colours: boolean, whenStopped = meaningOf('stopped')): string {
  const lines = [
    // A run that was stopped before it knew its cells has nothing to show.
    ...(result.cells.length === 0 ? [] : [...table(result, colours), ...unread(result, colours)]),
    ...problemLines(result.cells, colours),
    ...failureLines(result.cells, colours),
    ...(result.cells.length === 0 ? [] : ['', done(result)]),
    ...pauseLines(result.cells, colours),
    ...costLines('It costs', result.usage, colours),
    verdict(result, colours, whenStopped),
  ];
  return `${lines.join('\n')}\n`;
}

/** What a status means, in the words of its table. */
export function meaningOf(status: RunStatus): string {
  return runStatuses.find((row) => row.status === status)?.meaning ?? '';
}

function table(result: RunResult, colours: boolean): string[] {
  const rows = result.cells.map((cell) => rowOf(cell));
  return countsTable(rows, totalRow(result, rows), kinds, colours);
}

/** Which cells were left where --max-count was reached: their numbers are those of a part. */
function unread({ cells }: RunResult, colours: boolean): string[] {
  const names = cells.filter(({ status }) => status === 'more-remain').map((cell) => printable(cellLabel(cell)));
  if (names.length === 0) return [];
  const more = names.length - NAMES_SHOWN;
  const named = [...names.slice(0, NAMES_SHOWN), ...(more > 0 ? [countOf(more, 'more cell')] : [])];
  const list = new Intl.ListFormat('en').format(named);
  return [paint(`The rest of ${list} was not read: run again to go on.`, 'dim', colours)];
}

/** What was done, in one line: how many, and how fast. */
export function done({ totals, seconds, cells }: RunResult): string {
  const mapped = formatCount(totals.mapped);
  const instances = countOf(totals.instances, 'instance');
  const already = formatCount(totals.alreadyMapped);
  const rate = seconds > 0 && totals.mapped > 0 ? ` (${formatCount(totals.mapped / seconds)} a second)` : '';
  const time = `${seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1_000)}${rate}`;
  const was = (status: RunStatus) => cells.some((cell) => cell.status === status);
  if (was('stopped')) {
    // A turn that was cut off may have done more than the last progress that was seen of it.
    const those = totals.alreadyMapped > 0 ? `, of which ${already} were mapped already` : '';
    return `Mapped at least ${countOf(totals.mapped, 'instance')} in ${time}, and read at least ${formatCount(totals.instances)}${those}.`;
  }
  const of = was('more-remain') || was('failed') ? `the ${instances} that were read,` : instances;
  const those = totals.alreadyMapped > 0 ? `; ${already} were mapped already` : '';
  return `Mapped ${mapped} of ${of} in ${countOf(cells.length, 'cell')} in ${time}${those}.`;
}

/** The status and what it means. */
function verdict({ status }: RunResult, colours: boolean, whenStopped: string): string {
  const meaning = status === 'stopped' ? whenStopped : meaningOf(status);
  return `${paint(status, marks[status].look, colours)}: ${meaning}`;
}
