import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What a command printed, and its exit code. */
export interface Printed {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The program that a person runs. */
export const COMMAND = join(import.meta.dirname, '../../bin/cellmap.js');

/** Runs `cellmap` as a person would, with the API database in the environment, where no process list shows it. */
export async function cellmap(args: string[], environment: Record<string, string> = {}): Promise<Printed> {
  const { PATH, HOME, TMPDIR } = process.env;
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
