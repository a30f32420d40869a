import { describe, expect, it } from '@jest/globals';
import { type FunctionName, functionFacts, functionNames } from '../../contract/bundling.ts';
import { LONGEST_TURN_MS } from '../../contract/defaults.ts';

const turning: FunctionName[] = [
  'MapRange',
  'DigestMappings',
  'DigestInstances',
  'CompareCell',
  'ExamineSuspects',
  'ChangeMappings',
];

describe('the functions', () => {
  it.each(functionNames)('%s is in the file of its name', (name) => {
    const kebab = name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
    expect(functionFacts[name].entry).toBe(`functions/${kebab}.ts`);
  });

  it.each(turning)('%s has 60 seconds more than a turn works for', (name) => {
    expect(functionFacts[name].timeoutSeconds).toBeGreaterThanOrEqual(LONGEST_TURN_MS / 1000 + 60);
  });
});
