/** How far back a pace looks, in milliseconds: turns of up to 20 s must not show as standstill and leap. */
const WINDOW_MS = 60_000;

/** Below this part of the work nothing is said of the time left: a first small cell would foretell hours. */
const LEAST_FRACTION = 0.02;

interface Observation {
  atMs: number;
  /** Instances worked. */
  done: number;
  /** The part of all work that is done, from 0 to 1; null where it is not known. */
  fraction: number | null;
}

/** How fast something goes on, smoothed over the last minute. Times are in milliseconds of any one clock. */
export class Pace {
  #observations: Observation[];

  constructor(startMs: number) {
    this.#observations = [{ atMs: startMs, done: 0, fraction: 0 }];
  }

  /** Notes how far it has come; nothing new is no observation. */
  observe(atMs: number, done: number, fraction: number | null): void {
    const last = this.#observations.at(-1);
    if (last && last.done === done && last.fraction === fraction) return;
    this.#observations.push({ atMs, done, fraction });
    // One observation from before the window stays, as the place from which the window is measured.
    while ((this.#observations[1]?.atMs ?? atMs) < atMs - WINDOW_MS) this.#observations.shift();
  }

  /** Instances a second, or null while it cannot be told. */
  rate(): number | null {
    const [first, last] = this.#ends();
    return last.atMs > first.atMs && last.done > first.done
      ? ((last.done - first.done) * 1_000) / (last.atMs - first.atMs)
      : null;
  }

  /** How much longer it takes, in milliseconds, or null while it cannot be told. */
  leftMs(nowMs: number): number | null {
    const [first, last] = this.#ends();
    if (last.fraction === null || last.fraction < LEAST_FRACTION) return null;
    if (first.fraction === null || last.fraction <= first.fraction) return null;
    const msPerWhole = (last.atMs - first.atMs) / (last.fraction - first.fraction);
    return Math.max(0, (1 - last.fraction) * msPerWhole - (nowMs - last.atMs));
  }

  #ends(): [Observation, Observation] {
    const first = this.#observations[0] as Observation;
    return [first, this.#observations.at(-1) ?? first];
  }
}
