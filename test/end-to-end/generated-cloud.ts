import fc from 'fast-check';
import { PLACEHOLDER_UUID } from '../../domain/instance.ts';
import type { InstanceRow, MappingRow } from '../servers/nova-database.ts';
import { type CellName, type Cloud, cells, uuidOf } from './cloud.ts';

/** What is in a cloud before a run. */
export interface Contents {
  instances: Record<CellName, InstanceRow[]>;
  mappings: MappingRow[];
  /** The instances' uuids. */
  buildRequests: string[];
}

/** A cloud, and how a run goes over it. */
export interface GeneratedCloud extends Contents {
  pageSize: number;
  writers: number;
}

/** The usual value most of the time, and now and then one of the others. */
function mostly<Value>(usual: Value, ...others: Value[]): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

/** Instances are told apart by a number, so that a few of them are met in more than one cell. */
const NUMBERS = 90;

/** Names of which some differ in letter case or accents alone, which MySQL's collations call equal. */
const projectNames = ['project', 'Project', 'pröject'];
const userNames = ['user', 'USER', "o'user"];

const instanceSpec = fc.record({
  number: fc.nat(NUMBERS),
  /** How many ids are left out before it; 1,500 is more than the window of late rows. */
  gap: mostly(0, 1, 2, 7, 1500),
  projectId: mostly<string | null>('project', ...projectNames, null),
  userId: mostly<string | null>('user', ...userNames, null),
  deleted: mostly<boolean | null>(false, true, null),
  vmState: mostly<string | null>('active', 'soft-delete', 'error', null),
  taskState: mostly<string | null>(null, 'deleting', 'soft-deleting', 'spawning'),
  hidden: mostly<boolean | null>(false, true, null),
  createdAt: mostly<string | null>('2024-05-06 07:08:09', '2001-01-01 00:00:00', null),
});
type InstanceSpec = typeof instanceSpec extends fc.Arbitrary<infer Spec> ? Spec : never;

const mappingSpec = fc.record({
  /** Some belong to no instance at all. */
  number: fc.integer({ min: 1, max: NUMBERS + 10 }),
  cell: fc.constantFrom<CellName | null>('cell0', 'cell1', 'cell2', null),
  /** Project, user and queued_for_delete are those of the cell's instance, where it has one. */
  right: fc.boolean(),
  projectId: fc.constantFrom(...projectNames),
  userId: fc.constantFrom(...userNames, null),
  queuedForDelete: fc.constantFrom(false, true, null),
  building: fc.boolean(),
  upperCase: mostly(false, true),
});
type MappingSpec = typeof mappingSpec extends fc.Arbitrary<infer Spec> ? Spec : never;

const MOST_ROWS = 17;

const cellSpec = fc.record({
  specs: fc.uniqueArray(instanceSpec, { minLength: MOST_ROWS, maxLength: MOST_ROWS, selector: ({ number }) => number }),
  pages: fc.nat(2),
  beside: fc.constantFrom(-1, 0, 1),
});

/** Small clouds whose cells have about a whole number of pages, with rows and mappings of every kind. */
export const generatedClouds: fc.Arbitrary<GeneratedCloud> = fc
  .record({
    pageSize: fc.integer({ min: 1, max: 8 }),
    writers: fc.integer({ min: 1, max: 6 }),
    cell0: cellSpec,
    cell1: cellSpec,
    cell2: cellSpec,
    mappings: fc.uniqueArray(mappingSpec, { maxLength: 60, selector: ({ number }) => number }),
    markers: fc.uniqueArray(fc.integer({ min: 1, max: NUMBERS }), { maxLength: 2 }),
  })
  .map(({ pageSize, writers, mappings, markers, ...specs }) => {
    const sized = ({ specs: all, pages, beside }: typeof specs.cell0) =>
      toInstances(all.slice(0, Math.max(0, pages * pageSize + beside)));
    const instances = { cell0: sized(specs.cell0), cell1: sized(specs.cell1), cell2: sized(specs.cell2) };
    return {
      pageSize,
      writers,
      instances,
      mappings: [...toMappings(mappings, instances), ...markers.map(toMarker)],
      buildRequests: mappings.filter(({ building }) => building).map(({ number }) => uuidOf(number)),
    };
  });

/** One cloud with so many rows and as many again in gaps, in one cell of several ranges; always the same. */
export function largeCloud(rows: number): GeneratedCloud {
  const options = { numRuns: rows, seed: 1 };
  const specs = fc.sample(instanceSpec, options).map((spec, index) => ({ ...spec, number: index + 1, gap: index % 3 }));
  const instances = { cell0: [], cell1: toInstances(specs), cell2: toInstances(specs.slice(0, 1000)) };
  const mappings = fc.sample(mappingSpec, options).map((spec, index) => ({ ...spec, number: 2 * index + 1 }));
  return {
    pageSize: 1000,
    writers: 12,
    instances,
    mappings: toMappings(mappings, instances),
    buildRequests: mappings.filter(({ building }) => building).map(({ number }) => uuidOf(number)),
  };
}

/** Puts it into the databases, in the place of whatever they held. */
export async function fill(cloud: Cloud, { instances, mappings, buildRequests }: Contents): Promise<void> {
  await cloud.reset();
  for (const cell of Object.keys(cells) as CellName[]) {
    if (instances[cell].length > 0) await cloud.databases[cell].insertInstances(instances[cell]);
  }
  if (mappings.length > 0) await cloud.api.insertMappings(mappings);
  if (buildRequests.length > 0) await cloud.api.insertBuildRequests(buildRequests);
}

function toInstances(specs: readonly InstanceSpec[]): InstanceRow[] {
  let id = 0;
  return specs.map(({ number, gap, deleted, ...rest }) => {
    id += 1 + gap;
    const uuid = number === 0 ? PLACEHOLDER_UUID : uuidOf(number);
    return { id, uuid, deleted: deleted === null ? null : deleted ? id : 0, ...rest };
  });
}

function toMappings(specs: readonly MappingSpec[], instances: GeneratedCloud['instances']): MappingRow[] {
  const key = (cell: CellName | null, uuid: string) => `${cell} ${uuid}`;
  const known = new Map(
    Object.entries(instances).flatMap(([cell, rows]) => rows.map((row) => [key(cell as CellName, row.uuid), row])),
  );
  return specs.map(({ number, cell, right, upperCase, projectId, userId, queuedForDelete }) => {
    const uuid = uuidOf(number);
    const instance = right ? known.get(key(cell, uuid)) : undefined;
    const details =
      instance === undefined || instance.projectId === null
        ? { projectId, userId, queuedForDelete }
        : {
            projectId: instance.projectId,
            userId: instance.userId,
            queuedForDelete: Boolean(instance.deleted) || instance.vmState === 'soft-delete',
          };
    const cellId = cell === null ? null : cells[cell].id;
    return { instanceUuid: upperCase ? uuid.toUpperCase() : uuid, cellId, ...details };
  });
}

/** What nova-manage leaves in the table as its checkpoint. */
function toMarker(number: number): MappingRow {
  const marker = 'INSTANCE_MIGRATION_MARKER';
  const instanceUuid = uuidOf(number).replaceAll('-', ' ');
  return { instanceUuid, cellId: null, projectId: marker, userId: marker, queuedForDelete: false };
}
