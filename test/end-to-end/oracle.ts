import type { StoredMapping } from '../servers/nova-database.ts';
import { openSql, type Sql, type SqlServer } from '../servers/sql.ts';
import { type CellName, type Cloud, cells } from './cloud.ts';

/** What a run should have made of a row of a cell's `instances`. */
export type Verdict =
  | 'placeholder'
  | 'hidden'
  | 'noProject'
  | 'mapped'
  | 'right'
  | 'wrongDetails'
  | 'inFlight'
  | 'noCell'
  | 'otherCell'
  | 'missing';

/** An instance that a person should look at. */
export interface Problem {
  cell: number;
  uuid: string;
  verdict: Verdict;
  /** `cell_mappings.id` of the cell that its mapping points to. */
  owner: number | null;
}

/**
 * Judges a run by plain SQL alone: it copies the cells' instances and the mappings of before and after, read with the
 * plain driver, into one database of its own, and asks that.
 */
export interface Oracle {
  /** Takes the state before a run. */
  before(cloud: Cloud): Promise<void>;
  /** Takes the mappings after it. */
  after(mappings: readonly StoredMapping[]): Promise<void>;
  /** How many rows of each verdict a cell has. */
  counts(cell: CellName): Promise<Partial<Record<Verdict, number>>>;
  /** The rows that need a person's look. */
  problems(): Promise<Problem[]>;
  /** New mappings that belong to no instance that could be mapped, or differ from it. */
  wrongInserts(): Promise<{ uuid: string }[]>;
  drop(): Promise<void>;
}

const DATABASE = 'oracle';

/** As the tables of Nova compare: uuids by the server's usual rules, names to the letter. */
function tables(dialect: Sql['dialect']): string[] {
  const collate = (collation: string) =>
    dialect === 'mysql' ? ` CHARACTER SET utf8mb4 COLLATE utf8mb4_${collation}` : '';
  const uuid = `uuid varchar(36)${collate('general_ci')} NOT NULL`;
  const names = ['project_id', 'user_id'].map((name) => `${name} varchar(255)${collate('bin')}`).join(', ');
  const mapping = `${uuid}, cell int, ${names}, queued int`;
  return [
    `CREATE TABLE instances (cell int, id int, ${uuid}, ${names}, deleted int, vm_state varchar(20),
      task_state varchar(20), hidden int)`,
    `CREATE TABLE earlier (${mapping})`,
    `CREATE TABLE later (${mapping})`,
    `CREATE TABLE building (${uuid})`,
    ...['instances', 'earlier', 'later', 'building'].map((table) => `CREATE INDEX ${table}_uuid ON ${table} (uuid)`),
    JUDGED,
  ];
}

/** NULL is no value of these columns but of user_id, so a text that no user has stands for it. */
const sameUser = (a: string, b: string) => `COALESCE(${a}.user_id, '(none)') = COALESCE(${b}.user_id, '(none)')`;

const GONE = `CASE WHEN i.deleted <> 0 OR i.vm_state = 'soft-delete' THEN 1 ELSE 0 END`;

const JUDGED = `CREATE VIEW judged AS
  SELECT i.cell, i.uuid, i.project_id, i.user_id, ${GONE} AS gone, l.cell AS owner, CASE
    WHEN i.uuid = '00000000-0000-0000-0000-000000000000' THEN 'placeholder'
    WHEN i.hidden = 1 THEN 'hidden'
    WHEN i.project_id IS NULL THEN 'noProject'
    WHEN e.uuid IS NULL AND l.uuid IS NULL THEN 'missing'
    WHEN e.uuid IS NULL AND l.cell = i.cell THEN 'mapped'
    WHEN e.uuid IS NULL THEN 'otherCell'
    WHEN e.cell IS NULL AND EXISTS (SELECT 1 FROM building AS b WHERE b.uuid = i.uuid) THEN 'inFlight'
    WHEN e.cell IS NULL THEN 'noCell'
    WHEN e.cell <> i.cell THEN 'otherCell'
    WHEN e.project_id = i.project_id AND ${sameUser('e', 'i')} AND (e.queued = ${GONE} OR e.queued = 1
      AND i.task_state IN ('deleting', 'soft-deleting')) THEN 'right'
    ELSE 'wrongDetails' END AS verdict
  FROM instances AS i LEFT JOIN earlier AS e ON e.uuid = i.uuid LEFT JOIN later AS l ON l.uuid = i.uuid`;

