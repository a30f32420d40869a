import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { niceStepMs, paceOf } from '../../../cli/html-report/pace.ts';
import { STARTED_MS, turn } from './facts.ts';

const anyTurn = fc
  .record({ from: fc.nat(5_000), took: fc.nat(5_000), read: fc.nat(1_000_000) })
  .map(({ from, took, read }) => turn(from, from + took, read, Math.floor(read / 2)));

describe('a pace', () => {
  it('spreads a turn over the time that it took', () => {
    const { stepMs, steps } = paceOf([turn(2, 6, 400, 100)], STARTED_MS, STARTED_MS + 10_000, 10);
    expect(stepMs).toBe(1_000);
    expect(steps.map(({ read }) => read)).toEqual([0, 0, 100, 100, 100, 100, 0, 0, 0, 0]);
    expect(steps.map(({ mapped }) => mapped)).toEqual([0, 0, 25, 25, 25, 25, 0, 0, 0, 0]);
  });

  it('adds up what ranges did side by side', () => {
    const { steps } = paceOf([turn(0, 2, 200), turn(1, 2, 50)], STARTED_MS, STARTED_MS + 2_000, 2);
    expect(steps.map(({ read }) => read)).toEqual([100, 150]);
  });

  it('holds as many instances as were counted, in few enough steps, whatever the turns', () => {
    fc.assert(
      fc.property(
        fc.array(anyTurn, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 9_000 }),
        (turns, length) => {
          const { stepMs, steps, lengthMs } = paceOf(turns, STARTED_MS, STARTED_MS + length * 1_000);
          expect(steps.length).toBeLessThanOrEqual(120);
          const sum = steps.reduce((all, { read }, index) => {
            return all + (read * Math.min(stepMs, lengthMs - index * stepMs)) / 1_000;
          }, 0);
          const counted = turns.reduce((all, { done }) => all + (done.read ?? 0), 0);
          expect(Math.abs(sum - counted)).toBeLessThanOrEqual(1e-6 * counted + 1e-6);
        },
      ),
    );
  });
});

it('steps are lengths of time that people count in, up to runs of many days', () => {
  expect(niceStepMs(12_000, 6)).toBe(2_000);
  expect(niceStepMs(100_000, 120)).toBe(1_000);
  expect(niceStepMs(40 * 86_400_000, 6)).toBe(7 * 86_400_000);
});
