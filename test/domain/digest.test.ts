import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  addBuckets,
  addCellBuckets,
  addDigests,
  type Buckets,
  bucketLength,
  type Digest,
  differingBuckets,
  groupOf,
  splitCells,
} from '../../domain/digest.ts';
import { IDS_PER_DIGEST } from '../../domain/digest-range.ts';

/** Hashes have 60 bits, so that a few of them already exceed what a JavaScript number holds exactly. */
const anyDigest = fc
  .record({ rows: fc.nat(1_000_000), sum: fc.bigInt({ min: 0n, max: 2n ** 90n }) })
  .map(({ rows, sum }): Digest => ({ rows, sum: String(sum) }));
const anyBuckets: fc.Arbitrary<Buckets> = fc.dictionary(fc.constantFrom('0a', '0b', '1c', 'zz'), anyDigest);
const anyCells = fc.dictionary(fc.constantFrom('1', '2', '30'), anyBuckets);

describe('addDigests', () => {
  it('is exact beyond what a number holds', () => {
    const largest: Digest = { rows: 1, sum: String(2n ** 60n - 1n) };
    expect(addDigests(Array.from({ length: 500_000 }, () => largest))).toEqual({
      rows: 500_000,
      sum: String((2n ** 60n - 1n) * 500_000n),
    });
  });

  it('of nothing is nothing', () => {
    expect(addDigests([])).toEqual({ rows: 0, sum: '0' });
  });

  it('does not depend on the order, nor on what is added first', () => {
    fc.assert(
      fc.property(fc.array(anyDigest), fc.nat(), (parts, at) => {
        const cut = at % (parts.length + 1);
        const [some, others] = [parts.slice(0, cut), parts.slice(cut)];
        expect(addDigests([addDigests(others), addDigests(some)])).toEqual(addDigests(parts));
      }),
    );
  });
});

describe('buckets', () => {
  it('add up by name, in whatever order and portions', () => {
    fc.assert(
      fc.property(fc.array(anyBuckets), fc.nat(), (parts, at) => {
        const cut = at % (parts.length + 1);
        const portions = [addBuckets(parts.slice(cut)), addBuckets(parts.slice(0, cut))];
        expect(addBuckets(portions)).toEqual(addBuckets(parts));
      }),
    );
  });

  it('of several cells add up by cell, in whatever order and portions', () => {
    fc.assert(
      fc.property(fc.array(anyCells), fc.nat(), (parts, at) => {
        const cut = at % (parts.length + 1);
        const portions = [addCellBuckets(parts.slice(cut)), addCellBuckets(parts.slice(0, cut))];
        const sum = addCellBuckets(parts);
        expect(addCellBuckets(portions)).toEqual(sum);
        for (const [cell, buckets] of Object.entries(sum)) {
          expect(buckets).toEqual(addBuckets(parts.map((part) => part[cell] ?? {})));
        }
      }),
    );
  });

  it('differ where the rows, the sum or the bucket itself is missing on a side', () => {
    const one: Buckets = {
      same: { rows: 2, sum: '7' },
      rows: { rows: 2, sum: '7' },
      sum: { rows: 2, sum: '90071992547409931' },
      here: { rows: 1, sum: '1' },
    };
    const other: Buckets = {
      there: { rows: 1, sum: '1' },
      same: { rows: 2, sum: '7' },
      rows: { rows: 3, sum: '7' },
      sum: { rows: 2, sum: '90071992547409932' },
    };
    expect(differingBuckets(one, other)).toEqual(['here', 'rows', 'sum', 'there']);
    expect(differingBuckets(other, one)).toEqual(['here', 'rows', 'sum', 'there']);
  });

  it('do not differ from themselves, and differ in just the one to which a row is added', () => {
    fc.assert(
      fc.property(anyBuckets, fc.constantFrom('0a', '1c', 'new'), fc.nat(), (buckets, name, hash) => {
        expect(differingBuckets(buckets, structuredClone(buckets))).toEqual([]);
        const more = addBuckets([buckets, { [name]: { rows: 1, sum: String(hash) } }]);
        expect(differingBuckets(buckets, more)).toEqual([name]);
      }),
    );
  });
});

describe('the groups of cells', () => {
  it('have each cell once, in the group in which it is looked for', () => {
    fc.assert(
      fc.property(anyCells, fc.constantFrom(1, 2, 3), (cells, length) => {
        const groups = splitCells(cells, length);
        expect(Object.assign({}, ...groups)).toEqual(cells);
        for (const [cell, buckets] of Object.entries(cells)) {
          expect(groups[groupOf(Number(cell), length)]?.[cell]).toEqual(buckets);
        }
      }),
    );
  });

  it('are one where cells are few, and of a thousand cells a sixteenth each', () => {
    const cells = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [String(index + 2), {}]));
    const sizes = (length: number) => splitCells(cells, length).map((group) => Object.keys(group).length);
    expect(sizes(bucketLength(1))).toEqual([1_000]);
    expect(Math.max(...sizes(bucketLength(1_000)))).toBe(63);
  });
});

describe('bucketLength', () => {
  it.each([
    { cells: 1, length: 3 },
    { cells: 4, length: 3 },
    { cells: 5, length: 2 },
    { cells: 70, length: 2 },
    { cells: 71, length: 1 },
    { cells: 2_500, length: 1 },
  ])('is $length for $cells cells', ({ cells, length }) => {
    expect(bucketLength(cells)).toBe(length);
  });

  it('leaves room for the digests of a thousand cells in an answer of 1 MiB', () => {
    for (const cells of [1, 4, 5, 70, 71, 1_024]) {
      const digests = cells * 16 ** bucketLength(cells);
      // A statement digests so many rows in all, and their numbers have most digits where each digest has as many.
      const n = Math.ceil(IDS_PER_DIGEST / digests);
      const row = { c: 9_999, b: 'abc', n, s: String(BigInt(n) * 2n ** 60n) };
      expect(digests * (JSON.stringify(row).length + 1)).toBeLessThan(2 ** 20);
    }
  });
});
