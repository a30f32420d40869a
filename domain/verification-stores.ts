import type { MappingRow } from './classification.ts';
import type { Buckets } from './digest.ts';
import type { Instance } from './instance.ts';
import type { Quotas } from './quota.ts';

/** What the visible instances of an interval of ids should be mapped to, and what else is there. */
export interface InstancesDigest {
  /** Of the instances that can be mapped. */
  buckets: Buckets;
  hidden: number;
  placeholders: number;
  /** Visible, but without a project. */
  noProject: number;
}

/** A cell's `instances` as `verify` reads them; no statement takes locks. */
export interface VerifiedInstances {
  /**
   * Digests the rows with `after < id <= upTo`.
   * @throws an error named StatementTimeout or PageTooLarge: a smaller interval may pass
   */
  digest(after: number, upTo: number): Promise<InstancesDigest>;
  /** Counts the live instances of the rows with `after < id <= upTo` by project. */
  quotas(after: number, upTo: number): Promise<Quotas>;
  /**
   * Reads up to `limit` visible rows with `after < id <= upTo`, ascending, of the named buckets (null: of all), and
   * those without a project.
   */
  readBuckets(after: number, upTo: number, buckets: readonly string[] | null, limit: number): Promise<Instance[]>;
  /** The rows, hidden ones too, of the given uuids. */
  find(uuids: readonly string[]): Promise<Instance[]>;
}

/** A mapping that is of no cell's digest: it has no cell, or is of no real instance. */
export interface MappingApart {
  id: number;
  uuid: string;
  /** A placeholder, or in flight: as it should be, so that nobody need look twice. */
  settled: boolean;
}

/** A mapping's place and instance. */
export interface MappedUuid {
  id: number;
  uuid: string;
}

/** `instance_mappings` as `verify` reads it; no statement takes locks. */
export interface VerifiedMappings {
  /** Digests the rows with `after < id <= upTo`, by `cell_mappings.id`; those apart are left out. */
  digest(after: number, upTo: number): Promise<Record<string, Buckets>>;
  /** Counts, by project, the rows with `after < id <= upTo` that Nova's quota counts. */
  quotas(after: number, upTo: number): Promise<Quotas>;
  /** Reads up to `limit` of the mappings apart with `after < id <= upTo`, ascending. */
  readApart(after: number, upTo: number, limit: number): Promise<MappingApart[]>;
  /** Reads up to `limit` mappings to a cell with `after < id <= upTo`, ascending, of the named buckets (null: of all). */
  readBuckets(
    cellId: number,
    after: number,
    upTo: number,
    buckets: readonly string[] | null,
    limit: number,
  ): Promise<MappedUuid[]>;
  /** The mappings of the given uuids, and which of these uuids have a build request. */
  find(uuids: readonly string[]): Promise<{ mappings: MappingRow[]; building: string[] }>;
}

/** Whether a statement was asked for more than it can do in time, or can answer: a smaller one may pass. */
export function isTooMuch(error: unknown): boolean {
  return error instanceof Error && ['StatementTimeout', 'PageTooLarge'].includes(error.name);
}

/** How the API database compares uuids, by which a mapping finds its instance. */
export interface UuidRules {
  /** Letter case matters. */
  exactCase: boolean;
}

/** A uuid as the API database compares it. */
export function uuidKey(uuid: string, { exactCase }: UuidRules): string {
  return exactCase ? uuid : uuid.toLowerCase();
}
