import { addCounts, type Counts } from './counts.ts';
import { eachInterval } from './digest-range.ts';
import { gapsBetween } from './gaps.ts';
import type { MappableInstance } from './instance.ts';
import { mapPage, type ReadPage, readPage } from './page.ts';
import { halvedPageSize, nextPageSize, type PageSize, type SizeReason } from './page-size.ts';
import { addPassed, newPassedTurn, type PassedTurn } from './pass-over.ts';
import { isCallForPause, MOST_FRUITLESS_PAUSES, restrain } from './pause.ts';
import { lookOnly } from './plan.ts';
import type { Fault, RangeProgress } from './range.ts';
import { keepSamples } from './sample.ts';
import type { InstanceStore, MappingStore } from './stores.ts';
import type { VerifiedInstances } from './verification-stores.ts';

/** What a range must know of its run and cell. */
export interface RangeOrder {
  /** Only to look: nothing is inserted, and the range goes on to its end whatever has no mapping. */
  plan: boolean;
  /** The most mappings to insert in the cell, or null for no limit. */
  maxCount: number | null;
  /** The cell's highest id when its ranges were made. */
  maxId: number;
  /** How long a statement should take, in milliseconds. */
  statementMs: number;
  /** The share of the time in which a writer works, above 0 and up to 1. */
  load: number;
}

/** A page that was worked, for whoever measures. */
export interface WorkedPage {
  rows: number;
  counts: Counts;
  /** Those that are counted as `unmapped`, in the order of the page. */
  unmapped: MappableInstance[];
  /** Those that had a mapping to the cell, right or not. */
  found: MappableInstance[];
  /** The longest of its statements. */
  slowestMs: number;
  /** How large the next page is to be, and why it is not as large as this one. */
  next: { size: PageSize; reason: SizeReason | null };
}

/** One turn of a range's loop: what it works with, and when it hands over to the next turn. */
export interface RangeTurn {
  instances: InstanceStore;
  mappings: MappingStore;
  /** A clock, in milliseconds. */
  now: () => number;
  /** When to hand over, by the same clock. */
  endAt: number;
  /** Says what a person is told of an error that ended the turn. */
  describeFault: (error: unknown) => Fault;
  /** Called after each page. */
  onPage?: (page: WorkedPage) => void;
}

/**
 * Works pages of a range until it is done or the turn's time is up. The next page is read while one is written.
 *
 * With a `maxCount` it reads on after the last mapping until it meets one further unmapped instance, or the end:
 * only then is it known whether more remain.
 *
 * A database that calls for a pause gets one, longer each time: the turn ends, and says how long to wait. Another error
 * of the first page is thrown, so that the orchestrator retries it; after a page that finished, the turn returns its
 * progress with the fault instead, and the next turn meets the error on its first page.
 */
export async function mapRange(progress: RangeProgress, order: RangeOrder, turn: RangeTurn): Promise<RangeProgress> {
  const began = turn.now();
  const timeIsUp = () => turn.now() >= turn.endAt;
  const reader = new ReadAhead(turn, progress.upTo);
  let now: RangeProgress = { ...progress, turns: progress.turns + 1, fault: null };
  let pages = 0;
  const end = (fault: Fault | null): RangeProgress => {
    const name = fault?.name ?? '';
    const course = { workedMs: turn.now() - began, load: order.load, pages, done: now.done };
    const restraint = restrain(now.restraint, { ...course, obstacle: isCallForPause(name) ? name : null });
    return { ...now, fault, restraint };
  };
  try {
    // A page that has been read is worked too, so that nothing is read twice.
    for (; !now.done && (pages === 0 || !timeIsUp() || reader.isAhead); pages += 1) {
      now = await mapNextPage(now, order, turn, reader);
    }
    return end(null);
  } catch (error) {
    const fault = turn.describeFault(error);
    const isPause = isCallForPause(fault.name);
    if (pages === 0 && (!isPause || now.restraint.fruitless >= MOST_FRUITLESS_PAUSES)) throw error;
    if (isPause) now = { ...now, size: halvedPageSize(now.size), expectNew: false };
    return end(fault);
  } finally {
    // Nothing may be open when a function hands over: its environment stands still from then on.
    await reader.settle();
  }
}

