import { createHash } from 'node:crypto';
import { type InstanceFacts, type MappingRow, NOVA_MARKER } from '../../domain/classification.ts';
import { addDigests, type Buckets } from '../../domain/digest.ts';
import { type Instance, isMappable, kindOf, type MappableInstance, PLACEHOLDER_UUID } from '../../domain/instance.ts';
import type { Finding } from '../../domain/mapping.ts';
import { addQuotas, type Quotas } from '../../domain/quota.ts';
import { PageTooLargeError } from '../../domain/stores.ts';
import type {
  InstancesDigest,
  MappedUuid,
  MappingApart,
  UuidRules,
  VerifiedInstances,
  VerifiedMappings,
} from '../../domain/verification-stores.ts';

/** How the digests in memory are grouped. */
export interface MemoryRules extends UuidRules {
  bucketLength: number;
}

/** A statement that took longer than the Data API lets it. */
export class StatementTimeoutError extends Error {
  override readonly name = 'StatementTimeout';
}

/** What the stores in memory can do at once, and what they were asked. */
class Limits {
  /** The most ids that a statement goes over in time. */
  mostIds = Number.POSITIVE_INFINITY;
  /** The most rows that fit in an answer. */
  fits = Number.POSITIVE_INFINITY;
  /** The intervals of ids that were read, in order. */
  readonly reads: { kind: string; after: number; upTo: number }[] = [];
  /** The uuids that were asked for, in order. */
  readonly asked: string[][] = [];

  protected interval<Row extends { id: number }>(
    kind: string,
    rows: readonly Row[],
    after: number,
    upTo: number,
  ): Row[] {
    this.reads.push({ kind, after, upTo });
    if (upTo - after > this.mostIds) throw new StatementTimeoutError('too slow');
    return rows.filter(({ id }) => id > after && id <= upTo).sort((a, b) => a.id - b.id);
  }

  protected page<Row>(rows: readonly Row[], limit: number): Row[] {
    const page = rows.slice(0, limit);
    if (page.length > this.fits) throw new PageTooLargeError('too large');
    return page;
  }
}

/** A cell's instances in memory, as `verify` reads them. */
export class MemoryVerifiedInstances extends Limits implements VerifiedInstances {
  readonly rows: Instance[];
  readonly #rules: MemoryRules;

  constructor(rows: Instance[], rules: MemoryRules = { exactCase: true, bucketLength: 1 }) {
    super();
    this.rows = rows;
    this.#rules = rules;
  }

  async digest(after: number, upTo: number): Promise<InstancesDigest> {
    const rows = this.interval('digest', this.rows, after, upTo);
    const number = (kind: string) => rows.filter((row) => kindOf(row) === kind).length;
    return {
      buckets: bucketsOf(
        rows.filter(isMappable).map((row) => ({ ...row, queuedForDelete: row.gone || row.deleting })),
        this.#rules,
      ),
      hidden: number('hidden'),
      placeholders: number('placeholder'),
      noProject: number('noProject'),
    };
  }

  async quotas(after: number, upTo: number): Promise<Quotas> {
    const live = this.interval('quotas', this.rows, after, upTo).filter((row) => isMappable(row) && !row.gone);
    return addQuotas(
      live.map(({ projectId, deleting }) => ({
        [`${projectId}`]: { counted: 0, live: 1, deleting: Number(deleting) },
      })),
    );
  }

