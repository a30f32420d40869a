import { cellLabel } from '../../domain/cell.ts';
import type { Totals } from '../../domain/counts.ts';
import type { CellResult, RunResult } from '../../domain/result.ts';
import { type RunStatus, runStatuses } from '../../domain/run-status.ts';
import { type Problem, problems, SAMPLES_PER_CELL, type Sample } from '../../domain/sample.ts';
import { marks } from '../display/marks.ts';
import { paint } from '../display/paint.ts';
import { countOf, formatCount, formatDuration, printable } from '../display/text.ts';
import { problemMeanings } from './problems.ts';
import { type Column, tableLines } from './table.ts';

/** How many instances of each problem are shown; the document has more. */
const SAMPLES_SHOWN = 5;

/** What a row of the table shows: a cell, or the sums. */
interface Row {
  name: string;
  status: RunResult['status'];
  counts: Totals & { wrongDetails: number };
}

const kinds = [
  ['instances', 'instances'],
  ['mapped', 'mapped'],
  ['alreadyMapped', 'already mapped'],
  ['wrongDetails', 'wrong details'],
  ['unmapped', 'unmapped'],
  ['inFlight', 'in flight'],
  ['conflicts', 'conflicts'],
  ['setAside', 'set aside'],
] as const satisfies readonly (readonly [keyof Row['counts'], string])[];

/** The kinds that are always shown; the others only where a cell has some. */
const ALWAYS: readonly string[] = ['instances', 'mapped', 'alreadyMapped'];

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
    ...needsLook(result, colours),
    ...failures(result, colours),
    ...(result.cells.length === 0 ? [] : ['', done(result)]),
    verdict(result, colours, whenStopped),
  ];
  return `${lines.join('\n')}\n`;
}

/** What a status means, in the words of its table. */
export function meaningOf(status: RunStatus): string {
  return runStatuses.find((row) => row.status === status)?.meaning ?? '';
}

function table(result: RunResult, colours: boolean): string[] {
  const rows = result.cells.map(rowOf);
  const total = totalRow(result, rows);
  const shown = kinds.filter(([kind]) => ALWAYS.includes(kind) || total.counts[kind] > 0);
  const columns: Column<Row>[] = [
    { title: 'cell', text: ({ name }) => name },
    ...shown.map(
      ([kind, title]): Column<Row> => ({
        title,
        align: 'right',
        text: ({ counts }) => formatCount(counts[kind]),
      }),
    ),
    {
      title: 'status',
      text: ({ status }) => `${marks[status].sign} ${status}`,
      look: ({ status }) => marks[status].look,
    },
  ];
  return tableLines(columns, rows.length === 1 ? rows : [...rows, total], colours);
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

function rowOf(cell: CellResult): Row {
  const { instances, mapped, alreadyMapped, wrongDetails, unmapped, inFlight } = cell;
  const conflicts = cell.conflicts.otherCell + cell.conflicts.noCell;
  const setAside = cell.setAside.noProject;
  const counts = { instances, mapped, alreadyMapped, wrongDetails, unmapped, inFlight, conflicts, setAside };
  return { name: printable(cellLabel(cell)), status: cell.status, counts };
}

function totalRow({ totals, status }: RunResult, rows: readonly Row[]): Row {
  const wrongDetails = rows.reduce((sum, { counts }) => sum + counts.wrongDetails, 0);
  return { name: 'total', status, counts: { ...totals, wrongDetails } };
}

const numberOf: Record<Problem, (cell: CellResult) => number> = {
  otherCell: ({ conflicts }) => conflicts.otherCell,
  noCell: ({ conflicts }) => conflicts.noCell,
  noProject: ({ setAside }) => setAside.noProject,
  wrongDetails: ({ wrongDetails }) => wrongDetails,
};

function needsLook({ cells }: RunResult, colours: boolean): string[] {
  const names = new Map(cells.map((cell) => [cell.uuid, printable(cellLabel(cell))]));
  return problems.flatMap((problem) => {
    const all = cells.reduce((sum, cell) => sum + numberOf[problem](cell), 0);
    if (all === 0) return [];
    const samples = cells
      .flatMap((cell) =>
        cell.samples
          .filter((sample) => sample.problem === problem)
          .map((sample, rank) => ({ rank, line: sampleLine(cell, sample, names) })),
      )
      // The first sample of every cell before the second of any.
      .sort((a, b) => a.rank - b.rank)
      .slice(0, SAMPLES_SHOWN);
    const more = all - samples.length;
    return [
      '',
      `${paint(`${problem} (${formatCount(all)})`, 'yellow', colours)}: ${problemMeanings[problem]}`,
      ...samples.map(({ line }) => line),
      ...(more > 0
        ? [paint(`  and ${formatCount(more)} more; --json lists up to ${SAMPLES_PER_CELL} a cell`, 'dim', colours)]
        : []),
    ];
  });
}

function sampleLine(cell: CellResult, { instance, mappedTo }: Sample, names: ReadonlyMap<string, string>): string {
  const to = mappedTo === undefined ? '' : `, mapped to ${names.get(mappedTo) ?? mappedTo}`;
  return `  ${printable(instance)} in ${printable(cellLabel(cell))}${to}`;
}

function failures({ cells }: RunResult, colours: boolean): string[] {
  return cells.flatMap((cell) =>
    cell.error === null
      ? []
      : [
          '',
          `${paint(`${printable(cellLabel(cell))} failed`, 'red', colours)} (${cell.error.name}): ${printable(cell.error.message)}`,
        ],
  );
}

/** What was done, in one line: how many, and how fast. */
function done({ totals, seconds, cells }: RunResult): string {
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
