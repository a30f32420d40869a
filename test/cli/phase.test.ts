import { readFileSync } from 'node:fs';
import type { HistoryEvent, SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, it } from '@jest/globals';
import { phaseStates, phaseText, readPhase } from '../../cli/phase.ts';

/** A client whose execution has entered these states, given oldest first. */
function enteredStates(...names: string[]): SFNClient {
  const events = names.map(
    (name, index): Partial<HistoryEvent> => ({ id: index + 1, stateEnteredEventDetails: { name } }),
  );
  const between: Partial<HistoryEvent> = { id: 0, lambdaFunctionSucceededEventDetails: {} };
  return { send: async () => ({ events: [between, ...events.reverse()] }) } as unknown as SFNClient;
}

describe('what a verification is about', () => {
  it.each([
    [['ListCells', 'WhatToDo?', 'DigestEachMappingRange', 'DigestMappings', 'MappingsDigested?'], 'mappings'],
    [['DigestMappings', 'MapEachCell'], null],
    [['MapEachCell', 'WasVerified?', 'FindSuspects', 'AnySuspects?'], 'suspects'],
    [['FindSuspects', 'AnySuspects?', 'WaitForSecondLook'], 'wait'],
    [['WaitForSecondLook', 'ExamineEachPart', 'ExamineSuspects', 'SuspectsExamined?'], 'second look'],
    [['ExamineSuspects', 'ToChange?', 'ChangeEachPart', 'ChangeMappings'], 'changes'],
    [['ChangeMappings', 'CloseRun', 'RunFailed?'], null],
    [['ListCells'], null],
  ])('in %j is %s', async (states, phase) => {
    expect(await readPhase(enteredStates(...states), 'arn')).toBe(phase);
  });

  it('says how long it waits before the second look', () => {
    expect(phaseText('wait', 45)).toMatch(/^Waiting 45 s, then looking again/);
  });

  it('is told by states that the machine has', () => {
    const asl = readFileSync(new URL('../../contract/map-cells.asl.json', import.meta.url), 'utf8');
    const states = new Set([...asl.matchAll(/"([^"]+)": \{\s*"Type"/g)].map(([, name]) => name));
    expect(phaseStates.filter((name) => !states.has(name))).toEqual([]);
  });
});
