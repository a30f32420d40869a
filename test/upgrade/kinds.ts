import { createHash } from 'node:crypto';
import type { ClassName } from '../../domain/classification.ts';
import { PLACEHOLDER_UUID } from '../../domain/instance.ts';
import { type CellName, uuidOf } from '../end-to-end/cloud.ts';
import { cellNames } from './installed-nova.ts';

/** When instances were made, which is the order in which nova-manage goes: the first day, and over how many minutes. */
const periods = {
  'long ago': ['2001-01-01', 20_000],
  'before the others': ['2019-01-01', 20_000],
  'as the others': ['2024-01-01', 20_000],
  'when the row without a user was': ['2024-04-01', 1],
  'when the row without a project was': ['2024-04-02', 1],
  'after both': ['2024-05-01', 20_000],
} as const;

/** What is not as in an ordinary live row. */
interface RowParts {
  deleted?: true;
  vmState?: string;
  taskState?: string;
  hidden?: boolean | null;
  noProject?: true;
  noUser?: true;
  /** null: its created_at is NULL. */
  created?: keyof typeof periods | null;
}

/** A kind of instance, or of mapping, that an old cloud has. */
export interface Kind {
  name: string;
  count: number;
  /** Its row in each of these cells. */
  rows: Partial<Record<CellName, RowParts>>;
  /** The mapping that it has before anything runs. */
  mapping?: { cell: CellName | null; queuedForDelete?: boolean | null; noUser?: true };
  building?: true;
  /** Its rows appear when nova-manage has already been past them. */
  late?: true;
  /** It belongs to the project whose mappings are partly wrong, and stay so: map changes no existing row. */
  troubled?: true;
  /** What `nova-manage cell_v2 verify_instance` exits with once map has run, and once its deleted rows are archived. */
  verifyInstance: readonly [afterMap: number, archived: number];
  /** What `cellmap verify` calls each visible row of it once map has run, or its mapping where no row is visible. */
  class: ClassName | null;
}

const DELETED: RowParts = { deleted: true, vmState: 'deleted' };
const SOFT_DELETED: RowParts = { vmState: 'soft-delete' };
const IN_CELL0: RowParts = { vmState: 'error' };

