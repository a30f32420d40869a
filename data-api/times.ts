import type { Dialect } from '../domain/database-url.ts';

/** A time as the dialect's statements write those of `instance_mappings`: UTC, in the column's whole precision. */
export function timeText(dialect: Dialect, time: Date): string {
  const seconds = time.toISOString().slice(0, 19).replace('T', ' ');
  return dialect === 'mysql' ? seconds : `${seconds}.000000`;
}
