import { openSql, type Sql, type SqlServer } from '../servers/sql.ts';
import { type CellName, type Cloud, cells } from './cloud.ts';

/** What the oracle calls the truth about an instance or a mapping; written apart from the product's own list. */
export type Truth =
  | 'correct'
  | 'unmapped'
  | 'inFlight'
  | 'noCell'
  | 'otherCell'
  | 'inTwoCells'
  | 'orphan'
  | 'wrongDetails'
  | 'setAside'
  | 'placeholder'
  | 'undecided';

/** One visible instance, or one mapping whose instance is visible nowhere. */
export interface Judged {
  of: 'instance' | 'mapping';
  /** `cell_mappings.id` of the cell where it counts. */
  cell: number | null;
  uuid: string;
  truth: Truth;
  /** `cell_mappings.id` of the cell that the mapping points to. */
  owner: number | null;
  /** That cell has a hidden row of it. */
  hiddenThere: boolean;
  /** What of the mapping is not as the instance's row has it. */
  wrong: string[];
  building: boolean;
}

/** A project of which Nova counts another number than there is. */
export interface WrongProject {
  project: string;
  counted: number;
  live: number;
  deleting: number;
}

/**
 * Judges a cloud by plain SQL alone: it copies the cells' instances and the mappings, read with the plain driver, into
 * one database of its own, and joins all with all.
 */
export interface VerifyOracle {
  /**
   * Takes the cloud as it stands, and judges it.
   * @param unread a cell whose database nobody could read
   */
  take(cloud: Cloud, unread?: CellName): Promise<void>;
  judged(): Promise<Judged[]>;
  /** Rows of a cell that are no instances. */
  besides(cell: CellName): Promise<{ hidden: number; placeholders: number }>;
  quota(): Promise<{ projects: number; counted: number; live: number; wrong: WrongProject[] }>;
  drop(): Promise<void>;
}

const DATABASE = 'verify_oracle';

const TABLES = ['instances', 'mappings', 'building', 'visible', 'joined', 'judged'];

const ZEROS = "'00000000-0000-0000-0000-000000000000'";
const MARKER = "'INSTANCE_MIGRATION_MARKER'";

/** uuids are compared as Nova's tables do by default, names by their bytes. */
function tables(dialect: Sql['dialect']): string[] {
  const uuid = `uuid varchar(36)${dialect === 'mysql' ? ' CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci' : ''}`;
  const name = dialect === 'mysql' ? 'varbinary(1020)' : 'varchar(255)';
  const names = `project_id ${name}, user_id ${name}`;
  return [
    `CREATE TABLE instances (cell int, ${uuid}, ${names}, deleted int, vm_state varchar(20), task_state varchar(20),
      hidden int)`,
    `CREATE TABLE mappings (${uuid}, cell int, ${names}, queued int)`,
    `CREATE TABLE building (${uuid})`,
    `CREATE TABLE visible (cell int, ${uuid}, ${names}, gone int, deleting int, copies int)`,
    `CREATE TABLE joined (cell int, ${uuid}, ${names}, gone int, deleting int, copies int, mapped int, owner int,
      m_project_id ${name}, m_user_id ${name}, queued int)`,
    `CREATE TABLE judged (side varchar(8), cell int, ${uuid}, truth varchar(12), owner int, hidden_there int,
      wrong_project int, wrong_user int, wrong_queued int, building int)`,
    ...TABLES.slice(0, 4).map((table) => `CREATE INDEX ${table}_uuid ON ${table} (uuid)`),
  ];
}

const VISIBLE = `INSERT INTO visible
  SELECT i.cell, i.uuid, i.project_id, i.user_id,
    CASE WHEN i.deleted <> 0 OR i.vm_state = 'soft-delete' THEN 1 ELSE 0 END,
    CASE WHEN i.task_state IN ('deleting', 'soft-deleting') THEN 1 ELSE 0 END,
    (SELECT COUNT(*) FROM instances AS o
      WHERE o.uuid = i.uuid AND (o.hidden = 0 OR o.hidden IS NULL))
  FROM instances AS i WHERE (i.hidden = 0 OR i.hidden IS NULL) AND i.uuid <> ${ZEROS}`;

