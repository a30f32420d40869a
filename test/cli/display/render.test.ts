import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { render } from '../../../cli/display/render.ts';
import {
  type CellProgress,
  cellEnded,
  cellStarted,
  newCellProgress,
  newRunProgress,
  observePaces,
  type RunProgress,
  runEnded,
} from '../../../cli/progress.ts';
import type { CellRecord } from '../../../contract/results.ts';
import { newComparison } from '../../../domain/compare.ts';
import { type DigestProgress, digestRanges } from '../../../domain/digest-range.ts';
import { emptyCellResult, foldRun } from '../../../domain/result.ts';
import { cellEnd, cellNumber, comparedRecord, countsWith, oneRange } from '../harness.ts';

const canvas = { width: 100, height: 24, colours: false };

const mapped = (count: number, others = {}): CellRecord => ({
  kind: 'mapped',
  counts: countsWith(count, others),
  ...cellEnd,
  lastInstanceId: count,
});

const failed = (name: string): CellRecord => ({
  kind: 'failed',
  counts: countsWith(0),
  ...cellEnd,
  error: { Error: name, Cause: '' },
});

/** A cell that runs since the moment 0 and has worked part of its ids. */
function running(cell: CellProgress, worked: number, all: number): CellProgress {
  cellStarted(cell, 0);
  cell.ranges = [{ ...oneRange(all), after: worked, counts: countsWith(worked) }];
  return cell;
}

function ended(cell: CellProgress, record: CellRecord | null): CellProgress {
  cellStarted(cell, 0);
  cellEnded(cell, record, 3_000);
  return cell;
}

function runOf(cells: CellProgress[], nowMs = 10_000): RunProgress {
  const run = { ...newRunProgress('map', 0), cells };
  observePaces(run, nowMs);
  return run;
}

const cell = (number: number, name?: string | null) => newCellProgress(cellNumber(number, name));

