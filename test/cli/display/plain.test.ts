import { expect, it } from '@jest/globals';
import { plainView } from '../../../cli/display/plain.ts';
import { cellEnded, cellStarted, newCellProgress, newRunProgress } from '../../../cli/progress.ts';
import { cellNumber, countsWith, makeTerminal } from '../harness.ts';

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
    '0 of 2 cells · 0 instances · 0 mapped',
    'No answer.',
    'cell1: complete, 1,200 instances, 1,200 mapped, 6 s',
    'x\u{FFFD}\u{FFFD}y: begun',
    'x\u{FFFD}\u{FFFD}y: failed (LoginRefused), 0 instances, 0 mapped, 0 s',
    '',
  ]);
});
