import type { Latencies } from './results.ts';
import { percentile } from './statistics.ts';

/** Sums up how long statements took, in milliseconds, and how many failed. */
export function latencies(milliseconds: readonly number[], failed: number): Latencies {
  return {
    number: milliseconds.length,
    failed,
    p50: percentile(milliseconds, 0.5),
    p99: percentile(milliseconds, 0.99),
    max: percentile(milliseconds, 1),
  };
}
