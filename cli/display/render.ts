import stringWidth from 'string-width';
import type { Mode } from '../../contract/payloads.ts';
import { isVerifying } from '../../contract/payloads.ts';
import {
  type CellProgress,
  type CellState,
  fractionOf,
  goesOverCells,
  hasEnded,
  idsOf,
  type RunProgress,
  rowsOf,
  sumOf,
  suspectsOf,
} from '../progress.ts';
import { bar, marks, spinner } from './marks.ts';
import { type Piece, paintLine } from './paint.ts';
import { countOf, cut, formatCount, formatDuration, pad, printable } from './text.ts';

/** What a picture of a run is drawn on. */
export interface Canvas {
  /** In columns and lines. */
  width: number;
  height: number;
  colours: boolean;
}

const WIDEST_NAME = 24;
const WIDEST_BAR = 24;
const NARROWEST_BAR = 8;

/** Draws a run as it stands: a line a cell, then the sums. What does not fit is folded into a count. */
export function render(run: RunProgress, canvas: Canvas, nowMs: number): string[] {
  const { width, colours } = canvas;
  const below = [sumLine(run, width, nowMs), ...(run.notice === null ? [] : [[[run.notice, 'yellow'] as const]])];
  const { shown, folded } = chooseCells(run.cells, Math.max(0, canvas.height - below.length));
  const columns = layOut(shown, run, width, nowMs);
  const lines = shown.map((cell) => cellLine(cell, columns, nowMs));
  if (folded.length > 0) lines.push(foldedLine(folded));
  return [...lines, ...below].map((pieces) => paintLine(pieces, width, colours));
}

/** The cells to show when not all fit: what is going on, then what went wrong, then the newest; in their own order. */
function chooseCells(cells: readonly CellProgress[], lines: number) {
  if (cells.length <= lines) return { shown: cells, folded: [] };
  const byInterest = [...cells].sort(
    (a, b) => interest(b.state) - interest(a.state) || (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0),
  );
  const chosen = new Set(byInterest.slice(0, Math.max(0, lines - 1)));
  return { shown: cells.filter((cell) => chosen.has(cell)), folded: cells.filter((cell) => !chosen.has(cell)) };
}

function interest(state: CellState): number {
  if (state === 'running') return 4;
  if (state === 'failed') return 3;
  if (state === 'waiting') return 0;
  return state === 'complete' || state === 'looking-again' ? 1 : 2;
}

interface Columns {
  name: number;
  /** 0 where there is no room for one. */
  bar: number;
  texts: Map<CellProgress, string[]>;
  widths: number[];
  /** Which of the texts there is room for. */
  shown: number[];
}

/** The columns' widths; the bar takes what is left, and what there is no room for is dropped. */
function layOut(cells: readonly CellProgress[], run: RunProgress, width: number, nowMs: number): Columns {
  const texts = new Map(cells.map((cell) => [cell, columnsOf(cell, run, nowMs)]));
  const widths: number[] = [];
  for (const row of texts.values()) {
    for (const [index, text] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, stringWidth(text));
  }
  const name = Math.min(WIDEST_NAME, Math.max(0, ...cells.map(({ label }) => stringWidth(printable(label)))));
  let shown = [...widths.keys()].filter((index) => widths[index] !== 0);
  const taken = () => shown.reduce((sum, index) => sum + 2 + (widths[index] ?? 0), 2 + name);
  for (const dropped of DROPPED_FIRST) if (taken() > width) shown = shown.filter((index) => index !== dropped);
  const room = Math.min(WIDEST_BAR, width - taken() - 2);
  return { name, bar: room < NARROWEST_BAR ? 0 : room, texts, widths, shown };
}

/** Of the columns below, those that a narrow terminal does without: instances, rate, percentage, outcome. */
const DROPPED_FIRST = [1, 3, 0, 2];

/** What a run of each mode comes to, behind the number of instances. */
export const outcomes: Readonly<Record<Mode, string>> = {
  map: 'mapped',
  plan: 'to map',
  cells: 'mappings',
  verify: 'correct',
  repair: 'correct',
  explain: '',
  undo: '',
};

/** What stands to the right of the bar: percentage, instances, outcome, rate, and how it ended or how much is left. */
function columnsOf(cell: CellProgress, run: RunProgress, nowMs: number): string[] {
  if (cell.state === 'waiting') return [];
  if (cell.ranges === null && !hasEnded(cell))
    return ['', '', '', '', cell.trouble === null ? '' : tryingAgain(cell.trouble)];
  const fraction = fractionOf(cell);
  const percentage = fraction === null ? '' : `${Math.floor(fraction * 100)}%`;
  const columns = [percentage, ...rowTexts(cell, run)];
  if (hasEnded(cell)) return [...columns, '', endOf(cell)];
  if (cell.trouble !== null) return [...columns, '', tryingAgain(cell.trouble)];
  const { comparison } = cell;
  if (comparison !== null && comparison.read > 0) {
    return [...columns, '', `comparing, ${formatCount(comparison.read)} rows read`];
  }
  const rate = cell.pace?.rate() ?? null;
  const leftMs = cell.pace?.leftMs(nowMs) ?? null;
  return [...columns, rate === null ? '' : rateText(rate, run), left(leftMs)];
}

