import { describe, expect, it } from '@jest/globals';
import { mapReport } from '../../../cli/report/map-report.ts';
import { type CellResult, emptyCellResult, foldRun } from '../../../domain/result.ts';
import { cellNumber, countsWith } from '../harness.ts';

const run = { startedAt: '2026-11-22T14:05:01Z', seconds: 2 };

const complete = (number: number, mapped: number): CellResult => ({
  ...emptyCellResult(cellNumber(number), 'complete', null),
  ...countsWith(mapped),
});

describe('the report of a run', () => {
  it('shows the cells, their sum and the rate, and only the kinds that occur', () => {
    expect(mapReport(foldRun(run, [complete(1, 20_000), complete(2, 4_000)]), false)).toBe(
      [
        'cell   instances  mapped  already mapped  status',
        'cell1     20,000  20,000               0  ✓ complete',
        'cell2      4,000   4,000               0  ✓ complete',
        'total     24,000  24,000               0  ✓ complete',
        '',
        'Mapped 24,000 of 24,000 instances in 2 cells in 2 s (12,000 a second).',
        'complete: Every visible instance has a mapping to its cell, with the right details, or Nova is still building it.',
        '',
      ].join('\n'),
    );
  });

  it('shows what needs a look: how many, which, and what it means', () => {
    const other = cellNumber(2);
    const conflicted: CellResult = {
      ...emptyCellResult(cellNumber(1), 'needs-attention', null),
      ...countsWith(1, { instances: 8, conflicts: { otherCell: 7, noCell: 0 } }),
      samples: Array.from({ length: 6 }, (_, index) => ({
        instance: `instance-${index}`,
        problem: 'otherCell',
        mappedTo: other.uuid,
      })),
    };
    const text = mapReport(foldRun(run, [conflicted, complete(2, 1)]), false);
    expect(text).toContain('otherCell (7): mapped to another cell.');
    expect(text).toContain('  instance-0 in cell1, mapped to cell2\n');
    expect(text.match(/ {2}instance-\d in/g)).toHaveLength(5);
    expect(text).toContain('and 2 more; --json lists up to 20 a cell');
    expect(text).toMatch(/^cell +instances +mapped +already mapped +conflicts +status$/m);
  });

  it('shows why a cell failed, with the remedy', () => {
    const error = { name: 'LoginRefused', message: 'The database of cell cell1 refuses the login. Check the user.' };
    const text = mapReport(foldRun(run, [emptyCellResult(cellNumber(1), 'failed', error)]), false);
    expect(text).toContain(`cell1 failed (LoginRefused): ${error.message}`);
    expect(text).toContain('failed: An error ended it');
  });

  it('of a stopped run does not pretend that all was read', () => {
    const stopped = { ...complete(2, 4_000), status: 'stopped' as const };
    const text = mapReport(foldRun(run, [complete(1, 20_000), stopped]), false);
    expect(text).toContain('\nMapped at least 24,000 instances in 2 s (12,000 a second), and read at least 24,000.\n');
    expect(text).toContain('\nstopped: Stopped before its end. What was written is right; running again goes on.\n');
    expect(mapReport(foldRun(run, [stopped]), false, 'It begins anew.')).toContain('\nstopped: It begins anew.\n');
  });

  it('of a run that was stopped before it listed the cells has no table', () => {
    const text = mapReport({ ...foldRun(run, []), status: 'stopped' }, false);
    expect(text).toBe('stopped: Stopped before its end. What was written is right; running again goes on.\n');
  });

  it('says which cells --max-count left unread', () => {
    const more = (number: number) => ({
      ...complete(number, 5),
      ...countsWith(5, { instances: 6, unmapped: 1 }),
      status: 'more-remain' as const,
    });
    const one = mapReport(foldRun(run, [more(1), complete(2, 3)]), false);
    expect(one).toMatch(/\ntotal .*\nThe rest of cell1 was not read: run again to go on\.\n/);
    expect(one).toContain('\nMapped 8 of the 9 instances that were read, in 2 cells in 2 s (4 a second).\n');
    const many = mapReport(foldRun(run, [1, 2, 3, 4, 5].map(more)), false);
    expect(many).toContain('\nThe rest of cell1, cell2, cell3, and 2 more cells was not read: run again to go on.\n');
  });

  it('shows a cell without a name by its uuid, and disarms odd names', () => {
    const odd = { ...complete(2, 1), name: '\u001b[31mred' };
    const text = mapReport(foldRun(run, [{ ...complete(1, 1), name: null }, odd]), false);
    expect(text).toContain(cellNumber(1).uuid);
    expect(text).not.toContain('\u001b');
  });
});
