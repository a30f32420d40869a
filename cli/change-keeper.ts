import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { explainError } from './command-error.ts';
import type { RunEnding } from './conclude.ts';
import { countOf } from './display/text.ts';
import { madeChanges } from './made-changes.ts';
import type { WhereOptions } from './options.ts';
import type { Records } from './records.ts';
import { commandText } from './report/command-text.ts';
import { complain, type Terminal } from './terminal.ts';
import { UndoFileWriter } from './undo-file-writer.ts';

/** The repair whose changes are kept. */
interface Kept {
  run: string;
  /** Whether it goes on when the command has ended. */
  outlivesCommand: boolean;
  where: WhereOptions;
  terminal: Terminal;
}

/** Writes the undo file of a repair, once, however the repair ended. */
export class ChangeKeeper {
  readonly #file: UndoFileWriter;
  readonly #records: Records;
  readonly #about: Kept;
  #keeping: Promise<boolean> | null = null;

  constructor(file: UndoFileWriter, records: Records, about: Kept) {
    this.#file = file;
    this.#records = records;
    this.#about = about;
  }

  /**
   * Writes the file, tells where it is, and returns whether that worked.
   * @param ending null where the run may still go on, or left nothing
   */
  keep(ending: RunEnding | null): Promise<boolean> {
    this.#keeping ??= this.#write(ending).catch((error: unknown) => {
      const why = isFileError(error) ? (error as NodeJS.ErrnoException).code : explainError(error).message;
      complain(this.#about.terminal, `The undo file ${this.#file.path} could not be written: ${why}`);
      return false;
    });
    return this.#keeping;
  }

  async #write(ending: RunEnding | null): Promise<boolean> {
    const { run, where, terminal, outlivesCommand } = this.#about;
    const tell = (line: string) => terminal.stderr.write(`${line}\n`);
    if (ending?.goesOn && outlivesCommand) {
      // A file that lacks what is still to be changed would be worse than none.
      await this.#file.discard();
      tell('Its changes can be put back once it has ended: watch writes the undo file then.');
      return true;
    }
    const document = ending?.document ?? null;
    const endedWell = document !== null && document.status !== 'failed';
    const cells = Object.fromEntries(
      ((await this.#records.cells()) ?? []).flatMap(({ uuid, id }) => (id === null ? [] : [[uuid, id]])),
    );
    const about = { run, at: new Date().toISOString(), cells };
    const changes = () => madeChanges(this.#records, { endedWell });
    const written = await this.#file.finish(about, changes()).catch(async (error: unknown) => {
      if (!isFileError(error)) throw error;
      // The disk is full, say; what was changed must not be lost for that.
      const elsewhere = await UndoFileWriter.begin(join(tmpdir(), basename(this.#file.path)));
      return await elsewhere.finish(about, changes());
    });
    if (written === null) {
      if (!endedWell) tell('No row was changed.');
      return true;
    }
    const rows = countOf(written.changes, 'row');
    const what = endedWell ? `${rows} can be put back` : `Up to ${rows} may have been changed, and can be put back`;
    tell(`${what}: ${commandText(['undo', written.path], where)}`);
    return true;
  }
}

/** Whether a file could not be written, as against a record that could not be read. */
function isFileError(error: unknown): boolean {
  const { syscall = '' } = error as NodeJS.ErrnoException;
  return ['open', 'write', 'fsync', 'close', 'link', 'rename'].includes(syscall);
}
