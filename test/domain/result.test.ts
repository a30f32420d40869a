import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cellLabel, chooseCells } from '../../domain/cell.ts';
import { shareWriters } from '../../domain/concurrency.ts';
import { noCounts, tally } from '../../domain/counts.ts';
import { cellStatus, emptyCellResult, foldCells, foldRun } from '../../domain/result.ts';
import { exitCodeOf, runStatuses, worstStatus } from '../../domain/run-status.ts';
import { keepSamples, SAMPLES_PER_CELL } from '../../domain/sample.ts';

const cell = (id: number, name: string | null) => ({ id, uuid: `uuid-${id}`, name, disabled: false });

describe('chooseCells', () => {
  const all = [cell(1, 'cell0'), cell(2, 'cell1'), cell(3, 'cell1'), cell(4, null), cell(5, 'uuid-1')];

  it('chooses all cells when none is named', () => {
    expect(chooseCells(all, null)).toEqual({ kind: 'chosen', cells: all });
  });

  it('finds cells by name and by uuid in any letter case, each once and in their own order', () => {
    expect(chooseCells(all, ['UUID-4', 'cell0', 'uuid-1'])).toEqual({ kind: 'chosen', cells: [all[0], all[3]] });
  });

  it('says which name is unknown, and which is shared', () => {
    expect(chooseCells(all, ['cell0', 'cell7'])).toEqual({ kind: 'unknown', wanted: 'cell7' });
    expect(chooseCells(all, ['cell1'])).toEqual({ kind: 'ambiguous', wanted: 'cell1', cells: [all[1], all[2]] });
  });

  it('calls a cell without a name by its uuid', () => {
    expect([cell(1, 'a'), cell(2, null), cell(3, '')].map(cellLabel)).toEqual(['a', 'uuid-2', 'uuid-3']);
  });
});

describe('shareWriters', () => {
  it('never lets cells at once times ranges at once exceed the writers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(3000), (writers, cells) => {
        const { cellsAtOnce, rangesAtOnce } = shareWriters(writers, cells);
        expect(cellsAtOnce * rangesAtOnce).toBeLessThanOrEqual(writers);
        expect(Math.min(cellsAtOnce, rangesAtOnce)).toBeGreaterThanOrEqual(1);
      }),
    );
    expect(shareWriters(4, 1)).toEqual({ cellsAtOnce: 1, rangesAtOnce: 4 });
  });
});

describe('statuses', () => {
  it('take the worst of several, and have the exit codes that scripts know', () => {
    expect(worstStatus(['complete', 'more-remain', 'needs-attention'])).toBe('more-remain');
    expect(worstStatus([])).toBe('complete');
    expect(runStatuses.map(({ status }) => [status, exitCodeOf(status)])).toEqual([
      ['failed', 4],
      ['stopped', 130],
      ['more-remain', 1],
      ['needs-attention', 3],
      ['complete', 0],
    ]);
  });

  it.each([
    ['unmapped', 'more-remain'],
    ['otherCell', 'needs-attention'],
    ['noCell', 'needs-attention'],
    ['noProject', 'needs-attention'],
    ['wrongDetails', 'needs-attention'],
    ['inFlight', 'complete'],
    ['hidden', 'complete'],
    ['placeholder', 'complete'],
  ] as const)('of a cell with one %s is %s', (kind, status) => {
    const counts = noCounts();
    tally(counts, kind);
    expect(cellStatus(counts, null)).toBe(status);
    expect(cellStatus(counts, { name: 'X', message: 'x' })).toBe('failed');
  });
});

describe('results', () => {
  const run = { startedAt: '2026-01-01T00:00:00Z', seconds: 1 };

  it('fold into the totals and the worst status', () => {
    const counts = noCounts();
    tally(counts, 'mapped', 5);
    tally(counts, 'otherCell', 2);
    tally(counts, 'hidden', 9);
    const cells = [
      { ...emptyCellResult({ uuid: 'a', name: 'a' }, 'needs-attention', null), ...counts },
      emptyCellResult({ uuid: 'b', name: null }, 'failed', { name: 'X', message: 'x' }),
    ];
    expect(foldRun(run, cells)).toMatchObject({
      status: 'failed',
      totals: { instances: 7, mapped: 5, alreadyMapped: 0, unmapped: 0, inFlight: 0, conflicts: 2, setAside: 0 },
    });
  });

  it('of a listing fail with a cell that could not be counted', () => {
    const listing = { uuid: 'a', name: 'a', disabled: false, database: null, instances: 1, mappings: 1, error: null };
    expect(foldCells(run, [listing]).status).toBe('complete');
    expect(foldCells(run, [{ ...listing, error: { name: 'X', message: 'x' } }]).status).toBe('failed');
  });

  it('keep the worst samples, each instance once', () => {
    const many = Array.from({ length: 30 }, (_, index) => ({
      instance: `w${index}`,
      problem: 'wrongDetails' as const,
    }));
    const kept = keepSamples(many, [{ instance: 'c', problem: 'otherCell', mappedTo: 'x' }], many);
    expect(kept).toHaveLength(SAMPLES_PER_CELL);
    expect(kept[0]).toEqual({ instance: 'c', problem: 'otherCell', mappedTo: 'x' });
    expect(new Set(kept.map(({ instance }) => instance)).size).toBe(SAMPLES_PER_CELL);
  });
});
