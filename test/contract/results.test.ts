import { describe, expect, it } from '@jest/globals';
import { resultKeys } from '../../contract/results.ts';

const run = 'run-1';
const uuid = '5d3b3b1e-0000-4000-8000-000000000001';

/** One key of each kind. */
const keys: Record<keyof typeof resultKeys, string> = {
  cells: resultKeys.cells(run),
  cell: resultKeys.cell(run, uuid),
  result: resultKeys.result(run),
  planned: resultKeys.planned(run, uuid, 1, 2),
  preflight: resultKeys.preflight(run, uuid),
  passedTurn: resultKeys.passedTurn(run, uuid, 1, 2),
  mappingsTurn: resultKeys.mappingsTurn(run, 1, 2, 3),
  mappingQuotas: resultKeys.mappingQuotas(run, 1, 2),
  instanceQuotas: resultKeys.instanceQuotas(run, uuid),
  instancesTurn: resultKeys.instancesTurn(run, uuid, 1, 2),
  suspects: resultKeys.suspects(run, 1, uuid, 2),
  inquiry: resultKeys.inquiry(run),
  examined: resultKeys.examined(run, 1, 2),
  allChanges: resultKeys.allChanges(run),
  changes: resultKeys.changes(run, 1, 2),
  undo: resultKeys.undo(run),
  changed: resultKeys.changed(run, 1, 2),
};

describe('the keys of results', () => {
  it('are all under the run, where the functions may write', () => {
    for (const key of Object.values(keys)) expect(key.startsWith(`runs/${run}/`)).toBe(true);
  });

  it('are different for each kind, part and turn', () => {
    const more = [
      resultKeys.instancesTurn(run, uuid, 12, 1),
      resultKeys.instancesTurn(run, uuid, 1, 12),
      resultKeys.suspects(run, 1, 'mappings-1', 2),
      resultKeys.suspects(run, 12, 'mappings-1', 2),
      resultKeys.examined(run, 11, 2),
      resultKeys.examined(run, 1, 12),
    ];
    const all = [...Object.values(keys), ...more];
    expect(new Set(all).size).toBe(all.length);
  });

  it('of changes begin with what the result names as their prefix', () => {
    expect(keys.changes.startsWith(keys.allChanges)).toBe(true);
    expect(keys.changed.startsWith(keys.allChanges)).toBe(false);
  });
});
