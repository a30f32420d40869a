import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const bin = fileURLToPath(new URL('../../bin/cellmap.js', import.meta.url));
const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** A Node on the PATH that cannot run TypeScript itself; undefined where this computer has none. */
const olderNode = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'node'))
  .filter((file) => !file.startsWith(modules) && existsSync(file))
  .find((file) => spawnSync(file, ['-p', 'Boolean(process.features.typescript)']).stdout?.toString() === 'false\n');

describe('the command', () => {
  it('runs in a Node that runs TypeScript', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, '--help'], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Usage: cellmap');
  });
});

const describeOlder = olderNode === undefined ? describe.skip : describe;

describeOlder('in an older Node', () => {
  const node = olderNode ?? '';
  let folder: string;

  beforeAll(async () => {
    // A script in the place of the command's own, which tells where it runs and waits for what a test does.
    folder = await realpath(await mkdtemp(join(tmpdir(), 'cellmap-test-')));
    await mkdir(join(folder, 'bin'));
    await copyFile(bin, join(folder, 'bin/cellmap.js'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(
      join(folder, 'bin/cellmap.ts'),
      `const [what, code]: string[] = process.argv.slice(2);
       if (what === 'exit') process.exitCode = Number(code);
       if (what === 'where') process.stdout.write(process.execPath);
       if (what === 'die') process.kill(process.pid, 'SIGKILL');
       if (what === 'wait') {
         process.on('SIGINT', () => process.exit(130));
         process.stdout.write('ready');
         setInterval(() => {}, 1_000);
       }`,
    );
    await symlink(modules, join(folder, 'node_modules'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const run = (...args: string[]) => spawnSync(node, [join(folder, 'bin/cellmap.js'), ...args], { encoding: 'utf8' });

  it('hands the whole command line over to the Node of the package', () => {
    const { status, stdout, stderr } = spawnSync(node, [bin, 'map', '--max-count', '0'], { encoding: 'utf8' });
    expect([status, stdout, stderr]).toEqual([127, '', 'Must supply a positive value for max-count\n']);
    expect(run('where').stdout).toMatch(/node_modules\/node\/bin\/node$/);
  });

  it.each([0, 3, 130])('ends with the exit code %d of the other', (code) => {
    expect(run('exit', String(code)).status).toBe(code);
  });

  it('ends by the signal that ended the other', () => {
    expect(run('die').signal).toBe('SIGKILL');
  });

  it('lets the other one decide how to end on SIGINT', async () => {
    const child = spawn(node, [join(folder, 'bin/cellmap.js'), 'wait'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
  });

  it('says what to do where the Node of the package is missing', async () => {
    await rm(join(folder, 'node_modules'));
    const { status, stdout, stderr } = run('where');
    await symlink(modules, join(folder, 'node_modules'));
    expect([status, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(/^cellmap: Node [\d.]+ cannot run TypeScript, .* Run npm ci, or use Node 24\.\n$/);
  });
});
