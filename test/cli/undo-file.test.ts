import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UndoFile } from '../../cli/undo-file.ts';
import { UndoFileWriter } from '../../cli/undo-file-writer.ts';
import { type Change, undoOf } from '../../domain/change.ts';
import { repairableClasses } from '../../domain/classification.ts';
import { changeNumber } from './harness.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cellmap-test-'));
  path = join(folder, 'undo.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

const about = { run: 'repair-1', at: '2026-11-22T14:05:01.000Z', cells: { 'uuid-1': 1, 'uuid-2': 2 } };

async function* each(changes: readonly Change[]): AsyncGenerator<Change> {
  yield* changes;
}

async function write(changes: readonly Change[]): Promise<string[]> {
  await (await UndoFileWriter.begin(path)).finish(about, each(changes));
  return (await readFile(path, 'utf8')).split('\n');
}

async function readBack(): Promise<Change[]> {
  const changes: Change[] = [];
  for await (const batch of (await UndoFile.check(path)).turnedRound()) changes.push(...batch);
  return changes;
}

describe('an undo file', () => {
  it('has a line for each change, between a header and an end that count them', async () => {
    const changes = [changeNumber(1), changeNumber(2), changeNumber(3)];
    const [header = '', ...lines] = await write(changes);
    expect(JSON.parse(header)).toEqual({ cellmap: 'undo', version: 1, ...about, changes: 3 });
    expect(lines.slice(0, 3).map((line) => JSON.parse(line))).toEqual(changes);
    expect(lines.slice(3)).toEqual(['{"end":3}', '']);
  });

  it('is read back turned round, whatever is in the rows', async () => {
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom(...'\n\r\u2028\u2029\0"'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
    });
    const row = fc.record({
      id: fc.maxSafeNat(),
      createdAt: fc.option(text),
      updatedAt: fc.option(text),
      instanceUuid: text,
      cellId: fc.constantFrom(null, 1, 2),
      projectId: text,
      userId: fc.option(text),
      queuedForDelete: fc.option(fc.boolean()),
    });
    const change = fc
      .tuple(fc.constantFrom(...repairableClasses), row, row, fc.constantFrom('both', 'removed', 'put back'))
      .map(
        ([name, before, other, kind]): Change => ({
          class: name,
          before: kind === 'put back' ? null : before,
          after: kind === 'removed' ? null : { ...other, id: before.id, instanceUuid: before.instanceUuid },
        }),
      );
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 30 }), async (changes) => {
        await write(changes);
        expect(await readBack()).toEqual(changes.map(undoOf));
        await rm(path);
      }),
      { numRuns: 50 },
    );
  });

  it('of many changes is handed on some at a time', async () => {
    await write(Array.from({ length: 4_500 }, (_, number) => changeNumber(number)));
    const sizes: number[] = [];
    for await (const batch of (await UndoFile.check(path)).turnedRound()) sizes.push(batch.length);
    expect(sizes).toEqual([2_000, 2_000, 500]);
  });

  it('can be read by its owner alone, and leaves nothing beside it', async () => {
    await write([changeNumber(1)]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['undo.jsonl']);
  });

  it('without changes is not written', async () => {
    const writer = await UndoFileWriter.begin(path);
    expect(await writer.finish(about, each([]))).toBeNull();
    expect(await readdir(folder)).toEqual([]);
  });

  it('that is given up leaves nothing, and one that is finished stays', async () => {
    await (await UndoFileWriter.begin(path)).discard();
    expect(await readdir(folder)).toEqual([]);
    const writer = await UndoFileWriter.begin(path);
    await writer.finish(about, each([changeNumber(1)]));
    await writer.discard();
    expect(await readdir(folder)).toEqual(['undo.jsonl']);
  });
});