/** The full outer join, of which MySQL has only the halves. */
function joined(dialect: Sql['dialect']): string {
  const columns = `v.cell, COALESCE(v.uuid, m.uuid), v.project_id, v.user_id, v.gone, v.deleting, v.copies,
    CASE WHEN m.uuid IS NULL THEN 0 ELSE 1 END, m.cell, m.project_id, m.user_id, m.queued`;
  const join = (kind: string) => `SELECT ${columns} FROM visible AS v ${kind} JOIN mappings AS m ON m.uuid = v.uuid`;
  return dialect === 'mysql'
    ? `INSERT INTO joined ${join('LEFT')} UNION ALL ${join('RIGHT')} WHERE v.uuid IS NULL`
    : `INSERT INTO joined ${join('FULL OUTER')}`;
}

const differs = (
  column: string,
) => `CASE WHEN j.${column} = j.m_${column} OR j.${column} IS NULL AND j.m_${column} IS NULL
  THEN 0 ELSE 1 END`;
const WRONG_PROJECT = differs('project_id');
const WRONG_USER = differs('user_id');
const WRONG_QUEUED = `CASE WHEN j.queued IS NULL THEN 1 WHEN j.queued = j.gone THEN 0
  WHEN j.deleting = 1 AND j.gone = 0 THEN 0 ELSE 1 END`;

const IN_CELLS = 'FROM instances AS i WHERE i.uuid = j.uuid';
const BUILDING = 'EXISTS (SELECT 1 FROM building AS b WHERE b.uuid = j.uuid)';

const JUDGED = `INSERT INTO judged
  SELECT CASE WHEN j.cell IS NULL THEN 'mapping' ELSE 'instance' END, COALESCE(j.cell, j.owner), j.uuid, CASE
      WHEN j.cell IS NOT NULL THEN CASE
        WHEN j.project_id IS NULL THEN 'setAside'
        WHEN j.copies > 1 THEN 'inTwoCells'
        WHEN j.mapped = 0 THEN 'unmapped'
        WHEN j.owner IS NULL AND ${BUILDING} THEN 'inFlight'
        WHEN j.owner IS NULL THEN 'noCell'
        WHEN j.owner <> j.cell THEN 'otherCell'
        WHEN ${WRONG_PROJECT} + ${WRONG_USER} + ${WRONG_QUEUED} > 0 THEN 'wrongDetails'
        ELSE 'correct' END
      WHEN j.uuid = ${ZEROS} OR j.m_project_id = ${MARKER} THEN 'placeholder'
      WHEN ${BUILDING} THEN 'inFlight'
      WHEN EXISTS (SELECT 1 ${IN_CELLS} AND i.cell = j.owner) THEN NULL
      WHEN EXISTS (SELECT 1 ${IN_CELLS}) THEN 'undecided'
      ELSE 'orphan' END,
    j.owner, CASE WHEN EXISTS (SELECT 1 ${IN_CELLS} AND i.cell = j.owner) THEN 1 ELSE 0 END,
    ${WRONG_PROJECT}, ${WRONG_USER}, ${WRONG_QUEUED}, CASE WHEN ${BUILDING} THEN 1 ELSE 0 END
  FROM joined AS j`;

const QUOTA = `SELECT project_id, SUM(counted) AS counted, SUM(live) AS live, SUM(deleting) AS deleting FROM (
    SELECT project_id, 0 AS counted, 1 AS live, deleting FROM visible WHERE gone = 0 AND project_id IS NOT NULL
    UNION ALL
    SELECT project_id, 1, 0, 0 FROM mappings WHERE queued = 0 AND uuid <> ${ZEROS} AND project_id <> ${MARKER}
  ) AS counts GROUP BY project_id`;

