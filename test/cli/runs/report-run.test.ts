import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { resultKeys } from '../../../contract/results.ts';
import { fail } from '../harness.ts';
import { failingSteps, heldSteps, mapDocument, mapSteps, startStack } from './stack.ts';

describe('report', () => {
  it.each([[[]], [['--json']]])('prints again what the command printed that started the run (%j)', async (args) => {
    const stack = await startStack((write) => failingSteps(write));
    const { exitCode, stdout } = await stack.cellmap('map', '--no-progress', ...args);
    expect(exitCode).toBe(4);
    expect(await stack.cellmap('report', 'latest', ...args)).toEqual({ exitCode, stdout, stderr: '' });
  });

  it('of a run that was stopped tells what it had done', async () => {
    const begun = Promise.withResolvers<void>();
    const stack = await startStack((write) => {
      const held = heldSteps(write);
      void held.begun.then(begun.resolve);
      return held.steps;
    });
    const map = stack.begin('map', '--json', '--no-progress');
    await begun.promise;
    await stack.cellmap('stop', 'latest');
    const { stdout } = await map.ended;
    const printed = await stack.cellmap('report', 'latest', '--json');
    expect([printed.exitCode, JSON.parse(printed.stdout)]).toEqual([130, JSON.parse(stdout)]);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'stopped', totals: { mapped: 10 } });
  });

  it('of a run that failed before it left a result tells why', async () => {
    const stack = await startStack((write) => mapSteps(write, { ListCells: () => fail('UnknownCell', 'No cell x.') }));
    await stack.start('map-1', {});
    await stack.cellmap('watch', 'map-1');
    expect(await stack.cellmap('report', 'map-1')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'cellmap: No cell x.\n',
    });
  });

  it('of a run that goes on says how to follow it', async () => {
    const stack = await startStack((write) => mapSteps(write, { ListCells: () => new Promise(() => {}) }));
    await stack.start('map-1', {});
    expect(await stack.cellmap('report', 'map', '--stack', 'prod')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'cellmap: map-1 has not ended yet. Follow it: npx cellmap watch map-1 --stack prod\n',
    });
  });

  it('finds the result of a run that Step Functions has forgotten', async () => {
    const stack = await startStack((write) => mapSteps(write));
    const document = mapDocument({ failed: false });
    await stack.write(resultKeys.result('map-of-last-year'), document);
    const { exitCode, stdout } = await stack.cellmap('report', 'map-of-last-year', '--json');
    expect([exitCode, JSON.parse(stdout)]).toEqual([0, document]);
    expect(await stack.cellmap('report', 'map-of-another-year')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'cellmap: There is no run map-of-another-year of stack cellmap in us-east-1: cellmap runs lists them.\n',
    });
  });
});

describe('report of a file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cellmap-test-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('prints what a saved document says, with no stack', async () => {
    const stack = await startStack((write) => failingSteps(write));
    const { stdout } = await stack.cellmap('map', '--json');
    const path = join(folder, 'result.json');
    await writeFile(path, stdout);
    const printed = await stack.cellmap('report', 'latest');
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
    expect(await stack.cellmap('report', path)).toEqual({ ...printed, stderr: '' });
    expect(await stack.cellmap('report', path, '--local')).toEqual(printed);
  });

  it.each([
    ['{}', 'is no result document of version 1, such as map --json prints.'],
    ['[1', 'is no result document of version 1, such as map --json prints.'],
    [JSON.stringify({ ...mapDocument({ failed: false }), version: 2 }), 'is no result document of version 1, such'],
    [null, 'cannot be read (ENOENT).'],
  ])('refuses one with %j', async (text, message) => {
    const path = join(folder, 'result.json');
    if (text !== null) await writeFile(path, text);
    const stack = await startStack((write) => mapSteps(write));
    const { exitCode, stderr } = await stack.cellmap('report', path);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`cellmap: ${path} ${message}`)]);
  });
});
