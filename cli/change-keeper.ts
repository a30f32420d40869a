import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { explainError } from './command-error.ts';
import { countOf } from './display/text.ts';
import { madeChanges } from './made-changes.ts';
import type { WhereOptions } from './options.ts';
import type { Records } from './records.ts';
import { commandText } from './report/command-text.ts';
import type { RunEnding } from './run.ts';
import { complain, type Terminal } from './terminal.ts';
import { UndoFileWriter } from './undo-file-writer.ts';

/** Writes the undo file of a repair, once, however the repair ended. */
export class ChangeKeeper {
  readonly #file: UndoFileWriter;
  readonly #records: Records;
  readonly #about: { run: string; where: WhereOptions; terminal: Terminal };
  #keeping: Promise<boolean> | null = null;

  constructor(file: UndoFileWriter, records: Records, about: { run: string; where: WhereOptions; terminal: Terminal }) {
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
    const { run, where, terminal } = this.#about;
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
    const tell = (line: string) => terminal.stderr.write(`${line}\n`);
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
