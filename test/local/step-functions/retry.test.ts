import { describe, expect, it } from '@jest/globals';
import { StatesError } from '../../../local/step-functions/faults.ts';
import { Fields } from '../../../local/step-functions/fields.ts';
import { findCatcher, loadCatchers, loadRetriers, nextRetryMs } from '../../../local/step-functions/retry.ts';

const delays = (retry: object[], errors: string[], random = () => 0.5): (number | undefined)[] => {
  const retriers = loadRetriers(new Fields({ Retry: retry }, 'state "A"'));
  const attempts: number[] = [];
  return errors.map((error) => nextRetryMs(retriers, attempts, new StatesError(error), random));
};

describe('a retrier', () => {
  it('starts at one second, doubles and gives three attempts when it says nothing else', () => {
    expect(delays([{ ErrorEquals: ['X'] }], ['X', 'X', 'X', 'X'])).toEqual([1000, 2000, 4000, undefined]);
  });

  it('caps the delay before it is jittered', () => {
    const retry = {
      ErrorEquals: ['X'],
      IntervalSeconds: 2,
      BackoffRate: 3,
      MaxDelaySeconds: 10,
      JitterStrategy: 'FULL',
    };
    expect(delays([retry], ['X', 'X', 'X'])).toEqual([1000, 3000, 5000]);
  });

  it('with no attempts gives none, and keeps later retriers from giving one', () => {
    expect(delays([{ ErrorEquals: ['X'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }], ['X'])).toEqual([
      undefined,
    ]);
  });

  it('counts its own attempts', () => {
    const retry = [
      { ErrorEquals: ['X'], MaxAttempts: 1 },
      { ErrorEquals: ['States.ALL'], IntervalSeconds: 5, MaxAttempts: 1 },
    ];
    expect(delays(retry, ['X', 'Y', 'X', 'Y'])).toEqual([1000, 5000, undefined, undefined]);
  });

  it.each([
    ['States.ALL', 'Whatever', true],
    ['States.ALL', 'States.Timeout', true],
    ['States.ALL', 'States.DataLimitExceeded', false],
    ['States.ALL', 'States.Runtime', false],
    ['States.TaskFailed', 'Whatever', true],
    ['States.TaskFailed', 'States.Timeout', false],
    ['States.TaskFailed', 'States.DataLimitExceeded', false],
    ['States.Timeout', 'States.Timeout', true],
    ['States.DataLimitExceeded', 'States.DataLimitExceeded', true],
    ['States.Runtime', 'States.Runtime', false],
    ['Sandbox.Timedout', 'States.Timeout', false],
  ])('for %s meets %s: %s', (wanted, error, met) => {
    expect(delays([{ ErrorEquals: [wanted] }], [error])[0] !== undefined).toBe(met);
    const catchers = loadCatchers(new Fields({ Catch: [{ ErrorEquals: [wanted], Next: 'B' }] }, 'state "A"'));
    expect(findCatcher(catchers, new StatesError(error)) !== undefined).toBe(met);
  });
});
