import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { latencies } from '../../bench/latencies.ts';
import { median, percentile, spread } from '../../bench/statistics.ts';

const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 });

describe('the median', () => {
  it('is the middle one in order, not in place', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 9, 100])).toBe(10);
    expect(median([1, 100, 4, 2])).toBe(3);
  });

  it('has as many values below as above it, give or take one', () => {
    fc.assert(
      fc.property(values, (some) => {
        const middle = median(some);
        if (some.length % 2 === 1) expect(some).toContain(middle);
        expect(some.filter((value) => value < middle).length).toBeLessThanOrEqual(some.length / 2);
        expect(some.filter((value) => value > middle).length).toBeLessThanOrEqual(some.length / 2);
      }),
    );
  });

  it('of nothing is not a number', () => {
    expect(median([])).toBeNaN();
  });
});

describe('a percentile', () => {
  it('leaves at most that share of the values above it', () => {
    const some = Array.from({ length: 1000 }, (_, index) => 1000 - index);
    expect(percentile(some, 0.5)).toBe(501);
    expect(percentile(some, 0.99)).toBe(991);
    expect(percentile(some, 1)).toBe(1000);
  });

  it('is one of the values and within their spread', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (some, share) => {
        const [low, high] = spread(some);
        const found = percentile(some, share);
        expect(some).toContain(found);
        expect(found).toBeGreaterThanOrEqual(low);
        expect(found).toBeLessThanOrEqual(high);
      }),
    );
  });
});

it('latencies count the failed ones apart', () => {
  expect(latencies([3, 1, 2], 4)).toEqual({ number: 3, failed: 4, p50: 2, p99: 3, max: 3 });
});
