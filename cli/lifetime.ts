import { exitCodes } from './command-error.ts';

/** Npm passes a signal on to a child that the terminal has told already: two so close together are one wish. */
const SAME_WISH_MS = 1_000;

/** How long a hurried end waits for what is still open, in milliseconds. */
const HURRY_MS = 3_000;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Signal = (typeof SIGNALS)[number];

/** What of a process a {@link Lifetime} needs. */
export interface SignalledProcess {
  on(signal: Signal, listener: (signal: Signal) => void): unknown;
  off(signal: Signal, listener: (signal: Signal) => void): unknown;
  exit(code: number): void;
}

/**
 * What a command holds open, and a person's wish to end it.
 *
 * The first Ctrl-C (or the end of the terminal) aborts `interrupted`, and the command ends in its own time; the second
 * closes what is open and leaves; the third leaves at once.
 */
export class Lifetime {
  readonly #process: SignalledProcess;
  readonly #now: () => number;
  readonly #interruption = new AbortController();
  readonly #open: (() => Promise<void>)[] = [];
  readonly #listener = (signal: Signal) => this.#signalled(signal);
  #closing: Promise<void> | null = null;
  #leaving = false;
  #lastWishMs = Number.NEGATIVE_INFINITY;

  constructor(signalled: SignalledProcess, now: () => number = Date.now) {
    this.#process = signalled;
    this.#now = now;
    for (const signal of SIGNALS) signalled.on(signal, this.#listener);
  }

  /** Aborted by the first SIGINT, SIGTERM or SIGHUP; its reason is the signal's name (see {@link isHangUp}). */
  get interrupted(): AbortSignal {
    return this.#interruption.signal;
  }

  /** Registers what {@link close} has to close; the last one is closed first. */
  onClose(close: () => Promise<void>): void {
    this.#open.push(close);
  }

  /** Registers what is being opened, so that a close at this moment waits for it; returns it when it is open. */
  open<Opened>(opening: Promise<Opened>, close: (opened: Opened) => Promise<void>): Promise<Opened> {
    this.onClose(async () => close(await opening));
    return opening;
  }

  /** Closes all that is open, whatever fails at it. The signals are listened to until it is done. */
  async close(): Promise<void> {
    await this.#closeAll();
    for (const signal of SIGNALS) this.#process.off(signal, this.#listener);
  }

  /** Ends the command now: closes what is open, but does not wait long for it, and exits. */
  leave(exitCode: number): void {
    if (this.#leaving) return;
    this.#leaving = true;
    const late = setTimeout(() => this.#process.exit(exitCode), HURRY_MS);
    void this.#closeAll().finally(() => {
      clearTimeout(late);
      this.#process.exit(exitCode);
    });
  }

  #closeAll(): Promise<void> {
    this.#closing ??= this.#closeEach().finally(() => {
      this.#closing = null;
    });
    return this.#closing;
  }

  async #closeEach(): Promise<void> {
    for (let close = this.#open.pop(); close !== undefined; close = this.#open.pop()) {
      await close().catch(() => undefined);
    }
  }

  #signalled(signal: Signal): void {
    const now = this.#now();
    if (now - this.#lastWishMs < SAME_WISH_MS) return;
    this.#lastWishMs = now;
    if (!this.#interruption.signal.aborted) this.#interruption.abort(signal);
    else if (!this.#leaving) this.leave(exitCodes.stopped);
    else this.#process.exit(exitCodes.stopped);
  }
}

/** Whether a command was interrupted because its terminal was closed: nobody has asked for the end of what it does. */
export function isHangUp(interrupted: AbortSignal): boolean {
  return interrupted.aborted && interrupted.reason === ('SIGHUP' satisfies Signal);
}

/** What the work comes to, unless the signal aborts before: then it is rejected with the signal's reason. */
export function orAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    // Work that nobody waits for any more may fail as it likes.
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Waits, or less when the signal aborts; never throws. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end, { once: true });
  });
}
