import type { CellState } from '../progress.ts';
import type { Look } from './paint.ts';

/** The sign before a cell and its colour; a cell that is being worked shows a spinner instead. */
export const marks: Readonly<Record<CellState, { sign: string; look: Look }>> = {
  waiting: { sign: '·', look: 'dim' },
  running: { sign: '•', look: 'cyan' },
  'looking-again': { sign: '?', look: 'cyan' },
  complete: { sign: '✓', look: 'green' },
  'needs-attention': { sign: '!', look: 'yellow' },
  'more-remain': { sign: '…', look: 'yellow' },
  stopped: { sign: '■', look: 'yellow' },
  failed: { sign: '✗', look: 'red' },
};

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const SPINNER_MS = 100;

/** The spinner at a moment. */
export function spinner(nowMs: number): string {
  return SPINNER[Math.floor(nowMs / SPINNER_MS) % SPINNER.length] ?? '';
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of `width` columns, in eighths of a column: what is done, and what is left of it. */
export function bar(fraction: number, width: number): { done: string; left: string } {
  const eighths = Math.round(Math.min(1, Math.max(0, fraction)) * width * 8);
  const done = '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
  return { done, left: '░'.repeat(width - done.length) };
}
