import { exitCodes, explainError } from '../command-error.ts';
import type { Connection } from '../connection.ts';
import type { WhereOptions } from '../options.ts';
import type { ResultDocument } from '../records.ts';
import { complain, type Terminal } from '../terminal.ts';

/** What is known of how a run ended. */
interface Ending {
  exitCode: number;
  document: ResultDocument | null;
}

/**
 * Does what brings a run to its end and, where --html asks for it, writes the report of it: also of a run that left no
 * result document, which is told as an error. A report that cannot be written fails the command, and not the run.
 */
export async function withPage<Ended extends Ending>(
  options: WhereOptions & { html?: string },
  { connection, run, terminal }: { connection: Connection; run: string; terminal: Terminal },
  work: () => Promise<Ended>,
): Promise<Ended> {
  const { html: file } = options;
  if (file === undefined) return work();
  // Loaded here alone: few runs are asked for it.
  const { checkFile, writeHtmlReport } = await import('./write.ts');
  await checkFile(file);
  const working = work();
  const ended = await working.catch(() => null);
  try {
    await writeHtmlReport({ connection, run, where: options, document: ended?.document, file });
  } catch (error) {
    complain(terminal, explainError(error).message);
    return { ...(await working), exitCode: exitCodes.failed };
  }
  terminal.stderr.write(`The report is in ${file}.\n`);
  return working;
}
