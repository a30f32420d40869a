/** How the text columns that a page is compared with are declared; PostgreSQL has no need of it. */
export interface TextColumn {
  charset: string;
  collation: string;
}

/** The declarations of the columns that a page's uuids are compared with. */
export interface ComparedColumns {
  instanceMappings: TextColumn;
  buildRequests: TextColumn;
}

/**
 * The statements of one dialect that differ from the other's. Parameters are `:name`.
 *
 * A page travels as one JSON text, `:page`, its instances grouped so that the long names of projects and users travel
 * once: an array of [project, user, queued_for_delete, [uuid, …]]. It is a third of the size of one row an instance.
 */
export interface Sql {
  /** Declarations of the compared columns, one row each: tbl, charset, collation. Null where nobody needs them. */
  comparedColumns: string | null;
  /**
   * The instances of a page whose mapping is not right: u (uuid as the page has it), s (state), c (uuid of the mapping's cell).
   * queued_for_delete is 0 or 1, or 2 where either is right. A plain SELECT, so that it takes no locks.
   * Parameters page, cell.
   */
  look: (columns: ComparedColumns) => string;
  /** Inserts a page, without ever reading instance_mappings. Parameters page, cell. */
  insert: (columns: ComparedColumns) => string;
}

/** Rows of `instances` on the far side of a cross-cell resize. */
export const HIDDEN = 'hidden IS TRUE';

/** Rows of `instances` that are deleted or soft-deleted. */
export const GONE = "(deleted <> 0 OR vm_state = 'soft-delete') IS TRUE";

/** Rows of `instances` that Nova was asked to delete. */
export const BEING_DELETED = "(task_state IN ('deleting', 'soft-deleting')) IS TRUE";

/**
 * What is read of a row of `instances`: i (id), u (uuid), p (project), s (user) and f (flags: 1 hidden, 2 deleted or
 * soft-deleted, 4 being deleted), with short labels because the Data API is billed by the byte.
 */
export const INSTANCE_COLUMNS = `id AS i, uuid AS u, project_id AS p, user_id AS s,
    CASE WHEN ${HIDDEN} THEN 1 ELSE 0 END + CASE WHEN ${GONE} THEN 2 ELSE 0 END
      + CASE WHEN ${BEING_DELETED} THEN 4 ELSE 0 END AS f`;

/** A page of a cell's instances. Parameters after, upTo, limit. */
export const SELECT_INSTANCES = `SELECT ${INSTANCE_COLUMNS}
  FROM instances WHERE id > :after AND id <= :upTo ORDER BY id LIMIT :limit`;

/** Every cell, as both dialects say it. */
export const SELECT_CELLS = 'SELECT id, uuid, name, database_connection, disabled FROM cell_mappings ORDER BY id';

/** One cell. Parameter uuid. */
export const SELECT_CELL = 'SELECT id, uuid, name, database_connection, disabled FROM cell_mappings WHERE uuid = :uuid';

/** The lowest and the highest id of a cell's instances. */
export const SELECT_BOUNDS = 'SELECT MIN(id) AS min_id, MAX(id) AS max_id FROM instances';

/** How many rows a cell's `instances` has. */
export const COUNT_INSTANCES = 'SELECT COUNT(*) AS number FROM instances';

/** How many mappings point to a cell. Parameter cell. */
export const COUNT_MAPPINGS = 'SELECT COUNT(*) AS number FROM instance_mappings WHERE cell_id = :cell';
