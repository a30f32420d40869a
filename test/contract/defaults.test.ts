import { describe, expect, it } from '@jest/globals';
import {
  DEFAULT_WRITERS,
  LONGEST_POLITE_TURN_MS,
  LONGEST_TURN_MS,
  MAX_WRITERS,
  politeTurnMs,
  turnMs,
} from '../../contract/defaults.ts';

describe('a turn of a writer with a part of the time only', () => {
  it('is as long as any other at first, and short from then on, so that the writer rests often', () => {
    expect(politeTurnMs(0, 0.5, DEFAULT_WRITERS)).toBe(turnMs(0));
    expect(politeTurnMs(9, 0.5, 1)).toBe(LONGEST_POLITE_TURN_MS);
    expect(politeTurnMs(9, 0.5, DEFAULT_WRITERS)).toBe(LONGEST_POLITE_TURN_MS);
    expect(politeTurnMs(9, 1, DEFAULT_WRITERS)).toBe(LONGEST_TURN_MS);
  });

  it('is longer with more ranges, which fill one history, and never longer than any other', () => {
    expect(politeTurnMs(9, 0.5, 2 * DEFAULT_WRITERS)).toBe(2 * LONGEST_POLITE_TURN_MS);
    expect(politeTurnMs(9, 0.5, MAX_WRITERS)).toBe(LONGEST_TURN_MS);
  });
});
