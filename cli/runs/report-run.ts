import { exitCodeOf } from '../../domain/run-status.ts';
import { misuse } from '../command-error.ts';
import type { Connection } from '../connection.ts';
import { withPage } from '../html-report/with-page.ts';
import type { WhereOptions } from '../options.ts';
import { recordsOf } from '../records.ts';
import { commandText } from '../report/command-text.ts';
import { concludeEnded } from '../run.ts';
import { printDocument, reportEnding, type Session } from '../session.ts';
import { connectRuns } from './connect-runs.ts';
import { type FoundRun, findRun } from './find-run.ts';
import { isResultFile, readResultFile } from './result-file.ts';

/** What `report` takes besides the run. */
export interface ReportRunOptions extends WhereOptions {
  json?: boolean;
  html?: string;
}

/** `cellmap report`: prints what a run came to, as often as anybody wants. Returns the run's exit code. */
export async function reportRun(wanted: string, options: ReportRunOptions, session: Session): Promise<number> {
  if (isResultFile(wanted)) return await reportFile(wanted, options, session);
  const connection = await connectRuns(options, session);
  const found = await findEnded(connection, wanted, options);
  if (found === null) return await reportForgotten(connection, wanted, options, session);
  const { terminal } = session;
  const { exitCode } = await withPage(options, { connection, run: found.name, terminal }, async () => {
    const ending = await concludeEnded(connection, found, found.description);
    const reporting = { ...options, cell: found.input.cells, progress: false };
    await reportEnding(ending, { connection, name: found.name }, reporting, terminal);
    return ending;
  });
  return exitCode;
}

/** The run, once it has ended; null where Step Functions does not know it any more but its result is there. */
async function findEnded(connection: Connection, wanted: string, options: WhereOptions): Promise<FoundRun | null> {
  const found = await findRun(connection, wanted).catch(async (error: unknown) => {
    if (await hasResult(connection, wanted)) return null;
    throw error;
  });
  if (found?.running) {
    throw misuse(`${found.name} has not ended yet. Follow it: ${commandText(['watch', found.name], options)}`);
  }
  return found;
}

/** Step Functions forgets an execution after 90 days; results are kept for longer, under the run's whole name. */
async function hasResult(connection: Connection, name: string): Promise<boolean> {
  return /^[\w.-]+$/.test(name) && (await recordsOf(connection, name).result()) !== null;
}

async function reportForgotten(
  connection: Connection,
  name: string,
  options: ReportRunOptions,
  { terminal }: Session,
): Promise<number> {
  const records = recordsOf(connection, name);
  const document = await records.result();
  if (document === null) throw misuse(`There is no result of a run ${name}.`);
  const { exitCode } = await withPage(options, { connection, run: name, terminal }, async () => {
    await printDocument(document, records, options, terminal);
    return { exitCode: exitCodeOf(document.status), document };
  });
  return exitCode;
}

/** The report of a document that --json printed, of a run with --local say: it needs no stack. */
async function reportFile(path: string, options: ReportRunOptions, { terminal }: Session): Promise<number> {
  const document = await readResultFile(path);
  await printDocument(document, { cells: async () => null }, options, terminal);
  if (options.html !== undefined) {
    const { writeHtmlOfDocument } = await import('../html-report/write.ts');
    await writeHtmlOfDocument(document, { file: options.html, where: options });
    terminal.stderr.write(`The report is in ${options.html}.\n`);
  }
  return exitCodeOf(document.status);
}
