import { addBuckets, addCellBuckets, type Buckets } from './digest.ts';
import { type IdRange, splitIds } from './id-range.ts';
import { addQuotas, type Quotas } from './quota.ts';
import { countParts, MOST_SUSPECTS_A_TURN, noParts, type Suspects } from './suspects.ts';
import { noUsage, type Usage } from './usage.ts';
import {
  type InstancesDigest,
  isTooMuch,
  type MappingApart,
  type VerifiedInstances,
  type VerifiedMappings,
} from './verification-stores.ts';

/** The ids that one statement digests at first: a second or two. */
export const IDS_PER_DIGEST = 250_000;

/** The fewest ids of a range: a function that has to be started first takes as long as the statement. */
const IDS_PER_RANGE = IDS_PER_DIGEST;

/** An interval of ids that still takes too long is no question of size. */
const FEWEST_IDS_PER_DIGEST = 500;

/** Mappings apart a page. */
const APART_PER_PAGE = 4_000;

/** How far one range of a table has been digested; each turn leaves a digest of its own. */
export interface DigestProgress extends IdRange {
  /** Ids a statement; halved where they took too long. */
  ids: number;
  /** Mappings apart that were found, by part; see suspects.ts. */
  suspects: number[];
  /** Of them, those at which to look twice. */
  unsettled: number;
  usage: Usage;
}

/** Splits the ids of a table into at most `most` ranges of equal length; an empty table has none. */
export function digestRanges(minId: number | null, maxId: number | null, most: number): DigestProgress[] {
  if (minId === null || maxId === null) return [];
  return splitIds(minId, maxId, most, IDS_PER_RANGE).map((range) => ({
    ...range,
    ids: IDS_PER_DIGEST,
    suspects: noParts(),
    unsettled: 0,
    usage: noUsage(),
  }));
}

/** What a turn over a cell's instances leaves. */
export interface InstancesTurn extends InstancesDigest {
  quotas: Quotas;
}

/** What a turn over `instance_mappings` leaves. */
export interface MappingsTurn {
  /** By `cell_mappings.id`. */
  cells: Record<string, Buckets>;
  quotas: Quotas;
  suspects: Suspects;
}

/** Digests a cell's instances until the range is done or the time is up. */
export async function digestInstances(
  progress: DigestProgress,
  store: VerifiedInstances,
  timeIsUp: () => boolean,
): Promise<{ progress: DigestProgress; turn: InstancesTurn }> {
  let turn = addInstances([]);
  const after = await eachInterval(progress, timeIsUp, async (from, upTo) => {
    const part = { ...(await store.digest(from, upTo)), quotas: await store.quotas(from, upTo) };
    // At once: there is no memory for the buckets of all intervals side by side.
    turn = addInstances([turn, part]);
  });
  return { progress: after, turn };
}

/** Adds what several turns over a cell's instances left. */
export function addInstances(parts: readonly InstancesTurn[]): InstancesTurn {
  const sum = (field: 'hidden' | 'placeholders' | 'noProject') => parts.reduce((total, part) => total + part[field], 0);
  return {
    buckets: addBuckets(parts.map(({ buckets }) => buckets)),
    hidden: sum('hidden'),
    placeholders: sum('placeholders'),
    noProject: sum('noProject'),
    quotas: addQuotas(parts.map(({ quotas }) => quotas)),
  };
}

/** Digests `instance_mappings` until the range is done or the turn is over, and notes the mappings apart. */
export async function digestMappings(
  progress: DigestProgress,
  store: VerifiedMappings,
  order: {
    timeIsUp: () => boolean;
    /** Neither quotas nor mappings apart are wanted. */
    onlyDigests: boolean;
  },
): Promise<{ progress: DigestProgress; turn: MappingsTurn }> {
  let turn: MappingsTurn = { cells: {}, quotas: {}, suspects: { instances: [], mappings: [] } };
  let { unsettled } = progress;
  const isOver = () => order.timeIsUp() || turn.suspects.mappings.length >= MOST_SUSPECTS_A_TURN;
  const after = await eachInterval(progress, isOver, async (from, upTo) => {
    const cells = await store.digest(from, upTo);
    if (order.onlyDigests) {
      turn = { ...turn, cells: addCellBuckets([turn.cells, cells]) };
      return;
    }
    const quotas = await store.quotas(from, upTo);
    const apart = await readApart(store, from, upTo);
    const mappings = turn.suspects.mappings.concat(apart.map(({ uuid }) => uuid));
    turn = {
      cells: addCellBuckets([turn.cells, cells]),
      quotas: addQuotas([turn.quotas, quotas]),
      suspects: { instances: [], mappings },
    };
    unsettled += apart.filter(({ settled }) => !settled).length;
  });
  return {
    progress: { ...after, suspects: countParts(turn.suspects.mappings, after.suspects), unsettled },
    turn,
  };
}

/** All mappings apart of an interval. */
async function readApart(store: VerifiedMappings, from: number, upTo: number): Promise<MappingApart[]> {
  const apart: MappingApart[] = [];
  for (let page = { after: from, last: false }; !page.last; ) {
    const rows = await store.readApart(page.after, upTo, APART_PER_PAGE);
    apart.push(...rows);
    page = { after: rows.at(-1)?.id ?? upTo, last: rows.length < APART_PER_PAGE };
  }
  return apart;
}

/**
 * Goes over a range in intervals that a statement can do in time; one that cannot be done is halved. What was found out
 * about its size is kept although the time is up by then: else each turn would find it out anew.
 */
export async function eachInterval<Progress extends IdRange & { ids: number }>(
  progress: Progress,
  isOver: () => boolean,
  work: (after: number, upTo: number) => Promise<void>,
): Promise<Progress> {
  let { after, ids } = progress;
  for (let attempts = 0; after < progress.upTo && (attempts === 0 || !isOver()); attempts += 1) {
    const upTo = Math.min(progress.upTo, after + ids);
    try {
      await work(after, upTo);
      after = upTo;
    } catch (error) {
      if (!isTooMuch(error) || ids <= FEWEST_IDS_PER_DIGEST) throw error;
      ids = Math.ceil(ids / 2);
    }
  }
  return { ...progress, after, ids, turns: progress.turns + 1, done: after >= progress.upTo };
}
