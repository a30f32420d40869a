import type { MappingRow } from '../domain/classification.ts';
import type { Buckets } from '../domain/digest.ts';
import type { Quotas } from '../domain/quota.ts';
import type { MappedUuid, MappingApart, VerifiedMappings } from '../domain/verification-stores.ts';
import { buildingAmong } from './build-requests.ts';
import type { Database } from './database.ts';
import { type DigestRules, digestMappings } from './digest-sql.ts';
import {
  countCounted,
  findMappings,
  named,
  SELECT_APART,
  SELECT_MAPPING_BOUNDS,
  selectMappingsOf,
} from './verify-sql.ts';

/** The lowest and the highest `instance_mappings.id`; null where there are no mappings. */
export async function readMappingBounds(api: Database): Promise<{ minId: number | null; maxId: number | null }> {
  const [row] = await api.query<{ min_id: number | null; max_id: number | null }>(SELECT_MAPPING_BOUNDS);
  return { minId: row?.min_id ?? null, maxId: row?.max_id ?? null };
}

/** `instance_mappings` as `verify` reads it, through the Data API. */
export class DataApiVerifiedMappings implements VerifiedMappings {
  readonly #database: Database;
  readonly #rules: DigestRules;

  constructor(database: Database, rules: DigestRules) {
    this.#database = database;
    this.#rules = rules;
  }

  async digest(after: number, upTo: number): Promise<Record<string, Buckets>> {
    const statement = digestMappings(this.#database.address.dialect, this.#rules);
    const rows = await this.#database.query<{ c: number; b: string; n: number; s: string }>(statement, { after, upTo });
    const cells: Record<string, Buckets> = {};
    for (const { c, b, n, s } of rows) {
      cells[c] ??= {};
      cells[c][b] = { rows: n, sum: s };
    }
    return cells;
  }

  async quotas(after: number, upTo: number): Promise<Quotas> {
    const statement = countCounted(this.#database.address.dialect);
    const rows = await this.#database.query<{ p: string; n: number }>(statement, { after, upTo });
    return Object.fromEntries(rows.map(({ p, n }) => [p, { counted: n, live: 0, deleting: 0 }]));
  }

  async readApart(after: number, upTo: number, limit: number): Promise<MappingApart[]> {
    const rows = await this.#database.query<{ i: number; u: string; k: number }>(SELECT_APART, { after, upTo, limit });
    const building = await buildingAmong(
      this.#database,
      rows.filter(({ k }) => k === 0).map(({ u }) => u),
    );
    return rows.map(({ i, u, k }) => ({ id: i, uuid: u, settled: k === 1 || building.has(u) }));
  }

  async readBuckets(
    cellId: number,
    after: number,
    upTo: number,
    buckets: readonly string[] | null,
    limit: number,
  ): Promise<MappedUuid[]> {
    if (buckets?.length === 0) return [];
    const { list, parameters } = named('b', buckets ?? []);
    const statement = selectMappingsOf(buckets === null ? null : list, this.#rules.bucketLength);
    const rows = await this.#database.query<{ i: number; u: string }>(statement, {
      cell: cellId,
      after,
      upTo,
      limit,
      ...parameters,
    });
    return rows.map(({ i, u }) => ({ id: i, uuid: u }));
  }

  async find(uuids: readonly string[]): Promise<{ mappings: MappingRow[]; building: string[] }> {
    // Build requests first: Nova ends one after it has set the mapping's cell, so the other order could see neither.
    const building = [...(await buildingAmong(this.#database, uuids))];
    return { mappings: await readMappings(this.#database, 'instanceUuid', uuids), building };
  }
}

interface StoredMapping {
  i: number;
  t: string | null;
  a: string | null;
  u: string;
  c: number | null;
  p: string;
  s: string | null;
  q: number | null;
}

/** Reads whole mappings by their ids or their uuids. */
export async function readMappings(
  api: Database,
  by: 'id' | 'instanceUuid',
  values: readonly (string | number)[],
): Promise<MappingRow[]> {
  if (values.length === 0) return [];
  const { list, parameters } = named('v', values);
  const statement = findMappings(api.address.dialect, by === 'id' ? 'id' : 'instance_uuid', list);
  return (await api.query<StoredMapping>(statement, parameters)).map(({ i, t, a, u, c, p, s, q }) => ({
    id: i,
    createdAt: t,
    updatedAt: a,
    instanceUuid: u,
    cellId: c,
    projectId: p,
    userId: s,
    queuedForDelete: q === null ? null : q === 1,
  }));
}
