import { access } from 'node:fs/promises';
import type { Connection } from '../connection.ts';
import { keepChanges } from '../keep-changes.ts';
import type { OutputOptions, WhereOptions } from '../options.ts';
import { type Session, stoppedEarly, watchAndReport } from '../session.ts';
import { UndoFileWriter } from '../undo-file-writer.ts';
import { connectRuns } from './connect-runs.ts';
import { type FoundRun, findRun } from './find-run.ts';

type Options = WhereOptions & OutputOptions;

/** `cellmap watch`: joins a run that somebody has started, and ends as the command that started it. */
export async function watchRun(wanted: string, options: Options, session: Session): Promise<number> {
  const connection = await connectRuns(options, session);
  return await watchFound(connection, await findRun(connection, wanted), options, session);
}

/** Follows a run to its end; of a repair that makes its changes, the undo file is written where it is not there yet. */
export async function watchFound(
  connection: Connection,
  found: FoundRun,
  options: Options,
  session: Session,
): Promise<number> {
  if (session.lifetime.interrupted.aborted) return stoppedEarly(session.terminal).exitCode;
  // What was chosen is in the input, and the report recommends commands for the same.
  const reporting = { ...options, cell: found.input.cells };
  const watch = () => watchAndReport(connection, found, reporting, session);
  const path = `cellmap-undo-${found.name}.jsonl`;
  const { mode, apply } = found.input;
  if (mode !== 'repair' || !apply || (await exists(path))) return (await watch()).exitCode;
  const file = await session.lifetime.open(UndoFileWriter.begin(path), (opened) => opened.discard());
  return await keepChanges(connection, file, { name: found.name, where: options }, session, watch);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
