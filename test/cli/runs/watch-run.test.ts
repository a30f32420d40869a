import { setTimeout as delay } from 'node:timers/promises';
import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it } from '@jest/globals';
import type { RunProgress } from '../../../cli/progress.ts';
import { join, run } from '../../../cli/run.ts';
import { findRun } from '../../../cli/runs/find-run.ts';
import { cutOff, watch } from '../harness.ts';
import { type Route, startRoute } from '../route.ts';
import { failFirst, failingSteps, heldSteps, type Stack, startStack } from './stack.ts';

async function startHeld(through?: (url: string) => Promise<string>) {
  let held = { begun: Promise.resolve(), goOn: () => {} };
  const stack = await startStack((write) => {
    const { steps, ...others } = heldSteps(write);
    held = others;
    return steps;
  }, through);
  return { stack, ...held };
}

async function statusOf({ connection }: Stack, executionArn: string) {
  return (await connection.sfn.send(new DescribeExecutionCommand({ executionArn }))).status;
}

describe('watch', () => {
  it('ends with the report and the exit code of the command that started the run', async () => {
    const { stack, begun, goOn } = await startHeld();
    const map = stack.begin('map');
    await begun;
    const watching = stack.begin('watch', 'latest');
    await delay(600);
    goOn();
    const [started, joined] = [await map.ended, await watching.ended];
    expect(joined).toMatchObject({ exitCode: 0, stdout: started.stdout });
    expect(started.stdout).toContain('complete: Every visible instance');
    const [, name] = /^The run is called (map-\S+): watch joins it from elsewhere\.$/m.exec(started.stderr) ?? [];
    expect(joined.stderr).toContain(`Watching ${name} of stack cellmap in us-east-1\n`);
    expect(joined.stderr).toContain('cell2: begun\n');
  });

  it('of a run that has ended tells how it did', async () => {
    const stack = await startStack((write) => failingSteps(write));
    const started = await stack.cellmap('map', '--json');
    expect(started.exitCode).toBe(4);
    expect(await stack.cellmap('watch', 'latest', '--json', '--no-progress')).toEqual({ ...started, stderr: '' });
  });

  it.each(['SIGINT', 'SIGHUP'] as const)(
    'leaves the run alone on %s, and says how to join it again',
    async (signal) => {
      const { stack, begun, goOn } = await startHeld();
      const executionArn = await stack.start('nightly', {});
      await begun;
      const watching = stack.begin('watch', 'nightly', '--stack', 'prod', '--no-progress');
      await delay(500);
      watching.signal(signal);
      expect(await watching.ended).toEqual({
        exitCode: 130,
        stdout: '',
        stderr:
          'The run goes on.\nJoin it: npx cellmap watch nightly --stack prod\nStop it: npx cellmap stop nightly --stack prod\n',
      });
      expect(await statusOf(stack, executionArn)).toBe('RUNNING');
      goOn();
    },
  );

  it('outlasts an endpoint that is away for ten seconds, and says so in one line', async () => {
    let route: Route | undefined;
    const { stack, begun, goOn } = await startHeld(async (url) => {
      route = await startRoute(url);
      return route.url;
    });
    const executionArn = await stack.start('nightly', {});
    await begun;
    const watching = stack.begin('watch', 'nightly');
    await delay(1_000);
    await route?.cut();
    goOn();
    await delay(10_500);
    expect(await statusOf(stack, executionArn)).toBe('SUCCEEDED');
    await route?.mend();
    const { exitCode, stdout, stderr } = await watching.ended;
    await route?.cut();
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('Mapped 20 of 20 instances')]);
    expect(stderr.match(/No answer about the run .* The run itself goes on\./g)).toHaveLength(1);
  });

  it('is not disturbed by throttling, which the SDK waits out', async () => {
    const { stack, goOn } = await startHeld((url) => failFirst(3, 'ThrottlingException', url));
    await stack.start('nightly', {});
    goOn();
    const { exitCode, stderr } = await stack.cellmap('watch', 'nightly');
    expect(exitCode).toBe(0);
    expect(stderr).not.toContain('No answer');
  });
});

