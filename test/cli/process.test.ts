import { EventEmitter } from 'node:events';
import { describe, expect, it, jest } from '@jest/globals';
import { runProcess } from '../../cli/process.ts';
import { makeTerminal } from './harness.ts';

/** A process with a command line, whose events a test emits. */
function makeProcess(argv: string[], channel?: { unref(): void }) {
  const exited = Promise.withResolvers<number>();
  const { stdout, stderr, written } = makeTerminal();
  const process = Object.assign(new EventEmitter(), {
    argv: ['node', 'cellmap', ...argv],
    stdout: Object.assign(new EventEmitter(), stdout),
    stderr: Object.assign(new EventEmitter(), stderr),
    env: {},
    channel,
    exitCode: undefined as number | undefined,
    exit: (code: number) => exited.resolve(code),
  });
  return { process, written, exited: exited.promise, run: () => runProcess(process as unknown as NodeJS.Process) };
}

const failing = (code: string) => Object.assign(new Error('mysql://nova:s3cret@db'), { code });

describe('the process of a command', () => {
  it('ends with the exit code of the command', async () => {
    const { process, run } = makeProcess(['map', '--max-count', '0']);
    await run();
    expect(process.exitCode).toBe(127);
  });

  it('ends with 4 and one line, without a secret, when something crashes', async () => {
    const { process, written, exited, run } = makeProcess(['--version']);
    await run();
    process.emit('uncaughtException', failing('EBADF'));
    expect(await exited).toBe(4);
    expect(written.stderr).toBe(
      'cellmap: Something failed that nobody foresaw (Error, EBADF). CELLMAP_DEBUG=1 shows where.\n',
    );
  });

  it('ends with 4 when its output cannot be written', async () => {
    const { process, written, exited, run } = makeProcess(['--version']);
    await run();
    process.stdout.emit('error', failing('ENOSPC'));
    expect(await exited).toBe(4);
    expect(written.stderr).toBe('cellmap: The output cannot be written (ENOSPC).\n');
  });

  it('takes a reader that has gone for no failure, nor a terminal that was closed', async () => {
    const { process, written, run } = makeProcess(['--version']);
    const running = run();
    process.stdout.emit('error', failing('EPIPE'));
    for (const code of ['EPIPE', 'ENOSPC', 'EIO']) process.stderr.emit('error', failing(code));
    process.emit('SIGHUP');
    process.stdout.emit('error', failing('EIO'));
    await running;
    expect([process.exitCode, written.stderr]).toEqual([130, 'Stopped.\n']);
  });

  it('ends with 130 when its channel closes, and does not wait for that', async () => {
    const unref = jest.fn();
    const { process, exited, run } = makeProcess(['--version'], { unref });
    await run();
    expect(unref).toHaveBeenCalledTimes(1);
    process.emit('disconnect');
    expect(await exited).toBe(130);
  });
});
