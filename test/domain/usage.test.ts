import { describe, expect, it } from '@jest/globals';
import { estimateMap } from '../../domain/estimate.ts';
import { addUsage, costOf, dataApiUnits, noUsage } from '../../domain/usage.ts';

const usage = { transitions: 4, lambdaRequests: 2, lambdaMbMs: 256_000, dataApiRequests: 3, dataApiUnits: 5 };

describe('the usage of a run', () => {
  it('counts a request of the Data API once for every 32 KB, and at least once', () => {
    expect([0, 1, 32_768, 32_769, 65_537].map(dataApiUnits)).toEqual([1, 1, 1, 2, 3]);
  });

  it('adds up, what nobody counted left out', () => {
    expect(addUsage([usage, undefined, usage])).toEqual({
      transitions: 8,
      lambdaRequests: 4,
      lambdaMbMs: 512_000,
      dataApiRequests: 6,
      dataApiUnits: 10,
    });
  });

  it('costs what the prices say, each by its own unit', () => {
    const prices = { stateTransition: 1, lambdaRequest: 10, lambdaGbSecond: 100, dataApiUnit: 1_000 };
    expect(costOf(usage, prices)).toEqual({
      transitions: 4,
      lambdaRequests: 2,
      lambdaGbSeconds: 0.25,
      dataApiRequests: 3,
      dataApiUnits: 5,
      estimatedDollars: 4 + 20 + 25 + 5_000,
    });
  });
});

describe('the estimate of what map will use', () => {
  it('is what the plan used where nothing is to be inserted', () => {
    expect(estimateMap(usage, 0, 256)).toEqual(usage);
  });

  it('grows with the rows to insert', () => {
    const small = estimateMap(noUsage(), 1_000, 256);
    const large = estimateMap(noUsage(), 10_000_000, 256);
    expect(small).toMatchObject({ dataApiRequests: 1, transitions: 0 });
    expect(large.dataApiRequests).toBe(5_000);
    expect(large.dataApiUnits).toBeGreaterThan(large.dataApiRequests);
    expect(large.transitions).toBeGreaterThan(0);
  });
});
