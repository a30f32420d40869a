import { describe, expect, it } from '@jest/globals';
import { repairReport } from '../../../cli/report/repair-report.ts';
import { undoReport } from '../../../cli/report/undo-report.ts';
import { undoOf } from '../../../domain/change.ts';
import { addClassCounts } from '../../../domain/examine.ts';
import { repairDocument, undoDocument } from '../documents.ts';
import { changeNumber } from '../harness.ts';

const reporting = { colours: false, where: { local: true }, cellNames: new Map([[1, 'cell1']]) };

const { before } = changeNumber(1);
const orphan = { class: 'orphan' as const, before, after: null };

describe('the report of a repair', () => {
  it('that is dry shows what it would change, and the command that does it', () => {
    const document = repairDocument('more-remain', {
      classes: ['wrongDetails', 'orphan', 'noCell'],
      applied: false,
      planned: { wrongDetails: 1, orphan: 12 },
      samples: [changeNumber(1), orphan],
    });
    const text = repairReport(
      { ...document, totals: addClassCounts([{ wrongDetails: 1, orphan: 13 }]) },
      { ...reporting, cells: ['cell1'] },
    );
    expect(text).toBe(
      [
        'class         found  to change',
        'wrongDetails      1          1',
        'orphan           13         12',
        'noCell            0          0',
        '',
        '  instance                              class         before → after',
        '  deadbeef-0000-4000-8000-000000000001  wrongDetails  cell cell1 → id 2, queued_for_delete NULL → 0',
        '  deadbeef-0000-4000-8000-000000000001  orphan        cell cell1, project p, user NULL, queued_for_delete NULL → removed',
        '  and 11 more',
        '',
        'It would change 13 rows; found out in 4.2 s.',
        'more-remain: There is something to change, and nothing was changed: that takes --apply.',
        '  next: npx cellmap repair --class wrongDetails,orphan,noCell --cell cell1 --apply --local',
        '',
      ].join('\n'),
    );
  });

  it('that was applied shows what was changed and what was left alone', () => {
    const document = repairDocument('needs-attention', {
      planned: { wrongDetails: 3 },
      made: { wrongDetails: 2 },
      leftAlone: { number: 1, samples: ['moved'] },
      notRepairable: 4,
      samples: [changeNumber(1)],
    });
    const text = repairReport(document, reporting);
    expect(text).toMatch(/^class +found +to change +changed\nwrongDetails +0 +3 +2$/m);
    expect(text).toContain('\n  and 1 more\n');
    expect(text).toContain(
      'Left alone (1): their rows have changed since they were seen, or a build has begun.\n  moved\n',
    );
    expect(text).toContain('Not to be repaired (4): something else stands in the way.');
    expect(text).toContain('\nChanged 2 of 3 rows in 4.2 s.\n');
    expect(text).toContain('next: npx cellmap verify --local\n');
  });

  it('with nothing to do says no more than that', () => {
    const text = repairReport(repairDocument('complete'), reporting);
    expect(text).toContain('There is nothing to change; found out in 4.2 s.\ncomplete: ');
    expect(text).not.toContain('next:');
  });

  it('says which classes could not be told where a cell was not read', () => {
    const document = {
      ...repairDocument('failed', { classes: ['noCell', 'wrongDetails', 'otherCell'] }),
      everyCellRead: false,
      totals: addClassCounts([{ undecided: 8 }]),
    };
    const text = repairReport(document, reporting);
    expect(text).toContain('Not every cell was read, so nothing of noCell and otherCell could be told: 8 undecided.');
  });
});

describe('the report of an undo', () => {
  it('shows how many rows are as before', () => {
    expect(undoReport(undoDocument(12, 0), reporting)).toBe(
      'Put back 12 of 12 rows in 1 s.\ncomplete: Every row is as it was before the repair.\n',
    );
  });

  it('shows the rows that were left alone', () => {
    const text = undoReport(undoDocument(1, 30), reporting);
    expect(text).toMatch(/^Left alone \(30\): .*\n {2}instance-0\n/);
    expect(text).toContain('\n  and 10 more\n\nPut back 1 of 31 rows in 1 s.\nneeds-attention: ');
  });
});

it('a change that was turned round is put back', () => {
  const document = repairDocument('complete', { planned: { orphan: 1 }, samples: [undoOf(orphan)] });
  expect(repairReport(document, reporting)).toContain('queued_for_delete NULL → put back');
});
