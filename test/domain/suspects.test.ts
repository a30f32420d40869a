import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  addParts,
  countParts,
  isInSlice,
  MOST_SLICES,
  noParts,
  PARTS,
  partOf,
  type Suspects,
  slicesFor,
  splitSuspects,
} from '../../domain/suspects.ts';

const anyUuid = fc.oneof(fc.uuid(), fc.string({ maxLength: 36 }));
const anySuspects: fc.Arbitrary<Suspects> = fc.record({ instances: fc.array(anyUuid), mappings: fc.array(anyUuid) });

describe('partOf', () => {
  it('is one of the parts, and the same in any letter case', () => {
    fc.assert(
      fc.property(anyUuid, (uuid) => {
        expect(noParts()[partOf(uuid)]).toBe(0);
        expect(partOf(uuid.toUpperCase())).toBe(partOf(uuid.toLowerCase()));
      }),
    );
  });

  it('gives random uuids to all parts', () => {
    expect(new Set(Array.from({ length: 1_000 }, () => partOf(randomUUID()))).size).toBe(PARTS);
  });
});

describe('the slices of a part', () => {
  it('have each uuid once, in any letter case', () => {
    fc.assert(
      fc.property(anyUuid, fc.constantFrom(1, MOST_SLICES), (uuid, slices) => {
        const having = (text: string) =>
          noParts().flatMap((_, slice) => (isInSlice(text, { slice, slices }) ? slice : []));
        expect(having(uuid)).toHaveLength(1);
        expect(having(uuid.toUpperCase())).toEqual(having(uuid.toLowerCase()));
      }),
    );
  });

  it('have about as many of random uuids each', () => {
    const uuids = Array.from({ length: 16_000 }, () => randomUUID()).filter((uuid) => partOf(uuid) === 0);
    for (let slice = 0; slice < MOST_SLICES; slice += 1) {
      const some = uuids.filter((uuid) => isInSlice(uuid, { slice, slices: MOST_SLICES }));
      expect(some.length).toBeGreaterThan(uuids.length / MOST_SLICES / 3);
    }
  });

  it('are one, where a function can hold the part in memory', () => {
    expect(slicesFor(1)).toBe(1);
    expect(slicesFor(200_000)).toBe(1);
    expect(slicesFor(200_001)).toBe(MOST_SLICES);
  });
});

describe('splitSuspects', () => {
  it('puts each uuid into its part, on its side, and keeps no empty part', () => {
    fc.assert(
      fc.property(anySuspects, (suspects) => {
        const parts = splitSuspects(suspects);
        for (const side of ['instances', 'mappings'] as const) {
          expect([...parts.values()].flatMap((part) => part[side]).sort()).toEqual([...suspects[side]].sort());
        }
        for (const [part, { instances, mappings }] of parts) {
          expect(instances.length + mappings.length).toBeGreaterThan(0);
          expect([...instances, ...mappings].every((uuid) => partOf(uuid) === part)).toBe(true);
        }
      }),
    );
  });

  it('has as many in a part as are counted', () => {
    fc.assert(
      fc.property(anySuspects, ({ instances, mappings }) => {
        const parts = splitSuspects({ instances, mappings });
        const sizes = noParts().map((_, part) => {
          const some = parts.get(part);
          return (some?.instances.length ?? 0) + (some?.mappings.length ?? 0);
        });
        expect(countParts([...instances, ...mappings])).toEqual(sizes);
        expect(addParts([countParts(instances), countParts(mappings)])).toEqual(sizes);
        expect(countParts(instances, countParts(mappings))).toEqual(sizes);
      }),
    );
  });

  it('counts without changing what was counted before', () => {
    const before = noParts();
    countParts(['a', 'b'], before);
    expect(before).toEqual(noParts());
    expect(addParts([])).toEqual(noParts());
  });
});
