/** What a page reads of a row of a cell's `instances`. */
export interface Instance {
  /** The primary key, by which pages go: it only grows. */
  id: number;
  uuid: string;
  projectId: string | null;
  userId: string | null;
  /** The far side of a cross-cell resize: the same uuid is visible in another cell. */
  hidden: boolean;
  /** Deleted, or soft-deleted and restorable: quota must not count it. */
  gone: boolean;
  /** Nova was asked to delete it and has not finished (task_state `deleting` or `soft-deleting`). */
  deleting: boolean;
}

/** A visible instance that has what a mapping needs. */
export interface MappableInstance extends Instance {
  projectId: string;
}

/** The uuid and project of the fake instance that an old online migration of Nova left in every cell. */
export const PLACEHOLDER_UUID = '00000000-0000-0000-0000-000000000000';

/** What mapping does with a row, before it looks at the API database. */
export type InstanceKind = 'mappable' | 'hidden' | 'placeholder' | 'noProject';

/** Sorts a row of `instances`: only a visible one with a project can be mapped. */
export function kindOf(instance: Instance): InstanceKind {
  if (instance.uuid === PLACEHOLDER_UUID) return 'placeholder';
  if (instance.hidden) return 'hidden';
  return instance.projectId === null ? 'noProject' : 'mappable';
}

/** Narrows to the instances that can be mapped. */
export function isMappable(instance: Instance): instance is MappableInstance {
  return kindOf(instance) === 'mappable';
}