  async readBuckets(
    after: number,
    upTo: number,
    buckets: readonly string[] | null,
    limit: number,
  ): Promise<Instance[]> {
    const isAsked = (row: Instance) =>
      row.projectId === null || buckets === null || buckets.includes(bucketOf(row.uuid, this.#rules));
    const visible = this.interval('rows', this.rows, after, upTo).filter((row) =>
      ['mappable', 'noProject'].includes(kindOf(row)),
    );
    return this.page(visible.filter(isAsked), limit);
  }

  async find(uuids: readonly string[]): Promise<Instance[]> {
    this.asked.push([...uuids]);
    const keys = new Set(uuids.map((uuid) => keyOf(uuid, this.#rules)));
    return this.rows.filter(({ uuid }) => keys.has(keyOf(uuid, this.#rules)));
  }
}

/** `instance_mappings` in memory, as `verify` reads it. */
export class MemoryVerifiedMappings extends Limits implements VerifiedMappings {
  readonly rows: MappingRow[];
  readonly buildRequests: ReadonlySet<string>;
  readonly #rules: MemoryRules;

  constructor(
    rows: MappingRow[],
    buildRequests: Iterable<string> = [],
    rules: MemoryRules = { exactCase: true, bucketLength: 1 },
  ) {
    super();
    this.rows = rows;
    this.buildRequests = new Set(buildRequests);
    this.#rules = rules;
  }

  async digest(after: number, upTo: number): Promise<Record<string, Buckets>> {
    const rows = this.interval('digest', this.rows, after, upTo).filter((row) => !isApart(row));
    const cells = new Set(rows.map(({ cellId }) => cellId));
    const of = (cellId: number | null) =>
      rows.filter((row) => row.cellId === cellId).map((row) => ({ ...row, uuid: row.instanceUuid }));
    return Object.fromEntries([...cells].map((cellId) => [cellId, bucketsOf(of(cellId), this.#rules)]));
  }

  async quotas(after: number, upTo: number): Promise<Quotas> {
    const counted = this.interval('quotas', this.rows, after, upTo).filter(
      (row) => row.queuedForDelete === false && !isPlaceholderRow(row),
    );
    return addQuotas(counted.map(({ projectId }) => ({ [projectId]: { counted: 1, live: 0, deleting: 0 } })));
  }

  async readApart(after: number, upTo: number, limit: number): Promise<MappingApart[]> {
    const rows = this.page(this.interval('apart', this.rows, after, upTo).filter(isApart), limit);
    return rows.map((row) => ({
      id: row.id,
      uuid: row.instanceUuid,
      settled: isPlaceholderRow(row) || this.buildRequests.has(row.instanceUuid),
    }));
  }

  async readBuckets(
    cellId: number,
    after: number,
    upTo: number,
    buckets: readonly string[] | null,
    limit: number,
  ): Promise<MappedUuid[]> {
    const rows = this.interval('rows', this.rows, after, upTo)
      .filter((row) => row.cellId === cellId && !isApart(row))
      .filter((row) => buckets === null || buckets.includes(bucketOf(row.instanceUuid, this.#rules)));
    return this.page(rows, limit).map(({ id, instanceUuid }) => ({ id, uuid: instanceUuid }));
  }

  async find(uuids: readonly string[]): Promise<{ mappings: MappingRow[]; building: string[] }> {
    this.asked.push([...uuids]);
    const keys = new Set(uuids.map((uuid) => keyOf(uuid, this.#rules)));
    return {
      mappings: this.rows.filter(({ instanceUuid }) => keys.has(keyOf(instanceUuid, this.#rules))),
      building: uuids.filter((uuid) => this.buildRequests.has(uuid)),
    };
  }
}

/** A look at the mappings in memory from one cell. */
export class MemoryLook {
  looks = 0;
  /** The most rows that fit in a request. */
  fits = Number.POSITIVE_INFINITY;
  readonly #mappings: MemoryVerifiedMappings;
  readonly #cellId: number;

  constructor(mappings: MemoryVerifiedMappings, cellId: number) {
    this.#mappings = mappings;
    this.#cellId = cellId;
  }

  async look(page: readonly MappableInstance[]): Promise<Finding[]> {
    this.looks += 1;
    if (page.length > this.fits) throw new PageTooLargeError('too large');
    return page.flatMap((row, index) => this.#findingOf(row, index) ?? []);
  }

  #findingOf({ uuid, projectId, userId, gone, deleting }: MappableInstance, index: number): Finding | null {
    const row = this.#mappings.rows.find(({ instanceUuid }) => instanceUuid === uuid);
    if (row === undefined) return { index, state: 'unmapped', mappedTo: null };
    if (row.cellId === null) {
      return { index, state: this.#mappings.buildRequests.has(uuid) ? 'inFlight' : 'noCell', mappedTo: null };
    }
    if (row.cellId !== this.#cellId) return { index, state: 'otherCell', mappedTo: `cell${row.cellId}` };
    const either = deleting && !gone && row.queuedForDelete !== null;
    const isRight = row.projectId === projectId && row.userId === userId && (either || row.queuedForDelete === gone);
    return isRight ? null : { index, state: 'wrongDetails', mappedTo: null };
  }
}

/** A mapping to cell 1 with the details of the instance with the same id in memory-stores.ts. */
export function mapping(id: number, parts: Partial<MappingRow> = {}): MappingRow {
  return {
    id,
    createdAt: '2026-01-01 00:00:00',
    updatedAt: null,
    instanceUuid: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    cellId: 1,
    projectId: 'p1',
    userId: 'u1',
    queuedForDelete: false,
    ...parts,
  };
}

/** A visible, live row of an instance in the cell `cell1`. */
export function found(parts: Partial<InstanceFacts> = {}): InstanceFacts {
  return { cell: 'cell1', projectId: 'p1', userId: 'u1', hidden: false, gone: false, deleting: false, ...parts };
}

function isPlaceholderRow({ instanceUuid, projectId }: MappingRow): boolean {
  return instanceUuid === PLACEHOLDER_UUID || projectId === NOVA_MARKER;
}

function isApart(row: MappingRow): boolean {
  return row.cellId === null || isPlaceholderRow(row);
}

function keyOf(uuid: string, { exactCase }: UuidRules): string {
  return exactCase ? uuid : uuid.toLowerCase();
}

function bucketOf(uuid: string, { bucketLength }: MemoryRules): string {
  return uuid.slice(0, bucketLength).toLowerCase();
}

interface Digested {
  uuid: string;
  projectId: string | null;
  userId: string | null;
  queuedForDelete: boolean | null;
}

/** The digest of some rows. */
export function bucketsOf(rows: readonly Digested[], rules: MemoryRules): Buckets {
  const names = new Set(rows.map(({ uuid }) => bucketOf(uuid, rules)));
  const digest = (row: Digested) => ({ rows: 1, sum: hashOf(row, rules) });
  const of = (name: string) => rows.filter(({ uuid }) => bucketOf(uuid, rules) === name).map(digest);
  return Object.fromEntries([...names].map((name) => [name, addDigests(of(name))]));
}

function hashOf({ uuid, projectId, userId, queuedForDelete }: Digested, rules: MemoryRules): string {
  const text = JSON.stringify([keyOf(uuid, rules), projectId, userId, queuedForDelete]);
  return String(BigInt(`0x${createHash('sha256').update(text).digest('hex').slice(0, 15)}`));
}
