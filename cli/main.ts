import { CommanderError } from 'commander';
import { CommandError, exitCodes, explainError } from './command-error.ts';
import type { Lifetime } from './lifetime.ts';
import { BAD_MAX_COUNT } from './options.ts';
import { makeProgram } from './program.ts';
import { complain, debug, type Terminal } from './terminal.ts';

/**
 * Runs the command line and returns the exit code. Whatever goes wrong is told in one line.
 * @param argv the arguments behind the program's name
 */
export async function main(argv: readonly string[], terminal: Terminal, lifetime: Lifetime): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const program = makeProgram({ terminal, lifetime }, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Ctrl-C reaches helper processes too, and what they end with tells a person nothing.
    if (!lifetime.interrupted.aborted || error instanceof CommandError) return tell(error, terminal);
    terminal.stderr.write('Stopped.\n');
    debug(error, terminal);
    return exitCodes.stopped;
  } finally {
    await lifetime.close();
  }
}

function tell(error: unknown, terminal: Terminal): number {
  // Commander has written its message, or the help that was asked for; help that was not asked for is a mistake too.
  if (error instanceof CommanderError) {
    return error.code !== 'commander.help' && error.exitCode === 0 ? exitCodes.ok : exitCodes.misuse;
  }
  const { message, exitCode } = explainError(error);
  // Scripts written for nova-manage may look for just this sentence.
  if (exitCode === exitCodes.badMaxCount) terminal.stderr.write(`${BAD_MAX_COUNT}\n`);
  else complain(terminal, message);
  debug(error, terminal);
  return exitCode;
}
