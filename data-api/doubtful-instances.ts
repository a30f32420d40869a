import type { Instance } from '../domain/instance.ts';
import type { InstanceStore } from '../domain/stores.ts';
import type { VerifiedInstances } from '../domain/verification-stores.ts';

/** The ids that one statement goes over: rows of few buckets may be far apart, and it must end in time. */
const IDS_PER_STATEMENT = 250_000;

/** The visible rows of a cell's doubtful buckets, and those without a project, page by page. */
export class DoubtfulInstances implements InstanceStore {
  readonly #instances: Pick<VerifiedInstances, 'readBuckets'>;
  readonly #buckets: readonly string[] | null;

  /** @param buckets null for all */
  constructor(instances: Pick<VerifiedInstances, 'readBuckets'>, buckets: readonly string[] | null) {
    this.#instances = instances;
    this.#buckets = buckets;
  }

  async readPage(after: number, upTo: number | null, limit: number): Promise<Instance[]> {
    if (upTo === null) throw new Error('Doubtful instances are read of ranges, which have an end.');
    const rows: Instance[] = [];
    for (let from = after; from < upTo && rows.length < limit; ) {
      const end = Math.min(upTo, from + IDS_PER_STATEMENT);
      const wanted = limit - rows.length;
      const part = await this.#instances.readBuckets(from, end, this.#buckets, wanted);
      rows.push(...part);
      from = part.length < wanted ? end : (part.at(-1)?.id ?? end);
    }
    return rows;
  }
}
