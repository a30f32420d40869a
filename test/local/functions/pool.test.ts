import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { FunctionOutcome } from '../../../local/function-outcome.ts';
import type { LocalFunction } from '../../../local/functions/environment.ts';
import { type Functions, startFunctions } from '../../../local/functions/pool.ts';

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const arnOf = (name: string) => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`;

const acts = (name: string, changes: Partial<LocalFunction> = {}): LocalFunction => ({
  arn: arnOf(name),
  name,
  file: fixture('acts.mjs'),
  timeoutSeconds: 30,
  memoryMb: 256,
  environment: {},
  ...changes,
});

/** A pool whose log can be awaited line by line. */
function pool(
  functions: LocalFunction[],
  options: { maxProcesses?: number; idleSeconds?: number; patienceMs?: number } = {},
) {
  const lines: string[] = [];
  const readers: (() => void)[] = [];
  const started = startFunctions({
    functions,
    ...options,
    onLog: (line) => {
      lines.push(line);
      for (const reader of readers) reader();
    },
  });
  open.push(started);
  const line = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = lines.find((text) => pattern.test(text));
      if (found) return found;
      await new Promise<void>((resolve) => readers.push(resolve));
    }
  };
  const call = async (event: unknown, name = 'Acts', signal = new AbortController().signal) =>
    started.invoke(arnOf(name), JSON.stringify(event), signal);
  return { ...started, line, call };
}

const open: Functions[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((functions) => functions.close()));
});

/** The answer of a call that should succeed. */
function answer(outcome: FunctionOutcome): unknown {
  if (!outcome.ok) throw new Error(`${outcome.errorType}: ${outcome.errorMessage}`);
  return JSON.parse(outcome.payload);
}

/** Whether a process runs; one that has ended but was not yet reaped does not. */
async function alive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''));
  } catch {
    return false;
  }
}

/** Waits for a process to end. One that does not within ten seconds fails the test, and is not left behind. */
async function gone(pid: number): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (await alive(pid)) {
    if (performance.now() > deadline) {
      process.kill(pid, 'SIGKILL');
      throw new Error(`process ${pid} is still there`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a call', () => {
  it('gets the event and answers with what the handler returns', async () => {
    const { call } = pool([acts('Acts')]);
    const value = { text: 'ünï "quoted"\u2028', list: [1, null, true] };
    expect(answer(await call({ act: 'echo', value }))).toEqual(value);
    expect(await call({ act: 'nothing' })).toEqual({ ok: true, payload: 'null' });
  });

  it('carries payloads of 262,144 bytes both ways', async () => {
    const value = 'ü'.repeat(131_000);
    expect(answer(await pool([acts('Acts')]).call({ act: 'echo', value }))).toBe(value);
  });

  it('gets the context that Lambda gives', async () => {
    const { call } = pool([acts('Acts', { timeoutSeconds: 20 })]);
    const context = answer(await call({ act: 'context' })) as Record<string, unknown>;
    expect(context).toMatchObject({
      functionName: 'Acts',
      functionVersion: '$LATEST',
      invokedFunctionArn: arnOf('Acts'),
      memoryLimitInMB: '256',
      awsRequestId: expect.stringMatching(/^[\da-f-]{36}$/),
    });
    expect(context.remainingMs).toBeGreaterThan(15_000);
    expect(context.remainingMs).toBeLessThanOrEqual(20_000);
  });

  it('sees its own variables and those of Lambda, none of the caller', async () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      AWS_PROFILE: 'real',
      NODE_OPTIONS: '--no-deprecation',
      CELLMAP_API_DATABASE: 'secret',
    });
    try {
      const { call } = pool([acts('Acts', { environment: { RESULTS_BUCKET: 'results' } })]);
      const environment = answer(await call({ act: 'environment' })) as Record<string, string>;
      expect(environment).toMatchObject({
        RESULTS_BUCKET: 'results',
        AWS_LAMBDA_FUNCTION_NAME: 'Acts',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
        AWS_REGION: 'eu-west-1',
        AWS_CONFIG_FILE: '/dev/null',
      });
      for (const name of ['AWS_PROFILE', 'NODE_OPTIONS', 'CELLMAP_API_DATABASE', 'HOME']) {
        expect(environment).not.toHaveProperty(name);
      }
    } finally {
      process.env = before;
    }
  });

  it('can name another export', async () => {
    expect(answer(await pool([acts('Acts', { handler: 'other' })]).call({}))).toBe('the other handler');
  });

  it('of an unknown function is refused by its ARN', async () => {
    expect(await pool([]).call({}, 'Other')).toEqual({
      ok: false,
      errorType: 'Lambda.ResourceNotFoundException',
      errorMessage: `Function not found: ${arnOf('Other')}`,
    });
  });

  it('has its lines on stdout and stderr passed on', async () => {
    const { call, line } = pool([acts('Acts')]);
    await call({ act: 'print', lines: ['one', 'two'] });
    expect(await line(/^two$/)).toBe('two');
    expect(await line(/stderr/)).toBe('to stderr');
  });

  it('reports the peak of its memory, and not that of its parent', async () => {
    const { call, peakMemoryMb } = pool([acts('Acts')]);
    expect(peakMemoryMb('Acts')).toBe(0);
    await call({ act: 'echo' });
    const before = peakMemoryMb('Acts');
    await call({ act: 'buffers', mib: 60 });
    expect(before).toBeGreaterThan(20);
    expect(peakMemoryMb('Acts')).toBeGreaterThan(before + 50);
    expect(peakMemoryMb('Acts')).toBeLessThan(256);
  });
});

describe('a call that fails', () => {
  it.each([
    ['an error by its name', { act: 'throw', name: 'CellUnavailable', message: 'no' }, 'CellUnavailable', /^no$/],
    ['a thrown text by its type', { act: 'throwText' }, 'string', /^just text$/],
    [
      'exit status 3',
      { act: 'exit', code: 3 },
      'Runtime.ExitError',
      /^RequestId: \S{36} Error: Runtime exited with error: exit status 3$/,
    ],
    [
      'exit status 0',
      { act: 'exit', code: 0 },
      'Runtime.ExitError',
      /Error: Runtime exited without providing a reason$/,
    ],
    ['a signal', { act: 'abort' }, 'Runtime.ExitError', /Runtime exited with error: signal: aborted$/],
    [
      'too much memory in buffers',
      { act: 'buffers', mib: 1000 },
      'Runtime.OutOfMemory',
      /Runtime exited with error: signal: killed$/,
    ],
    [
      'an answer over 6 MB',
      { act: 'large', bytes: 6_291_555 },
      'Function.ResponseSizeTooLarge',
      /^Response payload size \(6291557 bytes\)/,
    ],
    [
      'an unhandled rejection',
      { act: 'rejectUnhandled' },
      'Runtime.UnhandledPromiseRejection',
      /^RangeError: nobody waits for me$/,
    ],
    ['an uncaught error', { act: 'throwUncaught' }, 'RangeError', /^nobody catches me$/],
  ])('reports %s, and the next call works', async (_, event, errorType, message) => {
    const { call } = pool([acts('Acts')], { maxProcesses: 1 });
    expect(await call(event)).toEqual({ ok: false, errorType, errorMessage: expect.stringMatching(message) });
    expect(answer(await call({ act: 'echo', value: 1 }))).toBe(1);
  });

  it('reports a full heap as the end of the process', async () => {
    const { call, line } = pool([acts('Acts', { memoryMb: 128 })]);
    const outcome = await call({ act: 'heap' });
    // Which limit is met first, V8's or that of the resident size, depends on the garbage collector.
    expect(outcome).toMatchObject({
      ok: false,
      errorType: expect.stringMatching(/^Runtime\.(ExitError|OutOfMemory)$/),
    });
    if (!outcome.ok && outcome.errorType === 'Runtime.ExitError') await line(/heap out of memory/);
  });

  it.each(['hang', 'spin'])('ends at its timeout when it would %s', async (act) => {
    const { call, line } = pool([acts('Acts', { timeoutSeconds: 0.5 })]);
    expect(await call({ act })).toEqual({
      ok: false,
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/^RequestId: \S{36} Error: Task timed out after 0\.50 seconds$/),
    });
    await gone(Number((await line(new RegExp(act))).split(' ').at(-1)));
  });
});

describe('a bundle that cannot be loaded', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cellmap-functions-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it.each([
    ['an absent file', null, 'Runtime.ImportModuleError', /Cannot find module/],
    ['an absent package', "import 'no-such-package';", 'Runtime.ImportModuleError', /no-such-package/],
    ['wrong syntax', 'export const handler = (;', 'Runtime.UserCodeSyntaxError', /Unexpected token/],
    [
      'no handler',
      'export const handle = 1;',
      'Runtime.HandlerNotFound',
      /^index\.handler is undefined or not exported$/,
    ],
    ['an error of its own', "throw new RangeError('at load');", 'RangeError', /^at load$/],
    ['an exit of its own', 'process.exit(7);', 'Runtime.ExitError', /exit status 7$/],
  ])('is reported: %s', async (what, source, errorType, message) => {
    const file = join(directory, `${what.replaceAll(' ', '-')}.mjs`);
    if (source) await writeFile(file, source);
    const { call } = pool([acts('Acts', { file })]);
    expect(await call({})).toEqual({ ok: false, errorType, errorMessage: expect.stringMatching(message) });
  });
});

describe('the processes', () => {
  it('are used again while they are warm', async () => {
    const { call } = pool([acts('Acts')]);
    expect(answer(await call({ act: 'pid' }))).toBe(answer(await call({ act: 'pid' })));
  });

  it('handle one event at a time each, and are never more than the cap', async () => {
    // Nobody loses patience on a slow computer.
    const { call } = pool([acts('Acts'), acts('Other')], { maxProcesses: 2, patienceMs: 60_000 });
    // Both are started first: the process of Acts could else be done with all of its calls before Other's has begun.
    await Promise.all([call({ act: 'pid' }), call({ act: 'pid' }, 'Other')]);
    const names = ['Acts', 'Other', 'Acts', 'Acts', 'Acts', 'Other', 'Acts', 'Acts'];
    const waits = { Acts: 100, Other: 1 } as Record<string, number>;
    const outcomes = await Promise.all(names.map((name) => call({ act: 'wait', ms: waits[name] }, name)));
    const calls = outcomes.map((outcome) => answer(outcome) as { pid: number; from: number; to: number });
    for (const { pid, from } of calls) {
      const underWay = calls.filter((other) => other.from <= from && from < other.to);
      expect(underWay.length).toBeLessThanOrEqual(2);
      expect(underWay.filter((other) => other.pid === pid)).toHaveLength(1);
    }
    // The second call of Other overtakes those of Acts, because a warm process is there for it.
    expect(new Set([calls[1]?.pid, calls[5]?.pid]).size).toBe(1);
    expect(new Set(calls.map(({ pid }) => pid)).size).toBeLessThanOrEqual(3);
  });

  it('go to the call that has waited for too long, warm for another function or not', async () => {
    const { call } = pool([acts('Acts'), acts('Other')], { maxProcesses: 1, patienceMs: 0 });
    const names = ['Acts', 'Other', 'Acts'];
    const outcomes = await Promise.all(names.map((name) => call({ act: 'wait', ms: 1 }, name)));
    const [, other, last] = outcomes.map((outcome) => answer(outcome) as { from: number; to: number });
    expect(other?.to).toBeLessThanOrEqual(last?.from ?? 0);
  });

  it('give way to another function when the cap is reached', async () => {
    const { call } = pool([acts('Acts'), acts('Other')], { maxProcesses: 1 });
    const pid = Number(answer(await call({ act: 'pid' })));
    expect(answer(await call({ act: 'echo', value: 2 }, 'Other'))).toBe(2);
    await gone(pid);
  });

  it('end when they were idle for long enough', async () => {
    const { call } = pool([acts('Acts')], { idleSeconds: 0.01 });
    await gone(Number(answer(await call({ act: 'pid' }))));
    expect(answer(await call({ act: 'echo', value: 3 }))).toBe(3);
  });

  it('are thrown away with their work when the call is aborted', async () => {
    const { call, line } = pool([acts('Acts')]);
    const controller = new AbortController();
    const outcome = call({ act: 'spin' }, 'Acts', controller.signal);
    const pid = Number((await line(/^spin in/)).split(' ').at(-1));
    controller.abort();
    expect(await outcome).toMatchObject({ ok: false, errorMessage: 'The call was aborted' });
    await gone(pid);
  });

  it('are not started for calls that were aborted while they waited', async () => {
    const { call, line } = pool([acts('Acts')], { maxProcesses: 1 });
    const first = new AbortController();
    const second = new AbortController();
    const outcomes = [call({ act: 'hang' }, 'Acts', first.signal), call({ act: 'pid' }, 'Acts', second.signal)];
    const third = call({ act: 'echo', value: 4 });
    await line(/^hang in/);
    second.abort();
    expect(await outcomes[1]).toMatchObject({ ok: false, errorMessage: 'The call was aborted' });
    first.abort();
    expect(answer(await third)).toBe(4);
  });

  it('are gone after close, which settles what is under way', async () => {
    const { call, line, close } = pool([acts('Acts')], { maxProcesses: 1 });
    const busy = call({ act: 'spin' });
    const queued = call({ act: 'echo' });
    const pid = Number((await line(/^spin in/)).split(' ').at(-1));
    await close();
    expect(await alive(pid)).toBe(false);
    expect(await busy).toMatchObject({ ok: false });
    expect(await queued).toMatchObject({ ok: false, errorMessage: 'The call was aborted' });
    expect(await call({ act: 'echo' })).toMatchObject({ ok: false, errorMessage: 'The call was aborted' });
  });

  it('ignore the signals that end their parent in its own time', async () => {
    const { call } = pool([acts('Acts')]);
    const pid = Number(answer(await call({ act: 'pid' })));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
    expect(answer(await call({ act: 'pid' }))).toBe(pid);
  });

  it.each(['hang', 'spin'])('end with a parent that is killed while they %s', async (act) => {
    const parent = spawn(process.execPath, [fixture('parent.mjs'), fixture('acts.mjs'), JSON.stringify({ act })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: parent.stdout });
    const pid = await new Promise<number>((resolve) => {
      lines.on('line', (line) => resolve(Number(line.split(' ').at(-1))));
    });
    expect(await alive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await gone(pid);
  });
});
