import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Printed } from '../end-to-end/command.ts';

/** What Debian's packages bring, by the file that shows that they are there. */
const NEEDED = {
  'nova-common': '/usr/bin/nova-manage',
  'python3-pymysql': '/usr/lib/python3/dist-packages/pymysql/__init__.py',
  'python3-psycopg2': '/usr/lib/python3/dist-packages/psycopg2/__init__.py',
};

const NOVA_MANAGE = NEEDED['nova-common'];

/** The packages that the real Nova needs and that are not installed here. */
export function missingPackages(): string[] {
  return Object.entries(NEEDED).flatMap(([name, file]) => (isReadable(file) ? [] : [name]));
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs Debian's `nova-manage` on this nova.conf and nothing of /etc/nova. */
export function novaManage(configFile: string, ...args: string[]): Promise<Printed> {
  return run(NOVA_MANAGE, [...onlyThis(configFile), ...args], configFile);
}

/** As {@link novaManage}, but killed when the signal is aborted; the exit code is null then. */
export function novaManageUntil(signal: AbortSignal, configFile: string, ...args: string[]): Promise<Printed> {
  return run(NOVA_MANAGE, [...onlyThis(configFile), ...args], configFile, signal);
}

/** Runs a script of this folder in the Python that has Nova's own modules, on this nova.conf. */
export function novaScript(script: string, configFile: string, ...args: string[]): Promise<Printed> {
  const python = /^#! *(\S+)/.exec(readFileSync(NOVA_MANAGE, 'utf8'))?.[1] ?? '/usr/bin/python3';
  return run(python, [join(import.meta.dirname, script), ...onlyThis(configFile), ...args], configFile);
}

/** With either option left out Nova would read the machine's own files beside ours. */
function onlyThis(configFile: string): string[] {
  return ['--config-file', configFile, '--config-dir', join(dirname(configFile), 'conf.d')];
}

/** The environment is our own too: oslo.config takes OS_DATABASE__CONNECTION and the like from it. */
async function run(command: string, args: string[], configFile: string, signal?: AbortSignal): Promise<Printed> {
  const PATH = [process.env.PATH, '/usr/sbin', '/usr/bin', '/bin'].join(delimiter);
  const env = { PATH, HOME: dirname(configFile), LC_ALL: 'C.UTF-8', TZ: 'UTC', PYTHONDONTWRITEBYTECODE: '1' };
  const child = spawn(command, args, { cwd: dirname(configFile), env, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', kill, { once: true });
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  signal?.removeEventListener('abort', kill);
  return { code, ...printed };
}
