import { isMappable, type MappableInstance } from './instance.ts';
import type { MappingStore } from './stores.ts';
import { countParts, MOST_SUSPECTS_A_TURN, noParts, type Suspects } from './suspects.ts';
import { noUsage, type Usage } from './usage.ts';
import {
  isTooMuch,
  type UuidRules,
  uuidKey,
  type VerifiedInstances,
  type VerifiedMappings,
} from './verification-stores.ts';

/**
 * The ids that one statement goes over, for each row of a page: a million by default. Rows of few buckets may be far
 * apart, and it must end in time.
 */
const IDS_PER_ROW = 250;

/** How far the rows of a cell's differing buckets have been compared: what the loop of its turns hands on. */
export interface CompareProgress {
  /** First each instance's mapping is looked at, then each mapping's instance. */
  stage: 'instances' | 'mappings';
  /** The id up to which the stage is done. */
  after: number;
  turns: number;
  done: boolean;
  /** Instances that could be mapped, and were read. */
  read: number;
  /** Of them, those that were not simply right. */
  wrong: number;
  /** All suspects, by part. */
  suspects: number[];
  /** Of them, those at which to look twice. */
  unsettled: number;
  /** Rows a page; halved where they took too long, or did not fit in an answer. */
  pageSize: number;
  usage: Usage;
}

/** The comparison of a cell before its first turn. */
export function newComparison(pageSize: number): CompareProgress {
  return {
    stage: 'instances',
    after: 0,
    turns: 0,
    done: false,
    read: 0,
    wrong: 0,
    suspects: noParts(),
    unsettled: 0,
    pageSize,
    usage: noUsage(),
  };
}

/** What a comparison goes over. */
export interface CompareOrder extends UuidRules {
  cellId: number;
  /** The buckets that differ, or null for all; none where only rows without a project are to be found. */
  buckets: readonly string[] | null;
  /** The highest ids that were digested. */
  instancesUpTo: number;
  mappingsUpTo: number;
  /** The cell has visible rows without a project. */
  someHaveNoProject: boolean;
}

/** What a comparison works with. */
export interface CompareTurn {
  instances: VerifiedInstances;
  mappings: VerifiedMappings;
  /** `instance_mappings` as seen from the cell. */
  look: Pick<MappingStore, 'look'>;
  timeIsUp: () => boolean;
}

/** Compares pages of the differing buckets until all are done or the time is up. */
export async function compareCell(
  progress: CompareProgress,
  order: CompareOrder,
  turn: CompareTurn,
): Promise<{ progress: CompareProgress; suspects: Suspects }> {
  const suspects: Suspects = { instances: [], mappings: [] };
  let now = { ...progress, turns: progress.turns + 1 };
  const isFull = () => suspects.instances.length + suspects.mappings.length >= MOST_SUSPECTS_A_TURN;
  for (let pages = 0; !now.done && (pages === 0 || !(turn.timeIsUp() || isFull())); pages += 1) {
    now = await comparePage(now, order, turn, suspects);
  }
  const found = [...suspects.instances, ...suspects.mappings];
  return { progress: { ...now, suspects: countParts(found, now.suspects) }, suspects };
}

async function comparePage(
  now: CompareProgress,
  order: CompareOrder,
  turn: CompareTurn,
  suspects: Suspects,
): Promise<CompareProgress> {
  const compare = now.stage === 'instances' ? compareInstances : compareMappings;
  try {
    return await compare(now, order, turn, suspects);
  } catch (error) {
    if (!isTooMuch(error) || now.pageSize === 1) throw error;
    return { ...now, pageSize: Math.ceil(now.pageSize / 2) };
  }
}

async function compareInstances(
  now: CompareProgress,
  { buckets, instancesUpTo, someHaveNoProject }: CompareOrder,
  { instances, look }: CompareTurn,
  suspects: Suspects,
): Promise<CompareProgress> {
  const upTo = Math.min(instancesUpTo, now.after + now.pageSize * IDS_PER_ROW);
  const nothing = buckets?.length === 0 && !someHaveNoProject;
  const rows = nothing ? [] : await instances.readBuckets(now.after, upTo, buckets, now.pageSize);
  const page = rows.filter(isMappable);
  const findings = page.length > 0 ? await look.look(page) : [];
  const wrong = findings.map(({ index }) => (page[index] as MappableInstance).uuid);
  const noProject = rows.filter((row) => !isMappable(row)).map(({ uuid }) => uuid);
  suspects.instances.push(...wrong, ...noProject);
  const after = rows.length < now.pageSize ? upTo : (rows.at(-1)?.id ?? upTo);
  const last = nothing || after >= instancesUpTo;
  return {
    ...now,
    stage: last ? 'mappings' : 'instances',
    after: last ? 0 : after,
    read: now.read + page.length,
    wrong: now.wrong + wrong.length,
    unsettled: now.unsettled + findings.filter(({ state }) => state !== 'inFlight').length,
  };
}

async function compareMappings(
  now: CompareProgress,
  { cellId, buckets, mappingsUpTo, exactCase }: CompareOrder,
  { instances, mappings }: CompareTurn,
  suspects: Suspects,
): Promise<CompareProgress> {
  const upTo = Math.min(mappingsUpTo, now.after + now.pageSize * IDS_PER_ROW);
  const nothing = buckets?.length === 0;
  const rows = nothing ? [] : await mappings.readBuckets(cellId, now.after, upTo, buckets, now.pageSize);
  const visible = new Set<string>();
  const hidden = new Set<string>();
  for (let begin = 0; begin < rows.length; begin += UUIDS_A_QUESTION) {
    const asked = rows.slice(begin, begin + UUIDS_A_QUESTION).map(({ uuid }) => uuid);
    for (const found of await instances.find(asked)) {
      (found.hidden ? hidden : visible).add(uuidKey(found.uuid, { exactCase }));
    }
  }
  const missing = rows.map(({ uuid }) => uuid).filter((uuid) => !visible.has(uuidKey(uuid, { exactCase })));
  suspects.mappings.push(...missing);
  // A hidden row counts as existing, unless a build is in flight: either is as it should be.
  const gone = missing.filter((uuid) => !hidden.has(uuidKey(uuid, { exactCase })));
  const after = rows.length < now.pageSize ? upTo : (rows.at(-1)?.id ?? upTo);
  return { ...now, after, done: nothing || after >= mappingsUpTo, unsettled: now.unsettled + gone.length };
}

/** How many uuids one statement asks for. */
export const UUIDS_A_QUESTION = 1_000;
