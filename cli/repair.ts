import type { ExecutionInput } from '../contract/payloads.ts';
import { classes } from '../domain/classification.ts';
import { misuse } from './command-error.ts';
import { verifyInput } from './commands.ts';
import type { Connection } from './connection.ts';
import { keepChanges } from './keep-changes.ts';
import { type OutputOptions, REPAIRABLE, type RepairOptions, type WhereOptions } from './options.ts';
import { cellsSubject, newRunName } from './run-name.ts';
import { connect, runAndReport, type Session } from './session.ts';
import { complain } from './terminal.ts';
import { UndoFileWriter } from './undo-file-writer.ts';

type Options = WhereOptions & RepairOptions & OutputOptions;

/** `cellmap repair`: mends what a verification finds, or tells what it would mend. Returns the exit code. */
export async function repairCells(options: Options, session: Session): Promise<number> {
  checkOptions(options, (message) => complain(session.terminal, message));
  if (!options.apply) {
    const connection = await connect(options, session);
    return (await runAndReport(connection, repairInput(options), options, session)).exitCode;
  }
  const name = newRunName('repair', cellsSubject(options.cell));
  const file = await session.lifetime.open(
    UndoFileWriter.begin(options.undoFile ?? `cellmap-undo-${name}.jsonl`),
    (opened) => opened.discard(),
  );
  return applyAndKeep(await connect(options, session), file, { ...options, name }, session);
}

/** Runs a repair that makes its changes, and keeps in the file what they were, however it ends. */
export async function applyAndKeep(
  connection: Connection,
  file: UndoFileWriter,
  options: Options & { name: string },
  session: Session,
): Promise<number> {
  const { name } = options;
  return await keepChanges(connection, file, { name, where: options }, session, () =>
    runAndReport(connection, repairInput(options), options, session),
  );
}

function repairInput(options: RepairOptions): ExecutionInput {
  const { class: named, apply = false } = options;
  return { ...verifyInput('repair', options), classes: named, apply };
}

function checkOptions(options: Options, warn: (message: string) => void): void {
  const { class: named, apply, undoFile, cell } = options;
  if (named === undefined) throw misuse(`repair needs --class with what is to be mended: ${REPAIRABLE}.`);
  if (undoFile === '') throw misuse('--undo-file needs a name.');
  if (undoFile !== undefined && !apply) throw misuse('--undo-file needs --apply: without it nothing is changed.');
  const everywhere = named.filter((name) => classes[name].needsEveryCell);
  if (cell !== undefined && everywhere.length > 0) {
    warn(
      `nothing of ${new Intl.ListFormat('en').format(everywhere)} is found without reading every cell: leave out --cell.`,
    );
  }
}
