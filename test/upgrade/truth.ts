import { cellNames, type InstalledNova } from './installed-nova.ts';

/** How many instances each project really has: visible, and neither deleted nor soft-deleted. Plain SQL. */
export async function liveByProject(nova: InstalledNova): Promise<Record<string, number>> {
  const live: Record<string, number> = {};
  for (const cell of cellNames) {
    const rows = await nova.withSql(cell, (sql) =>
      sql.query<{ project: string; number: number | string }>(
        `SELECT project_id AS project, COUNT(*) AS number FROM instances
         WHERE deleted = 0 AND (vm_state IS NULL OR vm_state <> 'soft-delete') AND (hidden IS NULL OR NOT hidden)
           AND project_id IS NOT NULL
         GROUP BY project_id`,
      ),
    );
    for (const { project, number } of rows) live[project] = (live[project] ?? 0) + Number(number);
  }
  return live;
}

/** The uuids of the deleted rows of all cells, hidden ones too: these are what archiving takes. */
export async function deletedUuids(nova: InstalledNova): Promise<Set<string>> {
  const uuids: string[] = [];
  for (const cell of cellNames) {
    const rows = await nova.withSql(cell, (sql) =>
      sql.query<{ uuid: string }>('SELECT uuid FROM instances WHERE deleted <> 0'),
    );
    uuids.push(...rows.map(({ uuid }) => uuid));
  }
  return new Set(uuids);
}
