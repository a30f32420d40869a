import { randomUUID } from 'node:crypto';
import { type ChangedTurn, resultKeys, type UndoCells } from '../../contract/results.ts';
import { type Change, undoOf } from '../../domain/change.ts';
import { PARTS } from '../../domain/suspects.ts';
import type { ApiDatabase } from '../servers/nova-database.ts';
import { cells } from './cloud.ts';
import type { EndedRun, Machine } from './harness.ts';

/** Every row of `instance_mappings` by its id, with all its columns to the last digit. */
export async function readTable({
  dialect,
  query,
}: Pick<ApiDatabase, 'dialect' | 'query'>): Promise<Map<number, string>> {
  const rows =
    dialect === 'mysql'
      ? await query('SELECT * FROM instance_mappings ORDER BY id')
      : await query('SELECT id, CAST(m AS text) FROM instance_mappings AS m ORDER BY id');
  return new Map(rows.map((row) => [Number(row.id), JSON.stringify(row)]));
}

/** Gives the mappings times of every sort that Nova's have: none, and on PostgreSQL with microseconds. */
export async function setTimes({ query }: Pick<ApiDatabase, 'query'>): Promise<void> {
  await query("UPDATE instance_mappings SET updated_at = '2023-01-02 03:04:05.678901' WHERE MOD(id, 2) = 0");
  await query("UPDATE instance_mappings SET created_at = '2019-10-11 12:13:14.000015' WHERE MOD(id, 3) = 0");
  await query('UPDATE instance_mappings SET created_at = NULL WHERE MOD(id, 5) = 0');
}

/** The changes that a repair has planned. */
export function readPlanned(machine: Machine, { name }: EndedRun): Promise<Change[]> {
  return readParts<Change[], Change>(
    machine,
    (part, file) => resultKeys.changes(name, part, file),
    (changes) => changes,
  );
}

/** The changes that a repair has made. */
export function readMade(machine: Machine, { name }: EndedRun): Promise<Change[]> {
  return readParts<ChangedTurn, Change>(
    machine,
    (part, turn) => resultKeys.changed(name, part, turn),
    ({ made }) => made,
  );
}

async function readParts<File, Item>(
  machine: Machine,
  keyOf: (part: number, number: number) => string,
  itemsOf: (file: File) => Item[],
): Promise<Item[]> {
  const items: Item[] = [];
  for (let part = 0; part < PARTS; part += 1) {
    for (let number = 1; ; number += 1) {
      const file = await machine.readObject<File>(keyOf(part, number));
      if (file === undefined) break;
      items.push(...itemsOf(file));
    }
  }
  return items;
}

/** The cells of the tests' cloud, as an undo file names them. */
export const cellIds: UndoCells['cells'] = Object.fromEntries(Object.values(cells).map(({ uuid, id }) => [uuid, id]));

/** Puts changes back as `cellmap undo` does, in so many files. */
export async function undo(
  machine: Machine,
  changes: readonly Change[],
  { of = { cells: cellIds }, files = 1 }: { of?: UndoCells | null; files?: number } = {},
): Promise<EndedRun> {
  const run = `undo-${randomUUID()}`;
  const back = changes.map(undoOf);
  const each = Math.ceil(back.length / files);
  for (let file = 0; file < files; file += 1) {
    await machine.writeObject(resultKeys.changes(run, 0, file + 1), back.slice(file * each, (file + 1) * each));
  }
  if (of !== null) await machine.writeObject(resultKeys.undo(run), of);
  return machine.end(await machine.start({ mode: 'undo', files }, run));
}

/** The ids of the rows that are not the same in both tables, or in one of them alone. */
export function changedIds(before: Map<number, string>, after: Map<number, string>): Set<number> {
  return new Set([...before.keys(), ...after.keys()].filter((id) => before.get(id) !== after.get(id)));
}

/** The ids of the mappings of some instances. */
export async function idsOf(api: ApiDatabase, uuids: Iterable<string>): Promise<Set<number>> {
  const wanted = new Set(uuids);
  return new Set((await api.readMappings()).filter((row) => wanted.has(row.instanceUuid)).map(({ id }) => id));
}
