import stringWidth from 'string-width';
import { type Look, paint } from '../display/paint.ts';
import { pad } from '../display/text.ts';

/** A column of a table: what stands above it, and on which side its texts stand. */
export interface Column<Row> {
  title: string;
  align?: 'left' | 'right';
  text: (row: Row) => string;
  look?: (row: Row) => Look;
}

/** Sets rows in columns, with the titles above; lines without trailing spaces. */
export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[], colours: boolean): string[] {
  const texts = rows.map((row) => columns.map(({ text }) => text(row)));
  const widths = columns.map(({ title }, index) =>
    Math.max(stringWidth(title), ...texts.map((row) => stringWidth(row[index] ?? ''))),
  );
  const line = (cells: readonly string[], looks: (index: number) => Look) =>
    cells
      .map((cell, index) => {
        const last = index === cells.length - 1 && columns[index]?.align !== 'right';
        return paint(last ? cell : pad(cell, widths[index] ?? 0, columns[index]?.align), looks(index), colours);
      })
      .join('  ')
      .trimEnd();
  return [
    line(
      columns.map(({ title }) => title),
      () => 'dim',
    ),
    ...rows.map((row, number) => line(texts[number] ?? [], (index) => columns[index]?.look?.(row) ?? 'plain')),
  ];
}
