import { readFileSync } from 'node:fs';
import type { Dialect } from '../domain/database-url.ts';

/**
 * The statements that make the API database's tables as nova-manage makes them: cell_mappings, instance_mappings,
 * host_mappings and build_requests.
 * @param collation MySQL's collation for all of them, its character set included; by default Nova's, which is
 *   `utf8mb3_general_ci`. PostgreSQL takes none.
 */
export function apiTables(dialect: Dialect, collation?: string): string[] {
  return statements(`${dialect}-api.sql`, collation);
}

/** As {@link apiTables}, for a cell's database: instances, instance_extra and instance_info_caches. */
export function cellTables(dialect: Dialect, collation?: string): string[] {
  return statements(`${dialect}-cell.sql`, collation);
}

/** All that these files hold: comment lines, and statements that each end with a semicolon at a line's end. */
function statements(file: string, collation: string | undefined): string[] {
  const sql = readFileSync(new URL(`nova-tables/${file}`, import.meta.url), 'utf8').replace(/^--.*\n/gm, '');
  const wanted =
    collation === undefined
      ? sql
      : sql.replace(/CHARSET=\w+ COLLATE=\w+/g, `CHARSET=${collation.split('_')[0]} COLLATE=${collation}`);
  return wanted.split(/;\n/).filter((statement) => statement.trim() !== '');
}
