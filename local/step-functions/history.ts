/** The end of a chain of events; each iteration of an inline map has a chain of its own. */
export interface Trail {
  lastEventId: number;
}

type StateType = 'Task' | 'Choice' | 'Map' | 'Pass' | 'Wait' | 'Succeed';

/** The event types of Step Functions that the engine writes. */
export type EventType =
  | `${StateType | 'Fail'}StateEntered`
  | `${StateType}StateExited`
  | `${StateType}StateAborted`
  | `LambdaFunction${'Scheduled' | 'Started' | 'Succeeded' | 'Failed' | 'TimedOut'}`
  | `MapState${'Started' | 'Succeeded' | 'Failed'}`
  | `MapIteration${'Started' | 'Succeeded' | 'Failed' | 'Aborted'}`
  | `MapRun${'Started' | 'Succeeded' | 'Failed'}`
  | `Execution${'Started' | 'Succeeded' | 'Failed' | 'Aborted' | 'TimedOut'}`;

/** The details of an event under the names that Step Functions gives them. Undefined members are left out. */
export type EventDetails = Readonly<Record<string, string | number | undefined>>;

export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestampMs: number;
  readonly type: EventType;
  readonly details: EventDetails | undefined;
}

/** Step Functions' quota; the last event that fits is the one that ends the execution. */
export const MAX_EVENTS = 25_000;

/** What happened in one execution, ids from 1. */
export class History {
  readonly #events: HistoryEvent[] = [];

  get length(): number {
    return this.#events.length;
  }

  get hasRoom(): boolean {
    return this.#events.length < MAX_EVENTS - 1;
  }

  /** Adds an event behind the trail's last one and moves the trail on. */
  add(trail: Trail, type: EventType, details?: EventDetails): void {
    const id = this.#events.length + 1;
    this.#events.push({ id, previousEventId: trail.lastEventId, timestampMs: Date.now(), type, details });
    trail.lastEventId = id;
  }

  slice(start: number, end: number): HistoryEvent[] {
    return this.#events.slice(start, end);
  }
}

/** An event as GetExecutionHistory answers it. Without `withData` the inputs and outputs are left out. */
export function renderEvent(event: HistoryEvent, withData: boolean): Record<string, unknown> {
  const { id, previousEventId, timestampMs, type } = event;
  const rendered = { id, previousEventId, timestamp: timestampMs / 1000, type };
  if (event.details === undefined) return rendered;
  const details: Record<string, unknown> = { ...event.details };
  for (const data of ['input', 'output']) {
    if (details[data] === undefined) continue;
    if (withData) details[`${data}Details`] = { truncated: false };
    else delete details[data];
  }
  return { ...rendered, [detailsName(type)]: details };
}

function detailsName(type: EventType): string {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails';
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails';
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}
