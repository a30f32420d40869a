import type { Buckets } from '../domain/digest.ts';
import type { Instance } from '../domain/instance.ts';
import type { Quotas } from '../domain/quota.ts';
import type { InstancesDigest, VerifiedInstances } from '../domain/verification-stores.ts';
import type { Database } from './database.ts';
import { type DigestRules, digestInstances } from './digest-sql.ts';
import { type InstanceRow, toInstance } from './stores.ts';
import { countLive, findInstances, named, selectInstancesOf } from './verify-sql.ts';

/** One cell's `instances` as `verify` reads them, through the Data API. */
export class DataApiVerifiedInstances implements VerifiedInstances {
  readonly #database: Database;
  readonly #rules: DigestRules;

  /** @param rules exactCase is that of the API database, so that both sides digest the same texts */
  constructor(database: Database, rules: DigestRules) {
    this.#database = database;
    this.#rules = rules;
  }

  async digest(after: number, upTo: number): Promise<InstancesDigest> {
    const statement = digestInstances(this.#database.address.dialect, this.#rules);
    const rows = await this.#database.query<{ b: string; n: number; s: string }>(statement, { after, upTo });
    const labels = { hidden: 0, placeholder: 0, noProject: 0 };
    const buckets: Buckets = {};
    for (const { b, n, s } of rows) {
      if (b in labels) labels[b as keyof typeof labels] = n;
      else buckets[b] = { rows: n, sum: s };
    }
    const { hidden, placeholder, noProject } = labels;
    return { buckets, hidden, placeholders: placeholder, noProject };
  }

  async quotas(after: number, upTo: number): Promise<Quotas> {
    const statement = countLive(this.#database.address.dialect);
    const rows = await this.#database.query<{ p: string; n: number; d: number }>(statement, { after, upTo });
    return Object.fromEntries(rows.map(({ p, n, d }) => [p, { counted: 0, live: n, deleting: d }]));
  }

  async readBuckets(
    after: number,
    upTo: number,
    buckets: readonly string[] | null,
    limit: number,
  ): Promise<Instance[]> {
    const { list, parameters } = named('b', buckets ?? []);
    const statement = selectInstancesOf(buckets === null ? null : list, this.#rules.bucketLength);
    return this.#read(statement, { after, upTo, limit, ...parameters });
  }

  async find(uuids: readonly string[]): Promise<Instance[]> {
    if (uuids.length === 0) return [];
    const { list, parameters } = named('u', uuids);
    return this.#read(findInstances(list), parameters);
  }

  async #read(statement: string, parameters: Record<string, string | number>): Promise<Instance[]> {
    return (await this.#database.query<InstanceRow>(statement, parameters)).map(toInstance);
  }
}
