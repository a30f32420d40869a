import { cellLabel } from '../../domain/cell.ts';
import type { CellResult } from '../../domain/result.ts';
import { type Problem, problems, SAMPLES_PER_CELL, type Sample } from '../../domain/sample.ts';
import { paint } from '../display/paint.ts';
import { formatCount, printable } from '../display/text.ts';
import { problemMeanings } from './problems.ts';

/** How many instances of each problem are shown; the document has more. */
const SAMPLES_SHOWN = 5;

/** How many instances of a cell show a problem. */
export const numberOf: Readonly<Record<Problem, (cell: CellResult) => number>> = {
  otherCell: ({ conflicts }) => conflicts.otherCell,
  noCell: ({ conflicts }) => conflicts.noCell,
  refused: ({ setAside }) => setAside.refused,
  noProject: ({ setAside }) => setAside.noProject,
  wrongDetails: ({ wrongDetails }) => wrongDetails,
};

/** What needs a person's look, the worst first, with a few instances of each. */
export function problemLines(cells: readonly CellResult[], colours: boolean): string[] {
  const names = new Map(cells.map((cell) => [cell.uuid, printable(cellLabel(cell))]));
  return problems.flatMap((problem) => {
    const all = cells.reduce((sum, cell) => sum + numberOf[problem](cell), 0);
    if (all === 0) return [];
    const samples = samplesOf(cells, problem);
    const more = all - samples.length;
    return [
      '',
      `${paint(`${problem} (${formatCount(all)})`, 'yellow', colours)}: ${problemMeanings[problem]}`,
      ...samples.map(({ cell, sample }) => sampleLine(cell, sample, names)),
      ...(more > 0
        ? [paint(`  and ${formatCount(more)} more; --json lists up to ${SAMPLES_PER_CELL} a cell`, 'dim', colours)]
        : []),
    ];
  });
}

/** A few instances that show a problem: the first of every cell before the second of any. */
export function samplesOf(cells: readonly CellResult[], problem: Problem): { cell: CellResult; sample: Sample }[] {
  return cells
    .flatMap((cell) =>
      cell.samples.filter((sample) => sample.problem === problem).map((sample, rank) => ({ rank, cell, sample })),
    )
    .sort((a, b) => a.rank - b.rank)
    .slice(0, SAMPLES_SHOWN);
}

function sampleLine(
  cell: CellResult,
  { instance, mappedTo, reason }: Sample,
  names: ReadonlyMap<string, string>,
): string {
  const to = mappedTo === undefined ? '' : `, mapped to ${names.get(mappedTo) ?? mappedTo}`;
  const why = reason === undefined ? '' : `: ${printable(reason)}`;
  return `  ${printable(instance)} in ${printable(cellLabel(cell))}${to}${why}`;
}

/** Which cells failed, and why. */
export function failureLines(cells: readonly CellResult[], colours: boolean): string[] {
  return cells.flatMap((cell) =>
    cell.error === null
      ? []
      : [
          '',
          `${paint(`${printable(cellLabel(cell))} failed`, 'red', colours)} (${cell.error.name}): ${printable(cell.error.message)}`,
        ],
  );
}
