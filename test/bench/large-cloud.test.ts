import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cellSizes, LARGE_CLOUD } from '../../bench/large-cloud.ts';

it('the cells of a cloud have all of its instances, the largest first', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(10_000_000), (cells, instances) => {
      const sizes = cellSizes({ cells, instances });
      expect(sizes).toHaveLength(cells);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(instances);
      expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    }),
  );
});

it('the large cloud is as uneven as it is said to be', () => {
  const sizes = cellSizes(LARGE_CLOUD);
  expect((sizes[0] ?? 0) / LARGE_CLOUD.instances).toBeCloseTo(0.064, 3);
  expect((sizes[0] ?? 0) / (sizes.at(-1) ?? 1)).toBeCloseTo(12.5, 1);
});
