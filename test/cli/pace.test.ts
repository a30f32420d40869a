import { describe, expect, it } from '@jest/globals';
import { Pace } from '../../cli/pace.ts';

describe('a pace', () => {
  it('knows nothing before the second observation', () => {
    const pace = new Pace(0);
    expect([pace.rate(), pace.leftMs(0)]).toEqual([null, null]);
  });

  it('tells instances a second and the time left', () => {
    const pace = new Pace(0);
    pace.observe(10_000, 5_000, 0.25);
    expect(pace.rate()).toBe(500);
    expect(pace.leftMs(10_000)).toBe(30_000);
  });

  it('counts the time left down while nothing new is seen, but not below zero', () => {
    const pace = new Pace(0);
    pace.observe(10_000, 5_000, 0.5);
    pace.observe(14_000, 5_000, 0.5);
    expect(pace.leftMs(14_000)).toBe(6_000);
    expect(pace.leftMs(60_000)).toBe(0);
  });

  it('forgets what is more than a minute old', () => {
    const pace = new Pace(0);
    pace.observe(1_000, 100_000, 0.5);
    for (let second = 2; second <= 120; second += 1) pace.observe(second * 1_000, 100_000 + second, 0.5);
    expect(pace.rate()).toBeCloseTo(1);
  });

  it('foretells nothing from the first crumbs of the work', () => {
    const pace = new Pace(0);
    pace.observe(3_000, 300, 0.005);
    expect(pace.leftMs(3_000)).toBeNull();
  });

  it('foretells nothing where the size of the work is not known', () => {
    const pace = new Pace(0);
    pace.observe(3_000, 300, null);
    expect([pace.rate(), pace.leftMs(3_000)]).toEqual([100, null]);
  });
});