describe('a place where no undo file can be written', () => {
  it('is found out before there is anything to undo', async () => {
    const lost = join(folder, 'nowhere', 'undo.jsonl');
    await expect(UndoFileWriter.begin(lost)).rejects.toMatchObject({
      exitCode: 2,
      message: `The undo file ${lost} cannot be written (ENOENT): give --undo-file one in another folder.`,
    });
  });

  it('is one that is taken: no file is ever overwritten', async () => {
    await writeFile(path, 'precious');
    await expect(UndoFileWriter.begin(path)).rejects.toMatchObject({
      exitCode: 2,
      message: `${path} exists, and is not overwritten: give --undo-file another name.`,
    });
    expect(await readFile(path, 'utf8')).toBe('precious');
  });

  it('is one that was taken meanwhile: the changes are in the file beside it', async () => {
    const writer = await UndoFileWriter.begin(path);
    await writeFile(path, 'precious');
    const written = await writer.finish(about, each([changeNumber(1)]));
    await writer.discard();
    expect(await readFile(path, 'utf8')).toBe('precious');
    expect(written?.path).toMatch(/undo\.jsonl\.[\da-f]{8}\.part$/);
    expect((await UndoFile.check(written?.path ?? '')).header.changes).toBe(1);
  });
});

describe('a file that cannot be undone', () => {
  const refused = async (text: string, message: string) => {
    await writeFile(path, text);
    await expect(UndoFile.check(path)).rejects.toMatchObject({
      exitCode: 2,
      message: `${path} ${message} Nothing was put back.`,
    });
  };

  it.each([
    ['is empty', '', 'is not an undo file of cellmap.'],
    ['is of something else', '{"some":"json"}\n', 'is not an undo file of cellmap.'],
    ['has no lines', '\0'.repeat(100), 'is not an undo file of cellmap.'],
    [
      'is of a later version',
      '{"cellmap":"undo","version":2,"new":true}\n',
      'has version 2, and this command reads 1: use the command that wrote it.',
    ],
    ['has a header that lacks something', '{"cellmap":"undo","version":1}\n', 'is malformed in line 1.'],
    ['ends in its header', '{"cellmap":"undo","ver', 'is truncated: its first line is not whole.'],
  ])('%s', (_, text, message) => refused(text, message));

  it.each<[string, (lines: string[]) => string[], string]>([
    ['has lost its last line', (lines) => lines.slice(0, -2), 'is truncated: it has 3 of 3 changes and no last line.'],
    [
      'was cut off in a line',
      ([header = '', first = '', second = '']) => [header, first, second.slice(0, 40)],
      'is truncated: it has 1 of 3 changes and no last line.',
    ],
    ['lacks a change', (lines) => lines.toSpliced(2, 1), 'is not whole: it has 2 of 3 changes.'],
    ['has one twice', (lines) => lines.toSpliced(2, 0, lines[2] ?? ''), 'is not whole: it has 4 of 3 changes.'],
    [
      'has an end that counts wrong',
      (lines) => lines.toSpliced(4, 1, '{"end":2}'),
      'is not whole: it has 3 of 3 changes.',
    ],
    ['has a line that is no JSON', (lines) => lines.toSpliced(2, 1, 'oops'), 'is malformed in line 3.'],
    ['goes on after its end', (lines) => [...lines, 'more'], 'is malformed: line 7 comes after its end.'],
    ['names a column differently', edit(3, '"cellId"', '"cell_id"'), 'is malformed in line 4.'],
    ['has a class that is none', edit(1, '"wrongDetails"', '"nice"'), 'is malformed in line 2.'],
    ['changes one row into another', edit(1, '"id":1,', '"id":9,'), 'is malformed in line 2.'],
    ['names a cell that the header does not', edit(1, '"cellId":2', '"cellId":3'), 'is malformed in line 2.'],
  ])('%s', async (_, spoil, message) => {
    const lines = await write([changeNumber(1), changeNumber(2), changeNumber(3)]);
    await refused(spoil(lines).join('\n'), message);
  });

  /** Changes one thing in one line. */
  function edit(line: number, from: string, to: string) {
    return (lines: string[]) => lines.with(line, (lines[line] ?? '').replace(from, to));
  }

  it('is not there, or is a folder', async () => {
    await expect(UndoFile.check(path)).rejects.toMatchObject({ message: `${path} cannot be read (ENOENT).` });
    await mkdir(path);
    await expect(UndoFile.check(path)).rejects.toMatchObject({
      exitCode: 2,
      message: `${path} is not an undo file of cellmap. Nothing was put back.`,
    });
  });
});
