import { EventEmitter } from 'node:events';
import { describe, expect, it, jest } from '@jest/globals';
import { isHangUp, Lifetime, orAborted, pause } from '../../cli/lifetime.ts';

/** A process that is told signals by a test, and a clock that the test moves. */
function makeProcess() {
  const exited = Promise.withResolvers<number>();
  const signalled = Object.assign(new EventEmitter(), { exit: (code: number) => exited.resolve(code) });
  const clock = { ms: 0 };
  return { signalled, clock, exited: exited.promise, lifetime: new Lifetime(signalled, () => clock.ms) };
}

describe('a lifetime', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('is interrupted by the first %s and does not exit by itself', (signal) => {
    const { signalled, lifetime } = makeProcess();
    const exit = jest.spyOn(signalled, 'exit');
    signalled.emit(signal);
    expect(lifetime.interrupted.aborted).toBe(true);
    expect(exit).not.toHaveBeenCalled();
  });

  it.each([
    ['SIGINT', false],
    ['SIGTERM', false],
    ['SIGHUP', true],
  ])('tells of %s whether only the terminal was closed: %s', (signal, hungUp) => {
    const { signalled, lifetime } = makeProcess();
    expect(isHangUp(lifetime.interrupted)).toBe(false);
    signalled.emit(signal, signal);
    expect(isHangUp(lifetime.interrupted)).toBe(hungUp);
  });

  it('takes signals within a second for one, as npm repeats what the terminal sent', () => {
    const { signalled, clock, lifetime } = makeProcess();
    let closed = false;
    lifetime.onClose(async () => {
      closed = true;
    });
    signalled.emit('SIGINT');
    clock.ms = 999;
    signalled.emit('SIGINT');
    expect(closed).toBe(false);
  });

  it('closes what is open and exits with 130 on a second wish', async () => {
    const { signalled, clock, lifetime, exited } = makeProcess();
    const closed: string[] = [];
    lifetime.onClose(async () => void closed.push('first'));
    lifetime.onClose(async () => void closed.push('second'));
    signalled.emit('SIGINT');
    clock.ms = 1_000;
    signalled.emit('SIGINT');
    expect(await exited).toBe(130);
    expect(closed).toEqual(['second', 'first']);
  });

  it('exits on a third wish although something does not close', async () => {
    const { signalled, clock, lifetime, exited } = makeProcess();
    const stuck = Promise.withResolvers<void>();
    lifetime.onClose(() => stuck.promise);
    for (clock.ms = 0; clock.ms <= 2_000; clock.ms += 1_000) signalled.emit('SIGINT');
    expect(await exited).toBe(130);
    stuck.resolve();
  });

  it('closes what is just being opened before it leaves, and exits once with the first code', async () => {
    const { signalled, lifetime, exited } = makeProcess();
    const exit = jest.spyOn(signalled, 'exit');
    const opening = Promise.withResolvers<string>();
    const closed: string[] = [];
    const opened = lifetime.open(opening.promise, async (what) => void closed.push(what));
    lifetime.leave(4);
    lifetime.leave(130);
    expect(exit).not.toHaveBeenCalled();
    opening.resolve('folder');
    expect([await exited, await opened, closed]).toEqual([4, 'folder', ['folder']]);
    expect(exit).toHaveBeenCalledTimes(1);
  });

  it('does not leave before a close that is under way is done', async () => {
    const { signalled, lifetime, exited } = makeProcess();
    const exit = jest.spyOn(signalled, 'exit');
    const closing = Promise.withResolvers<void>();
    lifetime.onClose(() => closing.promise);
    const closed = lifetime.close();
    lifetime.leave(4);
    await new Promise(setImmediate);
    expect(exit).not.toHaveBeenCalled();
    closing.resolve();
    await closed;
    expect(await exited).toBe(4);
  });

  it('closes all although one fails, once, and no longer listens then', async () => {
    const { signalled, lifetime } = makeProcess();
    let closed = 0;
    lifetime.onClose(async () => {
      closed += 1;
    });
    lifetime.onClose(() => Promise.reject(new Error('stuck')));
    await lifetime.close();
    await lifetime.close();
    expect(closed).toBe(1);
    expect(signalled.eventNames()).toEqual([]);
  });
});

it('a pause ends when it is interrupted', async () => {
  const wish = new AbortController();
  const pausing = pause(3_600_000, wish.signal);
  wish.abort();
  await expect(pausing).resolves.toBeUndefined();
  await expect(pause(3_600_000, wish.signal)).resolves.toBeUndefined();
});

it('work that is waited for is given up when a signal aborts, and its own end counts where it comes first', async () => {
  const wish = new AbortController();
  const { promise, reject } = Promise.withResolvers<number>();
  const waiting = orAborted(promise, wish.signal);
  wish.abort('enough');
  await expect(waiting).rejects.toBe('enough');
  reject(new Error('nobody waits for this any more'));
  await expect(orAborted(Promise.resolve(1), wish.signal)).rejects.toBe('enough');
  const never = new AbortController().signal;
  await expect(orAborted(Promise.resolve(1), never)).resolves.toBe(1);
  await expect(orAborted(Promise.reject(new Error('no')), never)).rejects.toThrow('no');
});
