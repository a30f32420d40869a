import { MAPPABLE } from './digest-sql.ts';
import { INSTANCE_COLUMNS } from './sql.ts';

/*
 * A statement for each place of a survey, in one: with the place as a constant, every server goes straight to it by the
 * primary key. In a join or a subquery MySQL would begin at the lowest id for each of them.
 */
function atEach(ids: readonly number[], statement: (parameter: string, index: number) => string): string {
  return ids.map((_, index) => `(${statement(`:p${index}`, index)})`).join('\nUNION ALL ');
}

/** The row at each place of a table, and the one so many rows on: columns k (index of the place), o (0 or 1), i (id). */
export function surveyRows(ids: readonly number[], rowsOn: number): string {
  const row = (parameter: string, index: number, offset: number, far: 0 | 1) =>
    `SELECT ${index} AS k, ${far} AS o, id AS i FROM instances WHERE id >= ${parameter} ORDER BY id LIMIT 1 OFFSET ${offset}`;
  return `${atEach(ids, (parameter, index) => row(parameter, index, 0, 0))}
UNION ALL ${atEach(ids, (parameter, index) => row(parameter, index, rowsOn, 1))}`;
}

/**
 * The next instance that can be mapped at each place, if one is among so many rows: column k (index of the place) and
 * {@link INSTANCE_COLUMNS}. Without that bound each place before a stretch of other rows would read it to its end.
 */
export function surveyInstances(ids: readonly number[], amongRows: number): string {
  return atEach(
    ids,
    (parameter, index) => `SELECT ${index} AS k, ${INSTANCE_COLUMNS} FROM (
    SELECT id, uuid, project_id, user_id, hidden, deleted, vm_state, task_state
    FROM instances WHERE id >= ${parameter} ORDER BY id LIMIT ${amongRows}
  ) AS r WHERE ${MAPPABLE} ORDER BY id LIMIT 1`,
  );
}

/** The cell of the next mapping at each place: column c (`cell_mappings.id` or NULL). */
export function surveyMappings(ids: readonly number[]): string {
  return atEach(
    ids,
    (parameter) => `SELECT cell_id AS c FROM instance_mappings WHERE id >= ${parameter} ORDER BY id LIMIT 1`,
  );
}
