import type { ComparedColumns, Sql, TextColumn } from './sql.ts';

/**
 * A page's rows: the groups, g, and the uuids of each, j. JSON_TABLE makes utf8mb4 text; MySQL scans the whole table when
 * it compares that with a utf8mb3 column, and both servers refuse to mix collations (1267). So the uuid is declared as
 * the table declares it. The uuids are a table of their own for each group, which MariaDB reads in half the time that a
 * NESTED PATH takes it.
 *
 * ERROR ON ERROR, because the default is NULL: a value that cannot be converted would be lost in silence. The columns
 * are wider than the table's, because MariaDB cuts what does not fit even so; the table refuses it.
 */
function pageTables({ charset }: TextColumn): string {
  return `JSON_TABLE(:page, '$[*]' COLUMNS (
    p VARCHAR(512) CHARACTER SET utf8mb4 PATH '$[0]' ERROR ON ERROR,
    s VARCHAR(512) CHARACTER SET utf8mb4 PATH '$[1]' ERROR ON ERROR,
    q INT PATH '$[2]' ERROR ON ERROR,
    uuids JSON PATH '$[3]' ERROR ON ERROR
  )) AS g
  CROSS JOIN JSON_TABLE(g.uuids, '$[*]' COLUMNS (
    u VARCHAR(64) CHARACTER SET ${charset} PATH '$' ERROR ON ERROR
  )) AS j`;
}

/**
 * Compares text byte for byte, and NULL with NULL: the tables' own collations call different letters equal, and even
 * utf8mb4_bin ignores spaces at the end.
 */
export function sameText(column: string, value: string): string {
  return `CAST(CONVERT(${column} USING utf8mb4) AS BINARY) <=> CAST(${value} AS BINARY)`;
}

/** The statements of Aurora MySQL 3, MySQL 8 and later, and MariaDB 10.6 and later. */
export const mysql: Sql = {
  comparedColumns: `SELECT table_name AS tbl, character_set_name AS charset, collation_name AS collation
  FROM information_schema.columns
  WHERE table_schema = DATABASE() AND column_name = 'instance_uuid'
    AND table_name IN ('instance_mappings', 'build_requests')`,

  // Subqueries instead of joins: they are asked only for the few rows that pass the WHERE.
  look: ({ instanceMappings, buildRequests }: ComparedColumns) => `SELECT j.u AS u,
    CASE WHEN m.id IS NULL THEN 'unmapped'
      WHEN m.cell_id <> :cell THEN 'otherCell'
      WHEN m.cell_id IS NOT NULL THEN 'wrongDetails'
      WHEN EXISTS (SELECT 1 FROM build_requests AS b
        WHERE b.instance_uuid = CONVERT(j.u USING ${buildRequests.charset}) COLLATE ${buildRequests.collation})
        THEN 'inFlight'
      ELSE 'noCell' END AS s,
    (SELECT c.uuid FROM cell_mappings AS c WHERE c.id = m.cell_id) AS c
  FROM ${pageTables(instanceMappings)}
  LEFT JOIN instance_mappings AS m ON m.instance_uuid = j.u COLLATE ${instanceMappings.collation}
  WHERE m.id IS NULL OR m.cell_id IS NULL OR m.cell_id <> :cell
    OR NOT (${sameText('m.project_id', 'g.p')})
    OR NOT (${sameText('m.user_id', 'g.s')})
    OR NOT (m.queued_for_delete <=> g.q OR (g.q = 2 AND m.queued_for_delete IS NOT NULL))`,

  insert: ({ instanceMappings }: ComparedColumns) => `INSERT INTO instance_mappings
    (created_at, instance_uuid, cell_id, project_id, user_id, queued_for_delete)
  SELECT UTC_TIMESTAMP(), j.u, :cell, g.p, g.s, g.q FROM ${pageTables(instanceMappings)}`,
};
