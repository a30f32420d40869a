import { type ClassName, classNames, type Facts, isPlaceholder, type Verdict } from './classification.ts';
import { UUIDS_A_QUESTION } from './compare.ts';
import { type Suspects, slicesFor } from './suspects.ts';
import { noUsage, type Usage } from './usage.ts';
import { type UuidRules, uuidKey, type VerifiedInstances, type VerifiedMappings } from './verification-stores.ts';

/** How far a part of the suspects has been looked at again: what the loop of its turns hands on. */
export interface ExamineProgress {
  part: number;
  /** Into how many slices it is divided, so that one fits in memory. */
  slices: number;
  /** The slice at which the next turn goes on; as many as `slices` when all are done. */
  slice: number;
  /** How many of the slice's uuids, in order, are done. */
  next: number;
  turns: number;
  done: boolean;
  usage: Usage;
}

/**
 * A part of which nothing has been examined yet.
 * @param suspects how many it has
 */
export function newPart(part: number, suspects = 1): ExamineProgress {
  return { part, slices: slicesFor(suspects), slice: 0, next: 0, turns: 0, done: false, usage: noUsage() };
}

/** A uuid of a part, and the cells that have it as a visible instance in question. */
export interface Suspect {
  uuid: string;
  cells: ReadonlySet<string>;
}

/** Joins what the cells and the mappings left of one part; each uuid once, in order. */
export function joinSuspects(
  sources: readonly { cell: string | null; suspects: Suspects }[],
  rules: UuidRules,
): Suspect[] {
  const joined = new Map<string, Suspect>();
  // Nearly all are of one cell or of none and share its set: there may be hundreds of thousands.
  const none: ReadonlySet<string> = new Set();
  for (const { cell, suspects } of sources) {
    const only = cell === null ? none : new Set([cell]);
    for (const uuid of suspects.mappings) add(uuid, none);
    for (const uuid of suspects.instances) add(uuid, only);
  }
  return [...joined.keys()].sort().flatMap((key) => joined.get(key) ?? []);

  function add(uuid: string, cells: ReadonlySet<string>): void {
    const key = uuidKey(uuid, rules);
    const known = joined.get(key);
    if (known === undefined) joined.set(key, { uuid, cells });
    else if (known.cells.size === 0) known.cells = cells;
    else if (cells.size > 0) known.cells = new Set([...known.cells, ...cells]);
  }
}

/** The databases that a look at suspects goes to. */
export interface ExamineStores {
  mappings: Pick<VerifiedMappings, 'find'>;
  /** The cells that were read, by uuid; those that do not answer to `find` throw. */
  cells: ReadonlyMap<string, Pick<VerifiedInstances, 'find'>>;
  /** The uuid of the cell with this `cell_mappings.id`, whether it was read or not. */
  cellUuid: (id: number) => string;
}

/** What a look finds out; whether every cell was read is known only after the last. */
export type Observation = Omit<Facts, 'everyCellRead'>;

/** How many cells are asked at once: one after the other, thousands would take longer than a function may. */
const CELLS_ASKED_AT_ONCE = 8;

/**
 * Looks at up to {@link UUIDS_A_QUESTION} suspects afresh, in their order. Only those about which a cell alone cannot
 * say the truth are looked for in every cell.
 */
export async function examine(
  suspects: readonly Suspect[],
  stores: ExamineStores,
  { everywhere = false, ...rules }: UuidRules & { everywhere?: boolean },
): Promise<Observation[]> {
  const { mappings, building } = await stores.mappings.find(suspects.map(({ uuid }) => uuid));
  const mappingOf = new Map(mappings.map((mapping) => [uuidKey(mapping.instanceUuid, rules), mapping]));
  const beingBuilt = new Set(building.map((uuid) => uuidKey(uuid, rules)));
  const facts = new Map(
    suspects.map(({ uuid }): [string, Observation] => {
      const key = uuidKey(uuid, rules);
      const mapping = mappingOf.get(key) ?? null;
      const mappedTo = mapping === null || mapping.cellId === null ? null : stores.cellUuid(mapping.cellId);
      const buildRequest = beingBuilt.has(key);
      return [key, { uuid, mapping, mappedTo, buildRequest, instances: [] }];
    }),
  );
  const ask = async (about: (cell: string) => readonly Suspect[]) => {
    const questions = [...stores.cells].map(([cell, store]) => ({ cell, store, uuids: about(cell).map(uuidOf) }));
    const asked = questions.filter(({ uuids }) => uuids.length > 0);
    for (let begin = 0; begin < asked.length; begin += CELLS_ASKED_AT_ONCE) {
      const some = asked.slice(begin, begin + CELLS_ASKED_AT_ONCE);
      const answers = await Promise.all(
        some.map(async ({ cell, store, uuids }) => ({ cell, rows: await store.find(uuids) })),
      );
      for (const { cell, rows } of answers) {
        for (const { uuid, projectId, userId, hidden, gone, deleting } of rows) {
          facts.get(uuidKey(uuid, rules))?.instances.push({ cell, projectId, userId, hidden, gone, deleting });
        }
      }
    }
  };
  await ask((cell) => suspects.filter(({ cells }) => cells.has(cell)));
  const open = suspects.filter(({ uuid }) => everywhere || needsEveryCell(facts.get(uuidKey(uuid, rules))));
  await ask((cell) => open.filter(({ cells }) => !cells.has(cell)));
  return [...facts.values()];
}

