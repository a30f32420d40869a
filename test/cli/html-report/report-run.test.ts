import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { resultKeys } from '../../../contract/results.ts';
import { fail } from '../harness.ts';
import { failingSteps, mapDocument, mapSteps, startStack } from '../runs/stack.ts';

describe('report --html', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cellmap-report-'));
    file = join(folder, 'report.html');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('writes the report of a run that has ended on the stack, besides what it prints', async () => {
    const stack = await startStack((write) => failingSteps(write));
    await stack.cellmap('map', '--no-progress');
    const { stdout } = await stack.cellmap('report', 'latest');
    expect(await stack.cellmap('report', 'latest', '--stack', 'cellmap', '--html', file)).toEqual({
      exitCode: 4,
      stdout,
      stderr: `The report is in ${file}.\n`,
    });
    const page = await readFile(file, 'utf8');
    expect(page).toContain('Failed');
    expect(page).toMatch(/npx cellmap map --cell \w+ --stack cellmap</);
  });

  it('writes one of a run that failed before it left a result', async () => {
    const stack = await startStack((write) => mapSteps(write, { ListCells: () => fail('UnknownCell', 'No cell x.') }));
    await stack.start('map-1', {});
    await stack.cellmap('watch', 'map-1');
    expect(await stack.cellmap('report', 'map-1', '--html', file)).toMatchObject({ exitCode: 2 });
    expect(await readFile(file, 'utf8')).toContain('No cell x.');
  });

  it('writes what is left of a run that Step Functions has forgotten, and of a document in a file', async () => {
    const stack = await startStack((write) => mapSteps(write));
    const document = mapDocument({ failed: false });
    await stack.write(resultKeys.result('map-of-last-year'), document);
    expect(await stack.cellmap('report', 'map-of-last-year', '--html', file)).toMatchObject({ exitCode: 0 });
    expect(await readFile(file, 'utf8')).toContain('There is no history to tell');

    const json = join(folder, 'result.json');
    await writeFile(json, JSON.stringify(document));
    const other = join(folder, 'document.html');
    expect(await stack.cellmap('report', json, '--html', other)).toMatchObject({ exitCode: 0 });
    expect(await readFile(other, 'utf8')).toContain('from a result document');
  });
});
