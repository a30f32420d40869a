import { noUsage, type Usage } from './usage.ts';

/*
 * How many states of the machine are entered for each call of a function: its own, and those that follow from it. A test
 * counts them in the histories of real runs.
 */

/** A turn of a loop: its Task and the Choice after it, the Wait before the next, and the state that ends it. */
export function turnStates({ done, pauseSeconds = 0 }: { done: boolean; pauseSeconds?: number }): number {
  return 2 + (done || pauseSeconds > 0 ? 1 : 0);
}

/** What a cell's execution takes besides its loops, from OpenCell to the end. */
export const cellStates = {
  /** OpenCell, ToVerify?, MapEachRange, PassedOver?, CloseCell. */
  mapped: 5,
  /** CheckPassedOver, and once more MapEachRange and PassedOver?. */
  checked: 3,
  /** OpenCell, ToVerify?, DigestEachInstanceRange. */
  compared: 3,
  /** OpenCell and CellFailed, at least. */
  failed: 2,
} as const;

/** What the run's own execution takes besides its loops. */
export interface RunCourse {
  kind: 'cells' | 'verification' | 'explain' | 'undo';
  /** The mappings were digested. */
  digested: boolean;
  /** There were suspects to look at again. */
  examined: boolean;
  /** The changes of a repair were made. */
  changed: boolean;
}

/** ListCells, WhatToDo?, CloseRun, RunFailed?, and RunFinished or RunFailed; and what lies between. */
export function runStates({ kind, digested, examined, changed }: RunCourse): number {
  const ends = 5;
  // ExamineEachPart and ToChange?, or ChangeEachPart.
  if (kind === 'explain') return ends + 2;
  if (kind === 'undo') return ends + 1;
  // MapEachCell and WasVerified?, and DigestEachMappingRange before them.
  const cells = ends + 2 + (digested ? 1 : 0);
  if (kind === 'cells') return cells;
  // FindSuspects and AnySuspects?; WaitForSecondLook, ExamineEachPart and ToChange?; ChangeEachPart.
  return cells + 2 + (examined ? 3 : 0) + (changed ? 1 : 0);
}

/** States alone, as a usage. */
export function statesUsed(transitions: number): Usage {
  return { ...noUsage(), transitions };
}
