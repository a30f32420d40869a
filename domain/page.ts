import { type Counts, noCounts, tally } from './counts.ts';
import { type Instance, isMappable, kindOf, type MappableInstance } from './instance.ts';
import { type Finding, mappingFor } from './mapping.ts';
import { keepSamples, type Sample } from './sample.ts';
import {
  ContentionError,
  type InstanceStore,
  type MappingStore,
  PageTooLargeError,
  RowRefusedError,
} from './stores.ts';

/** How often one page looks again after a duplicate or a lock, before it is halved. */
const LOOKS_BEFORE_HALVING = 2;

/**
 * The most rows of a page that are set aside because the table does not take them. Beyond them it is no question of
 * rows, and to find each would take longer than to mend the table.
 */
const MOST_REFUSED = 100;

/** A page that was read. */
export interface ReadPage {
  rows: Instance[];
  /** Up to which id it goes; null for the end of the table. */
  through: number | null;
  /** No row of the interval follows. */
  last: boolean;
  /** How many rows were asked for in the end: less than at first where they did not fit in an answer. */
  limit: number;
}

/**
 * Reads a page; it may be empty and not the last, where its store goes over few ids at once. One that does not fit in an
 * answer is halved until it does.
 * @throws PageTooLargeError when a single row does not fit
 */
export async function readPage(
  store: InstanceStore,
  after: number,
  upTo: number | null,
  limit: number,
): Promise<ReadPage> {
  const reach = store.reach?.(limit) ?? Number.POSITIVE_INFINITY;
  const end = upTo === null || after + reach >= upTo ? upTo : after + reach;
  try {
    const rows = await store.readPage(after, end, limit);
    const through = rows.length < limit ? end : (rows.at(-1)?.id ?? end);
    return { rows, through, last: through === upTo, limit };
  } catch (error) {
    if (!(error instanceof PageTooLargeError) || limit === 1) throw error;
    return readPage(store, after, upTo, Math.ceil(limit / 2));
  }
}

/** What mapping a page may do. */
export interface PageOrder {
  /** The most mappings that may be inserted; the instances beyond are counted as `unmapped`. */
  mayMap: number;
  /** The page before was wholly new, so this one probably is: insert first, and look only on a duplicate. */
  expectNew: boolean;
}

/** What became of a page. */
export interface PageResult {
  counts: Counts;
  samples: Sample[];
  /** Those that are counted as `unmapped`, in the order of the page. */
  unmapped: MappableInstance[];
  /** Those that had a mapping to the cell, right or not. */
  found: MappableInstance[];
  /** Every mappable instance of it was inserted. */
  whollyNew: boolean;
  /** Why it was looked at again or taken in parts: it was beyond a `limit`, or there was `trouble` with locks. */
  divided: 'limit' | 'trouble' | null;
}

/**
 * Maps the rows of a page: sets aside what cannot be mapped, looks which mappings exist, and inserts just the
 * missing ones. Existing mappings are never changed.
 *
 * It can be repeated safely at any point: rows that an attempt inserted whose answer was lost are found as
 * `alreadyMapped`, so `mapped` is never overstated.
 */
export async function mapPage(store: MappingStore, rows: readonly Instance[], order: PageOrder): Promise<PageResult> {
  const counts = noCounts();
  const samples: Sample[] = [];
  for (const row of rows) {
    const kind = kindOf(row);
    if (kind === 'mappable') continue;
    tally(counts, kind);
    if (kind === 'noProject') samples.push({ instance: row.uuid, problem: kind });
  }
  const page = rows.filter(isMappable);
  const placing = new Placing(store, counts, samples, order.mayMap);
  await placing.place(page, order.expectNew);
  await placing.placeRest();
  return {
    counts,
    samples: keepSamples(samples),
    unmapped: placing.unmapped,
    found: placing.found,
    divided: placing.divided,
    whollyNew: page.length > 0 && counts.mapped === page.length,
  };
}

/** Finds the place of each instance of one page. */
class Placing {
  readonly unmapped: MappableInstance[] = [];
  readonly found: MappableInstance[] = [];
  divided: PageResult['divided'] = null;
  #refused = 0;
  readonly #store: MappingStore;
  readonly #counts: Counts;
  readonly #samples: Sample[];
  #mayMap: number;

  constructor(store: MappingStore, counts: Counts, samples: Sample[], mayMap: number) {
    this.#store = store;
    this.#counts = counts;
    this.#samples = samples;
    this.#mayMap = mayMap;
  }

