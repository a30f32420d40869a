import { describe, expect, it } from '@jest/globals';
import { SessionPool } from '../../../local/data-api/pool.ts';
import type { Session } from '../../../local/data-api/session.ts';

class FakeSession implements Session {
  alive = true;
  killed = false;
  run = () => Promise.resolve(0);
  kill = async () => {
    this.killed = true;
  };
  close = () => {
    this.alive = false;
  };
}

/** A pool, with the sessions that it opened. */
function newPool(limits: { perDatabase: number; maxIdle: number }) {
  const sessions: FakeSession[] = [];
  const pool = new SessionPool(limits);
  const open = async () => {
    const session = new FakeSession();
    sessions.push(session);
    return session;
  };
  const signal = new AbortController().signal;
  const acquire = (key: string, stop = signal) => pool.acquire(key, open, stop);
  return { pool, sessions, acquire };
}

describe('SessionPool', () => {
  it('keeps so many idle sessions for all databases together, the latest used', async () => {
    const { pool, sessions, acquire } = newPool({ perDatabase: 2, maxIdle: 3 });
    for (let cell = 0; cell < 1_000; cell += 1) pool.release(await acquire(`cell${cell}`));
    expect(sessions.flatMap(({ alive }, index) => (alive ? [index] : []))).toEqual([997, 998, 999]);
    expect(await acquire('cell998')).toBe(sessions[998]);
  });

  it('hands a session that becomes free to the one who waited longest', async () => {
    const { pool, sessions, acquire } = newPool({ perDatabase: 1, maxIdle: 1 });
    const session = await acquire('a');
    const order: string[] = [];
    const waiters = ['first', 'second'].map(async (name) => {
      const mine = await acquire('a');
      order.push(name);
      pool.release(mine);
    });
    pool.release(session);
    await Promise.all(waiters);
    expect(order).toEqual(['first', 'second']);
    expect(sessions).toHaveLength(1);
  });

  it('gives the place of a discarded session to the next, after its statement was stopped', async () => {
    const { pool, sessions, acquire } = newPool({ perDatabase: 1, maxIdle: 1 });
    const session = await acquire('a');
    const next = acquire('a');
    pool.discard(session);
    expect(await next).toBe(sessions[1]);
    expect(sessions[0]).toMatchObject({ killed: true, alive: false });
  });

  it('lets a waiting caller go, and passes its turn on', async () => {
    const { pool, sessions, acquire } = newPool({ perDatabase: 1, maxIdle: 1 });
    const session = await acquire('a');
    const stop = new AbortController();
    const impatient = acquire('a', stop.signal);
    const patient = acquire('a');
    pool.release(session);
    stop.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    expect(await patient).toBe(sessions[0]);
  });

  it('passes the turn on when no session can be opened', async () => {
    const { pool, acquire } = newPool({ perDatabase: 1, maxIdle: 1 });
    const refused = pool.acquire('a', () => Promise.reject(new Error('refused')), new AbortController().signal);
    const next = acquire('a');
    await expect(refused).rejects.toThrow('refused');
    expect(await next).toBeInstanceOf(FakeSession);
  });

  it('does not use a session again that was lost', async () => {
    const { pool, sessions, acquire } = newPool({ perDatabase: 1, maxIdle: 1 });
    const session = await acquire('a');
    pool.release(session);
    (session as FakeSession).alive = false;
    expect(await acquire('a')).toBe(sessions[1]);
  });

  it('stops what runs when it closes, and closes what was opened meanwhile', async () => {
    const { pool, sessions, acquire } = newPool({ perDatabase: 2, maxIdle: 2 });
    await acquire('a');
    pool.release(await acquire('b'));
    const late = acquire('a');
    await pool.close();
    await expect(late).rejects.toThrow('The pool is closed');
    expect(sessions[0]).toMatchObject({ killed: true });
    expect(sessions.filter(({ alive }) => alive)).toEqual([]);
  });
});
