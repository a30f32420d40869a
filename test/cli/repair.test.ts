import { EventEmitter, once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Lifetime } from '../../cli/lifetime.ts';
import { applyAndKeep } from '../../cli/repair.ts';
import { newRunName } from '../../cli/run-name.ts';
import { UndoFileWriter } from '../../cli/undo-file-writer.ts';
import { cellNumber, fail, makeTerminal, type Steps, startMachine, type TestMachine } from './harness.ts';
import { planned, repairSteps, type Task } from './runs/repair-steps.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cellmap-test-'));
  path = join(folder, 'undo.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

async function begin(makeSteps: (write: TestMachine['write']) => Steps) {
  const { connection } = await startMachine(makeSteps);
  const terminal = makeTerminal();
  const exited = Promise.withResolvers<number>();
  const signalled = Object.assign(new EventEmitter(), { exit: exited.resolve });
  const lifetime = new Lifetime(signalled);
  const file = await UndoFileWriter.begin(path);
  lifetime.onClose(() => file.discard());
  const options = {
    class: ['wrongDetails' as const],
    apply: true,
    progress: false,
    local: true,
    name: newRunName('repair'),
  };
  const run = () => applyAndKeep(connection, file, options, { terminal, lifetime });
  return { run, file, lifetime, signalled, terminal, exited: exited.promise };
}

/** The lines of the undo file. */
async function linesOf(file = path): Promise<unknown[]> {
  return (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('the undo file of a repair', () => {
  it('holds what was made, with the cells that the run listed, and the command that puts it back is told', async () => {
    const { run, terminal } = await begin((write) => repairSteps(write, 'needs-attention'));
    expect(await run()).toBe(3);
    const [header, ...lines] = await linesOf();
    const cells = { [cellNumber(1).uuid]: 1, [cellNumber(2).uuid]: 2 };
    expect(header).toMatchObject({ cellmap: 'undo', run: expect.stringMatching(/^repair-/), cells, changes: 2 });
    expect(lines).toEqual([...planned.slice(0, 2), { end: 2 }]);
    expect(terminal.written.stderr).toBe(`2 rows can be put back: npx cellmap undo ${path} --local\n`);
  });

  it('holds all that was planned where the run was stopped while it made changes', async () => {
    const changing = Promise.withResolvers<void>();
    const { run, signalled, terminal } = await begin((write) =>
      repairSteps(write, 'complete', {
        ChangeMappings: async (_: never, signal: AbortSignal) => {
          changing.resolve();
          await once(signal, 'abort');
        },
      }),
    );
    const running = run();
    await changing.promise;
    signalled.emit('SIGINT');
    expect(await running).toBe(130);
    expect(await linesOf()).toEqual([expect.objectContaining({ changes: 3 }), ...planned, { end: 3 }]);
    expect(terminal.written.stderr).toBe(
      `Stopped.\nUp to 3 rows may have been changed, and can be put back: npx cellmap undo ${path} --local\n`,
    );
  });

  it('holds all that was planned where the run failed', async () => {
    const { run, terminal } = await begin((write) => repairSteps(write, 'failed'));
    expect(await run()).toBe(4);
    expect(await linesOf()).toHaveLength(5);
    expect(terminal.written.stderr).toContain('Up to 3 rows may have been changed');
  });

  it('holds all that was planned where the run left no document, and hides nothing of why', async () => {
    const { run, terminal } = await begin((write) =>
      repairSteps(write, 'failed', { CloseRun: () => fail('AccessDenied', 'No right.') }),
    );
    await expect(run()).rejects.toMatchObject({ exitCode: 4, message: 'No right.' });
    expect(await linesOf()).toHaveLength(5);
    expect(terminal.written.stderr).toContain('Up to 3 rows may have been changed');
  });

  it('is written before a person in a hurry has left', async () => {
    const [changing, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { run, lifetime, exited } = await begin((write) =>
      repairSteps(write, 'complete', {
        ChangeMappings: async ({ progress }: Task) => {
          changing.resolve();
          await end.promise;
          return { ...progress, done: true };
        },
      }),
    );
    const running = run();
    await changing.promise;
    lifetime.leave(130);
    const exitCode = await exited;
    end.resolve();
    await running;
    expect([exitCode, (await linesOf()).length]).toEqual([130, 5]);
  });

  it('is not there where nothing was changed', async () => {
    const steps = (write: TestMachine['write']) =>
      repairSteps(write, 'complete', { FindSuspects: () => ({ any: false, waitSeconds: 0, parts: [] }) });
    const { run, terminal } = await begin(steps);
    expect(await run()).toBe(0);
    expect(await readdir(folder)).toEqual([]);
    expect(terminal.written.stderr).toBe('');
  });

  it('goes to the folder for temporary files where its own cannot be written to any more', async () => {
    const { run, file, lifetime, terminal } = await begin((write) => repairSteps(write, 'needs-attention'));
    const full = Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write' });
    file.finish = () => Promise.reject(full);
    const elsewhere = join(tmpdir(), 'undo.jsonl');
    await rm(elsewhere, { force: true });
    expect(await run()).toBe(3);
    expect(await linesOf(elsewhere)).toHaveLength(4);
    expect(terminal.written.stderr).toContain(`npx cellmap undo ${elsewhere} --local\n`);
    await rm(elsewhere);
    await lifetime.close();
    expect(await readdir(folder)).toEqual([]);
  });
});
