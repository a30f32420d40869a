import { cellLabel } from '../../domain/cell.ts';
import { type Totals, totalsOf } from '../../domain/counts.ts';
import type { CellResult } from '../../domain/result.ts';
import type { RunStatus } from '../../domain/run-status.ts';
import { marks } from '../display/marks.ts';
import { formatCount, printable } from '../display/text.ts';
import { type Column, tableLines } from './table.ts';

/** What a row of the table shows: a cell, or the sums. */
export interface CountsRow {
  name: string;
  status: RunStatus;
  counts: Totals & {
    wrongDetails: number;
    /** What `map` would insert; only in a plan. */
    toMap: number;
  };
}

/** A column of counts: which, what stands above it, and whether it is shown where nothing was counted. */
export interface CountsColumn {
  kind: keyof CountsRow['counts'];
  title: string;
  always?: boolean;
}

/** What a cell came to. */
export function rowOf(cell: CellResult, toMap = 0): CountsRow {
  const counts = { ...totalsOf(cell), toMap, wrongDetails: cell.wrongDetails };
  return { name: printable(cellLabel(cell)), status: cell.status, counts };
}

/** The sums of a run, below the rows of its cells. */
export function totalRow(
  { totals, status }: { totals: Totals; status: RunStatus },
  rows: readonly CountsRow[],
): CountsRow {
  const sum = (kind: 'wrongDetails' | 'toMap') => rows.reduce((all, { counts }) => all + counts[kind], 0);
  return { name: 'total', status, counts: { ...totals, wrongDetails: sum('wrongDetails'), toMap: sum('toMap') } };
}

/** The cells with what was counted in them; the sums only where there are several. */
export function countsTable(
  rows: readonly CountsRow[],
  total: CountsRow,
  kinds: readonly CountsColumn[],
  colours: boolean,
): string[] {
  const columns: Column<CountsRow>[] = [
    { title: 'cell', text: ({ name }) => name },
    ...kinds
      .filter(({ kind, always }) => always || total.counts[kind] > 0)
      .map(
        ({ kind, title }): Column<CountsRow> => ({
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
