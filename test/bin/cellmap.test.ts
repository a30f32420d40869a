import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, open, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
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

/** A device that is always full; other systems have none. */
const itOnLinux = existsSync('/dev/full') ? it : it.skip;

describe('the command', () => {
  it('runs in a Node that runs TypeScript', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, '--help'], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Usage: cellmap');
  });
});

describe('a process that cannot go on', () => {
  const failed = (code: string) => `cellmap: The output cannot be written (${code}).\n`;

  itOnLinux('fails with one line and 4 where its output cannot be written', async () => {
    const full = await open('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [bin, '--help'], {
      stdio: ['ignore', full.fd, 'pipe'],
      encoding: 'utf8',
    });
    await full.close();
    expect([status, stderr]).toEqual([4, failed('ENOSPC')]);
  });

  itOnLinux('runs on where nobody can see its diagnostics', async () => {
    const full = await open('/dev/full', 'w');
    const { status } = spawnSync(process.execPath, [bin, 'map', '--max-count', '0'], {
      stdio: ['ignore', 'pipe', full.fd],
    });
    await full.close();
    expect(status).toBe(127);
  });

  it.each([
    [
      ['--local'],
      4,
      'The folder for temporary files, /nowhere, cannot be used (ENOENT): set TMPDIR to one that can be written to.',
    ],
    [
      [],
      2,
      'No AWS region is known: give --region or set AWS_REGION. (CELLMAP_API_DATABASE is set, but only --local uses it.)',
    ],
  ])('says in one line what its surroundings lack (map %j)', (args, exitCode, message) => {
    const env = {
      PATH: process.env.PATH,
      TMPDIR: '/nowhere',
      HOME: '/nowhere',
      AWS_EC2_METADATA_DISABLED: 'true',
      CELLMAP_API_DATABASE: 'mysql://db/nova_api',
    };
    const { status, stderr } = spawnSync(process.execPath, [bin, 'map', ...args], { env, encoding: 'utf8' });
    expect([status, stderr]).toEqual([exitCode, `cellmap: ${message}\n`]);
  });

  it('ends with 4 and one line where a package is missing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cellmap-test-'));
    await mkdir(join(folder, 'bin'));
    for (const name of ['cellmap.js', 'cellmap.ts']) await copyFile(join(bin, '..', name), join(folder, 'bin', name));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    const args = [join(folder, 'bin/cellmap.js'), '--help'];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    await rm(folder, { recursive: true });
    expect([status, stderr]).toEqual([4, 'cellmap: It cannot be loaded (ERR_MODULE_NOT_FOUND). Run npm ci again.\n']);
  });

  it('ends with all that it started when the one who started it with a channel has gone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cellmap-test-'));
    const child = fork(bin, ['demo'], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [],
      env: { ...process.env, TMPDIR: folder },
    });
    const ended = once(child, 'exit');
    const stdout = text(child.stdout as Readable);
    // The run has begun.
    for await (const line of createInterface(child.stderr as Readable)) if (line.startsWith('Mapping')) break;
    child.stderr?.resume();
    child.disconnect();
    expect(await ended).toEqual([130, null]);
    expect([await stdout, await readdir(folder)]).toEqual(['', []]);
    await rm(folder, { recursive: true });
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
       }
       if (what === 'outlive') {
         process.on('disconnect', () => {
           process.stdout.write(' alone');
           process.exit();
         });
         process.stdout.write('ready');
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

  it('lets the other one notice that it is killed', async () => {
    const child = spawn(node, [join(folder, 'bin/cellmap.js'), 'outlive'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [ready] = await once(child.stdout, 'data');
    const rest = text(child.stdout);
    child.kill('SIGKILL');
    expect(`${ready}${await rest}`).toBe('ready alone');
  });

  it('says what to do where the Node of the package is missing', async () => {
    await rm(join(folder, 'node_modules'));
    const { status, stdout, stderr } = run('where');
    await symlink(modules, join(folder, 'node_modules'));
    expect([status, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(
      /^cellmap: Node [\d.]+ cannot run TypeScript, .* Run npm ci \(with its install scripts\), or use Node 24\.\n$/,
    );
  });
});
