import type { Session } from './session.ts';

/** The sessions of one database, and who waits for one. */
interface Lane {
  open: number;
  idle: Session[];
  waiting: (() => void)[];
}

/**
 * The sessions of all databases of a run.
 *
 * One pool for all of them, because a run may visit a thousand cells on one server: a pool for each would keep a
 * thousand idle connections. So each database has a limit for itself, and the idle sessions have one together.
 */
export class SessionPool {
  readonly #perDatabase: number;
  readonly #maxIdle: number;
  readonly #lanes = new Map<string, Lane>();
  /** Sessions in use, with the lane of each. */
  readonly #busy = new Map<Session, Lane>();
  /** Idle sessions, the longest idle first. */
  readonly #idle = new Map<Session, Lane>();
  readonly #ending = new Set<Promise<void>>();
  #closed = false;

  constructor(options: { perDatabase: number; maxIdle: number }) {
    this.#perDatabase = options.perDatabase;
    this.#maxIdle = options.maxIdle;
  }

  /**
   * A session that nobody else uses: an idle one, a new one, or else the next that becomes free.
   * Rejects with the signal's reason when it is aborted while waiting, and with `open`'s error.
   */
  async acquire(key: string, open: () => Promise<Session>, signal: AbortSignal): Promise<Session> {
    const lane = this.#lane(key);
    for (;;) {
      if (signal.aborted) {
        lane.waiting.shift()?.();
        throw signal.reason;
      }
      const session = lane.idle.pop();
      if (session) {
        this.#idle.delete(session);
        if (session.alive) return this.#use(session, lane);
        this.#forget(session, lane);
      } else if (lane.open < this.#perDatabase) {
        return this.#use(await this.#open(open, lane), lane);
      } else {
        await turn(lane, signal);
      }
    }
  }

  /** Gives a session back, to be used again if it still can be. */
  release(session: Session): void {
    const lane = this.#busy.get(session);
    if (!lane) return;
    this.#busy.delete(session);
    if (!session.alive || this.#closed) {
      this.#forget(session, lane);
      return;
    }
    lane.idle.push(session);
    this.#idle.set(session, lane);
    lane.waiting.shift()?.();
    for (const [oldest, itsLane] of this.#idle) {
      if (this.#idle.size <= this.#maxIdle) break;
      this.#idle.delete(oldest);
      itsLane.idle.splice(itsLane.idle.indexOf(oldest), 1);
      this.#forget(oldest, itsLane);
    }
  }

  /** Gives a session back whose statement nobody wants any more: the statement is stopped, the session closed. */
  discard(session: Session): void {
    const lane = this.#busy.get(session);
    if (!lane) return;
    this.#busy.delete(session);
    const ending = session.kill().then(() => {
      this.#forget(session, lane);
      this.#ending.delete(ending);
    });
    this.#ending.add(ending);
  }

  /** Stops every statement, closes every session, and resolves when that is done. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const session of this.#busy.keys()) this.discard(session);
    for (const session of this.#idle.keys()) session.close();
    this.#idle.clear();
    this.#lanes.clear();
    await Promise.all(this.#ending);
  }

  #lane(key: string): Lane {
    const lane = this.#lanes.get(key) ?? { open: 0, idle: [], waiting: [] };
    this.#lanes.set(key, lane);
    return lane;
  }

  async #open(open: () => Promise<Session>, lane: Lane): Promise<Session> {
    lane.open += 1;
    try {
      const session = await open();
      if (!this.#closed) return session;
      session.close();
      throw new Error('The pool is closed');
    } catch (error) {
      lane.open -= 1;
      lane.waiting.shift()?.();
      throw error;
    }
  }

  #use(session: Session, lane: Lane): Session {
    this.#busy.set(session, lane);
    return session;
  }

  #forget(session: Session, lane: Lane): void {
    session.close();
    lane.open -= 1;
    lane.waiting.shift()?.();
  }
}

/** Resolves when a session of the lane may have become free. */
function turn(lane: Lane, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onTurn = () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    const onAbort = () => {
      lane.waiting = lane.waiting.filter((waiter) => waiter !== onTurn);
      reject(signal.reason);
    };
    lane.waiting.push(onTurn);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
