import type { WriteStream } from 'node:tty';
import { printable } from './display/text.ts';

/** Where a command writes, and what it reads of its surroundings. */
export interface Terminal {
  /** Results, and nothing else. */
  stdout: Output;
  /** Progress and diagnostics. */
  stderr: Output;
  env: Record<string, string | undefined>;
}

/** A stream to write to, which may be a terminal. */
export type Output = Pick<NodeJS.WritableStream, 'write'> &
  Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows' | 'hasColors'>>;

/** Whether colours are welcome: on a terminal that has them, unless NO_COLOR is set to anything. */
export function hasColours(output: Output, env: Terminal['env']): boolean {
  return output.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb' && output.hasColors?.() !== false;
}

/** A diagnostic line: what the command is called, then the message on one line. */
export function complain(terminal: Terminal, message: string): void {
  terminal.stderr.write(`cellmap: ${printable(message.replaceAll(/\s*\n\s*/g, ' '))}\n`);
}

/** With CELLMAP_DEBUG set, where an error came from. It may quote what a message must not. */
export function debug(error: unknown, { env, stderr }: Terminal): void {
  if (env.CELLMAP_DEBUG && error instanceof Error) stderr.write(`${stacks(error)}\n`);
}

function stacks(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stacks(error.cause)}` : '';
  return `${error.stack}${cause}`;
}
