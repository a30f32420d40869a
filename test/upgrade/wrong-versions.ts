import type { Details } from './differences.ts';

/** What can stand in the place of the right value. */
export interface Others {
  cellIds: readonly number[];
  projectIds: readonly string[];
  userIds: readonly string[];
}

/** Each way in which one row of `instance_mappings` can be wrong: another value in a column, too much, or missing. */
export function wrongVersions(row: Details | undefined, others: Others): (Details | undefined)[] {
  const { cellIds, projectIds, userIds } = others;
  if (row === undefined) {
    const [projectId = '', userId = ''] = [projectIds[0], userIds[0]];
    return cellIds.map((cellId) => ({ cellId, projectId, userId, queuedForDelete: false }));
  }
  const but = <Value>(value: Value, all: readonly Value[]) => all.filter((other) => other !== value);
  return [
    undefined,
    ...but(row.cellId, [null, ...cellIds]).map((cellId) => ({ ...row, cellId })),
    ...but(row.projectId, projectIds).map((projectId) => ({ ...row, projectId })),
    ...but(row.userId, [null, ...userIds]).map((userId) => ({ ...row, userId })),
    ...but(row.queuedForDelete, [null, false, true]).map((queuedForDelete) => ({ ...row, queuedForDelete })),
  ];
}