function uuidOf({ uuid }: Suspect): string {
  return uuid;
}

/** Whether other cells may have to do with it: not where the one that has it is the one that it is mapped to. */
function needsEveryCell(facts: Observation | undefined): boolean {
  if (facts === undefined || isPlaceholder(facts)) return false;
  const visible = facts.instances.filter(({ hidden }) => !hidden);
  if (facts.mapping === null) return visible.length > 1;
  return !(visible.length === 1 && visible[0]?.cell === facts.mappedTo);
}

/** How many of each class. */
export type ClassCounts = Record<ClassName, number>;

/** The counts of nothing. */
export function noClassCounts(): ClassCounts {
  return Object.fromEntries(classNames.map((name) => [name, 0])) as ClassCounts;
}

/** The sum of several counts. */
export function addClassCounts(parts: Iterable<Partial<ClassCounts>>): ClassCounts {
  const sum = noClassCounts();
  for (const part of parts) for (const name of classNames) sum[name] += part[name] ?? 0;
  return sum;
}

/** What was found out about the suspects of one cell, or of none. */
export interface Examined {
  /** Visible instances by class. */
  instances: ClassCounts;
  /** Mappings whose instance is visible nowhere, by class. */
  mappings: ClassCounts;
  /** Instances that the first look had taken for correct. */
  takenForCorrect: number;
  samples: VerdictSample[];
}

/** An instance or a mapping that shows a class. */
export interface VerdictSample extends Omit<Verdict, 'cell' | 'of'> {
  /** The instance's uuid. */
  instance: string;
}

/** The most samples that are kept of each class in a cell. */
export const SAMPLES_PER_CLASS = 20;

/** Notes a verdict about a suspect with its cell, or with none, in place. */
export function note(byCell: Map<string, Examined>, suspect: Suspect, verdict: Verdict): void {
  const { cell, of, ...sample } = verdict;
  const examined = byCell.get(cell ?? NO_CELL) ?? newExamined();
  byCell.set(cell ?? NO_CELL, examined);
  const taken = of === 'instance' && cell !== null && !suspect.cells.has(cell);
  if (taken && verdict.class === 'correct') return;
  if (taken) examined.takenForCorrect += 1;
  const counts = examined[of === 'instance' ? 'instances' : 'mappings'];
  counts[verdict.class] += 1;
  if (verdict.class === 'correct' || counts[verdict.class] > SAMPLES_PER_CLASS) return;
  examined.samples.push({ instance: suspect.uuid, ...sample });
}

/** Stands for the cell of mappings that have none. */
export const NO_CELL = '';

function newExamined(): Examined {
  return { instances: noClassCounts(), mappings: noClassCounts(), takenForCorrect: 0, samples: [] };
}

/** Adds up what several looks found out of one cell. */
export function addExamined(parts: readonly Examined[]): Examined {
  return {
    instances: addClassCounts(parts.map(({ instances }) => instances)),
    mappings: addClassCounts(parts.map(({ mappings }) => mappings)),
    takenForCorrect: parts.reduce((sum, { takenForCorrect }) => sum + takenForCorrect, 0),
    samples: keepVerdictSamples(parts.flatMap(({ samples }) => samples)),
  };
}

/** The first {@link SAMPLES_PER_CLASS} of each class, the worst class first. */
export function keepVerdictSamples(samples: readonly VerdictSample[]): VerdictSample[] {
  return classNames.flatMap((name) => samples.filter((each) => each.class === name).slice(0, SAMPLES_PER_CLASS));
}