const WRONG_INSERTS = `SELECT l.uuid FROM later AS l
  LEFT JOIN earlier AS e ON e.uuid = l.uuid
  LEFT JOIN judged AS j ON j.uuid = l.uuid AND j.cell = l.cell AND j.verdict = 'mapped'
    AND j.project_id = l.project_id AND ${sameUser('j', 'l')} AND j.gone = l.queued
  WHERE e.uuid IS NULL AND j.uuid IS NULL`;

/** Makes the oracle's database. */
export async function openOracle(server: SqlServer): Promise<Oracle> {
  const maintenance = await openSql(server);
  await maintenance.query(`CREATE DATABASE ${DATABASE}`);
  const sql = await openSql(server, DATABASE);
  for (const statement of tables(sql.dialect)) await sql.query(statement);

  const fill = async (table: string, columns: string[], rows: unknown[][]) => {
    if (rows.length > 0) await sql.insert(table, columns, rows);
  };
  const fillMappings = (table: string, mappings: readonly StoredMapping[]) =>
    fill(
      table,
      ['uuid', 'cell', 'project_id', 'user_id', 'queued'],
      mappings.map(({ instanceUuid, cellId, projectId, userId, queuedForDelete }) => [
        instanceUuid,
        cellId,
        projectId,
        userId,
        queuedForDelete === null ? null : Number(queuedForDelete),
      ]),
    );
  return {
    before: async ({ api, databases }) => {
      for (const table of ['instances', 'earlier', 'later', 'building']) await sql.query(`DELETE FROM ${table}`);
      for (const [cell, { id }] of Object.entries(cells) as [CellName, { id: number }][]) {
        const columns = ['id', 'uuid', 'project_id', 'user_id', 'deleted', 'vm_state', 'task_state', 'hidden'];
        const rows = await databases[cell].query(`SELECT ${columns.join(', ')} FROM instances`);
        await fill(
          'instances',
          ['cell', ...columns],
          rows.map((row) => [
            id,
            ...columns.map((column) => (typeof row[column] === 'boolean' ? Number(row[column]) : row[column])),
          ]),
        );
      }
      await fillMappings('earlier', await api.readMappings());
      const requests = await api.query<{ uuid: string }>('SELECT instance_uuid AS uuid FROM build_requests');
      await fill(
        'building',
        ['uuid'],
        requests.map(({ uuid }) => [uuid]),
      );
    },
    after: async (mappings) => {
      await sql.query('DELETE FROM later');
      await fillMappings('later', mappings);
      await sql.query(sql.dialect === 'mysql' ? 'ANALYZE TABLE instances, earlier, later, building' : 'ANALYZE');
    },
    counts: async (cell) => {
      const rows = await sql.query<{ verdict: Verdict; number: number | string }>(
        'SELECT verdict, COUNT(*) AS number FROM judged WHERE cell = ? GROUP BY verdict',
        [cells[cell].id],
      );
      return Object.fromEntries(rows.map(({ verdict, number }) => [verdict, Number(number)]));
    },
    problems: () =>
      sql.query<Problem>(`SELECT cell, uuid, verdict, owner FROM judged
        WHERE verdict IN ('noProject', 'otherCell', 'noCell', 'wrongDetails', 'missing')`),
    wrongInserts: () => sql.query(WRONG_INSERTS),
    drop: async () => {
      await sql.close();
      await maintenance.query(`DROP DATABASE ${DATABASE}`);
      await maintenance.close();
    },
  };
}
