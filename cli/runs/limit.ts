import { misuse } from '../command-error.ts';
import type { WhereOptions } from '../options.ts';

/** How many runs are listed unless more are asked for. */
export const DEFAULT_LIMIT = 20;

/** Each run takes a call of its own, of which an account has a few hundred at once. */
export const MAX_LIMIT = 200;

/** What `runs` takes. */
export interface RunsOptions extends WhereOptions {
  limit?: number;
  json?: boolean;
}

/** Reads --limit. */
export function parseLimit(text: string): number {
  const limit = /^\d+$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT) throw misuse(`--limit must be a whole number from 1 to ${MAX_LIMIT}.`);
  return limit;
}
