import type { Instance } from '../domain/instance.ts';
import type { InstanceStore } from '../domain/stores.ts';
import type { VerifiedInstances } from '../domain/verification-stores.ts';

/** The most ids that a statement goes over: rows of few buckets may be far apart, and it must end in time. */
const MOST_IDS = 250_000;

/** How many ids go with each row of a page: a page that is halved because it took too long goes over half as many. */
const IDS_PER_ROW = 500;

/** The visible rows of a cell's doubtful buckets, and those without a project, page by page. */
export class DoubtfulInstances implements InstanceStore {
  readonly #instances: Pick<VerifiedInstances, 'readBuckets'>;
  readonly #buckets: readonly string[] | null;

  /** @param buckets null for all */
  constructor(instances: Pick<VerifiedInstances, 'readBuckets'>, buckets: readonly string[] | null) {
    this.#instances = instances;
    this.#buckets = buckets;
  }

  reach(limit: number): number {
    return Math.min(MOST_IDS, limit * IDS_PER_ROW);
  }

  async readPage(after: number, upTo: number | null, limit: number): Promise<Instance[]> {
    if (upTo === null) throw new Error('Doubtful instances are read of ranges, which have an end.');
    return this.#instances.readBuckets(after, upTo, this.#buckets, limit);
  }
}
