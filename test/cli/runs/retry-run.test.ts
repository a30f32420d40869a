import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { findRun } from '../../../cli/runs/find-run.ts';
import { inputOfRetry } from '../../../cli/runs/retry-run.ts';
import type { ExecutionInput } from '../../../contract/payloads.ts';
import { cellNumber, fail, listing, type Steps, type TestMachine } from '../harness.ts';
import { failingSteps, heldSteps, mapSteps, startStack } from './stack.ts';

/** A stack that notes the inputs of its runs. */
async function startNoting(makeSteps: (write: TestMachine['write']) => Steps) {
  const runs: { run: string; input: ExecutionInput }[] = [];
  const stack = await startStack((write) => {
    const steps = makeSteps(write);
    return {
      ...steps,
      ListCells: (payload: never, signal: AbortSignal) => {
        const { run, input } = payload as { run: string; input: ExecutionInput };
        runs.push({ run, input });
        return steps.ListCells?.(payload, signal);
      },
    };
  });
  return { stack, runs };
}

describe('retry', () => {
  it('runs again with the same input for just the cells that failed, under a name that says so', async () => {
    const { stack, runs } = await startNoting((write) => failingSteps(write));
    const input = { mode: 'map', maxCount: 5, writers: 2, cells: ['cell1', 'cell2'] };
    await stack.start('map-1', input);
    await stack.cellmap('watch', 'map-1', '--no-progress');
    const { exitCode, stderr, stdout } = await stack.cellmap('retry', 'map-1');
    expect(exitCode).toBe(4);
    expect(stderr).toContain('Retrying map-1: 1 cell\n');
    expect(stdout).toContain('cell2 failed (DatabaseUnavailable): It did not answer.');
    expect(runs[1]).toEqual({
      run: expect.stringMatching(/^map-\d{8}T\d{6}Z-retry-cell-00000000-[\da-f]{4}$/),
      input: { ...input, cells: [cellNumber(2).uuid] },
    });
  });

  it('writes the report that --html asks for, as every command that starts a run', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cellmap-retry-'));
    try {
      const { stack } = await startNoting((write) => failingSteps(write));
      await stack.start('map-1', {});
      await stack.cellmap('watch', 'map-1', '--no-progress');
      const file = join(folder, 'report.html');
      const { stderr } = await stack.cellmap('retry', 'map-1', '--html', file);
      expect(stderr).toContain(`The report is in ${file}.\n`);
      expect(readFileSync(file, 'utf8')).toMatch(/map-\d{8}T\d{6}Z-retry-cell-/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('takes the cells of a stopped run that were cut off or had not begun', async () => {
    const held = Promise.withResolvers<void>();
    const { stack, runs } = await startNoting((write) => {
      const { steps, begun } = heldSteps(write, {
        ListCells: listing([cellNumber(1), cellNumber(2), cellNumber(3)], write, 'map', { cellsAtOnce: 1 }),
      });
      void begun.then(held.resolve);
      return steps;
    });
    await stack.start('map-1', {});
    await held.promise;
    await stack.cellmap('stop', 'map-1');
    const retrying = stack.begin('retry', 'map-1');
    for (; runs.length < 2; ) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(runs[1]?.input).toEqual({ cells: [cellNumber(2).uuid, cellNumber(3).uuid] });
    retrying.signal('SIGINT');
    expect((await retrying.ended).exitCode).toBe(130);
  });

  it('takes every cell where the run had not listed them', async () => {
    const { stack, runs } = await startNoting((write) =>
      mapSteps(write, { ListCells: () => fail('LoginRefused', 'The API database refuses the login.') }),
    );
    await stack.start('map-1', { writers: 2 });
    await stack.cellmap('watch', 'map-1');
    expect(await stack.cellmap('retry', 'map-1')).toMatchObject({ exitCode: 4 });
    expect(runs[1]?.input).toEqual({ writers: 2 });
  });

  it('of a verification begins again as a whole, since what it finds out takes every cell', async () => {
    const { stack, runs } = await startNoting((write) =>
      mapSteps(write, { ListCells: () => fail('GrantMissing', 'x') }),
    );
    await stack.start('verify-1', { mode: 'verify', secondLookSeconds: 0 });
    await stack.cellmap('watch', 'verify-1');
    await stack.cellmap('retry', 'verify-1');
    expect(runs[1]?.input).toEqual({ mode: 'verify', secondLookSeconds: 0 });
  });

  it('names the cells itself where an event had chosen them', async () => {
    const { stack } = await startNoting((write) => failingSteps(write));
    await stack.start('map-1', {});
    await stack.cellmap('watch', 'map-1');
    const found = await findRun(stack.connection, 'map-1');
    const input = { writers: 2, event: { detail: { cells: ['cell2'] } } } as ExecutionInput;
    expect(await inputOfRetry(stack.connection, { ...found, input }, {})).toEqual({
      writers: 2,
      cells: [cellNumber(2).uuid],
    });
  });

  it('refuses where nothing failed', async () => {
    const { stack, runs } = await startNoting((write) => mapSteps(write));
    await stack.cellmap('map');
    const [{ run } = { run: '' }] = runs;
    expect(await stack.cellmap('retry', 'latest')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `cellmap: Nothing of ${run} is left to be retried: no cell of it failed or was cut off.\n`,
    });
    expect(runs).toHaveLength(1);
  });

  it.each([
    [
      'goes on',
      {},
      'map-1 has not ended yet. Follow it: npx cellmap watch map-1 — or end it first: npx cellmap stop map-1',
    ],
    ['put changes back', { mode: 'undo', files: 1 }, 'map-1 put changes back: run undo again with the same file.'],
    [
      'was started with a mistake',
      { cell: 'a' },
      'The input of map-1 is not one that the machine takes; its report says why.',
    ],
  ])('refuses where the run %s', async (what, input, message) => {
    const stays = () => new Promise(() => {});
    const { stack, runs } = await startNoting((write) =>
      mapSteps(write, { ListCells: what === 'goes on' ? stays : () => fail('BadInput', 'no') }),
    );
    await stack.start('map-1', input);
    if (what !== 'goes on') await stack.cellmap('watch', 'map-1');
    expect(await stack.cellmap('retry', 'map-1')).toEqual({ exitCode: 2, stdout: '', stderr: `cellmap: ${message}\n` });
    expect(runs).toHaveLength(1);
  });
});
