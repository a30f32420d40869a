import { describe, expect, it } from '@jest/globals';
import { costLines, pauseLines } from '../../../cli/report/costs.ts';

describe('the lines about pauses', () => {
  it('say how often and how long all writers waited, and why', () => {
    const cells = [
      { pauses: [{ reason: 'load' as const, times: 3, seconds: 70 }] },
      { pauses: [] },
      {
        pauses: [
          { reason: 'load' as const, times: 1, seconds: 5 },
          { reason: 'StatementTimeout' as const, times: 1, seconds: 2 },
        ],
      },
    ];
    expect(pauseLines(cells, false)).toEqual([
      'Writers waited 4 times, 1 min 15 s in all, for --load.',
      'Writers waited 1 time, 2 s in all, because a statement took too long.',
    ]);
  });

  it('are none where nobody waited', () => {
    expect(pauseLines([{ pauses: [] }], false)).toEqual([]);
  });
});

describe('the line about costs', () => {
  const cost = { transitions: 1_200, lambdaRequests: 9, lambdaGbSeconds: 3.4, dataApiRequests: 8, dataApiUnits: 1 };

  it.each([
    [12.345, '$12.35'],
    [0.0123, '$0.012'],
    [0.0000456, '$0.000046'],
  ])('tells $%d as %s, and what it is made of', (estimatedDollars, text) => {
    expect(costLines('It costs', { ...cost, estimatedDollars }, false)).toEqual([
      `It costs some ${text} on AWS: 1,200 state transitions, 3 GB-seconds of Lambda, 1 Data API request of 32 KB.`,
    ]);
  });

  it('is none where nobody counted', () => {
    expect(costLines('It costs', undefined, false)).toEqual([]);
  });
});
