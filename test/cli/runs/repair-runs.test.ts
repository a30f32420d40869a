import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { repairSteps, type Task } from './repair-steps.ts';
import { startStack } from './stack.ts';

const input = { mode: 'repair', classes: ['wrongDetails'], apply: true };
const here = process.cwd();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cellmap-test-'));
  // Undo files go to where the command is called.
  process.chdir(folder);
});
afterEach(async () => {
  process.chdir(here);
  await rm(folder, { recursive: true });
});

it('watch writes the undo file of a repair that it sees end, unless it is there', async () => {
  const stack = await startStack((write) => repairSteps(write));
  await stack.start('repair-1', input);
  expect(await stack.cellmap('watch', 'repair-1', '--no-progress')).toMatchObject({
    exitCode: 3,
    stderr: '2 rows can be put back: npx cellmap undo cellmap-undo-repair-1.jsonl\n',
  });
  const text = await readFile('cellmap-undo-repair-1.jsonl', 'utf8');
  expect(text.trimEnd().split('\n')).toHaveLength(4);
  expect(await stack.cellmap('watch', 'repair-1', '--no-progress')).toMatchObject({ exitCode: 3, stderr: '' });
  expect(await readFile('cellmap-undo-repair-1.jsonl', 'utf8')).toBe(text);
});

it('a repair whose terminal is closed leaves no half undo file, and watch writes the whole one', async () => {
  const [changing, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const stack = await startStack((write) => {
    const steps = repairSteps(write);
    return {
      ...steps,
      ChangeMappings: async (task: Task, signal: AbortSignal) => {
        changing.resolve();
        await goOn.promise;
        return await steps.ChangeMappings?.(task as never, signal);
      },
    };
  });
  const repair = stack.begin('repair', '--class', 'wrongDetails', '--apply', '--no-progress');
  await changing.promise;
  repair.signal('SIGHUP');
  const { exitCode, stderr } = await repair.ended;
  const [, name = ''] = /^Join it: npx cellmap watch (repair-\S+)$/m.exec(stderr) ?? [];
  expect([exitCode, stderr]).toEqual([
    130,
    expect.stringContaining('Its changes can be put back once it has ended: watch writes the undo file then.\n'),
  ]);
  expect(await readdir(folder)).toEqual([]);
  goOn.resolve();
  expect((await stack.cellmap('watch', name)).exitCode).toBe(3);
  expect(await readdir(folder)).toEqual([`cellmap-undo-${name}.jsonl`]);
});

it('retry of a repair that failed begins again as a whole, and keeps what it changes', async () => {
  const stack = await startStack((write) => repairSteps(write, 'failed'));
  await stack.start('repair-1', input);
  await stack.cellmap('watch', 'repair-1');
  const { exitCode, stderr } = await stack.cellmap('retry', 'repair-1');
  expect([exitCode, stderr]).toEqual([4, expect.stringContaining('Retrying repair-1: every cell\n')]);
  expect(await readdir(folder)).toEqual([
    'cellmap-undo-repair-1.jsonl',
    expect.stringMatching(/^cellmap-undo-repair-\d{8}T\d{6}Z-retry-[\da-f]{4}\.jsonl$/),
  ]);
});