describe('the picture of a run', () => {
  it('has a line for each cell in their order, and the sums', () => {
    const run = runOf([
      ended(cell(0), mapped(300)),
      ended(cell(1), mapped(10, { instances: 12, conflicts: { otherCell: 2, noCell: 0 } })),
      ended(cell(2), failed('DatabaseUnavailable')),
      running(cell(3), 5_000, 20_000),
      cell(4),
    ]);
    expect(render(run, { ...canvas, width: 110 }, 10_000)).toEqual(
      [
        '✓ cell0  ████████████████████████  100%    300 instances    300 mapped  3 s',
        '! cell1  ████████████████████████  100%     12 instances     10 mapped  3 s, needs-attention',
        '✗ cell2  ░░░░░░░░░░░░░░░░░░░░░░░░           0 instances      0 mapped  DatabaseUnavailable',
        '⠋ cell3  ██████░░░░░░░░░░░░░░░░░░   25%  5,000 instances  5,000 mapped  500 read/s            30 s left',
        '· cell4',
        '  3 of 5 cells · 5,312 instances · 5,310 mapped · 531 read/s · 10 s',
      ].map((line) => expect.stringMatching(new RegExp(`^${line.replaceAll(/[/.·]/g, '.').replaceAll(/ +/g, ' +')}$`))),
    );
  });

  it('says that it lists the cells before there are any', () => {
    expect(render(newRunProgress('map', 0), canvas, 2_000)).toEqual(['⠋ listing the cells · 2 s']);
  });

  it('tells the time left of the run once every cell has been opened', () => {
    const run = runOf([running(cell(1), 5_000, 10_000), running(cell(2), 2_500, 20_000)]);
    expect(render(run, canvas, 10_000).at(-1)).toContain('750 read/s · 10 s · 30 s left');
  });

  it('tells no time left once the run has ended', () => {
    const run = runOf([running(cell(1), 5_000, 10_000)]);
    run.endedAtMs = 11_000;
    expect(render(run, canvas, 12_000).at(-1)).toMatch(/ · 11 s$/);
  });

  it('keeps the part of a stopped cell that was worked, and does not count it as ended', () => {
    const [first, second] = [ended(cell(1), mapped(300)), running(cell(2), 5_000, 20_000)];
    const run = runOf([first, second, cell(3)]);
    const stopped = { ...emptyCellResult(second, 'stopped', null), ...countsWith(5_000) };
    const results = [emptyCellResult(first, 'complete', null), stopped, emptyCellResult(cell(3), 'stopped', null)];
    runEnded(run, foldRun({ startedAt: '', seconds: 1 }, results), 10_000);
    const lines = render(run, canvas, 10_000);
    expect(lines[1]).toMatch(/^■ cell2 {2}█+░+ +25% +5,000 instances +5,000 mapped +10 s, stopped$/);
    expect(lines[2]).toBe('· cell3');
    expect(lines[3]).toContain('1 of 3 cells');
  });

  it('drops whole columns on a narrow terminal, the time left not among them', () => {
    const lines = render(runOf([running(cell(1), 5_000, 20_000)]), { ...canvas, width: 59 }, 10_000);
    expect(lines).toEqual([
      expect.stringMatching(/^⠋ cell1 {2}[█░]{8} {2}25% {2}5,000 mapped {2}500 read\/s {2}30 s left$/),
      '  0 of 1 cell · 5,000 mapped · 10 s · 30 s left',
    ]);
  });

  it('of a verification shows ids while rows are digested, then what was read and what is looked at again', () => {
    const [digest] = digestRanges(1, 20_000, 1) as [DigestProgress];
    const verifying = (number: number, parts: Partial<CellProgress>) =>
      Object.assign(running(cell(number), 0, 0), { ranges: [], ...parts });
    const run = {
      ...newRunProgress('verify', 0),
      cells: [
        verifying(1, { digests: [{ ...digest, after: 5_000 }] }),
        verifying(2, { digests: [{ ...digest, done: true }], comparison: { ...newComparison(4_000), read: 1_200 } }),
        ended(cell(3), comparedRecord(20_000, 0)),
        ended(cell(4), comparedRecord(10_000, 12)),
      ],
      notice: 'Looking again at what differs …',
    };
    observePaces(run, 10_000);
    expect(
      render(run, { ...canvas, width: 110 }, 10_000).map((line) => line.replaceAll(/[█░▏▎▍▌▋▊▉ ]+/g, ' ')),
    ).toEqual([
      '⠋ cell1 25% 5,000 ids read 500 ids/s 30 s left',
      '⠋ cell2 100% 20,000 ids read comparing, 1,200 rows read',
      '✓ cell3 100% 20,000 instances 20,000 correct 3 s',
      '? cell4 100% 10,000 instances 9,988 correct 3 s, 12 to look at again',
      ' 2 of 4 cells · 30,000 instances · 29,988 correct · 2,500 ids/s · 10 s · 6 s left',
      'Looking again at what differs …',
    ]);
  });

  it.each([
    ['explain', 'asking every cell'],
    ['undo', 'putting the rows back'],
  ] as const)('of %s has no cells, and no spinner once it has ended', (mode, text) => {
    const run = newRunProgress(mode, 0);
    expect(render(run, canvas, 2_000)).toEqual([`⠋ ${text} · 2 s`]);
    run.endedAtMs = 3_000;
    expect(render(run, canvas, 9_000)).toEqual([`• ${text} · 3 s`]);
  });

  it('of a plan shows what is to be mapped', () => {
    const run = { ...newRunProgress('plan', 0), cells: [ended(cell(1), mapped(0, { instances: 9, unmapped: 7 }))] };
    expect(render(run, canvas, 3_000)[0]).toContain('9 instances  7 to map');
  });

  it('names the error of a cell whose step is tried again', () => {
    const troubled = running(cell(1), 10, 100);
    troubled.trouble = 'DatabaseThrottled';
    expect(render(runOf([troubled]), canvas, 0)[0]).toContain('trying again (DatabaseThrottled)');
  });

  it('shows a notice below the sums', () => {
    const run = { ...runOf([cell(1)]), notice: 'Stopping …' };
    expect(render(run, canvas, 0).at(-1)).toBe('Stopping …');
  });

  it('of a thousand cells fits the screen: what runs or went wrong is shown, the rest counted', () => {
    const cells = Array.from({ length: 1_000 }, (_, number) => cell(number));
    for (const done of cells.slice(0, 500)) ended(done, mapped(1));
    ended(cells[17] as CellProgress, failed('LoginRefused'));
    for (const busy of cells.slice(500, 504)) running(busy, 1, 10);
    const lines = render(runOf(cells), { ...canvas, height: 10 }, 0);
    expect(lines).toHaveLength(10);
    const shown = lines.map((line) => line.split(/ +/)[1]);
    expect(shown).toEqual(expect.arrayContaining(['cell17', 'cell500', 'cell501', 'cell502', 'cell503']));
    expect(lines.at(-2)).toBe('  and 992 more cells: 496 complete, 496 waiting');
  });

  it('shows a control character of a name as a sign that does nothing', () => {
    const [line] = render(runOf([running(cell(1, 'a\u001b[2J\nb'), 1, 10)]), canvas, 0);
    expect(line).toContain('a\u{FFFD}[2J\u{FFFD}b');
  });

  it('uses no escape sequence without colours', () => {
    const text = render(runOf([running(cell(1), 1, 10), ended(cell(2), failed('x'))]), canvas, 0).join('');
    expect(text).not.toContain('\u001b');
    const colourful = render(runOf([running(cell(1), 1, 10)]), { ...canvas, colours: true }, 0).join('');
    expect(colourful).toContain('\u001b[36m');
  });

  it('never exceeds the width and height, whatever the cells are called', () => {
    const names = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant(null)), { maxLength: 30 });
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 200 }), fc.integer({ min: 2, max: 40 }), (all, width, height) => {
        const cells = all.map((name, number) =>
          number % 3 === 0 ? cell(number, name) : running(cell(number, name), number, 1_000),
        );
        const lines = render(runOf(cells), { width, height, colours: false }, 0);
        expect(lines.length).toBeLessThanOrEqual(height);
        for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});
