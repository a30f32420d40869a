/** Why a writer waited: `load` is its own share of the time (--load); the others are the names of errors. */
export const pauseReasons = ['load', 'DatabaseThrottled', 'DatabaseContention', 'StatementTimeout'] as const;

/** One of {@link pauseReasons}. */
export type PauseReason = (typeof pauseReasons)[number];

/** All waits of a cell for one reason. */
export interface Pause {
  reason: PauseReason;
  times: number;
  seconds: number;
}

/** The errors that say: not so fast. A writer that meets one waits, and longer each time. */
export function isCallForPause(name: string): name is Exclude<PauseReason, 'load'> {
  return name !== 'load' && pauseReasons.some((reason) => reason === name);
}

/** The longest wait for an obstacle, in seconds. */
const LONGEST_BACKOFF_SECONDS = 60;

/** How often in a row a writer waits without getting a page done before that is an error: some four minutes. */
export const MOST_FRUITLESS_PAUSES = 8;

/** How a writer that goes over a range holds back; it travels in the machine's state. */
export interface Restraint {
  /** How long to wait before the next turn, in whole seconds as a Wait state takes them. */
  pauseSeconds: number;
  /** The last wait for an obstacle; half of it after each calm turn, twice after each that met one. */
  backoffSeconds: number;
  /** Waits in a row between which no page was done. */
  fruitless: number;
  /** What --load still owes, in milliseconds: less than a second after each wait. */
  owedMs: number;
  /** What the waits so far add up to. */
  pauses: Pause[];
}

/** A writer that has not waited yet. */
export function noRestraint(): Restraint {
  return { pauseSeconds: 0, backoffSeconds: 0, fruitless: 0, owedMs: 0, pauses: [] };
}

/** What a turn was like. */
export interface TurnCourse {
  workedMs: number;
  /** The share of the time in which the writer may work, above 0 and up to 1. */
  load: number;
  /** The obstacle that ended it. */
  obstacle: Exclude<PauseReason, 'load'> | null;
  /** Pages that were done. */
  pages: number;
  /** Nothing follows: a wait would be for nothing. */
  done: boolean;
}

/**
 * How long a writer waits after a turn: so long that it worked its share of the time, and for an obstacle at least one
 * second, twice as long each time up to a minute, and half as long again after each calm turn.
 */
export function restrain(now: Restraint, turn: TurnCourse): Restraint {
  const { obstacle } = turn;
  const calm = obstacle === null;
  const backoffSeconds = calm
    ? Math.floor(now.backoffSeconds / 2)
    : Math.min(LONGEST_BACKOFF_SECONDS, Math.max(1, now.backoffSeconds * 2));
  if (calm && turn.done) return { ...now, pauseSeconds: 0, backoffSeconds, fruitless: 0 };
  const owedMs = now.owedMs + Math.round((turn.workedMs * (1 - turn.load)) / turn.load);
  const forObstacle = calm ? 0 : backoffSeconds;
  // A wait for an obstacle is a rest as well.
  const forLoad = Math.max(0, Math.floor(owedMs / 1000) - forObstacle);
  const pauseSeconds = forObstacle + forLoad;
  return {
    pauseSeconds,
    backoffSeconds,
    fruitless: calm ? 0 : turn.pages > 0 ? 1 : now.fruitless + 1,
    owedMs: Math.max(0, owedMs - pauseSeconds * 1000),
    pauses: addPauses([
      now.pauses,
      calm ? [] : [{ reason: obstacle, times: 1, seconds: forObstacle }],
      forLoad === 0 ? [] : [{ reason: 'load', times: 1, seconds: forLoad }],
    ]),
  };
}

/** The sum of pauses, one a reason. */
export function addPauses(parts: Iterable<readonly Pause[]>): Pause[] {
  const sums = new Map<PauseReason, Pause>();
  for (const part of parts) {
    for (const { reason, times, seconds } of part) {
      const sum = sums.get(reason);
      sums.set(reason, { reason, times: (sum?.times ?? 0) + times, seconds: (sum?.seconds ?? 0) + seconds });
    }
  }
  return pauseReasons.flatMap((reason) => sums.get(reason) ?? []);
}
