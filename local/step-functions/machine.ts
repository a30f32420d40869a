import type { Choice } from './choice.ts';
import type { Path } from './paths.ts';
import type { Catcher, Retrier } from './retry.ts';
import type { Template } from './templates.ts';

/** States that follow one another: a whole machine, or the processor of a Map. */
export interface Flow {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, State>;
}

/** A definition that was checked when it was loaded: every path is parsed and every transition has its target. */
export interface Machine extends Flow {
  readonly timeoutSeconds: number | undefined;
}

export type State = TaskState | ChoiceState | MapState | PassState | WaitState | SucceedState | FailState;

interface Named {
  readonly name: string;
}

/** `null` for a path means that nothing is taken: `{}`. */
interface Filtered extends Named {
  readonly inputPath: Path | null;
  readonly outputPath: Path | null;
}

/** `null` for `next` means that the flow ends here. */
interface Leading {
  readonly next: string | null;
}

/** `null` for `resultPath` means that the result is dropped and the state's input goes on. */
interface Producing {
  readonly resultPath: Path | null;
}

/** A state that may fail, be retried and be caught. */
export interface RecoverableState extends Filtered, Leading, Producing {
  readonly resultSelector: Template | undefined;
  readonly retry: readonly Retrier[];
  readonly catch: readonly Catcher[];
}

/** Calls a Lambda function. */
export interface TaskState extends RecoverableState {
  readonly type: 'Task';
  readonly resource: string;
  readonly parameters: Template | undefined;
  readonly timeoutSeconds: number | undefined;
}

/** Runs a flow for each item of a list. */
export interface MapState extends RecoverableState {
  readonly type: 'Map';
  readonly itemsPath: Path;
  readonly itemSelector: Template | undefined;
  /** At most so many at once; 0 means as many as the service allows. */
  readonly maxConcurrency: number | Path;
  readonly processor: Flow;
  /** Only a distributed map has it: its iterations are executions of their own. */
  readonly distributed: { readonly label: string; readonly toleratedFailurePercentage: number } | undefined;
}

export interface ChoiceState extends Filtered {
  readonly type: 'Choice';
  readonly choices: readonly Choice[];
  readonly otherwise: string | undefined;
}

export interface PassState extends Filtered, Leading, Producing {
  readonly type: 'Pass';
  readonly result: Template | undefined;
}

export interface WaitState extends Filtered, Leading {
  readonly type: 'Wait';
  readonly seconds: number | Path;
}

export interface SucceedState extends Filtered {
  readonly type: 'Succeed';
}

export interface FailState extends Named {
  readonly type: 'Fail';
  readonly error: string | Path;
  readonly cause: string | Path;
}
