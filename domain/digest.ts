/**
 * Of some rows, how many they are and the sum of their hashes. Sums are whole numbers of any size, as text: a JavaScript
 * number would round them. Digests of different rows can be added.
 */
export interface Digest {
  rows: number;
  sum: string;
}

/** Digests by bucket: the first characters of the uuids, in lower case. */
export type Buckets = Record<string, Digest>;

/** The buckets in which a statement compares rows: half of those of a small cloud. Beyond them, little is saved. */
export const MOST_BUCKETS_NAMED = 2_048;

/** How many digests of all cells together an answer of the Data API has room for: some 55 bytes each. */
const MOST_DIGESTS = 18_000;

/**
 * How many characters of a uuid make a bucket, so that a statement's answer has room for those of all cells; of more than
 * a thousand cells, that is, where it goes over few ids.
 */
export function bucketLength(cells: number): number {
  if (cells * 16 ** 3 <= MOST_DIGESTS) return 3;
  return cells * 16 ** 2 <= MOST_DIGESTS ? 2 : 1;
}

/** Of many cells, the digests of the mappings are kept in so many groups: else each cell would read those of all. */
const GROUPS = 16;

/** By the length of the buckets: one where cells are few. */
function groupsOf(bucketLength: number): number {
  return bucketLength === 3 ? 1 : GROUPS;
}

/** The group of a cell, by its `cell_mappings.id`. */
export function groupOf(cellId: number, bucketLength: number): number {
  return cellId % groupsOf(bucketLength);
}

/** The digests of each group; one without any has none. */
export function splitCells(cells: Record<string, Buckets>, bucketLength: number): Record<string, Buckets>[] {
  const groups = Array.from({ length: groupsOf(bucketLength) }, (): Record<string, Buckets> => ({}));
  for (const [cellId, buckets] of Object.entries(cells)) {
    const group = groups[groupOf(Number(cellId), bucketLength)];
    if (group !== undefined) group[cellId] = buckets;
  }
  return groups;
}

/** The sum of digests. */
export function addDigests(parts: Iterable<Digest>): Digest {
  let rows = 0;
  let sum = 0n;
  for (const part of parts) {
    rows += part.rows;
    sum += BigInt(part.sum);
  }
  return { rows, sum: String(sum) };
}

/** Adds buckets up, each to the one of its name. */
export function addBuckets(parts: readonly Buckets[]): Buckets {
  const sums = new Map<string, Digest>();
  for (const part of parts) {
    for (const [bucket, digest] of Object.entries(part)) {
      const sum = sums.get(bucket);
      sums.set(bucket, sum === undefined ? digest : addDigests([sum, digest]));
    }
  }
  return Object.fromEntries(sums);
}

/** Adds the buckets of several cells up, each to those of its cell. */
export function addCellBuckets(parts: readonly Record<string, Buckets>[]): Record<string, Buckets> {
  const cells = new Set(parts.flatMap((part) => Object.keys(part)));
  return Object.fromEntries([...cells].map((cell) => [cell, addBuckets(parts.map((part) => part[cell] ?? {}))]));
}

/** The buckets whose rows are not the same, in order. */
export function differingBuckets(one: Buckets, other: Buckets): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => !sameDigest(one[name], other[name])).sort();
}

function sameDigest(one: Digest | undefined, other: Digest | undefined): boolean {
  return one !== undefined && other !== undefined && one.rows === other.rows && one.sum === other.sum;
}