describe('a run of which nothing is heard', () => {
  /** A view beside which a minute passes with each look. */
  const watchMinutes = () => {
    let nowMs = Date.now();
    const { view, until } = watch();
    const changed = () => {
      nowMs += 60_000;
      view.changed();
    };
    return { view: { ...view, changed }, until, now: () => nowMs };
  };
  const never = new AbortController().signal;

  it('is left alone after some minutes, and watching ends', async () => {
    const { stack, begun, goOn } = await startHeld();
    await stack.start('nightly', {});
    await begun;
    const found = await findRun(stack.connection, 'nightly');
    cutOff(stack.connection, 'DescribeExecution');
    const { view, until, now } = watchMinutes();
    const told = until(({ notice }) => notice !== null);
    const ending = join(stack.connection, found, { interrupted: never, view, now });
    expect((await told).notice).toBe('No answer about the run (TimeoutError), trying again. The run itself goes on.');
    expect(await ending).toEqual({
      exitCode: 4,
      document: null,
      remark: 'The run is not followed any more: no answer (TimeoutError). The run itself may well go on.',
      goesOn: true,
    });
    goOn();
  });

  it('is followed on where an answer comes in between', async () => {
    const { stack, begun, goOn } = await startHeld();
    await stack.start('nightly', {});
    await begun;
    const found = await findRun(stack.connection, 'nightly');
    cutOff(stack.connection, 'DescribeExecution', 4);
    const { view, until, now } = watchMinutes();
    const recovered = until(({ notice, cells }) => notice === null && cells.length === 2);
    const ending = join(stack.connection, found, { interrupted: never, view, now });
    await recovered;
    goOn();
    expect(await ending).toMatchObject({ exitCode: 0, goesOn: false });
  });

  it('is left at once where AWS refuses to tell', async () => {
    const { stack, goOn } = await startHeld();
    await stack.start('nightly', {});
    const found = await findRun(stack.connection, 'nightly');
    const refused = Object.assign(new Error('no'), { name: 'AccessDeniedException', $fault: 'client' });
    const connection = { ...stack.connection, sfn: { send: () => Promise.reject(refused) } as never };
    const ending = join(connection, found, { interrupted: never, view: watch().view });
    expect(await ending).toMatchObject({ exitCode: 4, remark: expect.stringContaining('(AccessDeniedException)') });
    goOn();
  });

  it('is left at once by a person who does not want to wait for an answer', async () => {
    const { stack, goOn } = await startHeld();
    await stack.start('nightly', {});
    const found = await findRun(stack.connection, 'nightly');
    const wish = new AbortController();
    const asked = Promise.withResolvers<void>();
    const send = () => {
      asked.resolve();
      return new Promise(() => {});
    };
    const connection = { ...stack.connection, sfn: { send } as never };
    const ending = join(connection, found, { interrupted: wish.signal, view: watch().view });
    await asked.promise;
    wish.abort('SIGINT');
    expect(await ending).toMatchObject({ exitCode: 130, remark: 'The run goes on.' });
    goOn();
  });

  it('is told to wait for a new login where the old one is over', async () => {
    const { stack, begun, goOn } = await startHeld();
    await stack.start('nightly', {});
    await begun;
    const found = await findRun(stack.connection, 'nightly');
    const expired = Object.assign(new Error('no'), { name: 'ExpiredTokenException', $fault: 'client' });
    const { sfn } = stack.connection;
    let left = 2;
    const send = (command: never) => (left-- > 0 ? Promise.reject(expired) : sfn.send(command));
    const { view, until } = watch();
    const told = until(({ notice }) => notice?.startsWith('The AWS login has expired: log in again') ?? false);
    const ending = join({ ...stack.connection, sfn: { send } as never }, found, { interrupted: never, view });
    await told;
    goOn();
    expect(await ending).toMatchObject({ exitCode: 0 });
  });
});

describe('a terminal that is closed', () => {
  const hangUp = (progress: Promise<RunProgress>, wish: AbortController) => progress.then(() => wish.abort('SIGHUP'));

  it('leaves a run alone that goes on without it', async () => {
    const { stack, goOn } = await startHeld();
    const { view, until } = watch();
    const wish = new AbortController();
    const connection = { ...stack.connection, outlivesCommand: true };
    const ending = run(connection, {}, { interrupted: wish.signal, view, name: 'map-1' });
    await hangUp(
      until(({ cells }) => cells[1]?.state === 'running'),
      wish,
    );
    expect(await ending).toMatchObject({ exitCode: 130, document: null, remark: 'The run goes on.', goesOn: true });
    expect((await findRun(stack.connection, 'map-1')).running).toBe(true);
    goOn();
  });

  it('stops a run that would be left without its machine', async () => {
    const { stack } = await startHeld();
    const { view, until } = watch();
    const wish = new AbortController();
    const ending = run(stack.connection, {}, { interrupted: wish.signal, view, name: 'map-1' });
    await hangUp(
      until(({ cells }) => cells[1]?.state === 'running'),
      wish,
    );
    expect(await ending).toMatchObject({ exitCode: 130, document: { status: 'stopped' }, goesOn: false });
    expect((await findRun(stack.connection, 'map-1')).description.status).toBe('ABORTED');
  });
});
