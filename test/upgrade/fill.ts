import { NOVA_MARKER } from '../../domain/classification.ts';
import type { CellName } from '../end-to-end/cloud.ts';
import type { Sql } from '../servers/sql.ts';
import { cellNames, type InstalledNova } from './installed-nova.ts';
import { type NewInstance, type Rows, rowsOfAllKinds } from './kinds.ts';
import { novaManage } from './nova-manage.ts';

/** How many rows of cell2 an operator has once mapped with nova-manage, before giving up: a page and some. */
const MAPPED_ONCE = 60;

/** An instance that was purged while a marker pointed to it. */
export const PURGED_UUID = 'deadbeef-dead-4000-8000-000000000000';

/**
 * Gives a new cloud its history: instances of every kind, some of them mapped, what a partial `map_instances` of cell2
 * left behind, and another marker whose instance is gone.
 */
export async function fill(nova: InstalledNova): Promise<void> {
  const rows = rowsOfAllKinds();
  for (const cell of cellNames) await nova.withSql(cell, (sql) => insertInstances(sql, cell, rows.instances[cell], 0));
  await nova.withSql('api', (sql) => insertMappings(sql, nova.cells, rows));

  const partial = ['--cell_uuid', nova.cells.cell2.uuid, '--max-count', String(MAPPED_ONCE)];
  const { code, stdout } = await novaManage(nova.configFile, 'cell_v2', 'map_instances', ...partial);
  if (code !== 1) throw new Error(`The partial map_instances exited ${code}, and more must have remained: ${stdout}`);

  await nova.withSql('api', (sql) =>
    sql.insert(
      'instance_mappings',
      ['instance_uuid', 'project_id', 'user_id', 'queued_for_delete'],
      [[PURGED_UUID.replaceAll('-', ' '), NOVA_MARKER, NOVA_MARKER, false]],
    ),
  );
  for (const cell of cellNames) {
    await nova.withSql(cell, (sql) => insertInstances(sql, cell, rows.late[cell], rows.instances[cell].length));
  }
}

/** With what Nova's objects need of a row, and with two rows of other tables that refer to it. */
async function insertInstances(sql: Sql, cell: CellName, rows: readonly NewInstance[], after: number): Promise<void> {
  if (rows.length === 0) return;
  const withIds = rows.map((row, index) => ({ ...row, id: after + index + 1 }));
  const host = cell === 'cell0' ? null : `compute-${cell}`;
  await sql.insert(
    'instances',
    [
      ...['id', 'uuid', 'project_id', 'user_id', 'created_at', 'deleted', 'deleted_at', 'vm_state', 'task_state'],
      ...['hidden', 'host', 'node', 'hostname', 'display_name', 'vcpus', 'memory_mb', 'root_gb', 'ephemeral_gb'],
      ...['launch_index', 'power_state', 'instance_type_id', 'reservation_id', 'locked', 'cleaned'],
    ],
    withIds.map(({ id, uuid, projectId, userId, createdAt, deleted, vmState, taskState, hidden }) => [
      ...[id, uuid, projectId, userId, createdAt, deleted ? id : 0, deleted ? DELETED_AT : null, vmState, taskState],
      ...[hidden, host, host, `vm-${id}`, `vm-${id}`, 2, 2048, 20, 0],
      ...[0, deleted ? 0 : 1, 1, `r-${id}`, false, 0],
    ]),
  );
  for (const table of ['instance_extra', 'instance_info_caches']) {
    await sql.insert(
      table,
      ['created_at', 'instance_uuid', 'deleted'],
      withIds.map(({ createdAt, uuid }) => [createdAt, uuid, 0]),
    );
  }
}

const DELETED_AT = '2024-06-07 08:09:10';

async function insertMappings(
  sql: Sql,
  cells: InstalledNova['cells'],
  { mappings, buildRequests }: Rows,
): Promise<void> {
  await sql.insert(
    'instance_mappings',
    ['created_at', 'instance_uuid', 'cell_id', 'project_id', 'user_id', 'queued_for_delete'],
    mappings.map(({ uuid, cell, projectId, userId, queuedForDelete }) => [
      ...['2024-02-03 04:05:06', uuid, cell === null ? null : cells[cell].id, projectId, userId, queuedForDelete],
    ]),
  );
  await sql.insert(
    'build_requests',
    ['created_at', 'project_id', 'instance_uuid', 'instance'],
    buildRequests.map(({ uuid, projectId }) => ['2024-02-03 04:05:06', projectId, uuid, '{}']),
  );
}
