import type { Dialect } from '../domain/database-url.ts';
import { bucketOf, PLACEHOLDER, PLACEHOLDER_MAPPING } from './digest-sql.ts';
import { BEING_DELETED, GONE, HIDDEN, INSTANCE_COLUMNS } from './sql.ts';

/** The lowest and the highest id of the mappings. */
export const SELECT_MAPPING_BOUNDS = 'SELECT MIN(id) AS min_id, MAX(id) AS max_id FROM instance_mappings';

/**
 * What projects are grouped by. On MySQL and MariaDB two checksums are three times as fast as the text, and tell apart
 * what the table's collation calls equal; that two of a million projects share both happens once in 37 million clouds.
 */
function byProject(dialect: Dialect): string {
  return dialect === 'mysql' ? 'CRC32(project_id), CRC32(REVERSE(project_id))' : 'project_id';
}

/** The live instances by project: columns p, n and d (being deleted). Parameters after, upTo. */
export function countLive(dialect: Dialect): string {
  return `SELECT MIN(project_id) AS p, COUNT(*) AS n, COUNT(CASE WHEN ${BEING_DELETED} THEN 1 END) AS d
  FROM instances
  WHERE id > :after AND id <= :upTo AND project_id IS NOT NULL AND NOT (${PLACEHOLDER} OR ${HIDDEN} OR ${GONE})
  GROUP BY ${byProject(dialect)}`;
}

/** The mappings that Nova's quota counts, by project: columns p and n. Parameters after, upTo. */
export function countCounted(dialect: Dialect): string {
  return `SELECT MIN(project_id) AS p, COUNT(*) AS n
  FROM instance_mappings
  WHERE id > :after AND id <= :upTo AND queued_for_delete IS FALSE AND NOT ${PLACEHOLDER_MAPPING}
  GROUP BY ${byProject(dialect)}`;
}

/** The mappings apart: columns i (id), u (uuid) and k (1 for a placeholder). Parameters after, upTo, limit. */
export const SELECT_APART = `SELECT id AS i, instance_uuid AS u, CASE WHEN ${PLACEHOLDER_MAPPING} THEN 1 ELSE 0 END AS k
  FROM instance_mappings
  WHERE id > :after AND id <= :upTo AND (cell_id IS NULL OR ${PLACEHOLDER_MAPPING})
  ORDER BY id LIMIT :limit`;

/** Parameters of their own for each of a list: `:u0, :u1, …`. */
export function named<Value extends string | number>(
  prefix: string,
  values: readonly Value[],
): { list: string; parameters: Record<string, Value> } {
  const entries = values.map((value, index): [string, Value] => [`${prefix}${index}`, value]);
  return { list: entries.map(([name]) => `:${name}`).join(', '), parameters: Object.fromEntries(entries) };
}

/**
 * Visible instances of some buckets, and those without a project. Parameters after, upTo, limit and the buckets.
 * @param list the buckets' parameters; '' for none, null for all buckets
 */
export function selectInstancesOf(list: string | null, bucketLength: number): string {
  const inBuckets = list === '' ? '' : ` OR ${bucketOf('uuid', bucketLength)} IN (${list})`;
  return `SELECT ${INSTANCE_COLUMNS} FROM instances
  WHERE id > :after AND id <= :upTo AND NOT (${PLACEHOLDER} OR ${HIDDEN})
    ${list === null ? '' : `AND (project_id IS NULL${inBuckets})`}
  ORDER BY id LIMIT :limit`;
}

/** The mappings to a cell of some buckets: columns i (id) and u (uuid). Parameters cell, after, upTo, limit. */
export function selectMappingsOf(list: string | null, bucketLength: number): string {
  return `SELECT id AS i, instance_uuid AS u FROM instance_mappings
  WHERE cell_id = :cell AND id > :after AND id <= :upTo AND NOT ${PLACEHOLDER_MAPPING}
    ${list === null ? '' : `AND ${bucketOf('instance_uuid', bucketLength)} IN (${list})`}
  ORDER BY id LIMIT :limit`;
}

/** The instances of some uuids. */
export function findInstances(list: string): string {
  return `SELECT ${INSTANCE_COLUMNS} FROM instances WHERE uuid IN (${list})`;
}

/**
 * Whole mappings: columns i (id), t (created_at), a (updated_at), u (uuid), c (cell_id), p (project), s (user) and
 * q (queued_for_delete); times are text in full precision.
 */
export function findMappings(dialect: Dialect, column: 'id' | 'instance_uuid', list: string): string {
  // The quotes keep the colons from looking like parameters.
  const time = (name: string) =>
    dialect === 'mysql' ? `CAST(${name} AS CHAR)` : `to_char(${name}, 'YYYY-MM-DD HH24":"MI":"SS.US')`;
  return `SELECT id AS i, ${time('created_at')} AS t, ${time('updated_at')} AS a, instance_uuid AS u, cell_id AS c,
    project_id AS p, user_id AS s,
    CASE WHEN queued_for_delete IS TRUE THEN 1 WHEN queued_for_delete IS FALSE THEN 0 END AS q
  FROM instance_mappings WHERE ${column} IN (${list})`;
}

/** The build requests of some uuids: column u. */
export function findBuildRequests(list: string): string {
  return `SELECT instance_uuid AS u FROM build_requests WHERE instance_uuid IN (${list})`;
}
