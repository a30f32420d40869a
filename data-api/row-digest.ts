import { createHash } from 'node:crypto';
import type { Buckets } from '../domain/digest.ts';
import type { MappableInstance } from '../domain/instance.ts';
import type { DigestRules } from './digest-sql.ts';

/** How many hexadecimal digits of a SHA-256 make a row's hash. */
const DIGITS = 15;

/**
 * Digests instances that were read, as digest-sql.ts does it in the database: what the mapping of each should be.
 * A test holds the two against each other.
 */
export function digestRows(rows: readonly MappableInstance[], { exactCase, bucketLength }: DigestRules): Buckets {
  const sums = new Map<string, { rows: number; sum: bigint }>();
  for (const { uuid, projectId, userId, gone, deleting } of rows) {
    const name = exactCase ? uuid : uuid.toLowerCase();
    // CHAR_LENGTH counts characters, and a JavaScript string's length units of UTF-16.
    const parts = [name, gone || deleting ? 1 : 0, [...projectId].length, projectId];
    const text = (userId === null ? parts : [...parts, userId]).join('=');
    const hash = BigInt(`0x${createHash('sha256').update(text).digest('hex').slice(0, DIGITS)}`);
    const bucket = uuid.slice(0, bucketLength).toLowerCase();
    const sum = sums.get(bucket) ?? { rows: 0, sum: 0n };
    sums.set(bucket, { rows: sum.rows + 1, sum: sum.sum + hash });
  }
  return Object.fromEntries(Array.from(sums, ([bucket, { rows, sum }]) => [bucket, { rows, sum: String(sum) }]));
}