  /** Places a part of the page, in halves where it is too large, too contended, or refused as a whole. */
  async place(part: readonly MappableInstance[], insertFirst: boolean): Promise<void> {
    if (part.length === 0) return;
    const left = new Set(part);
    try {
      if (insertFirst && part.length <= this.#mayMap) await this.#insert(left);
      for (let looks = 0; left.size > 0; looks += 1) {
        await this.#look(left);
        if (left.size === 0) return;
        if (looks > 0) this.divided ??= 'trouble';
        await this.#insert(left);
        if (left.size > 0 && looks >= LOOKS_BEFORE_HALVING)
          throw new ContentionError('Others keep inserting the same mappings, or hold their locks. Run again.');
      }
    } catch (error) {
      if (left.size === 1 && error instanceof RowRefusedError) {
        this.#setAside([...left][0] as MappableInstance, error);
        return;
      }
      const isDivisible = [PageTooLargeError, ContentionError, RowRefusedError].some((kind) => error instanceof kind);
      if (!isDivisible || left.size === 1) throw error;
      if (error instanceof PageTooLargeError) this.divided = 'limit';
      if (error instanceof ContentionError) this.divided ??= 'trouble';
      const rest = [...left];
      const middle = Math.ceil(rest.length / 2);
      await this.place(rest.slice(0, middle), false);
      await this.place(rest.slice(middle), false);
    }
  }

  /**
   * Places what was one too many, as long as there is room after all: a row that was set aside, or that others mapped,
   * has left it. Without that, rows that are refused each time would use up the places of every run.
   */
  async placeRest(): Promise<void> {
    while (this.#mayMap > 0 && this.unmapped.length > 0) {
      const rest = this.unmapped.splice(0);
      tally(this.#counts, 'unmapped', -rest.length);
      await this.place(rest, false);
    }
  }

  #setAside(instance: MappableInstance, error: RowRefusedError): void {
    this.#refused += 1;
    if (this.#refused > MOST_REFUSED) throw error;
    tally(this.#counts, 'refused');
    this.#samples.push({ instance: instance.uuid, problem: 'refused', reason: error.reason });
  }

  /** Tallies and drops what has a mapping, and what may not be mapped any more; what is left is to be inserted. */
  async #look(left: Set<MappableInstance>): Promise<void> {
    const page = [...left];
    const findings = new Map((await this.#store.look(page)).map((finding) => [finding.index, finding]));
    let unmapped = 0;
    for (const [index, instance] of page.entries()) {
      const finding = findings.get(index);
      if (finding?.state === 'unmapped') {
        unmapped += 1;
        if (unmapped <= this.#mayMap) continue;
        this.unmapped.push(instance);
      }
      tally(this.#counts, finding?.state ?? 'alreadyMapped');
      if (finding === undefined || finding.state === 'wrongDetails') this.found.push(instance);
      this.#sample(instance, finding);
      left.delete(instance);
    }
  }

  #sample(instance: MappableInstance, finding: Finding | undefined): void {
    switch (finding?.state) {
      case 'otherCell':
        this.#samples.push({
          instance: instance.uuid,
          problem: 'otherCell',
          ...(finding.mappedTo === null ? {} : { mappedTo: finding.mappedTo }),
        });
        return;
      case 'noCell':
      case 'wrongDetails':
        this.#samples.push({ instance: instance.uuid, problem: finding.state });
    }
  }

  /** Inserts all that is left. On a duplicate or a lock, or where the database skipped some, the rest stays left. */
  async #insert(left: Set<MappableInstance>): Promise<void> {
    const inserted = await this.#tryInsert([...left]);
    if (inserted === left.size) {
      tally(this.#counts, 'mapped', inserted);
      this.#mayMap -= inserted;
      left.clear();
      return;
    }
    if (inserted > 0) await this.#creditPartly(left, inserted);
  }

  async #tryInsert(instances: readonly MappableInstance[]): Promise<number> {
    try {
      return await this.#store.insert(instances.map(mappingFor));
    } catch (error) {
      if (error instanceof ContentionError) return 0;
      throw error;
    }
  }

  /**
   * The database skipped the rows that others inserted in the meantime, and says only how many went in: of those
   * that are now mapped to this cell, so many are ours.
   */
  async #creditPartly(left: Set<MappableInstance>, inserted: number): Promise<void> {
    const before = this.#counts.alreadyMapped;
    this.#mayMap -= inserted;
    await this.#look(left);
    const ours = Math.min(inserted, this.#counts.alreadyMapped - before);
    this.#counts.alreadyMapped -= ours;
    this.#counts.mapped += ours;
    // Nova may have changed one of ours since: it was mapped in this run, so its details are not counted.
    this.#counts.wrongDetails = Math.min(this.#counts.wrongDetails, this.#counts.alreadyMapped);
  }
}
