import { NamedError } from '../contract/errors.ts';
import type { Instance, MappableInstance } from '../domain/instance.ts';
import type { Finding, FindingState, NewMapping } from '../domain/mapping.ts';
import type { InstanceStore, MappingStore } from '../domain/stores.ts';
import type { Database } from './database.ts';
import { sqlOf } from './dialects.ts';
import { type ComparedColumns, SELECT_INSTANCES, type Sql } from './sql.ts';

/** The highest id there can be; both dialects compare it with `int` and with `bigint` columns. */
const NO_UPPER_END = Number.MAX_SAFE_INTEGER;

/** A row with the columns INSTANCE_COLUMNS. */
export interface InstanceRow {
  i: number;
  u: string;
  p: string | null;
  s: string | null;
  f: number;
}

/** One cell's `instances`, through the Data API. */
export class DataApiInstanceStore implements InstanceStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async readPage(after: number, upTo: number | null, limit: number): Promise<Instance[]> {
    const parameters = { after, upTo: upTo ?? NO_UPPER_END, limit };
    return (await this.#database.query<InstanceRow>(SELECT_INSTANCES, parameters)).map(toInstance);
  }
}

/** Reads a row with the columns INSTANCE_COLUMNS. */
export function toInstance({ i, u, p, s, f }: InstanceRow): Instance {
  return {
    id: i,
    uuid: u,
    projectId: p,
    userId: s,
    hidden: (f & 1) !== 0,
    gone: (f & 2) !== 0,
    deleting: (f & 4) !== 0,
  };
}

/** A row of a page as the statements take it; queued_for_delete is 2 where either value is right. */
interface PageRow {
  uuid: string;
  projectId: string;
  userId: string | null;
  queuedForDelete: 0 | 1 | 2;
}

/** Writes a page as sql.ts says: grouped by all but the uuid. */
function pageText(rows: readonly PageRow[]): string {
  const groups = new Map<string, [string, string | null, number, string[]]>();
  for (const { uuid, projectId, userId, queuedForDelete } of rows) {
    // Lengths keep any two groups apart; JSON.stringify would take longer than all the rest.
    const key = `${queuedForDelete}${userId === null ? '~' : userId.length}:${userId}${projectId}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [projectId, userId, queuedForDelete, [uuid]]);
    else group[3].push(uuid);
  }
  return JSON.stringify([...groups.values()]);
}

/** `instance_mappings` of the API database as seen from one cell, through the Data API. */
export class DataApiMappingStore implements MappingStore {
  readonly #database: Database;
  readonly #cell: number;
  readonly #columns: ComparedColumns;

  /** @param cellId `cell_mappings.id` of the cell that is mapped */
  constructor(database: Database, cellId: number, columns: ComparedColumns) {
    this.#database = database;
    this.#cell = cellId;
    this.#columns = columns;
  }

  async look(page: readonly MappableInstance[]): Promise<Finding[]> {
    const rows = page.map(
      ({ uuid, projectId, userId, gone, deleting }): PageRow => ({
        uuid,
        projectId,
        userId,
        queuedForDelete: gone ? 1 : deleting ? 2 : 0,
      }),
    );
    const found = await this.#database.query<{ u: string; s: FindingState; c: string | null }>(
      this.#sql.look(this.#columns),
      { page: pageText(rows), cell: this.#cell },
    );
    const places = new Map(page.map(({ uuid }, index) => [uuid, index]));
    return found.map(({ u, s, c }) => {
      const index = places.get(u);
      // Only a character that the table's character set does not have could come back as another one.
      if (index === undefined) throw new NamedError('StatementFailed', `${this.#database.label} altered a uuid.`);
      return { index, state: s, mappedTo: s === 'otherCell' ? c : null };
    });
  }

  async insert(mappings: readonly NewMapping[]): Promise<number> {
    const rows = mappings.map(
      ({ instanceUuid, projectId, userId, queuedForDelete }): PageRow => ({
        uuid: instanceUuid,
        projectId,
        userId,
        queuedForDelete: queuedForDelete ? 1 : 0,
      }),
    );
    return this.#database.write(this.#sql.insert(this.#columns), { page: pageText(rows), cell: this.#cell });
  }

  get #sql(): Sql {
    return sqlOf(this.#database.address.dialect);
  }
}

const UNDECLARED = { charset: '', collation: '' };

/**
 * Asks the API database how the columns are declared that pages are compared with. They do not change while an
 * environment lives, so the answer may be kept.
 * @throws NamedError UnexpectedTables
 */
export async function readComparedColumns(database: Database): Promise<ComparedColumns> {
  const { comparedColumns } = sqlOf(database.address.dialect);
  if (comparedColumns === null) return { instanceMappings: UNDECLARED, buildRequests: UNDECLARED };
  const rows = await database.query<{ tbl: string; charset: string; collation: string }>(comparedColumns);
  const declared = (table: string) => {
    const row = rows.find(({ tbl }) => tbl.toLowerCase() === table);
    // The names go into statements, so they must be nothing but names.
    if (row === undefined || ![row.charset, row.collation].every((name) => /^\w+$/.test(name))) {
      throw new NamedError(
        'UnexpectedTables',
        `${database.label} does not have Nova's table ${table}. Check that it is the right database.`,
      );
    }
    return { charset: row.charset, collation: row.collation };
  };
  return { instanceMappings: declared('instance_mappings'), buildRequests: declared('build_requests') };
}
