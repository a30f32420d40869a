import { type CellProgress, hasEnded, type RunProgress, rowsOf } from '../progress.ts';
import type { ProgressView } from '../run.ts';
import type { Output } from '../terminal.ts';
import { sumText } from './render.ts';
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
      if (hasEnded(cell)) write(endLine(cell, run.mode));
    }
    if (run.notice !== null && run.notice !== notice) write(run.notice);
    notice = run.notice;
    const sums = run.cells.length === 0 ? 'listing the cells' : sumText(run);
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

function endLine(cell: CellProgress, mode: RunProgress['mode']): string {
  const { instances, mapped } = rowsOf(cell);
  const what = mode === 'map' ? 'mapped' : 'mappings';
  const took = formatDuration((cell.endedAtMs ?? 0) - (cell.startedAtMs ?? 0));
  const end = cell.record?.kind === 'failed' ? `failed (${printable(cell.record.error.Error)})` : cell.state;
  const rows = `${formatCount(instances)} instances, ${formatCount(mapped)} ${what}`;
  return `${printable(cell.label)}: ${end}, ${rows}, ${took}`;
}
