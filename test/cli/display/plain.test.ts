import { expect, it } from '@jest/globals';
import { plainView } from '../../../cli/display/plain.ts';
import { cellEnded, cellStarted, newCellProgress, newRunProgress, runEnded } from '../../../cli/progress.ts';
import { verifiedCell, verifyDocument } from '../documents.ts';
import { cellEnd, cellNumber, comparedRecord, countsWith, makeTerminal, oneRange } from '../harness.ts';

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
  cellEnded(first, { kind: 'mapped', counts: countsWith(1_200), ...cellEnd, lastInstanceId: 5 }, 6_000);
  const error = { Error: 'LoginRefused', Cause: '' };
  cellEnded(second, { kind: 'failed', counts: countsWith(0), ...cellEnd, error }, 6_000);
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

it('of a verification tells what is to be looked at again, and how it turned out', () => {
  const terminal = makeTerminal();
  const view = plainView(terminal.stderr, () => 0);
  const [first, second] = [newCellProgress(cellNumber(1)), newCellProgress(cellNumber(2))];
  const run = { ...newRunProgress('verify', 0), cells: [first, second] };
  view.begin(run);
  cellEnded(first, comparedRecord(1_000, 12), 3_000);
  cellEnded(second, comparedRecord(500, 0), 3_000);
  run.notice = 'Looking again at what differs …';
  view.changed();
  runEnded(
    run,
    verifyDocument([verifiedCell(cellNumber(1), 1_000, { orphan: 5 }), verifiedCell(cellNumber(2), 500)]),
    9_000,
  );
  view.end();
  expect(terminal.written.stderr.split('\n').filter((line) => !line.endsWith('begun'))).toEqual([
    'cell1: 12 to look at again, 1,000 instances, 988 correct, 0 s',
    'cell2: complete, 500 instances, 500 correct, 0 s',
    'Looking again at what differs …',
    'cell1: needs-attention, 1,000 instances, 995 correct, 0 s',
    '',
  ]);
});
