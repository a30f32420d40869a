import type { ProgressView } from '../follow.ts';
import type { Terminal } from '../terminal.ts';
import { liveView } from './live.ts';
import { plainView } from './plain.ts';

const NO_VIEW: ProgressView = { begin: () => {}, changed: () => {}, end: () => {} };

/** The view that suits: nothing with --no-progress, a picture on a terminal, lines elsewhere. */
export function chooseView(terminal: Terminal, wanted: boolean): ProgressView {
  if (!wanted) return NO_VIEW;
  return terminal.stderr.isTTY && terminal.env.TERM !== 'dumb' ? liveView(terminal) : plainView(terminal.stderr);
}
