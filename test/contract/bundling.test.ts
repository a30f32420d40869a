import { describe, expect, it } from '@jest/globals';
import { functionFacts, functionNames } from '../../contract/bundling.ts';
import { LONGEST_TURN_MS } from '../../contract/defaults.ts';

describe('the functions', () => {
  it.each(functionNames)('%s is in the file of its name', (name) => {
    const kebab = name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
    expect(functionFacts[name].entry).toBe(`functions/${kebab}.ts`);
  });

  it('give a turn over a range 60 seconds more than it works for', () => {
    expect(functionFacts.MapRange.timeoutSeconds).toBeGreaterThanOrEqual(LONGEST_TURN_MS / 1000 + 60);
  });
});
