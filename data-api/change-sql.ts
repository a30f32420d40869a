import type { Dialect } from '../domain/database-url.ts';
import { sameText } from './mysql.ts';

/**
 * The statements that change rows of `instance_mappings`. Each takes its changes as one JSON text, `:page`: an array of
 * rows with the columns {@link BEFORE}, and for an update {@link AFTER} as well.
 */
export interface ChangeSql {
  update: string;
  remove: string;
  /** Inserts rows that had been removed, as they were. */
  putBack: string;
}

/** The statements of the dialect. */
export function changeSqlOf(dialect: Dialect): ChangeSql {
  return dialect === 'mysql' ? mysql : postgresql;
}

interface Column {
  /** In `instance_mappings`. */
  name: string;
  /** In the page. */
  label: string;
  type: 'number' | 'text' | 'time' | 'flag';
}

/** A row as it was seen, in the order of the page. */
const BEFORE: Column[] = [
  { name: 'id', label: 'i', type: 'number' },
  { name: 'instance_uuid', label: 'n', type: 'text' },
  { name: 'created_at', label: 't', type: 'time' },
  { name: 'updated_at', label: 'a', type: 'time' },
  { name: 'cell_id', label: 'c', type: 'number' },
  { name: 'project_id', label: 'p', type: 'text' },
  { name: 'user_id', label: 's', type: 'text' },
  { name: 'queued_for_delete', label: 'q', type: 'flag' },
];

/** The row as it shall be, after those in the page of an update. */
const AFTER: Column[] = BEFORE.map((column) => ({ ...column, label: `${column.label}2` }));

/** What an update sets; the others stay. */
const CHANGED = AFTER.slice(3);

/**
 * MySQL's and MariaDB's. JSON_TABLE comes first and STRAIGHT_JOIN keeps it there, so that each row is found, and only it
 * is locked, by its primary key. ERROR ON ERROR, because a value that cannot be converted would else be NULL in silence.
 */
const mysql: ChangeSql = (() => {
  const types = { number: 'BIGINT', text: 'VARCHAR(512) CHARACTER SET utf8mb4', time: 'VARCHAR(64)', flag: 'INT' };
  const page = (columns: Column[]) => `JSON_TABLE(:page, '$[*]' COLUMNS (
    ${columns.map(({ label, type }, index) => `${label} ${types[type]} PATH '$[${index}]' ERROR ON ERROR`).join(',\n    ')}
  )) AS j`;
  const value = ({ label, type }: Column) => (type === 'time' ? `CAST(j.${label} AS DATETIME(6))` : `j.${label}`);
  const isAsBefore = BEFORE.map((column) =>
    column.type === 'text'
      ? sameText(`m.${column.name}`, `j.${column.label}`)
      : `m.${column.name} <=> ${value(column)}`,
  ).join(' AND ');
  const found = 'STRAIGHT_JOIN instance_mappings AS m ON m.id = j.i';
  return {
    update: `UPDATE ${page([...BEFORE, ...AFTER])} ${found}
  SET ${CHANGED.map((column) => `m.${column.name} = ${value(column)}`).join(', ')}
  WHERE ${isAsBefore}`,
    remove: `DELETE m FROM ${page(BEFORE)} ${found} WHERE ${isAsBefore}`,
    putBack: `INSERT INTO instance_mappings (${BEFORE.map(({ name }) => name).join(', ')})
  SELECT ${BEFORE.map(value).join(', ')} FROM ${page(BEFORE)}`,
  };
})();

/**
 * PostgreSQL's. The planner does not know how many rows a JSON text has and might read the whole table for them: an
 * array of their ids makes it use the primary key.
 */
const postgresql: ChangeSql = (() => {
  const types = { number: 'bigint', text: 'text', time: 'timestamp', flag: 'boolean' };
  const page = (columns: Column[]) => {
    const list = columns.map(({ label, type }, index) => `CAST(g->>${index} AS ${types[type]}) AS ${label}`);
    return `(SELECT ${list.join(', ')} FROM json_array_elements(CAST(:page AS json)) AS g OFFSET 0) AS j`;
  };
  const ids = 'ARRAY(SELECT CAST(g->>0 AS bigint) FROM json_array_elements(CAST(:page AS json)) AS g)';
  const isAsBefore = BEFORE.map(({ name, label }) => `m.${name} IS NOT DISTINCT FROM j.${label}`).join(' AND ');
  const found = `m.id = ANY (${ids}) AND m.id = j.i AND ${isAsBefore}`;
  return {
    update: `UPDATE instance_mappings AS m SET ${CHANGED.map(({ name, label }) => `${name} = j.${label}`).join(', ')}
  FROM ${page([...BEFORE, ...AFTER])} WHERE ${found}`,
    remove: `DELETE FROM instance_mappings AS m USING ${page(BEFORE)} WHERE ${found}`,
    putBack: `INSERT INTO instance_mappings (${BEFORE.map(({ name }) => name).join(', ')})
  SELECT ${BEFORE.map(({ label }) => `j.${label}`).join(', ')} FROM ${page(BEFORE)}`,
  };
})();
