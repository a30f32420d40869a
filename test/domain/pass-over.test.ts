import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MOST_BUCKETS_NAMED } from '../../domain/digest.ts';
import { addPassed, judgePassedOver, newPassedTurn, type PassedTurn } from '../../domain/pass-over.ts';

/** A row of a cell, and what its mapping was when the mappings were digested. */
interface Row {
  bucket: string;
  hash: bigint;
  passedOver: boolean;
  /** `late`: mapped only after the mappings were digested. */
  mapping: 'right' | 'wrong' | 'none' | 'late';
}

const row = fc.record({
  bucket: fc.constantFrom('a', 'b', 'c', 'd'),
  hash: fc.bigInt({ min: 1n, max: 2n ** 60n - 1n }),
  passedOver: fc.boolean(),
  mapping: fc.constantFrom('right', 'right', 'right', 'right', 'wrong', 'none', 'late'),
}) as fc.Arbitrary<Row>;

function turnOf(rows: readonly Row[], passedOver: boolean): PassedTurn {
  const turn = newPassedTurn(passedOver);
  for (const { bucket, hash } of rows) {
    const buckets = { [bucket]: { rows: 1, sum: String(hash) } };
    addPassed(turn, { buckets, hidden: 0, placeholders: 0, noProject: 0 });
  }
  return turn;
}

/** What the machine learns of a cell: digests of what was passed over, of what was found elsewhere, of the mappings. */
function judge(rows: readonly Row[], orphans: readonly { bucket: string; hash: bigint }[] = []) {
  const over = rows.filter(({ passedOver }) => passedOver);
  const through = rows.filter(({ passedOver, mapping }) => !passedOver && mapping !== 'none');
  const mapped = rows
    .filter(({ mapping }) => mapping === 'right' || mapping === 'wrong')
    .map((each) => (each.mapping === 'wrong' ? { ...each, hash: each.hash + 1n } : each));
  const mappings = turnOf(
    [...mapped, ...orphans.map((orphan) => ({ ...orphan, passedOver: false, mapping: 'right' as const }))],
    false,
  );
  return judgePassedOver([turnOf(over, true), turnOf(through, false)], mappings.buckets);
}

describe('what was passed over', () => {
  it('is never called right in a bucket where a row of it is not', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        const { alreadyMapped, doubtful } = judge(rows);
        const isDoubtful = (bucket: string) => doubtful === null || doubtful.includes(bucket);
        for (const { bucket, passedOver, mapping } of rows) {
          if (passedOver && mapping !== 'right') expect(isDoubtful(bucket)).toBe(true);
        }
        const right = rows.filter(({ passedOver, bucket }) => passedOver && !isDoubtful(bucket));
        expect(alreadyMapped).toBe(right.length);
      }),
    );
  });

  it('is right as a whole where every mapping is, whatever was found elsewhere', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        const all = rows.map((each) => ({ ...each, mapping: 'right' as const }));
        expect(judge(all)).toMatchObject({
          alreadyMapped: all.filter(({ passedOver }) => passedOver).length,
          doubtful: [],
        });
      }),
    );
  });

  it('is in doubt only in buckets of its own', () => {
    const rows: Row[] = [
      { bucket: 'a', hash: 1n, passedOver: true, mapping: 'right' },
      { bucket: 'b', hash: 2n, passedOver: false, mapping: 'wrong' },
    ];
    expect(judge(rows)).toMatchObject({ alreadyMapped: 1, doubtful: [] });
  });

  it('is in doubt in the bucket of a mapping whose instance is not there', () => {
    const rows: Row[] = [
      { bucket: 'a', hash: 1n, passedOver: true, mapping: 'right' },
      { bucket: 'b', hash: 2n, passedOver: true, mapping: 'right' },
    ];
    expect(judge(rows, [{ bucket: 'a', hash: 9n }])).toMatchObject({ alreadyMapped: 1, doubtful: ['a'] });
  });

  it('is in doubt as a whole where too many buckets differ to name them', () => {
    const rows = Array.from({ length: MOST_BUCKETS_NAMED + 1 }, (_, index): Row => {
      return { bucket: `b${index}`, hash: 5n, passedOver: true, mapping: 'none' };
    });
    const right: Row = { bucket: 'right', hash: 7n, passedOver: true, mapping: 'right' };
    expect(judge([...rows, right])).toMatchObject({ alreadyMapped: 0, doubtful: null });
  });

  it('counts what is not in the digests, but not that of ranges that were gone through', () => {
    const over = { ...newPassedTurn(true), hidden: 1, placeholders: 2, noProject: 3 };
    const through = { ...newPassedTurn(false), hidden: 9, placeholders: 9, noProject: 9 };
    expect(judgePassedOver([over, over, through], {})).toMatchObject({ hidden: 2, placeholders: 4, noProject: 6 });
  });
});
