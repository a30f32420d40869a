import type { Change, ChangeStore } from '../domain/change.ts';
import type { MappingRow } from '../domain/classification.ts';
import { ContentionError } from '../domain/stores.ts';
import { buildingAmong } from './build-requests.ts';
import { type ChangeSql, changeSqlOf } from './change-sql.ts';
import type { Database } from './database.ts';
import { readMappings } from './verified-mappings.ts';

/** `instance_mappings` as `repair` and `undo` write it, through the Data API. */
export class DataApiChangeStore implements ChangeStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async apply(changes: readonly Change[], { unlessBuilding }: { unlessBuilding: boolean }): Promise<Change[]> {
    // Asked beforehand: in the statement that writes, MySQL would lock the table in which Nova notes its builds. Nova
    // writes a build request no later than the mapping (nova/compute/api.py), so none appears for one that was seen.
    const building = unlessBuilding ? await buildingAmong(this.#database, changes.map(uuidOf)) : new Set();
    const free = changes.filter((change) => !building.has(uuidOf(change)));
    const updates = free.flatMap(({ before, after }) =>
      before !== null && after !== null && isOneRow(before, after) ? [[...columns(before), ...columns(after)]] : [],
    );
    const removals = free.flatMap(({ before, after }) => (before !== null && after === null ? [columns(before)] : []));
    const returns = free.flatMap(({ before, after }) => (before === null && after !== null ? [after] : []));
    const written =
      (await this.#write('update', updates)) +
      (await this.#write('remove', removals)) +
      (await this.#putBack(await this.#notTaken(returns)));
    return written === changes.length ? [...changes] : this.#made(changes);
  }

  async #write(kind: keyof ChangeSql, page: readonly unknown[][]): Promise<number> {
    if (page.length === 0) return 0;
    return this.#database.write(changeSqlOf(this.#database.address.dialect)[kind], { page: JSON.stringify(page) });
  }

  async #putBack(rows: readonly MappingRow[]): Promise<number> {
    try {
      return await this.#write('putBack', rows.map(columns));
    } catch (error) {
      if (!(error instanceof ContentionError)) throw error;
      // One that has been taken meanwhile is left alone; a lock is in the way for a moment only.
      const [row] = rows;
      if (rows.length > 1 || row === undefined) {
        let written = 0;
        for (const each of rows) written += await this.#putBack([each]);
        return written;
      }
      if ((await this.#notTaken([row])).length === 0) return 0;
      throw error;
    }
  }

  /** The rows whose id and uuid no other row has. */
  async #notTaken(rows: readonly MappingRow[]): Promise<MappingRow[]> {
    const [ids, uuids] = [
      await this.#read('id', rows),
      (await this.#read('instanceUuid', rows)).map(({ instanceUuid }) => instanceUuid.toLowerCase()),
    ];
    const taken = new Set<number | string>([...ids.map(({ id }) => id), ...uuids]);
    return rows.filter(({ id, instanceUuid }) => !taken.has(id) && !taken.has(instanceUuid.toLowerCase()));
  }

  /** Those of the changes whose rows are as they shall be, whether by this attempt or by one before. */
  async #made(changes: readonly Change[]): Promise<Change[]> {
    const rows = await this.#read(
      'id',
      changes.map(({ before, after }) => after ?? before).filter((row) => row !== null),
    );
    const stored = new Map(rows.map((row) => [row.id, row]));
    return changes.filter(({ before, after }) => {
      const row = stored.get((after ?? before)?.id ?? 0);
      return after === null ? row === undefined : row !== undefined && isSame(row, after);
    });
  }

  async #read(by: 'id' | 'instanceUuid', rows: readonly MappingRow[]): Promise<MappingRow[]> {
    return readMappings(
      this.#database,
      by,
      rows.map((row) => row[by]),
    );
  }
}

function uuidOf({ before, after }: Change): string {
  return (before ?? after)?.instanceUuid ?? '';
}

/** A row's columns, as the statements take them. */
function columns(row: MappingRow): (string | number | null)[] {
  const { id, instanceUuid, createdAt, cellId, projectId, userId, queuedForDelete, updatedAt } = row;
  const queued = queuedForDelete === null ? null : Number(queuedForDelete);
  return [id, instanceUuid, createdAt, updatedAt, cellId, projectId, userId, queued];
}

/** An update never makes another row of one. */
function isOneRow(before: MappingRow, after: MappingRow): boolean {
  return before.id === after.id && before.instanceUuid === after.instanceUuid && before.createdAt === after.createdAt;
}

function isSame(one: MappingRow, other: MappingRow): boolean {
  const [left, right] = [one, other].map((row) =>
    JSON.stringify(columns({ ...row, createdAt: time(row.createdAt), updatedAt: time(row.updatedAt) })),
  );
  return left === right;
}

/** A time without the zeros that say only how precise its column is. */
function time(text: string | null): string | null {
  return text?.replace(/\.0+$/, '') ?? null;
}
