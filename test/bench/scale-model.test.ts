import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { limitsOf, needsOf, QUOTAS, RUN_TIMEOUT_SECONDS, turnsFor } from '../../bench/scale-model.ts';
import { HUGE_CLOUD, SCALE_PAGE, scalePage } from '../../bench/scale-page.ts';
import { MAX_CELLS, MAX_WRITERS, turnMs } from '../../contract/defaults.ts';
import { MAX_EVENTS } from '../../local/step-functions/history.ts';
import { MAX_PAYLOAD_BYTES } from '../../local/step-functions/payload.ts';

it('docs/scale.md says what the code does (npm run render writes it)', () => {
  expect(readFileSync(SCALE_PAGE, 'utf8')).toBe(scalePage());
});

it('goes by the quotas that the local Step Functions enforces', () => {
  expect(QUOTAS.historyEvents).toBe(MAX_EVENTS);
  expect(QUOTAS.payloadBytes).toBe(MAX_PAYLOAD_BYTES);
});

describe('what a run needs', () => {
  it('counts turns as long as the functions work them', () => {
    expect(turnsFor(1)).toBe(1);
    expect(turnsFor(turnMs(0))).toBe(1);
    expect(turnsFor(turnMs(0) + 1)).toBe(2);
    expect(turnsFor(turnMs(0) + turnMs(1) + turnMs(2) + 2 * turnMs(3))).toBe(5);
  });

  it('takes as long as the database does, however many writers there are', () => {
    const hours = (writers: number) => needsOf({ ...HUGE_CLOUD, writers }).hours;
    expect(hours(40)).toBeCloseTo(hours(20), 1);
    expect(hours(1)).toBeGreaterThan(2 * hours(4));
  });

  it('keeps every limit for a thousand cells and a billion instances', () => {
    for (const { what, needed, limit } of limitsOf(HUGE_CLOUD)) expect([what, needed < limit]).toEqual([what, true]);
  });

  it('keeps the limits of payloads for the most cells and the most writers that a run may have', () => {
    const most = { ...HUGE_CLOUD, cells: MAX_CELLS, writers: MAX_WRITERS };
    const { listBytes, childrenBytes } = needsOf(most);
    expect(Math.max(listBytes, childrenBytes)).toBeLessThan(MAX_PAYLOAD_BYTES);
    expect(needsOf({ ...most, cells: 1 }).rangesBytes).toBeLessThan(MAX_PAYLOAD_BYTES);
  });

  it('gives way first where Nova has too few ids, then where a run may not last longer', () => {
    const exceeded = (instances: number) =>
      limitsOf({ ...HUGE_CLOUD, instances })
        .filter(({ needed, limit }) => needed > limit)
        .map(({ what }) => what);
    expect(exceeded(1_100_000_000)).toEqual([expect.stringMatching(/^ids of/)]);
    expect(needsOf({ ...HUGE_CLOUD, databaseRowsASecond: 11_000 }).hours * 3600).toBeGreaterThan(RUN_TIMEOUT_SECONDS);
  });
});
