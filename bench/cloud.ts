import { CELL0_UUID } from '../domain/cell.ts';
import {
  type ApiDatabase,
  type CellDatabase,
  createApiDatabase,
  createCellDatabase,
} from '../test/servers/nova-database.ts';
import { openSql, type SqlServer } from '../test/servers/sql.ts';

/** One cell of a given size beside its API database, on one server. */
export interface BenchCloud {
  api: ApiDatabase;
  cell: CellDatabase;
  /** Forgets every mapping. */
  clear(): Promise<void>;
  /** The floor: what the server itself needs to copy the rows from one table to the other, in milliseconds. */
  floor(): Promise<number>;
}

const CELL_UUID = '11111111-1111-4111-8111-111111111111';
const CELL_ID = 2;

/** Makes a cell of so many instances: nine in ten deleted, forty projects with two users each, random-looking uuids. */
export async function createBenchCloud(server: SqlServer, instances: number): Promise<BenchCloud> {
  const api = await createApiDatabase(server, 'bench_api');
  const cell = await createCellDatabase(server, 'bench_cell1');
  await api.insertCells([
    { id: 1, uuid: CELL0_UUID, name: 'cell0', databaseConnection: server.url('bench_cell0') },
    { id: CELL_ID, uuid: CELL_UUID, name: 'cell1', databaseConnection: cell.url },
  ]);
  const sql = await openSql(server, cell.name);
  const hex = (text: string) => `md5(${text})`;
  const number = sql.dialect === 'mysql' ? 'seq' : 'CAST(seq AS text)';
  const uuid = ["'c'", number].join(', ');
  const source = sql.dialect === 'mysql' ? `seq_1_to_${instances}` : `generate_series(1, ${instances}) AS s(seq)`;
  await sql.query(`INSERT INTO instances
    (id, uuid, project_id, user_id, deleted, vm_state, hidden, created_at, updated_at, host, display_name, memory_mb)
    SELECT seq,
      concat(substr(${hex(`concat(${uuid})`)}, 1, 8), '-', substr(${hex(`concat(${uuid})`)}, 9, 4), '-4',
        substr(${hex(`concat(${uuid})`)}, 14, 3), '-a', substr(${hex(`concat(${uuid})`)}, 18, 3), '-',
        substr(${hex(`concat(${uuid})`)}, 21, 12)),
      ${hex("concat('project', seq % 40)")}, ${hex("concat('user', seq % 80)")},
      CASE WHEN seq % 10 = 0 THEN 0 ELSE seq END, CASE WHEN seq % 10 = 0 THEN 'active' ELSE 'deleted' END,
      ${sql.dialect === 'mysql' ? '0' : 'false'}, '2024-01-01 00:00:00', '2024-01-01 00:00:00',
      concat('compute', seq % 200), concat('vm-', seq), 4096
    FROM ${source}`);
  await sql.close();

  const apiSql = await openSql(server, api.name);
  return {
    api,
    cell,
    clear: async () => {
      await apiSql.query('TRUNCATE TABLE instance_mappings');
    },
    floor: async () => {
      const gone = "deleted <> 0 OR COALESCE(vm_state, '') = 'soft-delete'";
      const now = sql.dialect === 'mysql' ? 'UTC_TIMESTAMP()' : "now() AT TIME ZONE 'utc'";
      const began = performance.now();
      await apiSql.query(`INSERT INTO instance_mappings
        (created_at, instance_uuid, cell_id, project_id, user_id, queued_for_delete)
        SELECT ${now}, uuid, ${CELL_ID}, project_id, user_id, ${gone} FROM ${cell.name}.instances ORDER BY id`);
      return performance.now() - began;
    },
  };
}
