import pg from 'pg';
import { apiTables, cellTables } from './nova-tables.ts';
import type { EmbeddedPostgres } from './postgres.ts';

/** Where a Nova's configuration would point. Both URLs hold the password. */
export interface DemoCloud {
  /** `[api_database] connection` */
  apiUrl: string;
  /** `[database] connection`: cell0's database, and what a cell's templated URL is filled from. */
  mainUrl: string;
}

/** A cell to be filled; times and ids only grow, as Nova's do. */
interface DemoCell {
  id: number;
  uuid: string;
  name: string;
  transportUrl: string;
  lastInstanceId: number;
  /** Ids in which instances were archived: a long gap. */
  archived: [from: number, to: number];
  hoursBetweenInstances: number;
}

const CELL0: DemoCell = {
  id: 1,
  uuid: '00000000-0000-0000-0000-000000000000',
  name: 'cell0',
  transportUrl: 'none:///',
  lastInstanceId: 310,
  archived: [40, 42],
  hoursBetweenInstances: 225,
};
const CELL1: DemoCell = {
  id: 2,
  uuid: '5f0b8c62-8f0a-4d0e-9a53-6d1c2a7b9e01',
  name: 'cell1',
  transportUrl: 'rabbit://openstack:openstack@rabbit.cell1:5672/',
  lastInstanceId: 43_000,
  archived: [12_001, 14_000],
  hoursBetweenInstances: 1.6,
};
const CELL2: DemoCell = {
  id: 3,
  uuid: 'c2a4e7d0-31b5-4f6e-8b27-94d8f3a6c502',
  name: 'cell2',
  transportUrl: 'rabbit://openstack:openstack@rabbit.cell2:5672/',
  lastInstanceId: 21_500,
  archived: [3_001, 4_000],
  hoursBetweenInstances: 3.2,
};

/** The row that nova-manage map_instances leaves as its checkpoint; its uuid has spaces for dashes. */
const MARKER = 'INSTANCE_MIGRATION_MARKER';

interface Instance {
  uuid: string;
  project_id: string;
  user_id: string;
  vm_state: string;
  created_at: string;
}

/** A row of instance_mappings, by its columns. */
interface Mapping {
  instance_uuid: string;
  cell_id: number | null;
  project_id: string;
  user_id: string | null;
  queued_for_delete: boolean | null;
  created_at: string | null;
}

/**
 * Makes the databases of a believable cloud of some 60,000 instances: nova_api, nova_cell0, nova_cell1 and nova_cell2.
 *
 * It is the cloud of an operator who has some work to do: most instances have no mapping yet; Nova mapped the newest;
 * nova-manage was tried once and left its marker; and each kind of odd row that clouds collect is there. Nothing in it
 * is random, so every run meets the same rows.
 */
