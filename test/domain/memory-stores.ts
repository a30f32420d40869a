import type { Instance, MappableInstance } from '../../domain/instance.ts';
import type { Finding, NewMapping } from '../../domain/mapping.ts';
import { type RangeProgress, splitRanges } from '../../domain/range.ts';
import { ContentionError, type InstanceStore, type MappingStore, PageTooLargeError } from '../../domain/stores.ts';
import { wholeCell } from '../../domain/survey.ts';

/** A visible, live instance with the given id; its uuid is made from the id. */
export function instance(id: number, parts: Partial<Instance> = {}): Instance {
  return {
    id,
    uuid: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    projectId: 'p1',
    userId: 'u1',
    hidden: false,
    gone: false,
    deleting: false,
    ...parts,
  };
}

/** The same, for where only a row with a project will do. */
export function mappable(id: number, parts: Partial<MappableInstance> = {}): MappableInstance {
  return { ...instance(id), projectId: 'p1', ...parts };
}

/** A cell's instances in memory; rows may be added while it is read. */
export class MemoryInstances implements InstanceStore {
  readonly rows: Instance[];
  reads: { after: number; upTo: number | null; limit: number }[] = [];
  /** The most rows that fit in an answer. */
  fits = Number.POSITIVE_INFINITY;
  /** Called before each read. */
  beforeRead: () => void = () => {};

  constructor(rows: Instance[]) {
    this.rows = rows;
  }

  async readPage(after: number, upTo: number | null, limit: number): Promise<Instance[]> {
    this.beforeRead();
    this.reads.push({ after, upTo, limit });
    const rows = this.rows
      .filter(({ id }) => id > after && (upTo === null || id <= upTo))
      .sort((a, b) => a.id - b.id)
      .slice(0, limit);
    if (rows.length > this.fits) throw new PageTooLargeError('too large');
    return rows;
  }
}

/** A mapping in memory; `cell` is null while Nova is building. */
export interface MemoryMapping extends NewMapping {
  cell: string | null;
}

/** `instance_mappings` in memory, seen from one cell. */
export class MemoryMappings implements MappingStore {
  readonly cell: string;
  readonly table = new Map<string, MemoryMapping>();
  readonly buildRequests = new Set<string>();
  looks = 0;
  inserts: number[] = [];
  /** The most rows that fit in a request. */
  fits = Number.POSITIVE_INFINITY;
  /** Skips duplicates, as PostgreSQL's ON CONFLICT does, instead of refusing the statement. */
  skips = false;
  /** Called before each insert. */
  beforeInsert: (mappings: readonly NewMapping[]) => void = () => {};

  constructor(cell = 'cell1') {
    this.cell = cell;
  }

  async look(page: readonly MappableInstance[]): Promise<Finding[]> {
    this.looks += 1;
    if (page.length > this.fits) throw new PageTooLargeError('too large');
    return page.flatMap((row, index): Finding[] => {
      const found = this.table.get(row.uuid);
      if (found === undefined) return [{ index, state: 'unmapped', mappedTo: null }];
      if (found.cell === null) {
        return [{ index, state: this.buildRequests.has(row.uuid) ? 'inFlight' : 'noCell', mappedTo: null }];
      }
      if (found.cell !== this.cell) return [{ index, state: 'otherCell', mappedTo: found.cell }];
      // Nova sets queued_for_delete before the row is deleted: until then either is right.
      const isQueuedRightly = found.queuedForDelete === row.gone || (row.deleting && !row.gone);
      const right = found.projectId === row.projectId && found.userId === row.userId && isQueuedRightly;
      return right ? [] : [{ index, state: 'wrongDetails', mappedTo: null }];
    });
  }

  async insert(mappings: readonly NewMapping[]): Promise<number> {
    if (mappings.length > this.fits) throw new PageTooLargeError('too large');
    this.beforeInsert(mappings);
    const fresh = mappings.filter(({ instanceUuid }) => !this.table.has(instanceUuid));
    if (fresh.length < mappings.length && !this.skips) throw new ContentionError('duplicate');
    for (const mapping of fresh) this.table.set(mapping.instanceUuid, { ...mapping, cell: this.cell });
    this.inserts.push(fresh.length);
    return fresh.length;
  }
}

/** A range over all of some ids, with pages of so many rows from the first. */
export function wholeRanges(ids: readonly number[], pageSize: number): RangeProgress[] {
  if (ids.length === 0) return [];
  const [minId, maxId] = [Math.min(...ids), Math.max(...ids)];
  return splitRanges({ minId, maxId, intervals: wholeCell(minId, maxId), most: 1, pageSize });
}

/** A writer with all the time that there is. */
export const unhurried = { statementMs: 100, load: 1 };
