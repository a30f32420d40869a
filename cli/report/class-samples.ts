import { cellLabel } from '../../domain/cell.ts';
import { type ClassName, classes, classNames, type Detail } from '../../domain/classification.ts';
import { SAMPLES_PER_CLASS, type VerdictSample } from '../../domain/examine.ts';
import type { VerifyResult } from '../../domain/verification-result.ts';
import { paint } from '../display/paint.ts';
import { formatCount, printable } from '../display/text.ts';
import { commandText } from './command-text.ts';
import { nextLine, type Reporting } from './reporting.ts';

/** How many instances of each class are shown; the document has more. */
const SAMPLES_SHOWN = 5;

/** A sample, and where it was found. */
export interface Placed {
  /** Null for a mapping without a cell. */
  cell: string | null;
  /** Its place among those of its class and cell. */
  rank: number;
  sample: VerdictSample;
}

/** Each class that occurs: how many, what it means, some of them, and what to do next; the worst class first. */
export function classLines(result: VerifyResult, reporting: Reporting): string[] {
  const names = new Map(result.cells.map((cell) => [cell.uuid, printable(cellLabel(cell))]));
  return classNames
    .filter((name) => name !== 'correct' && result.totals[name] > 0)
    .flatMap((name) => {
      const samples = classes[name].allowed ? [] : samplesOf(result, name);
      const command = nextCommand(name, samples[0]?.sample.instance, result, reporting);
      return [
        '',
        headingOf(name, result, reporting),
        ...samples.map((placed) => sampleLine(placed, names)),
        ...moreLine(name, result.totals[name] - samples.length, reporting),
        ...(command === null ? [] : [nextLine(command, reporting)]),
      ];
    });
}

function headingOf(name: ClassName, { totals }: VerifyResult, { colours }: Reporting): string {
  const look = classes[name].allowed ? 'plain' : 'yellow';
  return `${paint(`${name} (${formatCount(totals[name])})`, look, colours)}: ${classes[name].meaning}`;
}

/** A few of a class: the first sample of every cell before the second of any. */
export function samplesOf({ cells, withoutCell }: VerifyResult, name: ClassName): Placed[] {
  const places = [
    ...cells.map((cell) => ({ cell: cell.uuid, samples: cell.samples })),
    { cell: null, samples: withoutCell.samples },
  ];
  return (
    places
      .flatMap(({ cell, samples }) =>
        samples.filter((sample) => sample.class === name).map((sample, rank): Placed => ({ cell, rank, sample })),
      )
      // The first sample of every cell before the second of any.
      .sort((a, b) => a.rank - b.rank)
      .slice(0, SAMPLES_SHOWN)
  );
}

/** What the columns are called in the table. */
export const detailNames: Readonly<Record<Detail, string>> = {
  project: 'project',
  user: 'user',
  queuedForDelete: 'queued_for_delete',
};

/** Of a mapping alone, the cell is the one that it points to; what is undecided may be one or the other. */
const WHERE: Partial<Record<ClassName, string>> = { orphan: ', mapped to', undecided: ', about' };

function sampleLine({ cell, sample }: Placed, names: ReadonlyMap<string, string>): string {
  const { instance, mappedTo, hiddenThere, wrong } = sample;
  const label = (uuid: string) => names.get(uuid) ?? printable(uuid);
  return [
    `  ${printable(instance)}`,
    cell === null ? ', without a cell' : `${WHERE[sample.class] ?? ' in'} ${label(cell)}`,
    mappedTo === undefined ? '' : `, mapped to ${label(mappedTo)}`,
    hiddenThere === true ? ', which has it hidden' : '',
    wrong === undefined ? '' : `: ${wrong.map((detail) => detailNames[detail]).join(', ')}`,
  ].join('');
}

function moreLine(name: ClassName, more: number, { colours }: Reporting): string[] {
  if (more <= 0 || classes[name].allowed) return [];
  const text = `  and ${formatCount(more)} more; --json lists up to ${SAMPLES_PER_CLASS} a cell`;
  return [paint(text, 'dim', colours)];
}

/** What a person may do about a class; null where there is nothing to do. */
export function nextCommand(
  name: ClassName,
  instance: string | undefined,
  { everyCellRead }: VerifyResult,
  { where, cells = [] }: Reporting,
): string | null {
  const chosen = cells.flatMap((cell) => ['--cell', cell]);
  if (name === 'inFlight') return null;
  if (name === 'unmapped') return commandText(['map', ...chosen], where);
  if (classes[name].repairable) {
    const some = classes[name].needsEveryCell ? [] : chosen;
    return commandText(['repair', '--class', name, ...some], where);
  }
  // What a cell that was left out or failed leaves open, only all cells together tell.
  if (name === 'undecided' && !everyCellRead) return commandText(['verify'], where);
  return commandText(['explain', instance ?? 'UUID'], where);
}
