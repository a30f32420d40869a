import { randomBytes } from 'node:crypto';
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Change } from '../domain/change.ts';
import { misuse } from './command-error.ts';
import { UNDO_VERSION, type UndoHeader } from './undo-file.ts';

/** Lines are written together until they have so many characters. */
const CHARACTERS_A_WRITE = 65_536;

/**
 * An undo file that is being written: under a temporary name, so that nobody takes a part of it for the whole, and
 * readable by this user alone.
 */
export class UndoFileWriter {
  readonly path: string;
  readonly #unfinished: string;
  readonly #file: FileHandle;
  #finished = false;

  private constructor(path: string, unfinished: string, file: FileHandle) {
    this.path = path;
    this.#unfinished = unfinished;
    this.#file = file;
  }

  /**
   * Makes sure that the file can be written, before there is anything to be undone.
   * @throws {CommandError} misuse, when it exists or its folder cannot be written to
   */
  static async begin(path: string): Promise<UndoFileWriter> {
    const whole = resolve(path);
    if (await exists(whole)) throw misuse(`${path} exists, and is not overwritten: give --undo-file another name.`);
    const unfinished = `${whole}.${randomBytes(4).toString('hex')}.part`;
    try {
      return new UndoFileWriter(path, unfinished, await open(unfinished, 'wx', 0o600));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw misuse(`The undo file ${path} cannot be written (${code}): give --undo-file one in another folder.`);
    }
  }

  /**
   * Writes the changes, and gives the file its name. Without changes there is no file.
   * @returns how many there are, and the file's path; another one where the wanted one was taken meanwhile
   */
  async finish(
    about: Pick<UndoHeader, 'run' | 'at' | 'cells'>,
    changes: AsyncIterable<Change>,
  ): Promise<{ path: string; changes: number } | null> {
    const header = (number: number) =>
      JSON.stringify({ cellmap: 'undo', version: UNDO_VERSION, ...about, changes: number } satisfies UndoHeader);
    // How many changes there are is known at the end; the first line keeps room for it, filled with spaces.
    const room = Buffer.byteLength(header(Number.MAX_SAFE_INTEGER));
    let number = 0;
    let lines = `${' '.repeat(room)}\n`;
    for await (const change of changes) {
      number += 1;
      lines += `${toLine(change)}\n`;
      if (lines.length < CHARACTERS_A_WRITE) continue;
      await this.#file.writeFile(lines);
      lines = '';
    }
    if (number === 0) {
      await this.discard();
      return null;
    }
    await this.#file.writeFile(`${lines}${JSON.stringify({ end: number })}\n`);
    await this.#file.write(header(number), 0);
    await this.#file.sync();
    await this.#file.close();
    this.#finished = true;
    return { path: await this.#name(), changes: number };
  }

  /** Removes what was written, unless it is finished. */
  async discard(): Promise<void> {
    if (this.#finished) return;
    await this.#file.close().catch(() => undefined);
    await rm(this.#unfinished, { force: true });
  }

  /** A link is never made over another file, as a rename is. */
  async #name(): Promise<string> {
    const whole = resolve(this.path);
    try {
      await link(this.#unfinished, whole);
      await rm(this.#unfinished);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return this.#unfinished;
      // Some file systems have no links.
      await rename(this.#unfinished, whole);
    }
    return this.path;
  }
}

/** JSON on one line: Node's readers of lines take these two for line ends, and JSON lets them stand in texts. */
function toLine(change: Change): string {
  return JSON.stringify(change).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
