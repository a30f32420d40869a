import fc from 'fast-check';
import { type Facts, type MappingRow, NOVA_MARKER } from '../../domain/classification.ts';
import { compareCell, newComparison } from '../../domain/compare.ts';
import { addBuckets, addDigests, differingBuckets } from '../../domain/digest.ts';
import { addInstances, digestInstances, digestMappings, digestRanges } from '../../domain/digest-range.ts';
import { joinSuspects, type Suspect } from '../../domain/examine.ts';
import { type Instance, PLACEHOLDER_UUID } from '../../domain/instance.ts';
import { type Suspects, splitSuspects } from '../../domain/suspects.ts';
import { instance } from './memory-stores.ts';
import { MemoryLook, MemoryVerifiedInstances, MemoryVerifiedMappings, mapping } from './verified-stores.ts';

/** A cloud in memory: cells by uuid (`cell1` has the id 1 and so on), all mappings, and the cells that answer. */
export interface Cloud {
  cells: ReadonlyMap<string, Instance[]>;
  mappings: MappingRow[];
  building: ReadonlySet<string>;
  read: readonly string[];
}

const cellUuids = ['cell1', 'cell2', 'cell3'];

/** Few uuids, so that they meet in cells and mappings; they share buckets and parts. */
const uuids = [...Array.from({ length: 12 }, (_, index) => `${index % 3}a-${(index * 7) % 16}`), PLACEHOLDER_UUID];

const anyRow = fc.record({
  cell: fc.constantFrom(...cellUuids),
  uuid: fc.constantFrom(...uuids),
  projectId: fc.option(fc.constantFrom('p1', 'p2'), { freq: 6 }),
  userId: fc.option(fc.constant('u1'), { freq: 6 }),
  hidden: fc.constantFrom(false, false, true),
  gone: fc.constantFrom(false, false, true),
  deleting: fc.constantFrom(false, false, true),
});

const anyMapping = fc.record({
  instanceUuid: fc.constantFrom(...uuids),
  cellId: fc.option(fc.constantFrom(1, 2, 3), { freq: 6 }),
  projectId: fc.oneof(
    { weight: 15, arbitrary: fc.constantFrom('p1', 'p1', 'p2') },
    { weight: 1, arbitrary: fc.constant(NOVA_MARKER) },
  ),
  userId: fc.option(fc.constant('u1'), { freq: 6 }),
  queuedForDelete: fc.option(fc.boolean(), { freq: 6 }),
});

/** A cloud of which `mapped` says which of the visible instances are first mapped as they should be. */
export const anyCloud: fc.Arbitrary<Cloud> = fc
  .record({
    rows: fc.uniqueArray(anyRow, { selector: ({ cell, uuid }) => `${cell} ${uuid}`, maxLength: 24 }),
    mappings: fc.uniqueArray(anyMapping, { selector: ({ instanceUuid }) => instanceUuid, maxLength: 8 }),
    isMapped: fc.array(fc.boolean(), { minLength: 1 }),
    building: fc.subarray(uuids),
    read: fc.oneof(fc.constant(cellUuids), fc.subarray(cellUuids)),
  })
  .map(({ rows, mappings, isMapped, building, read }) => {
    const taken = new Set(mappings.map(({ instanceUuid }) => instanceUuid));
    const right = rows.filter(({ uuid, hidden, projectId }, index) => {
      const wanted = !hidden && projectId !== null && !taken.has(uuid) && isMapped[index % isMapped.length];
      if (wanted) taken.add(uuid);
      return wanted;
    });
    const all = [
      ...mappings,
      ...right.map(({ cell, uuid, projectId, userId, gone }) => ({
        instanceUuid: uuid,
        cellId: cellUuids.indexOf(cell) + 1,
        projectId: projectId ?? '',
        userId,
        queuedForDelete: gone,
      })),
    ];
    return {
      cells: new Map(
        cellUuids.map((uuid) => [
          uuid,
          rows.flatMap(({ cell, ...row }, index) => (cell === uuid ? [instance(index * 2 + 1, row)] : [])),
        ]),
      ),
      mappings: all.map((row, index) => mapping(index * 3 + 1, row)),
      building: new Set(building),
      read,
    };
  });

/** How a verification in memory goes about it. */
export interface Pace {
  ids: number;
  pageSize: number;
  timeIsUp: () => boolean;
}

