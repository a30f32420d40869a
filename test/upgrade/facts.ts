import { NOVA_MARKER } from '../../domain/classification.ts';
import type { CellName } from '../end-to-end/cloud.ts';
import type { StoredMapping } from '../servers/nova-database.ts';
import type { Sql } from '../servers/sql.ts';
import type { Details, Facts, Mappings, Repairs, VisibleRow } from './differences.ts';
import type { InstalledNova } from './installed-nova.ts';
import { leftOut } from './walk.ts';

/** The order in which the tests run nova-manage over the cells: first that of the marker. */
export const novasOrder = ['cell2', 'cell0', 'cell1'] as const satisfies CellName[];

/** What there was before both runs, read with plain SQL: all that the comparison is judged by. */
export interface Before {
  mappings: StoredMapping[];
  /** The visible rows of each cell. */
  rows: Record<CellName, Omit<VisibleRow, 'obstacle'>[]>;
}

/** Reads a cloud that nothing but a partial `map_instances` has mapped yet. */
export async function readBefore(nova: InstalledNova): Promise<Before> {
  const rows: Before['rows'] = { cell0: [], cell1: [], cell2: [] };
  for (const cell of novasOrder) {
    rows[cell] = await nova.withSql(cell, (sql) => readVisible(sql, nova.cells[cell].id));
  }
  return { mappings: await nova.readMappings(), rows };
}

async function readVisible(sql: Sql, cellId: number): Promise<Omit<VisibleRow, 'obstacle'>[]> {
  const hidden = sql.dialect === 'mysql' ? 'hidden <> 0' : 'hidden';
  const rows = await sql.query<Record<string, string | number | null>>(
    `SELECT id, uuid, project_id, user_id, CAST(created_at AS CHAR(26)) AS created,
       CASE WHEN deleted <> 0 OR vm_state = 'soft-delete' THEN 1 ELSE 0 END AS gone
     FROM instances WHERE hidden IS NULL OR NOT (${hidden})`,
  );
  return rows.map((row) => ({
    cellId,
    id: Number(row.id),
    uuid: String(row.uuid),
    projectId: row.project_id as string | null,
    userId: row.user_id as string | null,
    createdAt: row.created as string | null,
    gone: Number(row.gone) === 1,
  }));
}

/**
 * What was known of each uuid, with what nova-manage leaves out.
 * @param repairs what has been written into rows without a project or a user; null while they are as they were
 */
export function factsBy(
  { mappings, rows }: Before,
  dialect: Sql['dialect'],
  repairs: Repairs | null,
): (uuid: string) => Facts {
  const before = byUuid(mappings);
  const visible = new Map<string, VisibleRow[]>();
  for (const cell of novasOrder) {
    const walked = rows[cell].map((row) => ({
      ...row,
      projectId: row.projectId ?? repairs?.projectId ?? null,
      userId: row.userId ?? repairs?.userId ?? null,
    }));
    const obstacles = leftOut(
      walked,
      dialect,
      markers(mappings).find((uuid) => walked.some((row) => row.uuid === uuid)),
    );
    for (const row of rows[cell]) {
      const known = { ...row, obstacle: obstacles.get(row.uuid) };
      visible.set(row.uuid, [...(visible.get(row.uuid) ?? []), known]);
    }
  }
  return (uuid) => ({ uuid, before: before.get(uuid), visible: visible.get(uuid) ?? [] });
}

/** The instances to which the checkpoints of earlier runs point. */
function markers(mappings: readonly StoredMapping[]): string[] {
  return mappings
    .filter(({ projectId }) => projectId === NOVA_MARKER)
    .map(({ instanceUuid }) => instanceUuid.replaceAll(' ', '-'));
}

/** A table as it is compared. */
export function byUuid(mappings: readonly StoredMapping[]): Mappings {
  return new Map(
    mappings.map(({ instanceUuid, cellId, projectId, userId, queuedForDelete }) => [
      instanceUuid,
      { cellId, projectId, userId, queuedForDelete } satisfies Details,
    ]),
  );
}
