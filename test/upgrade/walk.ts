import type { Dialect } from '../../domain/database-url.ts';

/** What of a visible row of `instances` decides whether `map_instances` reaches it. */
export interface WalkedRow {
  id: number;
  uuid: string;
  projectId: string | null;
  userId: string | null;
  /** Text that sorts as time does. */
  createdAt: string | null;
}

/** Why `map_instances` never maps a row, by nova.md's numbers. */
export type Obstacle = 'E6' | 'E9' | 'E14';

/** nova-manage's own, without --max-count. */
const PAGE_SIZE = 50;

/**
 * The rows that `map_instances` leaves out, worked out from how it pages: by `created_at`, then id; a page begins
 * behind the last row of the one before, and where that one has no `created_at`, by its id alone
 * (nova/cmd/manage.py, `_get_and_map_instances`; oslo_db/sqlalchemy/utils.py, `paginate_query`).
 * @param rows the visible rows of one cell
 * @param marker the instance where a run before this one ended
 * @returns the obstacle by uuid; a row that is not there is reached
 */
export function leftOut(rows: readonly WalkedRow[], dialect: Dialect, marker?: string): Map<string, Obstacle> {
  const ordered = [...rows].sort(inNovasOrder(dialect));
  const start = ordered.findIndex(({ uuid }) => uuid === marker);
  const reached = new Set<string>();
  let blocked = false;
  for (let last = ordered[start]; ; ) {
    const page = ordered.filter((row) => follows(row, last)).slice(0, PAGE_SIZE);
    const blocker = page.findIndex(({ projectId, userId }) => projectId === null || userId === null);
    blocked = blocker >= 0;
    for (const { uuid } of blocked ? page.slice(0, blocker) : page) reached.add(uuid);
    last = page.at(-1);
    if (blocked || page.length < PAGE_SIZE) break;
  }
  return new Map(
    ordered.flatMap(({ uuid }, index) =>
      reached.has(uuid) ? [] : [[uuid, blocked ? 'E9' : index <= start ? 'E6' : 'E14'] as const],
    ),
  );
}

/** NULL comes first on MySQL and last on PostgreSQL. */
function inNovasOrder(dialect: Dialect): (a: WalkedRow, b: WalkedRow) => number {
  const missing = dialect === 'mysql' ? -1 : 1;
  return (a, b) => {
    if (a.createdAt === b.createdAt) return a.id - b.id;
    if (a.createdAt === null) return missing;
    if (b.createdAt === null) return -missing;
    return a.createdAt < b.createdAt ? -1 : 1;
  };
}

function follows(row: WalkedRow, last: WalkedRow | undefined): boolean {
  if (last === undefined) return true;
  if (last.createdAt === null) return row.id > last.id;
  if (row.createdAt === null) return false;
  return row.createdAt > last.createdAt || (row.createdAt === last.createdAt && row.id > last.id);
}
