import { median, spread } from '../statistics.ts';

/** A Markdown table; the first column is text, the others are figures. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = `|${head.map((_, column) => (column === 0 ? '---' : '---:')).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** What stands where there is no figure. */
export const NONE = '–';

/** A number with enough digits to tell it from its neighbours, and no more. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return NONE;
  if (Number.isInteger(value)) return value.toLocaleString('en');
  if (size >= 100) return Math.round(value).toLocaleString('en');
  if (size >= 10) return value.toFixed(1);
  return size >= 0.1 ? value.toFixed(2) : value.toPrecision(2);
}

/** The median with its spread, `8.0 (7.5–8.3)`; a single value alone. */
export function withSpread(values: readonly number[]): string {
  if (values.length === 0) return NONE;
  const [low, high] = spread(values).map(figure);
  return values.length === 1 ? figure(values[0] ?? Number.NaN) : `${figure(median(values))} (${low}–${high})`;
}

/** The median of what is known; none where nothing is. */
export function middle(values: readonly (number | null | undefined)[]): string {
  const known = values.filter((value) => value !== null && value !== undefined);
  return known.length === 0 ? NONE : figure(median(known));
}

/** As in `93 %`. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %` : NONE;
}

/** `once`, `median of 3`. */
export function roundsText(rounds: number): string {
  return rounds === 1 ? 'value of one round' : `median of ${rounds} rounds, with the least and the most in parentheses`;
}
