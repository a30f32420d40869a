import type { Dialect } from '../domain/database-url.ts';
import { mysql } from './mysql.ts';
import { postgresql } from './postgresql.ts';
import type { Sql } from './sql.ts';

/** The statements of a dialect. */
export function sqlOf(dialect: Dialect): Sql {
  return dialect === 'mysql' ? mysql : postgresql;
}