/** Everything that nova.md's E1 to E16 are about, as rows. */
export const kinds: readonly Kind[] = [
  // cell0 has its rows in this order, by id.
  {
    name: 'in cell0, the earliest by id and created_at',
    count: 30,
    rows: { cell0: { ...IN_CELL0, created: 'before the others' } },
    verifyInstance: [0, 0],
    class: 'correct',
  },
  {
    name: 'in cell0, more than a page without created_at',
    count: 60,
    rows: { cell0: { ...IN_CELL0, created: null } },
    verifyInstance: [0, 0],
    class: 'correct',
  },
  { name: 'in cell0', count: 60, rows: { cell0: IN_CELL0 }, verifyInstance: [0, 0], class: 'correct' },
  { name: 'in cell0, deleted', count: 20, rows: { cell0: DELETED }, verifyInstance: [3, 1], class: 'correct' },

  { name: 'live', count: 250, rows: { cell1: {} }, verifyInstance: [0, 0], class: 'correct' },
  { name: 'deleted', count: 90, rows: { cell1: DELETED }, verifyInstance: [3, 1], class: 'correct' },
  { name: 'soft-deleted', count: 12, rows: { cell1: SOFT_DELETED }, verifyInstance: [0, 0], class: 'correct' },
  {
    name: 'being deleted',
    count: 5,
    rows: { cell1: { taskState: 'deleting' } },
    verifyInstance: [0, 0],
    class: 'correct',
  },
  {
    name: 'hidden NULL',
    count: 4,
    rows: { cell1: { hidden: null } },
    verifyInstance: [0, 0],
    class: 'correct',
  },
  {
    name: 'without created_at',
    count: 3,
    rows: { cell1: { created: null } },
    verifyInstance: [0, 0],
    class: 'correct',
  },
  {
    name: 'without a user',
    count: 1,
    rows: { cell1: { noUser: true, created: 'when the row without a user was' } },
    troubled: true,
    verifyInstance: [0, 0],
    class: 'correct',
  },
  {
    name: 'without a project',
    count: 1,
    rows: { cell1: { noProject: true, created: 'when the row without a project was' } },
    verifyInstance: [1, 1],
    class: 'setAside',
  },
  {
    name: 'live, behind the row without a user',
    count: 110,
    rows: { cell1: { created: 'after both' } },
    verifyInstance: [0, 0],
    class: 'correct',
  },
  {
    name: 'deleted, behind the row without a user',
    count: 25,
    rows: { cell1: { ...DELETED, created: 'after both' } },
    verifyInstance: [3, 1],
    class: 'correct',
  },
  {
    name: 'hidden in cell1, visible in cell2',
    count: 6,
    rows: { cell1: { hidden: true }, cell2: {} },
    verifyInstance: [0, 0],
    class: 'correct',
  },
  { name: 'hidden alone', count: 2, rows: { cell1: { hidden: true } }, verifyInstance: [1, 1], class: null },

  { name: 'live in cell2', count: 150, rows: { cell2: {} }, verifyInstance: [0, 0], class: 'correct' },
  { name: 'deleted in cell2', count: 60, rows: { cell2: DELETED }, verifyInstance: [3, 1], class: 'correct' },
  {
    name: 'mapped by an earlier partial map_instances',
    count: 50,
    rows: { cell2: { created: 'before the others' } },
    troubled: true,
    verifyInstance: [0, 0],
    class: 'correct',
  },
  {
    name: 'deleted, and mapped by an earlier partial map_instances',
    count: 10,
    rows: { cell2: { ...DELETED, created: 'before the others' } },
    troubled: true,
    verifyInstance: [3, 1],
    class: 'wrongDetails',
  },
  {
    name: 'older than that run came, and appeared after it',
    count: 4,
    rows: { cell2: { created: 'long ago' } },
    late: true,
    verifyInstance: [0, 0],
    class: 'correct',
  },

  {
    name: 'in two cells',
    count: 2,
    rows: { cell1: {}, cell2: {} },
    troubled: true,
    verifyInstance: [0, 0],
    class: 'inTwoCells',
  },
  {
    name: 'in flight: mapped to no cell, with a build request',
    count: 3,
    rows: { cell1: {} },
    mapping: { cell: null },
    building: true,
    troubled: true,
    verifyInstance: [2, 2],
    class: 'inFlight',
  },
  {
    name: 'mapped to no cell, without a build request',
    count: 3,
    rows: { cell1: {} },
    mapping: { cell: null },
    troubled: true,
    verifyInstance: [2, 2],
    class: 'noCell',
  },
  {
    // verify_instance calls this one archived, although it is alive in the other cell.
    name: 'mapped to a cell that does not have it',
    count: 2,
    rows: { cell1: {} },
    mapping: { cell: 'cell2' },
    troubled: true,
    verifyInstance: [4, 4],
    class: 'otherCell',
  },
  {
    // archive_deleted_rows takes the mapping away from the living one, as it goes by uuid alone.
    name: 'deleted in cell1, alive and mapped in cell2',
    count: 2,
    rows: { cell1: DELETED, cell2: {} },
    mapping: { cell: 'cell2' },
    troubled: true,
    verifyInstance: [0, 1],
    class: 'inTwoCells',
  },
  {
    name: 'being deleted, and queued for it',
    count: 4,
    rows: { cell1: { taskState: 'deleting' } },
    mapping: { cell: 'cell1', queuedForDelete: true },
    troubled: true,
    verifyInstance: [0, 0],
    class: 'correct',
  },
  {
    name: 'mapped, queued_for_delete NULL',
    count: 5,
    rows: { cell1: {} },
    mapping: { cell: 'cell1', queuedForDelete: null },
    troubled: true,
    verifyInstance: [0, 0],
    class: 'wrongDetails',
  },
  {
    name: 'mapped, user NULL',
    count: 3,
    rows: { cell2: {} },
    mapping: { cell: 'cell2', noUser: true },
    troubled: true,
    verifyInstance: [0, 0],
    class: 'wrongDetails',
  },
  {
    name: 'mapped, but in no cell',
    count: 4,
    rows: {},
    mapping: { cell: 'cell1' },
    troubled: true,
    verifyInstance: [4, 4],
    class: 'orphan',
  },
  {
    name: 'the placeholder',
    count: 1,
    rows: { cell0: DELETED, cell1: DELETED, cell2: DELETED },
    verifyInstance: [1, 1],
    class: null,
  },
];

