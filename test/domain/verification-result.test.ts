import { describe, expect, it } from '@jest/globals';
import { classes, classNames } from '../../domain/classification.ts';
import { noClassCounts } from '../../domain/examine.ts';
import { exitCodeOf } from '../../domain/run-status.ts';
import {
  isAllowed,
  type RepairSummary,
  repairStatus,
  verificationStatus,
  verifyStatus,
} from '../../domain/verification-result.ts';

const fault = { name: 'DatabaseUnavailable', message: 'It did not answer.' };

describe('the status of what was verified', () => {
  it.each(classNames)('with one instance that is %s tells whether it is allowed', (name) => {
    const counts = { ...noClassCounts(), correct: 5, [name]: 1 };
    expect(isAllowed(counts)).toBe(classes[name].allowed);
    const status = verificationStatus(counts, null);
    expect(exitCodeOf(status)).toBe(classes[name].allowed ? 0 : 3);
    expect(exitCodeOf(verificationStatus(counts, fault))).toBe(4);
  });

  it('of an empty cloud is complete', () => {
    expect(verifyStatus({ cells: [], withoutCell: withoutCell({}), error: null })).toBe('complete');
  });

  it('is the worst of the cells, the mappings without a cell and the run', () => {
    const complete = { status: 'complete' } as never;
    const bad = { status: 'needs-attention' } as never;
    const failed = { status: 'failed' } as never;
    const verified = (cells: never[], orphan = 0, error: typeof fault | null = null) =>
      verifyStatus({ cells, withoutCell: withoutCell({ orphan }), error });
    expect(verified([complete, complete])).toBe('complete');
    expect(verified([complete, bad])).toBe('needs-attention');
    expect(verified([complete], 1)).toBe('needs-attention');
    expect(verified([complete, bad, failed], 1)).toBe('failed');
    expect(verified([complete], 0, fault)).toBe('failed');
  });
});

describe('the status of a repair', () => {
  const repair = (parts: Partial<RepairSummary>): RepairSummary => ({
    classes: ['noCell'],
    applied: true,
    planned: {},
    made: {},
    leftAlone: { number: 0, samples: [] },
    notRepairable: 0,
    samples: [],
    changes: null,
    ...parts,
  });

  it.each([
    { of: 'a dry run without anything to change', parts: { applied: false }, exitCode: 0 },
    { of: 'a dry run that would change rows', parts: { applied: false, planned: { noCell: 1 } }, exitCode: 1 },
    { of: 'a dry run before what cannot be repaired', parts: { applied: false, notRepairable: 1 }, exitCode: 3 },
    {
      of: 'a dry run that would change rows but not all',
      parts: { applied: false, planned: { noCell: 1 }, notRepairable: 1 },
      exitCode: 1,
    },
    { of: 'one without anything to change', parts: {}, exitCode: 0 },
    {
      of: 'one that made every change',
      parts: { planned: { noCell: 2, orphan: 1 }, made: { orphan: 1, noCell: 2 } },
      exitCode: 0,
    },
    {
      of: 'one that left a row alone',
      parts: { planned: { noCell: 2 }, made: { noCell: 1 }, leftAlone: { number: 1, samples: ['a'] } },
      exitCode: 3,
    },
    { of: 'one before what cannot be repaired', parts: { notRepairable: 1 }, exitCode: 3 },
  ])('exits with $exitCode: $of', ({ parts, exitCode }) => {
    expect(exitCodeOf(repairStatus(repair(parts), null))).toBe(exitCode);
    expect(exitCodeOf(repairStatus(repair(parts), fault))).toBe(4);
  });
});

function withoutCell(parts: { orphan?: number }) {
  return { mappings: parts.orphan ?? 0, classes: { ...noClassCounts(), ...parts }, samples: [] };
}
