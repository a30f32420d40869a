import { ChangeKeeper } from './change-keeper.ts';
import { exitCodes } from './command-error.ts';
import type { RunEnding } from './conclude.ts';
import type { Connection } from './connection.ts';
import type { WhereOptions } from './options.ts';
import { recordsOf } from './records.ts';
import type { Session } from './session.ts';
import { complain } from './terminal.ts';
import type { UndoFileWriter } from './undo-file-writer.ts';

/** Follows a repair that makes its changes, and writes the undo file however it ends. Returns the exit code. */
export async function keepChanges(
  connection: Connection,
  file: UndoFileWriter,
  { name, where }: { name: string; where: WhereOptions },
  { terminal, lifetime }: Pick<Session, 'terminal' | 'lifetime'>,
  follow: () => Promise<RunEnding>,
): Promise<number> {
  const { outlivesCommand, bucket } = connection;
  const keeper = new ChangeKeeper(file, recordsOf(connection, name), { run: name, outlivesCommand, where, terminal });
  // A person in a hurry closes everything before the run has ended.
  lifetime.onClose(async () => void (await keeper.keep(null)));
  let ending: RunEnding | null = null;
  try {
    ending = await follow();
  } finally {
    const kept = await keeper.keep(ending);
    if (!kept && outlivesCommand) {
      complain(terminal, `What was changed is in the results bucket ${bucket}, under runs/${name}/.`);
    }
    if (!kept && ending !== null) ending = { ...ending, exitCode: exitCodes.failed };
  }
  return ending.exitCode;
}
