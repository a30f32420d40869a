import { exitCodes, explainError } from './command-error.ts';
import { Lifetime } from './lifetime.ts';
import { main } from './main.ts';
import { complain, debug } from './terminal.ts';

/**
 * Runs the command line of a process and sets its exit code.
 *
 * Whatever happens, the process never ends with Node's own exit code for a crash, 1: it would say that more remain, and
 * a script that loops on it would never end.
 */
export async function runProcess(process: NodeJS.Process): Promise<void> {
  const lifetime = new Lifetime(process);
  const fail = (message: string, error: Error) => {
    complain(process, message);
    debug(error, process);
    lifetime.leave(exitCodes.failed);
  };
  // Progress is a courtesy: the run goes on when nobody can see it.
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough, such as `head`, closes the pipe; a terminal that was closed has stopped the run.
    if (error.code === 'EPIPE' || lifetime.interrupted.aborted) return;
    fail(`The output cannot be written (${error.code}).`, error);
  });
  // A rejection that nobody handles comes here too.
  process.on('uncaughtException', (error) => fail(explainError(error).message, error));
  // Whoever has started the command with a channel has gone. The channel alone does not keep the process alive.
  if (process.channel) {
    process.once('disconnect', () => lifetime.leave(exitCodes.stopped));
    process.channel.unref();
  }
  process.exitCode = await main(process.argv.slice(2), process, lifetime);
}
