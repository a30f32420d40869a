import type { Database, Parameters } from '../../data-api/database.ts';

/** What a server's EXPLAIN says of how it reads a table. */
export interface Access {
  /** The statement's name of the table. */
  table: string;
  /** One of MySQL's access types, or PostgreSQL's node: `Index Scan using instances_pkey`, `Bitmap Index Scan using …`. */
  type: string;
  /** MySQL's chosen index. */
  key: string | null;
}

/** Asks the server how it would run a statement: how it reads each table, in its order. */
export async function explain(database: Database, statement: string, parameters: Parameters): Promise<Access[]> {
  if (database.address.dialect === 'mysql') {
    return database.query(`EXPLAIN FORMAT=TRADITIONAL ${statement}`, parameters);
  }
  const plan = await explainPostgresql(database, statement, parameters);
  // A bitmap of an index is a node of its own below the one that names the table.
  const scans = plan.matchAll(/(\w[\w ]* Scan(?: using \w+)?) on \w+\.(\w+)|Bitmap Index Scan on (\w+)/g);
  const accesses: Access[] = [];
  for (const [, type = '', table = '', bitmap] of scans) {
    const heap = accesses.at(-1);
    if (bitmap === undefined) accesses.push({ type, table, key: null });
    else if (heap?.type === 'Bitmap Heap Scan') heap.type = `Bitmap Index Scan using ${bitmap}`;
  }
  return accesses;
}

/** PostgreSQL's plan as it tells it, its lines cut short. */
export async function explainPostgresql(
  database: Database,
  statement: string,
  parameters: Parameters,
): Promise<string> {
  const lines = await database.query<Record<string, string>>(`EXPLAIN (VERBOSE, COSTS OFF) ${statement}`, parameters);
  return lines.map((line) => line['QUERY PLAN']?.slice(0, 200)).join('\n');
}
