import type { Instance, MappableInstance } from './instance.ts';
import type { Finding, NewMapping } from './mapping.ts';

/** One cell's `instances`, in its own database. */
export interface InstanceStore {
  /**
   * Reads up to `limit` rows with `after < id <= upTo`, in ascending order of id; without `upTo` there is no upper end.
   * Hidden and deleted rows are among them.
   * @throws PageTooLargeError when the rows do not fit in one answer
   */
  readPage(after: number, upTo: number | null, limit: number): Promise<Instance[]>;

  /** How many ids a page of up to `limit` rows may go over, where rows may be far apart; left out where any number. */
  reach?(limit: number): number;
}

/** `instance_mappings` in the API database, as seen from one cell. */
export interface MappingStore {
  /**
   * Compares a page with its mappings, without locks. Instances that are not in the answer are mapped to this cell
   * with the right details.
   * @throws PageTooLargeError when the page does not fit in one request or answer
   */
  look(page: readonly MappableInstance[]): Promise<Finding[]>;

  /**
   * Inserts mappings to this cell in one statement, all or (where the database skips a duplicate) some of them, and
   * returns how many. No existing row is changed.
   * @throws PageTooLargeError when the rows do not fit in one request
   * @throws ContentionError when a row exists already, or a lock was in the way; nothing was inserted then
   * @throws RowRefusedError when the table does not take one of the rows; nothing was inserted then
   */
  insert(mappings: readonly NewMapping[]): Promise<number>;
}

/** A page that exceeds a limit of the Data API: a smaller one may pass. */
export class PageTooLargeError extends Error {
  override readonly name: string = 'PageTooLarge';
}

/** A duplicate or a lock (1062, 1205, 1213, 1467): look again, and go on with what is still missing. */
export class ContentionError extends Error {
  override readonly name: string = 'DatabaseContention';
}

/** The table does not take one of the rows: what is in it is too long, or of another character set. */
export class RowRefusedError extends Error {
  override readonly name: string = 'RowRefused';
  /** The database's reason, without any value. */
  readonly reason: string;

  constructor(message: string, reason: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