/** Makes the oracle's database. */
export async function openVerifyOracle(server: SqlServer): Promise<VerifyOracle> {
  const maintenance = await openSql(server);
  await maintenance.query(`CREATE DATABASE ${DATABASE}`);
  const sql = await openSql(server, DATABASE);
  for (const statement of tables(sql.dialect)) await sql.query(statement);

  const copy = async (table: string, columns: string[], rows: Record<string, unknown>[]) => {
    const values = rows.map((row) =>
      columns.map((column) => (typeof row[column] === 'boolean' ? Number(row[column]) : row[column])),
    );
    if (values.length > 0) await sql.insert(table, columns, values);
  };
  return {
    take: async ({ api, databases }, unread) => {
      for (const table of TABLES) await sql.query(`${sql.dialect === 'mysql' ? 'DELETE FROM' : 'TRUNCATE'} ${table}`);
      for (const [name, { id }] of Object.entries(cells) as [CellName, { id: number }][]) {
        if (name === unread) continue;
        const columns = ['cell', 'uuid', 'project_id', 'user_id', 'deleted', 'vm_state', 'task_state', 'hidden'];
        const rows = await databases[name].query(
          `SELECT ${id} AS cell, uuid, project_id, user_id, deleted, vm_state, task_state, hidden FROM instances`,
        );
        await copy('instances', columns, rows);
      }
      const mappings = await api.query(
        `SELECT instance_uuid AS uuid, cell_id AS cell, project_id, user_id, queued_for_delete AS queued
         FROM instance_mappings`,
      );
      await copy('mappings', ['uuid', 'cell', 'project_id', 'user_id', 'queued'], mappings);
      await copy('building', ['uuid'], await api.query('SELECT instance_uuid AS uuid FROM build_requests'));
      await sql.query(sql.dialect === 'mysql' ? 'ANALYZE TABLE instances, mappings, building' : 'ANALYZE');
      for (const statement of [VISIBLE, joined(sql.dialect), JUDGED]) await sql.query(statement);
    },
    judged: async () => {
      const rows = await sql.query<Record<string, string | number | null>>(
        'SELECT * FROM judged WHERE truth IS NOT NULL',
      );
      return rows.map((row) => ({
        of: row.side as Judged['of'],
        cell: row.cell as number | null,
        uuid: String(row.uuid),
        truth: row.truth as Truth,
        owner: row.owner as number | null,
        hiddenThere: row.hidden_there === 1,
        wrong: [
          ...(row.wrong_project === 1 ? ['project'] : []),
          ...(row.wrong_user === 1 ? ['user'] : []),
          ...(row.wrong_queued === 1 ? ['queuedForDelete'] : []),
        ],
        building: row.building === 1,
      }));
    },
    besides: async (cell) => {
      const [row] = await sql.query<{ hidden: string | number; placeholders: string | number }>(
        `SELECT COUNT(CASE WHEN hidden = 1 AND uuid <> ${ZEROS} THEN 1 END) AS hidden,
           COUNT(CASE WHEN uuid = ${ZEROS} THEN 1 END) AS placeholders FROM instances WHERE cell = ?`,
        [cells[cell].id],
      );
      return { hidden: Number(row?.hidden), placeholders: Number(row?.placeholders) };
    },
    quota: async () => {
      const rows = (await sql.query<Record<string, unknown>>(QUOTA)).map((row) => ({
        project: String(row.project_id),
        counted: Number(row.counted),
        live: Number(row.live),
        deleting: Number(row.deleting),
      }));
      return {
        projects: rows.length,
        counted: rows.reduce((sum, { counted }) => sum + counted, 0),
        live: rows.reduce((sum, { live }) => sum + live, 0),
        // Of the instances that Nova is deleting, each may be counted or not.
        wrong: rows.filter(({ counted, live, deleting }) => counted > live || counted < live - deleting),
      };
    },
    drop: async () => {
      await sql.close();
      await maintenance.query(`DROP DATABASE ${DATABASE}`);
      await maintenance.close();
    },
  };
}
