import { describe, expect, it } from '@jest/globals';
import { cellsSubject, executionName, newRunName } from '../../cli/run-name.ts';
import { cellNumber } from './harness.ts';

const at = new Date('2026-11-22T14:05:01.234Z');

describe('the name of an execution', () => {
  it.each([
    ['', 'map-20261122T140501Z-ab12'],
    ['cell1', 'map-20261122T140501Z-cell1-ab12'],
    ['Zürich, hall 2', 'map-20261122T140501Z-Z-rich-hall-2-ab12'],
    ['***', 'map-20261122T140501Z-ab12'],
    ['c'.repeat(255), `map-20261122T140501Z-${'c'.repeat(32)}-ab12`],
  ])(
    'tells the mode, the time, and of what it is about %j, within Step Functions’ characters and length',
    (subject, name) => {
      expect(executionName('map', at, 'ab12', subject)).toBe(name);
      expect(name).toMatch(/^[\w.-]{1,80}$/);
    },
  );

  it('is another one for each run', () => {
    expect(new Set(Array.from({ length: 5 }, () => newRunName('verify', '', 0))).size).toBeGreaterThan(1);
  });
});

it.each([
  [undefined, ''],
  [['cell1'], 'cell1'],
  [[cellNumber(7).uuid], 'cell-00000000'],
  [['a', 'b', 'c'], '3-cells'],
])('the cells %j are told as %j', (cells, subject) => {
  expect(cellsSubject(cells)).toBe(subject);
});
