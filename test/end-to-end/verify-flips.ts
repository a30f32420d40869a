import type { InstanceRow, MappingRow } from '../servers/nova-database.ts';
import { type CellName, type Cloud, cells } from './cloud.ts';
import type { Contents } from './generated-cloud.ts';
import { scattered } from './verify-cloud.ts';

const cellNames = Object.keys(cells) as CellName[];

/** One row of a verified cloud that was changed, added or removed. */
export interface Flip {
  kind: FlipKind;
  /** For people: which row, and what became of it. */
  what: string;
  /** The uuids that a verification must name, in lower case. */
  names: string[];
  undo(): Promise<void>;
}

/** A flip that is to be made. */
interface PlannedFlip extends Omit<Flip, 'kind' | 'undo'> {
  make(): Promise<void>;
  unmake(): Promise<void>;
}

/** A generator of numbers below a bound. */
export type Draw = (below: number) => number;

/** Always the same numbers for the same seed (mulberry32). */
export function drawFrom(seed: number): Draw {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** What a flip chooses from. */
interface Choice {
  cloud: Cloud;
  draw: Draw;
  /** A visible instance of a random cell, mapped to it, and not one that Nova is deleting. */
  instance: InstanceRow & { cell: CellName };
  /** Its mapping. */
  mapping: MappingRow;
  /** A uuid that nobody has. */
  fresh: string;
  /** A hidden row of a random cell, with a visible twin elsewhere or without a mapping. */
  hidden: InstanceRow & { cell: CellName };
  /** Whether a cell has a row of the uuid. */
  has(cell: CellName, uuid: string): boolean;
}

/** Every way to flip a row; null where the chosen row does not allow it, or it would not be wrong. */
const flips = {
  'mapping added': ({ cloud: { api }, draw, fresh }) => {
    const cell = [...Object.values(cells), null][draw(4)] ?? null;
    return {
      what: `to cell ${cell?.id ?? 'none'}`,
      names: [fresh],
      make: () => api.insertMappings([{ instanceUuid: fresh, cellId: cell?.id ?? null }]),
      unmake: () => nothing(api.query('DELETE FROM instance_mappings WHERE instance_uuid = ?', [fresh])),
    };
  },
  'mapping removed': ({ cloud: { api }, mapping }) => ({
    what: '',
    names: [mapping.instanceUuid],
    make: () => nothing(api.query('DELETE FROM instance_mappings WHERE instance_uuid = ?', [mapping.instanceUuid])),
    unmake: () => api.insertMappings([mapping]),
  }),
  "mapping's uuid": (choice) => ofMapping(choice, 'instance_uuid', choice.fresh, [choice.fresh]),
  "mapping's uuid in upper case": (choice) =>
    choice.cloud.api.dialect === 'mysql'
      ? null
      : ofMapping(choice, 'instance_uuid', choice.mapping.instanceUuid.toUpperCase()),
  "mapping's project": (choice) => ofMapping(choice, 'project_id', 'another'),
  "mapping's project in upper case": (choice) =>
    ofMapping(choice, 'project_id', choice.mapping.projectId.toUpperCase()),
  "mapping's user": (choice) => ofMapping(choice, 'user_id', otherUser(choice, choice.mapping.userId)),
  "mapping's cell": (choice) => {
    const others = [...Object.values(cells).map(({ id }) => id), null].filter((id) => id !== choice.mapping.cellId);
    return ofMapping(choice, 'cell_id', others[choice.draw(others.length)] ?? null);
  },
  "mapping's queued_for_delete": (choice) => ofMapping(choice, 'queued_for_delete', !choice.mapping.queuedForDelete),
  "mapping's queued_for_delete unknown": (choice) => ofMapping(choice, 'queued_for_delete', null),
  'instance added': ({ cloud, draw, instance, fresh }) => {
    const cell = cellNames[draw(3)] as CellName;
    return ofNewRow(cloud, cell, { ...instance, uuid: fresh });
  },
  'instance added that another cell has': ({ cloud, draw, instance, has }) => {
    const others = cellNames.filter((name) => name !== instance.cell);
    const cell = others[draw(2)] as CellName;
    return has(cell, instance.uuid) ? null : ofNewRow(cloud, cell, instance);
  },
  'instance removed': ({ cloud: { databases }, instance: { cell, ...row } }) => ({
    what: `of ${cell}`,
    names: [row.uuid],
    make: () => nothing(databases[cell].query('DELETE FROM instances WHERE id = ?', [row.id])),
    unmake: () => databases[cell].insertInstances([row]),
  }),
  "instance's uuid": (choice) => ofInstance(choice, 'uuid', choice.fresh, [choice.fresh]),
  "instance's uuid in upper case": (choice) =>
    choice.cloud.api.dialect === 'mysql' ? null : ofInstance(choice, 'uuid', choice.instance.uuid.toUpperCase()),
  "instance's project": (choice) => ofInstance(choice, 'project_id', 'another'),
  "instance's project in upper case": (choice) =>
    ofInstance(choice, 'project_id', choice.instance.projectId?.toUpperCase()),
  "instance's project unknown": (choice) => ofInstance(choice, 'project_id', null),
  "instance's user": (choice) => ofInstance(choice, 'user_id', otherUser(choice, choice.instance.userId)),
  "instance's deleted": (choice) => {
    const { deleted, vmState, id } = choice.instance;
    return vmState === 'soft-delete' ? null : ofInstance(choice, 'deleted', deleted === 0 ? id : 0);
  },
  "instance's vm_state": (choice) => {
    const { deleted, vmState } = choice.instance;
    const isSoft = vmState === 'soft-delete';
    return deleted === 0 ? ofInstance(choice, 'vm_state', isSoft ? 'active' : 'soft-delete') : null;
  },
  "instance's hidden": (choice) => ofInstance({ ...choice, instance: choice.hidden }, 'hidden', false),
} satisfies Record<string, (choice: Choice) => PlannedFlip | null>;

/** One of the ways to flip a row. */
export type FlipKind = keyof typeof flips;

/** All of them. */
export const flipKinds = Object.keys(flips) as FlipKind[];

/** Flips a random row of a cloud that holds just these contents. */
export async function flipOne(cloud: Cloud, contents: Contents, draw: Draw): Promise<Flip> {
  for (;;) {
    const kind = flipKinds[draw(flipKinds.length)] as FlipKind;
    const planned = (flips[kind] as (choice: Choice) => PlannedFlip | null)(choose(cloud, contents, draw));
    if (planned === null) continue;
    await planned.make();
    return { kind, what: planned.what, names: planned.names.map((uuid) => uuid.toLowerCase()), undo: planned.unmake };
  }
}

function choose(cloud: Cloud, contents: Contents, draw: Draw): Choice {
  const pick = (fits: (row: InstanceRow, cell: CellName) => boolean): InstanceRow & { cell: CellName } => {
    for (;;) {
      const cell = cellNames[draw(3)] as CellName;
      const row = contents.instances[cell][draw(contents.instances[cell].length)];
      if (row !== undefined && fits(row, cell)) return { ...row, cell };
    }
  };
  const mappingOf = (uuid: string) => contents.mappings.find(({ instanceUuid }) => instanceUuid === uuid);
  const instance = pick(
    ({ uuid, hidden, taskState }, cell) =>
      hidden !== true && taskState === null && mappingOf(uuid)?.cellId === cells[cell].id,
  );
  const mapping = mappingOf(instance.uuid) as MappingRow;
  const fresh = scattered(`fresh ${draw(2 ** 31)}`);
  const hidden = pick((row) => row.hidden === true);
  const has = (cell: CellName, uuid: string) => contents.instances[cell].some((row) => row.uuid === uuid);
  return { cloud, draw, instance, mapping, fresh, hidden, has };
}

function ofMapping(
  { cloud: { api }, mapping }: Choice,
  column: string,
  value: unknown,
  names: string[] = [],
): PlannedFlip {
  const columns = { ...mapping } as Record<string, unknown>;
  const before = columns[camel(column)];
  // By its uuid, or by the one that takes its place.
  const set = (uuid: unknown, to: unknown) =>
    nothing(api.query(`UPDATE instance_mappings SET ${column} = ? WHERE instance_uuid = ?`, [to, uuid]));
  return {
    what: `${JSON.stringify(before)} → ${JSON.stringify(value)}`,
    names: [mapping.instanceUuid, ...names],
    make: () => set(mapping.instanceUuid, value),
    unmake: () => set(column === 'instance_uuid' ? value : mapping.instanceUuid, before),
  };
}

function ofInstance(
  { cloud: { databases }, instance: { cell, ...row } }: Choice,
  column: string,
  value: unknown,
  names: string[] = [],
): PlannedFlip {
  const columns = { ...row } as Record<string, unknown>;
  const before = columns[camel(column)];
  const set = (to: unknown) =>
    nothing(databases[cell].query(`UPDATE instances SET ${column} = ? WHERE id = ?`, [to, row.id]));
  return {
    what: `of ${cell}: ${JSON.stringify(before)} → ${JSON.stringify(value)}`,
    names: [row.uuid, ...names],
    make: () => set(value),
    unmake: () => set(before),
  };
}

function ofNewRow({ databases }: Cloud, cell: CellName, row: InstanceRow): PlannedFlip {
  const id = FIRST_NEW_ID;
  return {
    what: `to ${cell}`,
    names: [row.uuid],
    make: () => databases[cell].insertInstances([{ ...row, id }]),
    unmake: () => nothing(databases[cell].query('DELETE FROM instances WHERE id = ?', [id])),
  };
}

/** Above all ids that the cloud has. */
const FIRST_NEW_ID = 1_000_000;

function otherUser({ draw }: Choice, userId: string | null): string | null {
  const others = ['another', '', null, ...(userId === null ? [] : [userId.toUpperCase()])];
  const different = others.filter((name) => name !== userId);
  return different[draw(different.length)] ?? null;
}

function camel(column: string): string {
  return column.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

async function nothing(done: Promise<unknown>): Promise<void> {
  await done;
}
