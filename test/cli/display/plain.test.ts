import { expect, it } from '@jest/globals';
import { plainView } from '../../../cli/display/plain.ts';
import { cellEnded, cellStarted, newCellProgress, newRunProgress } from '../../../cli/progress.ts';
import { cellNumber, countsWith, makeTerminal, oneRange } from '../harness.ts';

it('tells in plain lines when a cell begins and ends, and every five seconds how far the run is', () => {
  const terminal = makeTerminal();
  let nowMs = 0;
  const view = plainView(terminal.stderr, () => nowMs);
  const [first, second] = [newCellProgress(cellNumber(1)), newCellProgress(cellNumber(2, 'x\r\ny'))];
  const run = { ...newRunProgress('map', 0), cells: [first, second] };
  view.begin(run);
  cellStarted(first, 0);
  view.changed();
  nowMs = 4_999;
  view.changed();
  nowMs = 5_000;
  view.changed();
  run.notice = 'No answer.';
  view.changed();
  view.changed();
  run.notice = null;
  cellEnded(first, { kind: 'mapped', counts: countsWith(1_200), samples: [], lastInstanceId: 5 }, 6_000);
  const error = { Error: 'LoginRefused', Cause: '' };
  cellEnded(second, { kind: 'failed', counts: countsWith(0), samples: [], lastInstanceId: null, error }, 6_000);
  view.end();
  expect(terminal.written.stderr.split('\n')).toEqual([
    'cell1: begun',
    '0 of 2 cells · 0 instances · 0 mapped · 5 s',
    'No answer.',
    'cell1: complete, 1,200 instances, 1,200 mapped, 6 s',
    'x\u{FFFD}\u{FFFD}y: begun',
    'x\u{FFFD}\u{FFFD}y: failed (LoginRefused), 0 instances, 0 mapped, 0 s',
    '',
  ]);
});

it('does not repeat a line whose numbers have not changed, but for a sign of life every thirty seconds', () => {
  const terminal = makeTerminal();
  let nowMs = 0;
  const view = plainView(terminal.stderr, () => nowMs);
  const run = newRunProgress('map', 0);
  view.begin(run);
  const wait = (seconds: number) => {
    for (let second = 0; second < seconds; second += 1) {
      nowMs += 1_000;
      view.changed();
    }
  };
  wait(7);
  const cell = newCellProgress(cellNumber(1));
  run.cells.push(cell);
  cellStarted(cell, nowMs);
  wait(66);
  cell.ranges = [{ ...oneRange(100), after: 10, counts: countsWith(10) }];
  wait(6);
  expect(terminal.written.stderr.split('\n')).toEqual([
    'listing the cells · 5 s',
    'cell1: begun',
    '0 of 1 cell · 0 instances · 0 mapped · 13 s',
    '0 of 1 cell · 0 instances · 0 mapped · 43 s',
    '0 of 1 cell · 0 instances · 0 mapped · 1 min 13 s',
    '0 of 1 cell · 10 instances · 10 mapped · 1 min 18 s',
    '',
  ]);
});
