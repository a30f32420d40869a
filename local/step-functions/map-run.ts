import { randomUUID } from 'node:crypto';
import type { Execution, ExecutionStatus } from './execution.ts';

/** The run of a distributed map: the child executions, one an item, and the limits they run under. */
export class MapRun {
  readonly arn: string;
  /** `…:stateMachine:NAME/LABEL`, which the children have as well. */
  readonly stateMachineArn: string;
  readonly parent: Execution;
  readonly itemCount: number;
  readonly maxConcurrency: number;
  readonly toleratedFailurePercentage: number;
  readonly startedAtMs = Date.now();
  readonly children: Execution[] = [];
  #status: ExecutionStatus = 'RUNNING';
  #stoppedAtMs: number | undefined;

  constructor(
    of: Pick<MapRun, 'parent' | 'itemCount' | 'maxConcurrency' | 'toleratedFailurePercentage'> & { label: string },
  ) {
    this.parent = of.parent;
    this.itemCount = of.itemCount;
    this.maxConcurrency = of.maxConcurrency;
    this.toleratedFailurePercentage = of.toleratedFailurePercentage;
    this.stateMachineArn = `${of.parent.stateMachineArn}/${of.label}`;
    this.arn = `${this.stateMachineArn.replace(':stateMachine:', ':mapRun:')}:${randomUUID()}`;
  }

  get status(): ExecutionStatus {
    return this.#status;
  }

  get running(): boolean {
    return this.#status === 'RUNNING';
  }

  get stoppedAtMs(): number | undefined {
    return this.#stoppedAtMs;
  }

  tolerates(failures: number): boolean {
    return (failures / this.itemCount) * 100 <= this.toleratedFailurePercentage;
  }

  /** Ends the run; children that still run are aborted and no further one starts. */
  end(status: Exclude<ExecutionStatus, 'RUNNING'>): void {
    if (!this.running) return;
    this.#status = status;
    this.#stoppedAtMs = Date.now();
    for (const child of this.children) child.end({ status: 'ABORTED' });
  }

  /** The counts of DescribeMapRun. Items that no child was started for stay pending, also when the run has ended. */
  counts(): Record<string, number> {
    const counts = { RUNNING: 0, SUCCEEDED: 0, FAILED: 0, ABORTED: 0, TIMED_OUT: 0 };
    for (const child of this.children) counts[child.status] += 1;
    return {
      pending: this.itemCount - this.children.length,
      running: counts.RUNNING,
      succeeded: counts.SUCCEEDED,
      failed: counts.FAILED,
      timedOut: counts.TIMED_OUT,
      aborted: counts.ABORTED,
      total: this.itemCount,
      resultsWritten: counts.SUCCEEDED,
      failuresNotRedrivable: counts.FAILED + counts.TIMED_OUT + counts.ABORTED,
      pendingRedrive: 0,
    };
  }
}