async function mapNextPage(
  now: RangeProgress,
  order: RangeOrder,
  turn: RangeTurn,
  reader: ReadAhead,
): Promise<RangeProgress> {
  const { page, ms, asked } = await reader.read(now.after, now.size.rows);
  const { rows, last, limit } = page;
  const after = page.through ?? now.upTo;
  const fitted = limit < asked ? limit : null;
  if (!last && turn.now() < turn.endAt) reader.begin(after, fitted ?? now.size.rows);

  const timed = new TimedMappings(order.plan ? lookOnly(turn.mappings) : turn.mappings, turn.now);
  const mayMap = order.maxCount === null ? Number.POSITIVE_INFINITY : order.maxCount - now.counts.mapped;
  const result = await mapPage(
    timed,
    rows,
    order.plan ? { mayMap: 0, expectNew: false } : { mayMap, expectNew: now.expectNew },
  );
  const slowestMs = Math.max(ms, timed.slowestMs);
  const course = {
    rows: rows.length,
    slowestMs,
    fitted: fitted ?? (result.divided === 'limit' ? Math.ceil(rows.length / 2) : null),
    trouble: result.divided === 'trouble',
  };
  const next = nextPageSize(now.size, course, order.statementMs);
  const { counts: counted, unmapped, found } = result;
  turn.onPage?.({ rows: rows.length, counts: counted, unmapped, found, slowestMs, next });

  const counts = addCounts([now.counts, counted]);
  const ids = rows.map((row) => row.id);
  return {
    ...now,
    after,
    done: last || (!order.plan && counts.unmapped > 0),
    counts,
    samples: keepSamples(now.samples, result.samples),
    gaps: [...now.gaps, ...gapsBetween(now.after, after, ids, order.maxId)],
    size: next.size,
    expectNew: result.whollyNew,
  };
}

/** A page that was read, how long that took, and how many rows were asked for. */
interface TimedPage {
  page: ReadPage;
  ms: number;
  asked: number;
}

/** Reads pages of one range, one ahead where it is asked to. */
class ReadAhead {
  readonly #turn: RangeTurn;
  readonly #upTo: number;
  #ahead: { after: number; reading: Promise<TimedPage> } | null = null;

  constructor(turn: RangeTurn, upTo: number) {
    this.#turn = turn;
    this.#upTo = upTo;
  }

  /** A page has been begun that nobody has asked for yet. */
  get isAhead(): boolean {
    return this.#ahead !== null;
  }

  /** Begins to read a page whose turn comes next. */
  begin(after: number, limit: number): void {
    const reading = this.#read(after, limit);
    // Whoever asks for the page meets its error; nobody may ask.
    reading.catch(() => {});
    this.#ahead = { after, reading };
  }

  /** The page after an id: the one that was begun, or a new one. */
  async read(after: number, limit: number): Promise<TimedPage> {
    const ahead = this.#ahead;
    this.#ahead = null;
    return ahead?.after === after ? ahead.reading : this.#read(after, limit);
  }

  /** Waits for a page that was begun and that nobody wants any more. */
  async settle(): Promise<void> {
    await this.#ahead?.reading.catch(() => {});
  }

  async #read(after: number, asked: number): Promise<TimedPage> {
    const began = this.#turn.now();
    const page = await readPage(this.#turn.instances, after, this.#upTo, asked);
    return { page, ms: this.#turn.now() - began, asked };
  }
}

/** Measures the longest of the statements that a page makes. */
class TimedMappings implements MappingStore {
  slowestMs = 0;
  readonly #store: MappingStore;
  readonly #now: () => number;

  constructor(store: MappingStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  look(page: Parameters<MappingStore['look']>[0]): ReturnType<MappingStore['look']> {
    return this.#time(() => this.#store.look(page));
  }

  insert(mappings: Parameters<MappingStore['insert']>[0]): Promise<number> {
    return this.#time(() => this.#store.insert(mappings));
  }

  async #time<Value>(statement: () => Promise<Value>): Promise<Value> {
    const began = this.#now();
    try {
      return await statement();
    } finally {
      this.slowestMs = Math.max(this.slowestMs, this.#now() - began);
    }
  }
}

/**
 * Digests a range that is passed over, until it is done or the turn's time is up. What it has counted is known when the
 * digests of all ranges have been compared.
 */
export async function passRange(
  progress: RangeProgress,
  { load }: Pick<RangeOrder, 'load'>,
  turn: Pick<RangeTurn, 'now' | 'endAt'> & { instances: Pick<VerifiedInstances, 'digest'> },
): Promise<{ progress: RangeProgress; turn: PassedTurn }> {
  const began = turn.now();
  const passed = newPassedTurn(true);
  const isOver = () => turn.now() >= turn.endAt;
  const after = await eachInterval({ ...progress, ids: progress.size.rows }, isOver, async (from, upTo) => {
    const digest = await turn.instances.digest(from, upTo);
    addPassed(passed, digest);
  });
  const { ids, ...range } = after;
  const course = { workedMs: turn.now() - began, load, obstacle: null, pages: 1, done: range.done };
  const restraint = restrain(progress.restraint, course);
  return { progress: { ...range, size: { ...progress.size, rows: ids }, fault: null, restraint }, turn: passed };
}