/** What the first look of a verification leaves. */
export interface FirstLook {
  /** Of each cell that was read, how many instances it took for correct. */
  correct: ReadonlyMap<string, number>;
  suspects: Suspect[];
  stores: {
    mappings: MemoryVerifiedMappings;
    cells: ReadonlyMap<string, MemoryVerifiedInstances>;
    cellUuid: (id: number) => string;
  };
}

/** Digests and compares every cell that answers, as the machine does. */
export async function lookFirst({ cells, mappings, building, read }: Cloud, pace: Pace): Promise<FirstLook> {
  const store = new MemoryVerifiedMappings(mappings, building);
  const stores = new Map(read.map((uuid) => [uuid, new MemoryVerifiedInstances(cells.get(uuid) ?? [])]));
  const sources: { cell: string | null; suspects: Suspects }[] = [];
  const digested = await allTurns(mappings, pace, (progress) =>
    digestMappings(progress, store, { ...pace, onlyDigests: false }),
  );
  for (const { suspects } of digested) sources.push({ cell: null, suspects });

  const correct = new Map<string, number>();
  for (const [uuid, instances] of stores) {
    const id = cellUuids.indexOf(uuid) + 1;
    const turns = await allTurns(instances.rows, pace, (now) => digestInstances(now, instances, pace.timeIsUp));
    const { buckets, noProject } = addInstances(turns);
    const differing = differingBuckets(buckets, addBuckets(digested.map((turn) => turn.cells[id] ?? {})));
    const order = {
      cellId: id,
      buckets: differing,
      instancesUpTo: highest(instances.rows),
      mappingsUpTo: highest(mappings),
      someHaveNoProject: noProject > 0,
      exactCase: true,
    };
    let progress = newComparison(pace.pageSize);
    while (!progress.done) {
      const look = new MemoryLook(store, id);
      const ended = await compareCell(progress, order, { instances, mappings: store, look, timeIsUp: pace.timeIsUp });
      sources.push({ cell: uuid, suspects: ended.suspects });
      progress = ended.progress;
    }
    const equal = Object.entries(buckets).filter(([bucket]) => !differing.includes(bucket));
    correct.set(uuid, addDigests(equal.map(([, digest]) => digest)).rows + progress.read - progress.wrong);
  }
  const parts = new Set(sources.flatMap(({ suspects }) => [...splitSuspects(suspects).keys()]));
  const ofPart = (part: number) =>
    sources.map(({ cell, suspects }) => ({
      cell,
      suspects: splitSuspects(suspects).get(part) ?? { instances: [], mappings: [] },
    }));
  return {
    correct,
    suspects: [...parts].flatMap((part) => joinSuspects(ofPart(part), { exactCase: true })),
    stores: { mappings: store, cells: stores, cellUuid: (cellId) => `cell${cellId}` },
  };
}

/** All that there is to know about every uuid of a cloud. */
export function factsOf({ cells, mappings, building, read }: Cloud): Facts[] {
  const everyUuid = new Set([...cells.values()].flat().map(({ uuid }) => uuid));
  for (const { instanceUuid } of mappings) everyUuid.add(instanceUuid);
  return [...everyUuid].map((uuid) => {
    const row = mappings.find(({ instanceUuid }) => instanceUuid === uuid) ?? null;
    return {
      uuid,
      mapping: row,
      mappedTo: row?.cellId ? `cell${row.cellId}` : null,
      buildRequest: building.has(uuid),
      instances: read.flatMap((cell) =>
        (cells.get(cell) ?? [])
          .filter((each) => each.uuid === uuid)
          .map(({ projectId, userId, hidden, gone, deleting }) => ({
            cell,
            projectId,
            userId,
            hidden,
            gone,
            deleting,
          })),
      ),
      everyCellRead: read.length === cells.size,
    };
  });
}

type Progress = ReturnType<typeof digestRanges>[number];

async function allTurns<Turn>(
  rows: readonly { id: number }[],
  { ids }: Pace,
  turn: (progress: Progress) => Promise<{ progress: Progress; turn: Turn }>,
): Promise<Turn[]> {
  const turns: Turn[] = [];
  for (const range of digestRanges(rows.length > 0 ? 1 : null, rows.length > 0 ? highest(rows) : null, 1)) {
    for (let progress: Progress = { ...range, ids }; !progress.done; ) {
      const ended = await turn(progress);
      turns.push(ended.turn);
      progress = ended.progress;
    }
  }
  return turns;
}

function highest(rows: readonly { id: number }[]): number {
  return Math.max(0, ...rows.map(({ id }) => id));
}
