import type { Counts } from './counts.ts';
import { addBuckets, addDigests, type Buckets, differingBuckets, MOST_BUCKETS_NAMED } from './digest.ts';
import type { InstancesDigest } from './verification-stores.ts';

/*
 * How a run passes over what is mapped already, without reading it row by row.
 *
 * Before the cells are opened, all mappings are digested. In a cell, a survey tells which of its ids seem to be mapped:
 * these are digested in its own database; the others are gone through page by page, and those of their instances that
 * had a mapping are digested as they are met. Both digests together must be the one of the mappings to the cell. In a
 * bucket where they are, all that was passed over is mapped, and right; the rows of the others are gone through after
 * all. So a survey that is wrong, or a mapping that is made meanwhile, costs time and nothing else. A mapping that is
 * removed or changed after it was digested is taken as it was then, as one is that changes after its page was looked at.
 */

/** What a turn over a range leaves in a cell that is passed over: of all its instances, or of those that had a mapping. */
export interface PassedTurn extends InstancesDigest {
  /** The range was passed over; otherwise it was gone through. */
  passedOver: boolean;
}

/** What the digests say of the ranges that were passed over. */
export interface PassedOver {
  /** Instances whose mapping is right. */
  alreadyMapped: number;
  hidden: number;
  placeholders: number;
  /** Visible instances without a project: they are not in the digests, and are to be gone through. */
  noProject: number;
  /** The buckets whose rows are to be gone through; null for all, where it is too many to name. */
  doubtful: string[] | null;
}

/** The digest of a turn that has met nothing yet. */
export function newPassedTurn(passedOver: boolean): PassedTurn {
  return { passedOver, buckets: {}, hidden: 0, placeholders: 0, noProject: 0 };
}

/** Adds a digest to a turn's, in place. */
export function addPassed(turn: PassedTurn, digest: InstancesDigest): void {
  turn.buckets = addBuckets([turn.buckets, digest.buckets]);
  turn.hidden += digest.hidden;
  turn.placeholders += digest.placeholders;
  turn.noProject += digest.noProject;
}

/** Holds what the turns over a cell left against the mappings to it. */
export function judgePassedOver(turns: readonly PassedTurn[], mappings: Buckets): PassedOver {
  const over = turns.filter(({ passedOver }) => passedOver);
  const sum = (field: 'hidden' | 'placeholders' | 'noProject') => over.reduce((total, turn) => total + turn[field], 0);
  const passed = addBuckets(over.map(({ buckets }) => buckets));
  const differing = differingBuckets(addBuckets(turns.map(({ buckets }) => buckets)), mappings);
  const doubtful = differing.filter((bucket) => bucket in passed);
  const doubted = new Set(doubtful.length > MOST_BUCKETS_NAMED ? Object.keys(passed) : doubtful);
  const right = Object.entries(passed).filter(([bucket]) => !doubted.has(bucket));
  return {
    alreadyMapped: addDigests(right.map(([, digest]) => digest)).rows,
    hidden: sum('hidden'),
    placeholders: sum('placeholders'),
    noProject: sum('noProject'),
    doubtful: doubtful.length > MOST_BUCKETS_NAMED ? null : doubtful,
  };
}

/**
 * How many instances without a project the digests met, that are in no count: those that are gone through for the rows in
 * doubt are, unless somebody has given one a project meanwhile. Such a row is in no bucket, so nobody goes through it.
 */
export function noProjectUncounted(digested: number, goneThrough: Counts): number {
  return Math.max(0, digested - goneThrough.setAside.noProject);
}

/** The least share of the mappings, of those that point to a chosen cell, for which digesting them all pays. */
export const LEAST_SHARE_TO_PASS_OVER = 0.1;
