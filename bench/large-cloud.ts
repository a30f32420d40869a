/** The cells of a large cloud, after those that operators of some seventy cells have described. */
export const LARGE_CLOUD = { cells: 70, instances: 10_000_000 };

/**
 * The sizes of so many cells with so many instances altogether, the largest first: the n-th is as 1 / (n + 5), a
 * harmonic series without its steep beginning. Of 70 cells the largest has 6.4 % of all, twelve and a half times as much as the smallest.
 */
export function cellSizes({ cells, instances }: typeof LARGE_CLOUD): number[] {
  const weights = Array.from({ length: cells }, (_, index) => 1 / (index + 6));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const sizes = weights.map((weight) => Math.floor((weight / sum) * instances));
  const left = instances - sizes.reduce((total, size) => total + size, 0);
  return sizes.map((size, index) => size + (index < left ? 1 : 0));
}
