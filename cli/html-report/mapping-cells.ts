import { cellLabel } from '../../domain/cell.ts';
import type { CellResult, PlannedCell, PlanResult, RunResult } from '../../domain/result.ts';
import { countOf, formatCount } from '../display/text.ts';
import type { CountsRow } from '../report/counts-table.ts';
import { rowOf, totalRow } from '../report/counts-table.ts';
import type { Part } from './bars.ts';
import { type CellRow, cellsTable } from './cells-table.ts';
import { empty, section } from './elements.ts';
import type { Html } from './html.ts';
import type { Figure } from './view.ts';

type Result = RunResult | PlanResult;

/** The columns: those of the text report in their order; those without a number are left out. */
const columns: readonly (readonly [title: string, kind: keyof CountsRow['counts']])[] = [
  ['instances', 'instances'],
  ['mapped', 'mapped'],
  ['to map', 'toMap'],
  ['already mapped', 'alreadyMapped'],
  ['wrong details', 'wrongDetails'],
  ['unmapped', 'unmapped'],
  ['in flight', 'inFlight'],
  ['conflicts', 'conflicts'],
  ['set aside', 'setAside'],
];

/** The cells with what was counted in each. */
export function mappingCells(result: Result, tookMs: ReadonlyMap<string, number>, names: { fresh: string }): Html {
  const { cells, totals } = result;
  if (cells.length === 0) return section('cells', 'Cells', empty('The run ended before it knew its cells.'));
  const rows = cells.map((cell) => ({ cell, row: rowOf(cell, toMap(cell)) }));
  const sums = totalRow(
    result,
    rows.map(({ row }) => row),
  );
  // What has no mapping is what is to be mapped, unless --max-count leaves some.
  const isOpen = sums.counts.unmapped > sums.counts.toMap;
  const never = result.mode === 'plan' ? 'mapped' : 'toMap';
  const shown = columns.filter(([, kind]) => kind !== never && (kind !== 'unmapped' || isOpen));
  const rowFrom = ({ counts, ...row }: CountsRow, cell: CellResult | null): CellRow => ({
    uuid: cell?.uuid ?? null,
    label: cell === null ? 'all cells' : cellLabel(cell),
    status: row.status,
    error: cell?.error?.name ?? null,
    parts: partsOf(counts, names.fresh),
    numbers: shown.map(([, kind]) => counts[kind]),
  });
  const table = cellsTable(
    rows.map(({ cell, row }) => rowFrom(row, cell)),
    rowFrom(sums, null),
    {
      titles: shown.map(([title]) => title),
      tookMs,
      legend: [
        { kind: 'fresh', text: names.fresh },
        { kind: 'right', text: 'already mapped' },
        { kind: 'pending', text: 'in flight, or still unmapped' },
        { kind: 'problem', text: 'conflicts, rows set aside, wrong details' },
      ],
    },
  );
  const isEmpty = totals.instances === 0 && cells.every(({ error }) => error === null);
  return section('cells', 'Cells', table, isEmpty && empty('There are no visible instances in these cells.'));
}

function partsOf(counts: CountsRow['counts'], fresh: string): Part[] {
  const { mapped, alreadyMapped, wrongDetails, unmapped, inFlight, conflicts, setAside } = counts;
  return [
    { kind: 'right', name: 'already mapped', number: alreadyMapped - wrongDetails },
    { kind: 'fresh', name: fresh, number: mapped + counts.toMap },
    { kind: 'pending', name: 'in flight, or still unmapped', number: inFlight + Math.max(0, unmapped - counts.toMap) },
    { kind: 'problem', name: 'need a look', number: conflicts + setAside + wrongDetails },
  ];
}

function toMap(cell: CellResult | PlannedCell): number {
  return 'plan' in cell ? (cell.plan?.instances ?? 0) : 0;
}

/** What went wrong, in a few words. */
export function headlineParts(result: Result): string[] {
  const { totals, cells } = result;
  const failed = failedOf(result);
  const wrong = wrongOf(result);
  return [
    ...(failed > 0 ? [`${formatCount(failed)} of ${countOf(cells.length, 'cell')} failed`] : []),
    ...(totals.conflicts > 0 ? [countOf(totals.conflicts, 'conflict')] : []),
    ...(totals.setAside > 0 ? [`${countOf(totals.setAside, 'row')} set aside`] : []),
    ...(wrong > 0 ? [`${countOf(wrong, 'mapping')} with wrong details`] : []),
  ];
}

/** How many instances need a person's look. */
export function lookFigure(result: Result): Figure {
  const { conflicts, setAside } = result.totals;
  const look = conflicts + setAside + wrongOf(result);
  return { name: 'need a look', value: formatCount(look), tone: look > 0 ? 'attention' : 'calm' };
}

/** How many cells failed, of how many. */
export function failedFigure(result: { cells: readonly { error: unknown }[] }): Figure {
  const failed = failedOf(result);
  const value = `${formatCount(failed)} of ${formatCount(result.cells.length)}`;
  return { name: 'cells failed', value, tone: failed > 0 ? 'bad' : 'calm' };
}

function failedOf({ cells }: { cells: readonly { error: unknown }[] }): number {
  return cells.filter(({ error }) => error !== null).length;
}

function wrongOf({ cells }: Result): number {
  return cells.reduce((sum, { wrongDetails }) => sum + wrongDetails, 0);
}
