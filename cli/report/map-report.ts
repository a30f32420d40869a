import { cellLabel } from '../../domain/cell.ts';
import type { Totals } from '../../domain/counts.ts';
import type { CellResult, RunResult } from '../../domain/result.ts';
import { runStatuses } from '../../domain/run-status.ts';
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

/** The result of a run for people: a table of the cells, what needs a look, what failed, and the sum of it. */
export function mapReport(result: RunResult, colours: boolean): string {
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
  const lines = [
    ...tableLines(columns, rows.length === 1 ? rows : [...rows, total], colours),
    ...needsLook(result, colours),
    ...failures(result, colours),
    '',
    verdict(result, colours),
  ];
  return `${lines.join('\n')}\n`;
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

/** The run in one line: how many, how fast, and what its status means. */
function verdict({ totals, seconds, status, cells }: RunResult, colours: boolean): string {
  const meaning = runStatuses.find((row) => row.status === status)?.meaning ?? '';
  const rate = seconds > 0 && totals.mapped > 0 ? ` (${formatCount(totals.mapped / seconds)} a second)` : '';
  const time = seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1_000);
  const already = totals.alreadyMapped > 0 ? `; ${formatCount(totals.alreadyMapped)} were mapped already` : '';
  const of = `${countOf(totals.instances, 'instance')} in ${countOf(cells.length, 'cell')}`;
  const did = `Mapped ${formatCount(totals.mapped)} of ${of} in ${time}${rate}${already}.`;
  return `${did}\n${paint(status, marks[status].look, colours)}: ${meaning}`;
}
