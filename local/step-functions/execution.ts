import { Aborted } from './faults.ts';
import { type EventDetails, type EventType, History, MAX_EVENTS, type Trail } from './history.ts';
import type { Payload } from './payload.ts';

/** How an execution ended. */
export type Ending =
  | { readonly status: 'SUCCEEDED'; readonly output: string }
  | { readonly status: 'FAILED' | 'ABORTED' | 'TIMED_OUT'; readonly error?: string; readonly cause?: string };

export type ExecutionStatus = 'RUNNING' | Ending['status'];

const LAST_EVENT = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  ABORTED: 'ExecutionAborted',
  TIMED_OUT: 'ExecutionTimedOut',
} as const satisfies Record<Ending['status'], EventType>;

/** One execution of a machine, or of a distributed map's processor. Its history says nothing more once it has ended. */
export class Execution {
  readonly arn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly input: Payload;
  /** The map run that this execution is a child of. */
  readonly mapRunArn: string | undefined;
  readonly startedAtMs = Date.now();
  readonly history = new History();
  readonly #abort = new AbortController();
  #ending: Ending | undefined;
  #stoppedAtMs: number | undefined;

  constructor(of: { name: string; stateMachineArn: string; input: Payload; mapRunArn?: string }) {
    this.arn = `${of.stateMachineArn.replace(':stateMachine:', ':execution:')}:${of.name}`;
    this.name = of.name;
    this.stateMachineArn = of.stateMachineArn;
    this.input = of.input;
    this.mapRunArn = of.mapRunArn;
    // AWS lets the second event, too, have 0 as its previous one: this trail is left behind.
    this.history.add({ lastEventId: 0 }, 'ExecutionStarted', { input: of.input.text });
  }

  get status(): ExecutionStatus {
    return this.#ending?.status ?? 'RUNNING';
  }

  get running(): boolean {
    return this.#ending === undefined;
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  get stoppedAtMs(): number | undefined {
    return this.#stoppedAtMs;
  }

  /** Aborts when the execution has ended. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Writes to the history. Throws `Aborted` once the execution has ended, which a full history makes it do. */
  record(trail: Trail, type: EventType, details?: EventDetails): void {
    if (this.running && !this.history.hasRoom) {
      this.end({
        status: 'FAILED',
        error: 'States.Runtime',
        cause: `The execution reached the maximum number of history events (${MAX_EVENTS}).`,
      });
    }
    if (!this.running) throw new Aborted();
    this.history.add(trail, type, details);
  }

  /** Ends the execution; whatever still runs in it is aborted. Nothing happens when it has ended before. */
  end(ending: Ending, trail: Trail = { lastEventId: this.history.length }): void {
    if (!this.running) return;
    const { status, ...details } = ending;
    this.history.add(trail, LAST_EVENT[status], details);
    this.#ending = ending;
    this.#stoppedAtMs = Date.now();
    this.#abort.abort(new Aborted());
  }
}
