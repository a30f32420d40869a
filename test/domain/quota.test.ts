import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addQuotas, isTrue, type Quotas } from '../../domain/quota.ts';

const anyQuotas: fc.Arbitrary<Quotas> = fc.dictionary(
  fc.constantFrom('p1', 'p2', '__proto__', '12'),
  fc.record({ counted: fc.nat(9), live: fc.nat(9), deleting: fc.nat(9) }),
);

describe('addQuotas', () => {
  it('adds by project, in whatever order and portions', () => {
    fc.assert(
      fc.property(fc.array(anyQuotas), fc.nat(), (parts, at) => {
        const cut = at % (parts.length + 1);
        expect(addQuotas([addQuotas(parts.slice(cut)), addQuotas(parts.slice(0, cut))])).toEqual(addQuotas(parts));
      }),
    );
  });

  it('joins what is counted with what is live', () => {
    const counted = { p1: { counted: 3, live: 0, deleting: 0 }, p2: { counted: 1, live: 0, deleting: 0 } };
    const live = { p1: { counted: 0, live: 2, deleting: 1 }, p3: { counted: 0, live: 4, deleting: 0 } };
    expect(addQuotas([counted, live])).toEqual({
      p1: { counted: 3, live: 2, deleting: 1 },
      p2: { counted: 1, live: 0, deleting: 0 },
      p3: { counted: 0, live: 4, deleting: 0 },
    });
  });
});

describe('a quota', () => {
  it.each([
    { counted: 5, live: 5, deleting: 0, right: true },
    { counted: 4, live: 5, deleting: 0, right: false },
    { counted: 6, live: 5, deleting: 0, right: false },
    { counted: 3, live: 5, deleting: 2, right: true },
    { counted: 2, live: 5, deleting: 2, right: false },
    { counted: 6, live: 5, deleting: 2, right: false },
    { counted: 0, live: 0, deleting: 0, right: true },
  ])('of $counted counted with $live live, $deleting of them being deleted, is right: $right', (example) => {
    const { right, ...quota } = example;
    expect(isTrue(quota)).toBe(right);
  });
});
