import { setTimeout } from 'node:timers/promises';

/** Node fires a longer timer at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Waits in real time; rejects when the signal aborts. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= MAX_TIMER_MS) {
    await setTimeout(Math.min(leftMs, MAX_TIMER_MS), undefined, { signal });
  }
}
