import type { HistoryEvent } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { digestProgressSchema, type ListedCells, rangeProgressSchema, type Settings } from '../../contract/payloads.ts';
import { isCallForPause } from '../../domain/pause.ts';

/** What can be counted over time: instances where a run maps or plans, ids where it only digests rows. */
export type Measure = 'read' | 'mapped' | 'passedOver' | 'instanceIds' | 'mappingIds';

/** What one turn of a function did, and when. */
export interface Turn {
  fromMs: number;
  toMs: number;
  done: Partial<Record<Measure, number>>;
}

/** A step that was tried again. */
export interface Retry {
  step: string;
  error: string;
  /** How long it was waited, in milliseconds. */
  waitedMs: number;
}

/** What the history of one execution tells. */
export interface HistoryFacts {
  /** The cell that a child execution is for. */
  cell: string | null;
  /** What the run goes by; only the history of the run itself tells. */
  settings: Settings | null;
  turns: Turn[];
  retries: Retry[];
}

/** Where an event stands: the events of each iteration are a chain, and each knows the one before it. */
interface Place {
  state: string;
  startedMs: number;
  /** The error of an attempt, while the next one has not begun. */
  failed: { error: string; atMs: number } | null;
}

const childInputSchema = z.object({ uuid: z.string() });
const listedSchema = z.object({ settings: z.custom<ListedCells['settings']>((value) => value instanceof Object) });

/** Reads what a history tells, from its events in their order. */
export function readHistory(events: readonly HistoryEvent[]): HistoryFacts {
  const facts: HistoryFacts = { cell: null, settings: null, turns: [], retries: [] };
  const places = new Map<number, Place>();
  /** How far each range had come, by state and index. */
  const before = new Map<string, Partial<Record<Measure, number>>>();
  for (const event of events) {
    const place: Place = { ...(places.get(event.previousEventId ?? 0) ?? { state: '', startedMs: 0, failed: null }) };
    places.set(event.id ?? 0, place);
    const atMs = event.timestamp?.getTime() ?? 0;
    switch (event.type) {
      case 'ExecutionStarted':
        facts.cell = childInputSchema.safeParse(parse(event.executionStartedEventDetails?.input)).data?.uuid ?? null;
        break;
      case 'LambdaFunctionScheduled':
        if (place.failed !== null) {
          const { error, atMs: failedMs } = place.failed;
          facts.retries.push({ step: place.state, error, waitedMs: Math.max(0, atMs - failedMs) });
        }
        place.failed = null;
        place.startedMs = atMs;
        break;
      case 'LambdaFunctionFailed':
        place.failed = { error: event.lambdaFunctionFailedEventDetails?.error ?? 'an error', atMs };
        break;
      case 'LambdaFunctionScheduleFailed':
        place.failed = { error: event.lambdaFunctionScheduleFailedEventDetails?.error ?? 'an error', atMs };
        break;
      case 'LambdaFunctionStartFailed':
        place.failed = { error: event.lambdaFunctionStartFailedEventDetails?.error ?? 'an error', atMs };
        break;
      case 'LambdaFunctionTimedOut':
        place.failed = { error: event.lambdaFunctionTimedOutEventDetails?.error ?? 'States.Timeout', atMs };
        break;
      case 'LambdaFunctionSucceeded':
        takeOutput(parse(event.lambdaFunctionSucceededEventDetails?.output), { ...place, atMs }, facts, before);
        break;
      default: {
        const entered = event.stateEnteredEventDetails?.name;
        if (entered !== undefined) Object.assign(place, { state: entered, failed: null });
      }
    }
  }
  return facts;
}

function takeOutput(
  output: unknown,
  { state, startedMs, atMs }: Place & { atMs: number },
  facts: HistoryFacts,
  before: Map<string, Partial<Record<Measure, number>>>,
): void {
  if (state === 'ListCells') {
    facts.settings = listedSchema.safeParse(output).data?.settings ?? null;
    return;
  }
  const progress = progressOf(state, output);
  if (progress === null) return;
  const key = `${state} ${progress.index}`;
  // A cell's ranges may be made anew, with what is in doubt, after some were passed over.
  const earlier = (progress.isFirst ? undefined : before.get(key)) ?? {};
  before.set(key, progress.done);
  const done: Turn['done'] = {};
  for (const [measure, number] of Object.entries(progress.done) as [Measure, number][]) {
    done[measure] = Math.max(0, number - (earlier[measure] ?? 0));
  }
  facts.turns.push({ fromMs: startedMs, toMs: atMs, done });
  // A turn that met an error after its first page hands over at once, and the next one tries that page again.
  // Where it waited for that, the result tells so.
  if (progress.fault !== null && !isCallForPause(progress.fault))
    facts.retries.push({ step: state, error: progress.fault, waitedMs: 0 });
}

/** How far a range has come since its beginning. */
interface Progress {
  index: number;
  isFirst: boolean;
  done: Partial<Record<Measure, number>>;
  fault: string | null;
}

function progressOf(state: string, output: unknown): Progress | null {
  if (state === 'MapRange') {
    const { data } = rangeProgressSchema.safeParse(output);
    if (data === undefined) return null;
    const { index, turns, kind, counts, after, from, fault } = data;
    const counted = { read: counts.instances, mapped: counts.mapped };
    const done = kind === 'passOver' ? { passedOver: after - from } : counted;
    return { index, isFirst: turns <= 1, done, fault: fault?.name ?? null };
  }
  const measure = digesting[state];
  if (measure === undefined) return null;
  const { data } = digestProgressSchema.safeParse(output);
  if (data === undefined) return null;
  const { index, turns, after, from } = data;
  return { index, isFirst: turns <= 1, done: { [measure]: after - from }, fault: null };
}

const digesting: Readonly<Record<string, Measure>> = { DigestInstances: 'instanceIds', DigestMappings: 'mappingIds' };

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}
