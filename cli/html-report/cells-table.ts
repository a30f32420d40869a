import { type RunStatus, runStatuses } from '../../domain/run-status.ts';
import { countOf, formatDuration } from '../display/text.ts';
import { bar, legend, type Part } from './bars.ts';
import { badge, type Column, count, folded, table } from './elements.ts';
import { type Html, html } from './html.ts';

/** A row of the table of the cells: what was counted in it, and how it ended. */
export interface CellRow {
  /** Null for the sums, and for what is in no cell. */
  uuid: string | null;
  label: string;
  status: RunStatus;
  /** The name of the error that ended it. */
  error: string | null;
  parts: Part[];
  numbers: number[];
}

/** Where there are more cells, those that are as they should be are folded away. */
const SHOWN_WHOLE = 40;

const worstFirst = runStatuses.map(({ status }) => status);

/**
 * The cells with a bar and the counts of each, the worst first.
 * @param options.titles of the numbers of each row
 * @param options.tookMs how long each cell took, where that is known
 */
export function cellsTable(
  rows: readonly CellRow[],
  total: CellRow,
  options: {
    titles: readonly string[];
    tookMs: ReadonlyMap<string, number>;
    legend: Parameters<typeof legend>[0];
  },
): Html {
  const { titles, tookMs } = options;
  const sorted = [...rows].sort((a, b) => worstFirst.indexOf(a.status) - worstFirst.indexOf(b.status));
  const most = Math.max(...rows.map(sizeOf), 1);
  const isShared = sharing(rows);
  // A column of zeros tells nothing, but for the first ones, which people look for.
  const shown = titles.flatMap((title, index) =>
    index < ALWAYS_SHOWN || (total.numbers[index] ?? 0) > 0 ? [{ title, index }] : [],
  );
  const columns: Column<CellRow>[] = [
    {
      title: 'cell',
      cell: ({ label, uuid }) =>
        html`${label}${uuid !== null && isShared(label) && html`<span class="uuid">${uuid}</span>`}`,
    },
    {
      title: 'status',
      cell: ({ status, error }) => html`${badge(status)}${error !== null && html`<span class="why">${error}</span>`}`,
    },
    { title: 'breakdown', cell: (row) => (row === total ? null : bar(row.parts, most)) },
    ...shown.map(
      ({ title, index }): Column<CellRow> => ({
        title,
        isNumber: true,
        cell: ({ numbers }) => count(numbers[index] ?? 0),
      }),
    ),
    ...(tookMs.size === 0
      ? []
      : [
          {
            title: 'took',
            isNumber: true,
            cell: ({ uuid }: CellRow) => tookText(uuid === null ? undefined : tookMs.get(uuid)),
          },
        ]),
  ];
  const key = legend(options.legend.filter(({ kind }) => rows.some(({ parts }) => hasKind(parts, kind))));
  const foot = rows.length > 1 ? total : undefined;
  const show = (caption: string, some: readonly CellRow[], sums?: CellRow) =>
    html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">${table(caption, columns, some, {
      className: columns.length > DENSE ? 'cells dense' : 'cells',
      foot: sums,
    })}</div>`;
  if (sorted.length <= SHOWN_WHOLE) return html`${key}${show('What became of each cell', sorted, foot)}`;
  const open = sorted.filter(({ status }) => status !== 'complete');
  const complete = sorted.filter(({ status }) => status === 'complete');
  return html`${key}${show('The cells that are not complete, and the sums of all', open, foot)}${
    complete.length > 0 && folded(countOf(complete.length, 'complete cell'), show('The complete cells', complete))
  }`;
}

/** A table of more columns is set smaller. */
const DENSE = 11;

/** Of the numbers, those that stand there even where they are zero. */
const ALWAYS_SHOWN = 2;

/** Nova lets several cells have one name: those are told apart by their uuids. */
function sharing(rows: readonly CellRow[]): (label: string) => boolean {
  const numbers = new Map<string, number>();
  for (const { label } of rows) numbers.set(label, (numbers.get(label) ?? 0) + 1);
  return (label) => (numbers.get(label) ?? 0) > 1;
}

function sizeOf({ parts }: CellRow): number {
  return parts.reduce((sum, { number }) => sum + number, 0);
}

function hasKind(parts: readonly Part[], kind: Part['kind']): boolean {
  return parts.some((part) => part.kind === kind && part.number > 0);
}

function tookText(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return '';
  return milliseconds < 10_000 ? `${(milliseconds / 1_000).toFixed(1)} s` : formatDuration(milliseconds);
}
