import { cellLabel } from '../../domain/cell.ts';
import type { CellListing, CellsResult } from '../../domain/result.ts';
import { paint } from '../display/paint.ts';
import { formatCount, printable } from '../display/text.ts';
import { type Column, tableLines } from './table.ts';

const countText = (count: number | null) => (count === null ? '?' : formatCount(count));

const columns: readonly Column<CellListing>[] = [
  { title: 'name', text: ({ name }) => printable(name ?? '-') },
  { title: 'uuid', text: ({ uuid }) => printable(uuid) },
  { title: 'disabled', text: ({ disabled }) => (disabled ? 'yes' : 'no') },
  { title: 'database', text: ({ database }) => printable(database ?? '?') },
  { title: 'instances', align: 'right', text: ({ instances }) => countText(instances) },
  { title: 'mappings', align: 'right', text: ({ mappings }) => countText(mappings) },
];

/** The cells for people; below the table, why a cell could not be counted. */
export function cellsReport({ cells }: CellsResult, colours: boolean): string {
  const failures = cells.flatMap((cell) =>
    cell.error === null
      ? []
      : [
          '',
          `${paint(printable(cellLabel(cell)), 'red', colours)} (${cell.error.name}): ${printable(cell.error.message)}`,
        ],
  );
  return `${[...tableLines(columns, cells, colours), ...failures].join('\n')}\n`;
}
