import { type Facts, isRepairable, type MappingRow, type RepairableClass, type Verdict } from './classification.ts';
import type { Usage } from './usage.ts';

/**
 * A change of one row of `instance_mappings`. It is made only while the row is as `before`, so it can be repeated, and
 * turned round to undo it.
 */
export interface Change {
  class: RepairableClass;
  /** The row as it was seen; null where it is to be put back. */
  before: MappingRow | null;
  /** The row as it shall be; null where it is to be removed. */
  after: MappingRow | null;
}

/**
 * The change that mends what a verdict says, or null where there is none to make: nothing is changed while a build
 * request exists, nor a mapping to a cell that was not read.
 * @param target finds `cell_mappings.id` of a cell that was read
 * @param at when the change is made, as the database writes times: it marks the row as ours
 */
export function changeFor(
  facts: Facts,
  verdict: Verdict,
  target: (cellUuid: string) => number | undefined,
  at: string,
): Change | null {
  const { mapping: before, mappedTo, buildRequest } = facts;
  if (before === null || buildRequest || !isRepairable(verdict.class)) return null;
  if (mappedTo !== null && target(mappedTo) === undefined) return null;
  if (verdict.of === 'mapping') return { class: verdict.class, before, after: null };

  const instance = facts.instances.find(({ cell, hidden }) => cell === verdict.cell && !hidden);
  const cellId = verdict.cell === null ? undefined : target(verdict.cell);
  if (instance === undefined || instance.projectId === null || cellId === undefined) return null;
  const { projectId, userId, gone, deleting } = instance;
  // While Nova is deleting it, either is right, and Nova's own value stays.
  const queuedForDelete = deleting && !gone ? (before.queuedForDelete ?? true) : gone;
  const after = { ...before, updatedAt: at, cellId, projectId, userId, queuedForDelete };
  return { class: verdict.class, before, after };
}

/** Turns a change round. */
export function undoOf({ class: name, before, after }: Change): Change {
  return { class: name, before: after, after: before };
}

/** `instance_mappings` as `repair` and `undo` write it. */
export interface ChangeStore {
  /**
   * Makes the changes, each only while its row is just as it was seen, and returns those that are made: now, or by an
   * attempt before whose answer was lost.
   * @param options.unlessBuilding leaves alone what has a build request
   */
  apply(changes: readonly Change[], options: { unlessBuilding: boolean }): Promise<Change[]>;
}

/** How many of each class that is repaired. */
export type ChangesByClass = Partial<Record<RepairableClass, number>>;

/** Counts changes by their classes. */
export function countByClass(changes: readonly Change[]): ChangesByClass {
  return addByClass(changes.map(({ class: name }) => ({ [name]: 1 })));
}

/** Adds numbers up, each to that of its class. */
export function addByClass(parts: readonly ChangesByClass[]): ChangesByClass {
  const sums: ChangesByClass = {};
  for (const part of parts) {
    for (const [name, number] of Object.entries(part) as [RepairableClass, number][]) {
      sums[name] = (sums[name] ?? 0) + number;
    }
  }
  return sums;
}

/** The sum over all classes. */
export function sumOfClasses(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, number) => sum + number, 0);
}

/** How far the changes of a part have been made: what the loop of its turns hands on. */
export interface ChangeProgress {
  part: number;
  /** In how many files the changes are, numbered from 1. */
  files: number;
  /** How many of them are done. */
  filesDone: number;
  /** How many changes of the next file are done. */
  next: number;
  turns: number;
  done: boolean;
  /** The changes that were made. */
  made: ChangesByClass;
  /** Those that were not, because the row is not as it was seen; some of their instances. */
  leftAlone: { number: number; samples: string[] };
  usage: Usage;
}

/** Changes that one statement makes. */
export const CHANGES_A_STATEMENT = 500;

/** Where a turn has come to more changes than this, it hands over: they are kept in memory, some 1 KB each. */
export const MOST_CHANGES_A_TURN = 20_000;

/** How many instances are named of what was left alone. */
const LEFT_ALONE_NAMED = 20;

/** Counts changes that were tried, and those of them that were made. */
export function countChanges(
  progress: Pick<ChangeProgress, 'made' | 'leftAlone'>,
  tried: readonly Change[],
  changed: readonly Change[],
): Pick<ChangeProgress, 'made' | 'leftAlone'> {
  const done = new Set(changed);
  const left = tried.filter((change) => !done.has(change));
  const uuids = left.map(({ before, after }) => (before ?? after)?.instanceUuid ?? '');
  return {
    made: addByClass([progress.made, countByClass(changed)]),
    leftAlone: {
      number: progress.leftAlone.number + left.length,
      samples: [...progress.leftAlone.samples, ...uuids].slice(0, LEFT_ALONE_NAMED),
    },
  };
}

/** Adds what became of the changes of several parts up. */
export function addChanges(parts: readonly Pick<ChangeProgress, 'made' | 'leftAlone'>[]) {
  return {
    made: addByClass(parts.map((part) => part.made)),
    leftAlone: {
      number: parts.reduce((sum, { leftAlone }) => sum + leftAlone.number, 0),
      samples: parts.flatMap(({ leftAlone }) => leftAlone.samples).slice(0, LEFT_ALONE_NAMED),
    },
  };
}
