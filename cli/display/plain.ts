import type { ProgressView } from '../follow.ts';
import { type CellProgress, hasEnded, type RunProgress, rowsOf, suspectsOf } from '../progress.ts';
import type { Output } from '../terminal.ts';
import { outcomes, sumText } from './render.ts';
import { formatCount, formatDuration, printable } from './text.ts';

/** How often a line tells how far the run is, in milliseconds. */
const EVERY_MS = 5_000;

/** How often it does so where nothing has changed: only as a sign of life. */
const UNCHANGED_EVERY_MS = 30_000;

/** Writes a line when a cell begins or ends, and now and then one for the whole run: for logs and pipes. */
export function plainView(output: Output, now: () => number = Date.now): ProgressView {
  const told = new Map<CellProgress, CellProgress['state']>();
  let run: RunProgress | null = null;
  let notice: string | null = null;
  let lastLineMs = 0;
  let lastSums = '';
  const write = (line: string) => {
    output.write(`${line}\n`);
    lastLineMs = now();
  };
  const changed = () => {
    if (run === null) return;
    for (const cell of run.cells) {
      const before = told.get(cell) ?? 'waiting';
      if (before === cell.state) continue;
      told.set(cell, cell.state);
      if (before === 'waiting') write(`${printable(cell.label)}: begun`);
      if (hasEnded(cell)) write(endLine(cell, run));
    }
    if (run.notice !== null && run.notice !== notice) write(run.notice);
    notice = run.notice;
    const sums = sumText(run);
    if (now() - lastLineMs < (sums === lastSums ? UNCHANGED_EVERY_MS : EVERY_MS)) return;
    write(`${sums} · ${formatDuration(now() - run.startedAtMs)}`);
    lastSums = sums;
  };
  return {
    begin: (progress) => {
      run = progress;
      lastLineMs = now();
    },
    changed,
    end: changed,
  };
}

function endLine(cell: CellProgress, run: RunProgress): string {
  const { instances, outcome } = rowsOf(run, cell);
  const took = formatDuration((cell.endedAtMs ?? 0) - (cell.startedAtMs ?? 0));
  const rows = `${formatCount(instances)} instances, ${formatCount(outcome)} ${outcomes[run.mode]}`;
  return `${printable(cell.label)}: ${endOf(cell)}, ${rows}, ${took}`;
}

function endOf({ state, record }: CellProgress): string {
  if (record?.kind === 'failed') return `failed (${printable(record.error.Error)})`;
  return state === 'looking-again' ? `${formatCount(suspectsOf(record))} to look at again` : state;
}
