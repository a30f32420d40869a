import type { Execution } from './execution.ts';
import type { MapRun } from './map-run.ts';

/** All executions and map runs since the endpoint was started, found by ARN and listed in the order of their start. */
export class Executions {
  readonly #byArn = new Map<string, Execution>();
  readonly #mapRuns = new Map<string, MapRun>();
  readonly #started: Execution[] = [];

  /** Adds an execution that a caller started; `mapRun` is given for the child of a distributed map instead. */
  add(execution: Execution, mapRun?: MapRun): void {
    this.#byArn.set(execution.arn, execution);
    (mapRun?.children ?? this.#started).push(execution);
  }

  addMapRun(mapRun: MapRun): void {
    this.#mapRuns.set(mapRun.arn, mapRun);
  }

  find(arn: string): Execution | undefined {
    return this.#byArn.get(arn);
  }

  findMapRun(arn: string): MapRun | undefined {
    return this.#mapRuns.get(arn);
  }

  mapRunsOf(execution: Execution): MapRun[] {
    return [...this.#mapRuns.values()].filter((mapRun) => mapRun.parent === execution);
  }

  /** The executions that callers started: no children. */
  get started(): readonly Execution[] {
    return this.#started;
  }
}
