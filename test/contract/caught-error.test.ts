import { describe, expect, it } from '@jest/globals';
import { faultOf } from '../../contract/caught-error.ts';

describe('faultOf', () => {
  it('passes on the message of an error of ours', () => {
    const Cause = JSON.stringify({
      errorType: 'LoginRefused',
      errorMessage: 'The API database refuses …',
      trace: ['/x'],
    });
    expect(faultOf({ Error: 'LoginRefused', Cause })).toEqual({
      name: 'LoginRefused',
      message: 'The API database refuses …',
    });
  });

  it.each(['', 'some text', '[1]', 'null', '{"errorType":"x"}'])('makes do with the cause “%s”', (Cause) => {
    const { name, message } = faultOf({ Error: 'DatabaseUnavailable', Cause });
    expect(name).toBe('DatabaseUnavailable');
    expect(message).not.toBe('');
  });

  it('passes on nothing of a cause that others wrote, which may hold anything', () => {
    for (const given of ['States.Timeout', 'TypeError', 'Sandbox.Timedout', 'Lambda.Unknown']) {
      const { name, message } = faultOf({
        Error: given,
        Cause: JSON.stringify({ errorMessage: 'mysql://nova:secret@db' }),
      });
      expect(name).toBe(given);
      expect(message).not.toContain('secret');
    }
  });
});
