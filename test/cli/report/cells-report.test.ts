import { expect, it } from '@jest/globals';
import { cellsReport } from '../../../cli/report/cells-report.ts';
import { foldCells } from '../../../domain/result.ts';
import { cellNumber } from '../harness.ts';

it('the list of cells shows what is in each, and why one could not be counted', () => {
  const error = { name: 'UnknownDatabase', message: 'Its database is not in the directory. Add it.' };
  const text = cellsReport(
    foldCells({ startedAt: '2026-11-22T14:05:01Z', seconds: 1 }, [
      { ...cellNumber(1), instances: 20_000, mappings: 19_000, error: null },
      { ...cellNumber(2, null), disabled: true, database: null, instances: null, mappings: null, error },
    ]),
    false,
  );
  expect(text).toBe(
    [
      'name   uuid                                  disabled  database       instances  mappings',
      'cell1  00000000-0000-4000-8000-000000000001  no        db1:3306/nova     20,000    19,000',
      '-      00000000-0000-4000-8000-000000000002  yes       ?                      ?         ?',
      '',
      '00000000-0000-4000-8000-000000000002 (UnknownDatabase): Its database is not in the directory. Add it.',
      '',
    ].join('\n'),
  );
});