/** Whose instances these are. The names are as Keystone makes them. */
export const projects = {
  first: createHash('md5').update('first').digest('hex'),
  second: createHash('md5').update('second').digest('hex'),
  troubled: createHash('md5').update('troubled').digest('hex'),
};

const users = ['reader', 'writer'].map((name) => createHash('md5').update(name).digest('hex'));

/** A row of a cell's `instances`, before it has an id. */
export interface NewInstance {
  uuid: string;
  projectId: string | null;
  userId: string | null;
  deleted: boolean;
  vmState: string;
  taskState: string | null;
  hidden: boolean | null;
  createdAt: string | null;
}

/** A row of `instance_mappings` that is there before anything runs. */
export interface EarlierMapping {
  uuid: string;
  cell: CellName | null;
  projectId: string;
  userId: string | null;
  queuedForDelete: boolean | null;
}

/** The rows of all kinds, always the same. */
export interface Rows {
  /** In the order of their ids. */
  instances: Record<CellName, NewInstance[]>;
  late: Record<CellName, NewInstance[]>;
  mappings: EarlierMapping[];
  buildRequests: { uuid: string; projectId: string }[];
}

/** The uuids of each kind. */
export const membersOf: ReadonlyMap<Kind, readonly string[]> = members();

function members(): Map<Kind, string[]> {
  let number = 0;
  return new Map(
    kinds.map((kind) => [
      kind,
      kind.name === 'the placeholder'
        ? [PLACEHOLDER_UUID]
        : Array.from({ length: kind.count }, () => {
            number += 1;
            return uuidOf(number);
          }),
    ]),
  );
}

/** Makes the rows of all kinds. */
export function rowsOfAllKinds(): Rows {
  const rows: Rows = {
    instances: { cell0: [], cell1: [], cell2: [] },
    late: { cell0: [], cell1: [], cell2: [] },
    mappings: [],
    buildRequests: [],
  };
  for (const [kind, uuids] of membersOf) {
    for (const uuid of uuids) {
      const owner = ownerOf(kind, uuid);
      for (const cell of cellNames) {
        const parts = kind.rows[cell];
        if (parts !== undefined) (kind.late ? rows.late : rows.instances)[cell].push(toInstance(uuid, owner, parts));
      }
      if (kind.mapping !== undefined) {
        const { cell, noUser, queuedForDelete = false } = kind.mapping;
        rows.mappings.push({ uuid, cell, ...owner, userId: noUser ? null : owner.userId, queuedForDelete });
      }
      if (kind.building) rows.buildRequests.push({ uuid, projectId: owner.projectId });
    }
  }
  // The kinds are met in a mixed order, page by page.
  for (const cell of ['cell1', 'cell2'] as const) rows.instances[cell].sort((a, b) => mixed(a.uuid) - mixed(b.uuid));
  return rows;
}

function ownerOf(kind: Kind, uuid: string): { projectId: string; userId: string } {
  if (uuid === PLACEHOLDER_UUID) return { projectId: PLACEHOLDER_UUID, userId: PLACEHOLDER_UUID };
  const number = mixed(`owner of ${uuid}`);
  const project = kind.troubled ? 'troubled' : number % 3 === 0 ? 'second' : 'first';
  return { projectId: projects[project], userId: users[number % 2] ?? '' };
}

function toInstance(uuid: string, owner: { projectId: string; userId: string }, parts: RowParts): NewInstance {
  return {
    uuid,
    projectId: parts.noProject ? null : owner.projectId,
    userId: parts.noUser ? null : owner.userId,
    deleted: parts.deleted ?? false,
    vmState: parts.vmState ?? 'active',
    taskState: parts.taskState ?? null,
    hidden: parts.hidden === undefined ? false : parts.hidden,
    createdAt: createdAt(uuid, parts.created),
  };
}

function createdAt(uuid: string, period: RowParts['created'] = 'as the others'): string | null {
  if (period === null) return null;
  const [day, minutes] = periods[period];
  const time = new Date(Date.parse(`${day}T00:00:00Z`) + (mixed(`birth of ${uuid}`) % minutes) * 60_000);
  return time.toISOString().slice(0, 19).replace('T', ' ');
}

/** A number that is always the same for a text, and in no order. */
function mixed(text: string): number {
  return createHash('md5').update(text).digest().readUInt32BE(0);
}
