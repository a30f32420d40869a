import { describe, expect, it } from '@jest/globals';
import { noCounts } from '../../domain/counts.ts';
import { type CellResult, emptyCellResult, foldRun } from '../../domain/result.ts';
import { measuresOf, messageOf } from '../../functions/run-message.ts';

const cell = (name: string, otherCell: number, status: CellResult['status'] = 'needs-attention'): CellResult => ({
  ...emptyCellResult({ uuid: 'u', name }, otherCell > 0 ? status : 'complete', null),
  ...noCounts(),
  conflicts: { otherCell, noCell: 0 },
});
const run = (...cells: CellResult[]) => foldRun({ startedAt: '2026-01-01T00:00:00Z', seconds: 1 }, cells);

describe('the message of a run', () => {
  it('is short, however many cells need a look and whatever they are called', () => {
    const many = run(...Array.from({ length: 2_500 }, () => cell('x'.repeat(255), 1_000_000)));
    const message = messageOf(many) ?? '';
    expect(message).toContain('1,000,000 otherCell');
    expect(message).toMatch(/; and 2495 more\.$/);
    expect(message.length).toBeLessThan(1_000);
  });

  it('is none where nothing needs a look', () => {
    expect(messageOf(run(cell('cell1', 0)))).toBeNull();
  });
});

describe('the measures of a run', () => {
  const everyCell = { everyCell: true };

  it('are how many things need a look', () => {
    expect(measuresOf({ everyCell: false }, run(cell('cell1', 3), cell('cell2', 4)))).toEqual([
      { name: 'NeedsAttention', value: 7 },
    ]);
  });

  it('count rows that the table refuses like those without a project', () => {
    const status = 'needs-attention';
    const refused: CellResult = { ...cell('cell1', 0), status, setAside: { noProject: 1, refused: 2 } };
    expect(measuresOf({ everyCell: false }, run(refused))).toEqual([{ name: 'NeedsAttention', value: 3 }]);
  });

  it('take an alarm back only where every cell was worked to its end', () => {
    expect(measuresOf(everyCell, run(cell('cell1', 0)))).toEqual([{ name: 'NeedsAttention', value: 0 }]);
    expect(measuresOf({ everyCell: false }, run(cell('cell1', 0)))).toEqual([]);
    const failed = emptyCellResult({ uuid: 'u', name: 'cell2' }, 'failed', { name: 'CellLost', message: '' });
    expect(measuresOf(everyCell, run(cell('cell1', 0), failed))).toEqual([]);
  });

  it('are of map and verify alone', () => {
    expect(measuresOf(everyCell, { ...run(cell('cell1', 3)), mode: 'plan' } as never)).toEqual([]);
  });
});
