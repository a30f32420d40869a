import { misuse } from './command-error.ts';
import type { Connection } from './connection.ts';
import type { OutputOptions, WhereOptions } from './options.ts';
import { putChanges } from './records.ts';
import { newRunName } from './run-name.ts';
import { connect, runAndReport, type Session, stoppedEarly } from './session.ts';
import { UndoFile } from './undo-file.ts';

/** `cellmap undo`: puts back what a repair changed and nobody has changed since. Returns the exit code. */
export async function undoRepair(
  path: string,
  options: WhereOptions & OutputOptions,
  session: Session,
): Promise<number> {
  const file = await UndoFile.check(path);
  if (file.header.changes === 0) throw misuse(`${path} holds no changes, so there is nothing to put back.`);
  return putBack(await connect(options, session), file, options, session);
}

/** Hands the changes of a file over to a run that makes them the other way round. */
export async function putBack(
  connection: Connection,
  file: UndoFile,
  options: WhereOptions & OutputOptions,
  session: Session,
): Promise<number> {
  if (session.lifetime.interrupted.aborted) return stoppedEarly(session.terminal).exitCode;
  const name = newRunName('undo');
  const files = await putChanges(connection, name, file.header, file.turnedRound());
  const input = { mode: 'undo', files } as const;
  return (await runAndReport(connection, input, { ...options, name }, session)).exitCode;
}
