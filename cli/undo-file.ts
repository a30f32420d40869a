import { type FileHandle, open } from 'node:fs/promises';
import * as z from 'zod';
import { type Change, undoOf } from '../domain/change.ts';
import { repairableClasses } from '../domain/classification.ts';
import { type CommandError, misuse } from './command-error.ts';

/** The version of the undo file; it changes when a reader of the old one would misunderstand the new one. */
export const UNDO_VERSION = 1;

/** What every undo file begins with, by which it is told from any other file. */
const BEGINNING = '{"cellmap":"undo",';

/** Changes that are handed on together: a file of them in the results bucket has a megabyte. */
const CHANGES_A_BATCH = 2_000;

const headerSchema = z.strictObject({
  cellmap: z.literal('undo'),
  version: z.literal(UNDO_VERSION),
  /** The repair's run. */
  run: z.string(),
  /** When the file was written; ISO 8601, UTC. */
  at: z.string(),
  /** `cell_mappings.id` of the cells by uuid: the changes name cells by these ids, which another cloud has too. */
  cells: z.record(z.string(), z.int()),
  changes: z.int().nonnegative(),
});

/** The first line of an undo file. Each further line is a change, and the last one how many there were. */
export type UndoHeader = z.infer<typeof headerSchema>;

const endSchema = z.strictObject({ end: z.int() });

const rowSchema = z.strictObject({
  id: z.int(),
  createdAt: z.string().nullable(),
  updatedAt: z.string().nullable(),
  instanceUuid: z.string(),
  cellId: z.int().nullable(),
  projectId: z.string(),
  userId: z.string().nullable(),
  queuedForDelete: z.boolean().nullable(),
});

const changeSchema = z
  .strictObject({ class: z.enum(repairableClasses), before: rowSchema.nullable(), after: rowSchema.nullable() })
  .refine(({ before, after }) => isOneRow(before, after));

type Row = z.infer<typeof rowSchema> | null;

function isOneRow(before: Row, after: Row): boolean {
  if (before === null || after === null) return before !== after;
  return before.id === after.id && before.instanceUuid === after.instanceUuid;
}

/** An undo file that has been read from its first line to its last, and found whole. */
export class UndoFile {
  readonly path: string;
  readonly header: UndoHeader;

  private constructor(path: string, header: UndoHeader) {
    this.path = path;
    this.header = header;
  }

  /**
   * Reads all of a file and keeps only its header, however large it is.
   * @throws {CommandError} misuse, when it cannot be read, is no undo file, or is not whole
   */
  static async check(path: string): Promise<UndoFile> {
    const lines = linesOf(path);
    const { value: header } = await lines.next();
    for await (const _ of lines);
    return new UndoFile(path, header as UndoHeader);
  }

  /** Reads the changes again, turned round so that making them puts the rows back, some at a time. */
  async *turnedRound(): AsyncGenerator<Change[]> {
    const lines = linesOf(this.path);
    await lines.next();
    let batch: Change[] = [];
    for await (const change of lines) {
      batch.push(undoOf(change as Change));
      if (batch.length < CHANGES_A_BATCH) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }
}

/** The header, then each change. That the file is whole is known once all have been read. */
async function* linesOf(path: string): AsyncGenerator<UndoHeader | Change> {
  const wrong = (what: string) => misuse(`${path} ${what} Nothing was put back.`);
  const file = await openFile(path);
  try {
    if (!(await beginsAsUndo(file))) throw wrong('is not an undo file of cellmap.');
    let header: UndoHeader | null = null;
    let cellIds = new Set<number>();
    let number = 0;
    let changes = 0;
    let cut: number | null = null;
    let end: number | null = null;
    for await (const line of file.readLines({ start: 0, autoClose: false })) {
      number += 1;
      if (end !== null && line.trim() === '') continue;
      if (end !== null) throw wrong(`is malformed: line ${number} comes after its end.`);
      if (cut !== null) throw wrong(`is malformed in line ${cut}.`);
      const value = parse(line);
      if (value === undefined) {
        // Of the last line it means that the file was cut off there.
        cut = number;
        continue;
      }
      if (header === null) {
        header = checkHeader(value, wrong);
        cellIds = new Set(Object.values(header.cells));
        yield header;
        continue;
      }
      const last = endSchema.safeParse(value);
      if (last.success) {
        end = last.data.end;
        continue;
      }
      const change = changeSchema.safeParse(value);
      if (!change.success || !isAbout(change.data, cellIds)) throw wrong(`is malformed in line ${number}.`);
      changes += 1;
      yield change.data;
    }
    if (header === null) throw wrong('is truncated: its first line is not whole.');
    const found = `${changes} of ${header.changes} changes`;
    if (end === null) throw wrong(`is truncated: it has ${found} and no last line.`);
    if (end !== changes || header.changes !== changes) throw wrong(`is not whole: it has ${found}.`);
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (error) {
    throw misuse(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** Looks at no more than the beginning: another file may have no lines at all. */
async function beginsAsUndo(file: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await file
    .read(Buffer.alloc(BEGINNING.length), 0, BEGINNING.length, 0)
    // A folder can be opened, but not read.
    .catch(() => ({ buffer: Buffer.alloc(0), bytesRead: 0 }));
  return buffer.subarray(0, bytesRead).toString() === BEGINNING;
}

function checkHeader(value: unknown, wrong: (what: string) => CommandError): UndoHeader {
  const header = headerSchema.safeParse(value);
  if (header.success) return header.data;
  const { version } = value as { version?: unknown };
  if (typeof version !== 'number' || version === UNDO_VERSION) throw wrong('is malformed in line 1.');
  throw wrong(`has version ${version}, and this command reads ${UNDO_VERSION}: use the command that wrote it.`);
}

/** Whether the change is about cells that the header lists. */
function isAbout({ before, after }: Change, cellIds: ReadonlySet<number>): boolean {
  return [before, after].every((row) => row === null || row.cellId === null || cellIds.has(row.cellId));
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
