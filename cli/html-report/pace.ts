import type { Measure, Turn } from './turns.ts';

/** The most steps of a chart: more would be thinner than its lines. */
const MOST_STEPS = 120;

/** Lengths of time that people count in, in seconds. */
const niceSeconds = [
  0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400,
];

/** How fast a run went: numbers a second, in steps of equal length from its beginning. */
export interface Pace {
  stepMs: number;
  /** The length of the run. */
  lengthMs: number;
  steps: Record<Measure, number>[];
}

/** The shortest nice length of which at most so many make up the whole; in milliseconds. */
export function niceStepMs(lengthMs: number, most: number): number {
  const seconds = niceSeconds.find((each) => lengthMs / 1_000 / each <= most);
  return (seconds ?? Math.ceil(lengthMs / 1_000 / most / 86_400) * 86_400) * 1_000;
}

/**
 * Spreads what each turn did over the time that it took. A turn tells only its sum, so a step within one is an average.
 * @param most how many steps there may be
 */
export function paceOf(turns: readonly Turn[], fromMs: number, toMs: number, most = MOST_STEPS): Pace {
  const lengthMs = Math.max(1, toMs - fromMs, ...turns.map((turn) => turn.toMs - fromMs));
  const stepMs = niceStepMs(lengthMs, most);
  const steps = Array.from({ length: Math.ceil(lengthMs / stepMs) }, noSums);
  for (const turn of turns) {
    const first = Math.max(0, turn.fromMs - fromMs);
    const last = Math.max(first + 1, turn.toMs - fromMs);
    for (let index = Math.floor(first / stepMs); index * stepMs < last; index += 1) {
      const step = steps[index];
      if (step === undefined) continue;
      const shared = Math.min(last, (index + 1) * stepMs) - Math.max(first, index * stepMs);
      for (const [measure, number] of Object.entries(turn.done) as [Measure, number][]) {
        step[measure] += (number * shared) / (last - first);
      }
    }
  }
  for (const [index, step] of steps.entries()) {
    // The last step may be cut short by the end of the run.
    const seconds = Math.min(stepMs, lengthMs - index * stepMs) / 1_000;
    for (const measure of Object.keys(step) as Measure[]) step[measure] /= seconds;
  }
  return { stepMs, lengthMs, steps };
}

function noSums(): Record<Measure, number> {
  return { read: 0, mapped: 0, passedOver: 0, instanceIds: 0, mappingIds: 0 };
}
