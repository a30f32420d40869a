import type { MappableInstance } from './instance.ts';

/** A row to be written to `instance_mappings`; its cell is that of the page. */
export interface NewMapping {
  instanceUuid: string;
  projectId: string;
  userId: string | null;
  queuedForDelete: boolean;
}

/**
 * The mapping that an instance should have.
 *
 * nova-manage writes `queued_for_delete` 0 for every instance, so quota counts the deleted ones as live.
 */
export function mappingFor(instance: MappableInstance): NewMapping {
  return {
    instanceUuid: instance.uuid,
    projectId: instance.projectId,
    userId: instance.userId,
    queuedForDelete: instance.gone,
  };
}

/**
 * What a look at `instance_mappings` finds out about an instance that is not simply mapped to its own cell:
 * - `unmapped`: there is no mapping;
 * - `wrongDetails`: mapped to this cell, with another project, user or `queued_for_delete`;
 * - `inFlight`: the mapping has no cell yet, and a build request says that Nova is still building it;
 * - `noCell`: the mapping has no cell, and no build request says why;
 * - `otherCell`: mapped to another cell.
 */
export const findingStates = ['unmapped', 'wrongDetails', 'inFlight', 'noCell', 'otherCell'] as const;

/** One of {@link findingStates}. */
export type FindingState = (typeof findingStates)[number];

/** An instance of a page whose mapping is not simply right. */
export interface Finding {
  /** Its place in the page that was looked at, from 0. */
  index: number;
  state: FindingState;
  /** The uuid of the cell that the mapping points to; only with `otherCell`. */
  mappedTo: string | null;
}
