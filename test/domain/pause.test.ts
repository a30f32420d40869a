import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addPauses, isCallForPause, noRestraint, type Restraint, restrain } from '../../domain/pause.ts';

const calm = { workedMs: 1_000, load: 1, obstacle: null, pages: 3, done: false };
const throttled = { ...calm, obstacle: 'DatabaseThrottled', pages: 0 } as const;

describe('a writer', () => {
  it('does not wait where nothing is in the way and all the time is its own', () => {
    expect(restrain(noRestraint(), calm)).toEqual(noRestraint());
  });

  it('waits longer each time that it meets an obstacle, up to a minute, and less again after calm turns', () => {
    const waits: number[] = [];
    let now = noRestraint();
    for (let turns = 0; turns < 9; turns += 1) {
      now = restrain(now, throttled);
      waits.push(now.pauseSeconds);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect(now.fruitless).toBe(9);
    now = restrain(now, calm);
    expect(now).toMatchObject({ pauseSeconds: 0, backoffSeconds: 30, fruitless: 0 });
    expect(restrain(now, throttled).pauseSeconds).toBe(60);
    for (let turns = 0; turns < 6; turns += 1) now = restrain(now, calm);
    expect(restrain(now, throttled).pauseSeconds).toBe(1);
  });

  it('counts as fruitless only the waits between which no page was done', () => {
    const some = restrain(restrain(noRestraint(), throttled), { ...throttled, pages: 1 });
    expect(some.fruitless).toBe(1);
  });

  it('works its share of the time, to the second, whatever turns it takes', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1 }),
        (load, turns) => {
          let now: Restraint = noRestraint();
          let worked = 0;
          for (const workedMs of turns) {
            worked += workedMs;
            now = restrain(now, { ...calm, workedMs, load });
            expect(Number.isInteger(now.pauseSeconds)).toBe(true);
          }
          const rested = now.pauses.reduce((sum, { seconds }) => sum + seconds, 0) * 1_000;
          const due = (worked * (1 - load)) / load;
          // Each turn rounds to a millisecond.
          expect(rested).toBeLessThanOrEqual(due + turns.length);
          expect(rested).toBeGreaterThan(due - 1_000 - turns.length);
        },
      ),
    );
  });

  it('works no more than its share where obstacles end some of its turns', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        fc.array(fc.record({ workedMs: fc.integer({ min: 1, max: 20_000 }), ends: fc.boolean() }), { minLength: 1 }),
        (load, turns) => {
          let now: Restraint = noRestraint();
          let due = 0;
          let waited = 0;
          for (const { workedMs, ends } of turns) {
            due += (workedMs * (1 - load)) / load;
            now = restrain(now, { ...(ends ? throttled : calm), workedMs, load });
            waited += now.pauseSeconds;
            if (ends) expect(now.pauseSeconds).toBeGreaterThanOrEqual(now.backoffSeconds);
          }
          expect(waited * 1_000).toBeGreaterThan(due - 1_000 - turns.length);
          expect(now.pauses.reduce((sum, { seconds }) => sum + seconds, 0)).toBe(waited);
        },
      ),
    );
  });

  it('tells what of a wait is for an obstacle, and what for its share', () => {
    const { pauseSeconds, pauses } = restrain(noRestraint(), { ...throttled, workedMs: 5_000, load: 0.1 });
    expect(pauseSeconds).toBe(45);
    expect(pauses).toEqual([
      { reason: 'load', times: 1, seconds: 44 },
      { reason: 'DatabaseThrottled', times: 1, seconds: 1 },
    ]);
  });

  it('does not wait where nothing follows', () => {
    expect(restrain(noRestraint(), { ...calm, load: 0.1, done: true }).pauseSeconds).toBe(0);
  });

  it('tells each wait with its reason and length', () => {
    let now = restrain(noRestraint(), { ...calm, load: 0.5 });
    now = restrain(now, { ...throttled, obstacle: 'StatementTimeout' });
    now = restrain(now, { ...throttled, obstacle: 'StatementTimeout' });
    expect(now.pauses).toEqual([
      { reason: 'load', times: 1, seconds: 1 },
      { reason: 'StatementTimeout', times: 2, seconds: 3 },
    ]);
    expect(addPauses([now.pauses, now.pauses])).toEqual([
      { reason: 'load', times: 2, seconds: 2 },
      { reason: 'StatementTimeout', times: 4, seconds: 6 },
    ]);
  });

  it('takes locks, timeouts and throttling for a call to wait, and nothing else', () => {
    for (const name of ['DatabaseThrottled', 'DatabaseContention', 'StatementTimeout'])
      expect(isCallForPause(name)).toBe(true);
    for (const name of ['load', 'DatabaseUnavailable', 'LoginRefused', '']) expect(isCallForPause(name)).toBe(false);
  });
});
