import type { Sql } from './sql.ts';

/**
 * A page's rows: the groups, and the uuids in each. OFFSET 0 keeps the subquery apart: merged into the whole, it would
 * have the text of a group, 160 KB of it, parsed anew for every uuid.
 */
const PAGE = `(
    SELECT p, s, q, u
    FROM (
      SELECT g->>0 AS p, g->>1 AS s, g->>2 AS q, g->3 AS uuids FROM json_array_elements(CAST(:page AS json)) AS g OFFSET 0
    ) AS grouped, json_array_elements_text(uuids) AS u
  ) AS j`;

/** The statements of Aurora PostgreSQL and PostgreSQL. */
export const postgresql: Sql = {
  comparedColumns: null,

  // The planner expects 10,000 rows of any JSON and would read the whole table for them: LATERAL with LIMIT makes it use
  // the index.
  look: () => `SELECT j.u AS u,
    CASE WHEN m.id IS NULL THEN 'unmapped'
      WHEN m.cell_id <> :cell THEN 'otherCell'
      WHEN m.cell_id IS NOT NULL THEN 'wrongDetails'
      WHEN EXISTS (SELECT 1 FROM build_requests AS b WHERE b.instance_uuid = j.u) THEN 'inFlight'
      ELSE 'noCell' END AS s,
    (SELECT c.uuid FROM cell_mappings AS c WHERE c.id = m.cell_id) AS c
  FROM ${PAGE}
  LEFT JOIN LATERAL (
    SELECT id, cell_id, project_id, user_id, queued_for_delete FROM instance_mappings WHERE instance_uuid = j.u LIMIT 1
  ) AS m ON true
  WHERE m.id IS NULL OR m.cell_id IS NULL OR m.cell_id <> :cell
    OR m.project_id IS DISTINCT FROM j.p
    OR m.user_id IS DISTINCT FROM j.s
    OR m.queued_for_delete IS NULL
    OR (j.q <> '2' AND m.queued_for_delete <> (j.q = '1'))`,

  // Others may insert one of the rows meanwhile: it is skipped, and only that; INSERT IGNORE has no such precision.
  insert: () => `INSERT INTO instance_mappings
    (created_at, instance_uuid, cell_id, project_id, user_id, queued_for_delete)
  SELECT now() AT TIME ZONE 'utc', j.u, :cell, j.p, j.s, j.q = '1'
  FROM ${PAGE} ON CONFLICT (instance_uuid) DO NOTHING`,
};
