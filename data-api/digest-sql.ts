import { NOVA_MARKER } from '../domain/classification.ts';
import type { Dialect } from '../domain/database-url.ts';
import { PLACEHOLDER_UUID } from '../domain/instance.ts';
import type { UuidRules } from '../domain/verification-stores.ts';
import { BEING_DELETED, GONE, HIDDEN } from './sql.ts';

/** How digests group and compare uuids. */
export interface DigestRules extends UuidRules {
  /** How many characters of a uuid make a bucket. */
  bucketLength: number;
}

/** Rows of `instances` that stand for no real instance. */
export const PLACEHOLDER = `uuid = '${PLACEHOLDER_UUID}'`;

/** Rows of `instance_mappings` that stand for no real instance. */
export const PLACEHOLDER_MAPPING = `(instance_uuid = '${PLACEHOLDER_UUID}' OR project_id = '${NOVA_MARKER}')`;

/** Rows of `instances` that can be mapped. */
export const MAPPABLE = `NOT (${PLACEHOLDER} OR ${HIDDEN}) AND project_id IS NOT NULL`;

/** The bucket of a uuid. */
export function bucketOf(uuid: string, bucketLength: number): string {
  return `LOWER(SUBSTR(${uuid}, 1, ${bucketLength}))`;
}

/**
 * A row's hash: the first 60 bits of the SHA-256 of its text, which is the same on all servers.
 *
 * The length of the project keeps any two rows apart. CONCAT_WS leaves a user that is NULL out, so it stands last. Where
 * the tables are not in a Unicode character set the bytes differ between servers, and rows are compared that need not
 * be; a conversion that does nothing elsewhere would take a third of all the time.
 * @param queued 0, 1, or 2 for NULL
 */
function hashOf(dialect: Dialect, { exactCase }: UuidRules, uuid: string, queued: string): string {
  const name = exactCase ? uuid : `LOWER(${uuid})`;
  const text = `CONCAT_WS('=', ${name}, ${queued}, CHAR_LENGTH(project_id), project_id, user_id)`;
  return dialect === 'mysql'
    ? `CAST(CONV(SUBSTR(SHA2(${text}, 256), 1, 15), 16, 10) AS UNSIGNED)`
    : `CAST(CAST('x' || encode(substr(sha256(convert_to(${text}, 'UTF8')), 1, 8), 'hex') AS bit(60)) AS bigint)`;
}

function instanceHash(dialect: Dialect, rules: UuidRules): string {
  return hashOf(dialect, rules, 'uuid', `CASE WHEN ${GONE} OR ${BEING_DELETED} THEN 1 ELSE 0 END`);
}

function mappingHash(dialect: Dialect, rules: UuidRules): string {
  const queued = 'CASE WHEN queued_for_delete IS TRUE THEN 1 WHEN queued_for_delete IS FALSE THEN 0 ELSE 2 END';
  return hashOf(dialect, rules, 'instance_uuid', queued);
}

/** A sum as text, so that nobody makes a float of it. */
function sumText(dialect: Dialect, value: string): string {
  return `CAST(COALESCE(SUM(${value}), 0) AS ${dialect === 'mysql' ? 'CHAR' : 'text'})`;
}

/**
 * Digests a cell's instances: columns b (bucket, or one of the labels `hidden`, `placeholder` and `noProject`, which no
 * bucket is as long as), n (rows) and s (sum; of no meaning beside a label). Parameters after, upTo.
 */
export function digestInstances(dialect: Dialect, rules: DigestRules): string {
  return `SELECT b, COUNT(*) AS n, ${sumText(dialect, 'h')} AS s
  FROM (
    SELECT CASE WHEN ${PLACEHOLDER} THEN 'placeholder' WHEN ${HIDDEN} THEN 'hidden'
        WHEN project_id IS NULL THEN 'noProject' ELSE ${bucketOf('uuid', rules.bucketLength)} END AS b,
      ${instanceHash(dialect, rules)} AS h
    FROM instances WHERE id > :after AND id <= :upTo${keptApart(dialect)}
  ) AS r GROUP BY b`;
}

/** Digests the mappings: columns c (`cell_mappings.id`), b (bucket), n (rows) and s (sum). Parameters after, upTo. */
export function digestMappings(dialect: Dialect, rules: DigestRules): string {
  return `SELECT c, b, COUNT(*) AS n, ${sumText(dialect, 'h')} AS s
  FROM (
    SELECT cell_id AS c, ${bucketOf('instance_uuid', rules.bucketLength)} AS b, ${mappingHash(dialect, rules)} AS h
    FROM instance_mappings
    WHERE id > :after AND id <= :upTo AND cell_id IS NOT NULL AND NOT ${PLACEHOLDER_MAPPING}${keptApart(dialect)}
  ) AS r GROUP BY c, b`;
}

/**
 * PostgreSQL's planner takes each uuid for a bucket of its own, and would sort all rows by the database's locale. What
 * it does not know, as from a subquery that is kept apart, it takes for few, and groups in memory.
 */
function keptApart(dialect: Dialect): string {
  return dialect === 'postgresql' ? ' OFFSET 0' : '';
}

/**
 * The plain SQL that gives the number of rows and the sum of the hashes of a whole cell: with `cellId` of the mappings
 * to it, in the API database; without, of the instances that can be mapped, in the cell's own.
 */
export function digestSql(dialect: Dialect, rules: UuidRules, cellId?: number): string {
  const quoted = (name: string) => (dialect === 'mysql' ? `\`${name}\`` : `"${name}"`);
  const hash = cellId === undefined ? instanceHash(dialect, rules) : mappingHash(dialect, rules);
  const rows =
    cellId === undefined
      ? `instances WHERE ${MAPPABLE}`
      : `instance_mappings WHERE cell_id = ${cellId} AND NOT ${PLACEHOLDER_MAPPING}`;
  return `SELECT COUNT(*) AS ${quoted('rows')}, ${sumText(dialect, hash)} AS ${quoted('sum')} FROM ${rows}`;
}
