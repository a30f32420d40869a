import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Connection } from '../../cli/connection.ts';
import { Lifetime } from '../../cli/lifetime.ts';
import { putBack } from '../../cli/undo.ts';
import { UndoFile } from '../../cli/undo-file.ts';
import { UndoFileWriter } from '../../cli/undo-file-writer.ts';
import { resultKeys } from '../../contract/results.ts';
import { type Change, undoOf } from '../../domain/change.ts';
import { undoDocument } from './documents.ts';
import { cellNumber, changeNumber, concluding, fail, listing, makeTerminal, startMachine } from './harness.ts';

const cells = { [cellNumber(1).uuid]: 1, [cellNumber(2).uuid]: 2 };
const changes = Array.from({ length: 2_001 }, (_, number) => changeNumber(number));

let folder: string;
let file: UndoFile;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cellmap-test-'));
  const path = join(folder, 'undo.jsonl');
  const each = async function* () {
    yield* changes;
  };
  await (await UndoFileWriter.begin(path)).finish({ run: 'repair-1', at: '2026-11-22T14:05:01Z', cells }, each());
  file = await UndoFile.check(path);
});
afterEach(() => rm(folder, { recursive: true }));

async function objectOf({ s3, bucket }: Connection, key: string): Promise<unknown> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return JSON.parse((await Body?.transformToString()) ?? '');
}

function makeSession() {
  const terminal = makeTerminal();
  const signalled = Object.assign(new EventEmitter(), { exit: () => {} });
  return { terminal, signalled, lifetime: new Lifetime(signalled) };
}

describe('undoing a repair', () => {
  it('hands over the cells and the changes, turned round, before the run begins', async () => {
    const found: unknown[] = [];
    let connection: Connection | undefined;
    const machine = await startMachine((write) => {
      const list = listing([cellNumber(1)], write, 'undo');
      return {
        ListCells: async (task: { run: string; startedAt: string; input: unknown }) => {
          const of = (key: string) => objectOf(connection as Connection, key);
          found.push(task.input, await of(resultKeys.undo(task.run)));
          for (const number of [1, 2]) found.push(await of(resultKeys.changes(task.run, 0, number)));
          return list(task);
        },
        ChangeMappings: ({ progress }: { progress: object }) => ({ ...progress, done: true }),
        CloseRun: concluding(undoDocument(1_999, 2), write),
      };
    });
    connection = machine.connection;
    const session = makeSession();
    expect(await putBack(connection, file, { progress: false }, session)).toBe(3);
    const undone: Change[] = changes.map(undoOf);
    expect(found).toEqual([{ mode: 'undo', files: 2 }, { cells }, undone.slice(0, 2_000), undone.slice(2_000)]);
    expect(session.terminal.written.stdout).toContain('Put back 1,999 of 2,001 rows in 1 s.\n');
  });

  it('of another cloud is a mistake', async () => {
    const message = 'The changes are those of another cloud. Nothing was put back.';
    const { connection } = await startMachine(() => ({ ListCells: () => fail('UndoMismatch', message) }));
    const undoing = putBack(connection, file, { progress: false }, makeSession());
    await expect(undoing).rejects.toMatchObject({ exitCode: 2, message });
  });

  it('is not begun once it has been interrupted', async () => {
    const { connection } = await startMachine(() => ({}));
    const session = makeSession();
    session.signalled.emit('SIGINT');
    expect(await putBack(connection, file, { progress: false }, session)).toBe(130);
    expect(session.terminal.written.stderr).toBe('Stopped. Nothing was begun.\n');
  });
});