/** The instances and the outcome. While rows are digested nothing is known of either, but how many ids are done. */
function rowTexts(cell: CellProgress, run: RunProgress): string[] {
  if (isVerifying(run.mode) && cell.record === null && cell.verified === null) {
    return ['', `${formatCount(idsOf(cell)?.worked ?? 0)} ids read`];
  }
  const { instances, outcome } = rowsOf(run, cell);
  return [`${formatCount(instances)} instances`, `${formatCount(outcome)} ${outcomes[run.mode]}`];
}

function endOf({ state, record, startedAtMs, endedAtMs }: CellProgress): string {
  if (state === 'failed') return printable(record?.kind === 'failed' ? record.error.Error : 'failed');
  const took = formatDuration((endedAtMs ?? 0) - (startedAtMs ?? 0));
  if (state === 'looking-again') return `${took}, ${formatCount(suspectsOf(record))} to look at again`;
  return state === 'complete' ? took : `${took}, ${state}`;
}

function tryingAgain(error: string): string {
  return `trying again (${printable(error)})`;
}

/** Instances read, not mapped: those that are mapped already count too. A digest is known only by its ids. */
function rateText(rate: number, run: RunProgress): string {
  return `${formatCount(rate)} ${isVerifying(run.mode) ? 'ids' : 'read'}/s`;
}

function left(milliseconds: number | null): string {
  return milliseconds === null || milliseconds < 1_000 ? '' : `${formatDuration(milliseconds)} left`;
}

function cellLine(cell: CellProgress, columns: Columns, nowMs: number): Piece[] {
  const { sign, look } = marks[cell.state];
  const name = pad(cut(printable(cell.label), columns.name), columns.name);
  const line: Piece[] = [[`${cell.state === 'running' ? spinner(nowMs) : sign} `, look]];
  if (cell.state === 'waiting') return [...line, [name, 'dim']];
  line.push([name]);
  if (columns.bar > 0) {
    const { done, left } = bar(fractionOf(cell) ?? 0, columns.bar);
    line.push(['  '], [done, look], [left, 'dim']);
  }
  const texts = columns.texts.get(cell) ?? [];
  const cells = columns.shown.map((index) =>
    pad(texts[index] ?? '', columns.widths[index] ?? 0, index < 3 ? 'right' : 'left'),
  );
  line.push([`  ${cells.join('  ').trimEnd()}`]);
  return line;
}

function foldedLine(cells: readonly CellProgress[]): Piece[] {
  const numbers = new Map<CellState, number>();
  for (const { state } of cells) numbers.set(state, (numbers.get(state) ?? 0) + 1);
  const parts = [...numbers].map(([state, number]) => `${formatCount(number)} ${state}`);
  return [[`  and ${countOf(cells.length, 'more cell')}: ${parts.join(', ')}`, 'dim']];
}

function sumLine(run: RunProgress, width: number, nowMs: number): Piece[] {
  const elapsed = formatDuration((run.endedAtMs ?? nowMs) - run.startedAtMs);
  if (run.cells.length === 0) {
    const isOver = run.endedAtMs !== null && !goesOverCells(run);
    return [[`${isOver ? '•' : spinner(nowMs)} `, 'cyan'], [beginningOf(run)], [` · ${elapsed}`, 'dim']];
  }
  const leftMs = run.endedAtMs === null ? run.pace.leftMs(nowMs) : null;
  const times = [elapsed, left(leftMs)].filter((text) => text !== '');
  const sums = sumTexts(run);
  // Without room, the rate is dropped, then the instances.
  for (const index of [3, 1]) if (stringWidth(`  ${[...sums, ...times].join(' · ')}`) > width) sums.splice(index, 1);
  return [
    [`  ${sums.join(' · ')}`, 'bold'],
    [` · ${times.join(' · ')}`, 'dim'],
  ];
}

/** The sums of a run in one line: cells that have ended, instances, outcome, rate. */
export function sumText(run: RunProgress): string {
  return run.cells.length === 0 ? beginningOf(run) : sumTexts(run).join(' · ');
}

/** What a run does that has no cells to show, or none yet. */
function beginningOf({ mode }: RunProgress): string {
  if (mode === 'explain') return 'asking every cell';
  return mode === 'undo' ? 'putting the rows back' : 'listing the cells';
}

function sumTexts(run: RunProgress): string[] {
  const { ended, instances, outcome } = sumOf(run);
  const rate = run.pace.rate();
  return [
    `${formatCount(ended)} of ${countOf(run.cells.length, 'cell')}`,
    `${formatCount(instances)} instances`,
    `${formatCount(outcome)} ${outcomes[run.mode]}`,
    ...(rate === null || run.mode === 'cells' ? [] : [rateText(rate, run)]),
  ];
}