export async function createDemoCloud(server: EmbeddedPostgres): Promise<DemoCloud> {
  const clients: pg.Client[] = [];
  const connect = async (database: string) => {
    const client = new pg.Client({ connectionString: server.url(database) });
    clients.push(client);
    await client.connect();
    return client;
  };
  const create = async (database: string, tables: string[]) => {
    await maintenance.query(`CREATE DATABASE ${database}`);
    const client = await connect(database);
    await client.query(tables.join(';\n'));
    return client;
  };
  const maintenance = await connect('postgres');
  try {
    const tables = cellTables('postgresql').filter((statement) => !isIndex(statement));
    const api = await create('nova_api', apiTables('postgresql'));
    const cell0 = await create('nova_cell0', tables);
    const cell1 = await create('nova_cell1', tables);
    const cell2 = await create('nova_cell2', tables);
    await registerCells(api, server);
    await Promise.all([addInstances(cell0, CELL0), addInstances(cell1, CELL1), addInstances(cell2, CELL2)]);
    await addTwins(cell1, cell2, 12);
    await addTwins(cell2, cell1, 5);
    await addMappings(api, cell0, cell1, cell2);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
  return { apiUrl: server.url('nova_api'), mainUrl: server.url('nova_cell0') };
}

/** Indexes are made after the rows, which halves the time. */
function isIndex(statement: string): boolean {
  return /^CREATE (UNIQUE )?INDEX/.test(statement);
}

/** The three cells and their hosts; cell2's database is a template, as in clouds that rotate their passwords. */
async function registerCells(api: pg.Client, server: EmbeddedPostgres): Promise<void> {
  const connections = [
    server.url('nova_cell0'),
    server.url('nova_cell1'),
    '{scheme}://{username}:{password}@{hostname}:{port}/nova_cell2?{query}',
  ];
  for (const [index, cell] of [CELL0, CELL1, CELL2].entries()) {
    await api.query(
      `INSERT INTO cell_mappings (created_at, id, uuid, name, transport_url, database_connection, disabled)
       VALUES ('2016-04-04', $1, $2, $3, $4, $5, false)`,
      [cell.id, cell.uuid, cell.name, cell.transportUrl, connections[index]],
    );
  }
  await api.query(`SELECT setval('cell_mappings_id_seq', 3)`);
  await api.query(
    `INSERT INTO host_mappings (created_at, cell_id, host)
     SELECT '2016-04-04', cell.id, format('compute-%s.%s', host, cell.name)
     FROM cell_mappings AS cell, generate_series(1, 24) AS host WHERE cell.name <> 'cell0' ORDER BY 2, host`,
  );
}

/**
 * All of a cell's visible rows by one statement, each drawn from the hash of its cell and id: sizes of projects are
 * skewed, about two thirds are deleted (fewer of the recent ones), some soft-deleted; `hidden` is NULL in rows older
 * than the column. Then the oddities of a single row.
 */
async function addInstances(client: pg.Client, cell: DemoCell): Promise<void> {
  // Functions of this session alone; PostgreSQL inlines them. A fraction is in [0, 1), from 7 of the 32 hex digits.
  await client.query(`
    CREATE FUNCTION pg_temp.fraction(hash text, digit int) RETURNS float8 IMMUTABLE LANGUAGE sql
      RETURN ('x' || substr(hash, digit, 7))::bit(28)::int / 268435456.0::float8;
    CREATE FUNCTION pg_temp.uuid(hash text) RETURNS text IMMUTABLE LANGUAGE sql
      RETURN overlay(overlay(hash PLACING '4' FROM 13) PLACING 'a' FROM 17)::uuid::text`);
  const isCell0 = cell === CELL0;
  await client.query(
    `INSERT INTO instances (
       id, uuid, created_at, launched_at, updated_at, deleted_at, terminated_at, deleted, cleaned, hidden,
       project_id, user_id, vm_state, power_state, hostname, display_name, host, node, launched_on, availability_zone,
       vcpus, memory_mb, root_gb, ephemeral_gb, instance_type_id, image_ref, reservation_id, launch_index, locked,
       root_device_name, config_drive, progress, shutdown_terminate, disable_terminate)
     SELECT
       n, pg_temp.uuid(hash), created_at, launched_at, coalesce(deleted_at, launched_at, created_at), deleted_at,
       deleted_at, CASE WHEN deleted_at IS NULL THEN 0 ELSE n END, (deleted_at IS NOT NULL)::int,
       CASE WHEN n > 0.1 * $2::int THEN false END,
       md5('project ' || project), md5(format('user %s of %s', floor(pg_temp.fraction(hash, 8) * (1 + project % 4)), project)),
       CASE WHEN deleted_at IS NULL THEN vm_state ELSE 'deleted' END,
       CASE WHEN deleted_at IS NULL AND vm_state = 'active' THEN 1 WHEN $4 THEN 0 ELSE 4 END,
       name, name, host, host, host, 'nova',
       vcpus, 2048 * vcpus, 20 * vcpus, 0, vcpus, pg_temp.uuid(md5('image ' || n % 17)), 'r-' || substr(hash, 1, 8),
       0, false, '/dev/vda', '', 0, false, false
     FROM generate_series(2, $2::int) AS series (n),
       LATERAL (SELECT md5(format('%s instance %s', $1::text, n)) AS hash OFFSET 0) AS a,
       LATERAL (SELECT
         floor(36 * power(pg_temp.fraction(hash, 1), 2.5))::int AS project,
         (1 << floor(4 * pg_temp.fraction(hash, 15))::int) AS vcpus,
         timestamp '2016-04-04' + (n + pg_temp.fraction(hash, 22)) * $3::float8 * interval '1 hour' AS created_at,
         (ARRAY['web', 'app', 'db', 'build', 'worker', 'cache'])[1 + n % 6] || '-' || n AS name,
         CASE WHEN NOT $4 THEN format('compute-%s.%s', 1 + n % 24, $1) END AS host OFFSET 0) AS b,
       LATERAL (SELECT
         CASE WHEN NOT $4 THEN date_trunc('second', created_at) + interval '41 seconds' END AS launched_at,
         CASE WHEN pg_temp.fraction(hash, 22) < 0.9 - 0.4 * n / $2::int
           THEN date_trunc('second', created_at) + vcpus * interval '3 days 7 hours' END AS deleted_at,
         CASE WHEN $4 THEN 'error' ELSE
           (ARRAY['stopped', 'soft-delete', 'error', 'shelved_offloaded'])[1 + floor(pg_temp.fraction(hash, 25) * 40)::int]
         END AS state OFFSET 0) AS c,
       LATERAL (SELECT coalesce(state, 'active') AS vm_state) AS d
     WHERE n % 41 <> 0 AND n NOT BETWEEN $5 AND $6
     ORDER BY series.n`,
    [cell.name, cell.lastInstanceId, cell.hoursBetweenInstances, isCell0, ...cell.archived],
  );
  // Left in every cell by an online migration of Rocky's (fill_virtual_interface_list), deleted as soon as made.
  await client.query(
    `INSERT INTO instances (id, uuid, project_id, created_at, deleted_at, deleted, hidden)
     VALUES (1, $1, $1, '2016-04-04', '2016-04-04', 1, NULL)`,
    [CELL0.uuid],
  );
  if (!isCell0) await client.query('UPDATE instances SET project_id = NULL WHERE id IN (77, 1234)');
  await client.query(`SELECT setval('instances_id_seq', (SELECT max(id) FROM instances))`);
  await client.query(cellTables('postgresql').filter(isIndex).join(';\n'));
}

/** The far side of cross-cell resizes: hidden rows with the uuids of instances that run in the other cell. */
async function addTwins(client: pg.Client, other: pg.Client, count: number): Promise<void> {
  const running = await instances(other, `deleted = 0 AND vm_state = 'active' AND id % 3 = 0`, count);
  await client.query(
    `INSERT INTO instances (uuid, project_id, user_id, vm_state, created_at, deleted, hidden)
     SELECT uuid, project_id, user_id, 'resized', created_at, 0, true
     FROM json_populate_recordset(CAST(NULL AS instances), $1)`,
    [JSON.stringify(running)],
  );
}

/** What instance_mappings already holds, the oldest first. */
async function addMappings(api: pg.Client, cell0: pg.Client, cell1: pg.Client, cell2: pg.Client): Promise<void> {
  const live = 'NOT hidden AND deleted = 0';
  const newest = await instances(cell2, live, 204);
  const recent = [
    ...mapped(await instances(cell0, live, 25), CELL0),
    ...mapped(await instances(cell1, live, 400), CELL1),
    ...mapped(newest.slice(0, 200), CELL2),
  ];
  const building = mapped(newest.slice(200), null);

  const some = 'NOT hidden AND id BETWEEN 15000 AND 16000';
  // Mapped before Nova had the columns user_id and queued_for_delete.
  const old = mapped(await instances(cell1, `${some} AND deleted = 0 AND vm_state = 'active'`, 40), CELL1).map(
    (mapping) => ({ ...mapping, user_id: null, queued_for_delete: null }),
  );
  // nova-manage maps deleted instances as if they were live.
  const undead = mapped(await instances(cell1, `${some} AND deleted > 0`, 25), CELL1).map((mapping) => ({
    ...mapping,
    queued_for_delete: false,
  }));
  const misplaced = mapped(await instances(cell2, `${some} AND deleted = 0 AND vm_state = 'active'`, 7), CELL1);
  const lost = mapped(await instances(cell1, `${some} AND deleted = 0 AND vm_state = 'stopped'`, 3), null);
  const [last] = await instances(cell1, 'id <= 4000', 1);
  const marker: Mapping = {
    instance_uuid: (last?.uuid ?? '').replaceAll('-', ' '),
    cell_id: null,
    project_id: MARKER,
    user_id: MARKER,
    queued_for_delete: false,
    created_at: null,
  };
  const mappings = [...old, ...undead, marker, ...misplaced, ...lost, ...recent, ...building];
  await api.query(
    `INSERT INTO instance_mappings (created_at, instance_uuid, cell_id, project_id, user_id, queued_for_delete)
     SELECT created_at, instance_uuid, cell_id, project_id, user_id, queued_for_delete
     FROM json_populate_recordset(CAST(NULL AS instance_mappings), $1)`,
    [JSON.stringify(mappings)],
  );
  await api.query(
    `INSERT INTO build_requests (created_at, project_id, instance_uuid, instance)
     SELECT created_at, project_id, instance_uuid, '{}'
     FROM json_populate_recordset(CAST(NULL AS instance_mappings), $1)`,
    [JSON.stringify(building)],
  );
  await cell2.query(
    `UPDATE instances SET vm_state = 'building', task_state = 'spawning', power_state = 0, launched_at = NULL
     WHERE uuid = ANY ($1)`,
    [building.map((mapping) => mapping.instance_uuid)],
  );
}

/** The last such instances of a cell. */
async function instances(client: pg.Client, condition: string, count: number): Promise<Instance[]> {
  const { rows } = await client.query<Instance>(
    `SELECT uuid, project_id, user_id, vm_state, created_at::text FROM instances
     WHERE ${condition} ORDER BY id DESC LIMIT ${count}`,
  );
  return rows.reverse();
}

/** The mappings that Nova itself makes for these instances. */
function mapped(rows: Instance[], cell: DemoCell | null): Mapping[] {
  return rows.map((instance) => ({
    instance_uuid: instance.uuid,
    cell_id: cell?.id ?? null,
    project_id: instance.project_id,
    user_id: instance.user_id,
    queued_for_delete: ['deleted', 'soft-delete'].includes(instance.vm_state),
    created_at: instance.created_at,
  }));
}
