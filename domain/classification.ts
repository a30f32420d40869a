import { type Instance, PLACEHOLDER_UUID } from './instance.ts';

/**
 * Everything that can be true of an instance and its mapping, the worst first: the one place that owns these names.
 *
 * `allowed`: a cloud with some of it is as it should be. `needsEveryCell`: it can be told only where every cell was
 * read; else it is `undecided`. `repairable`: `repair` may change or remove the mapping.
 */
export const classes = {
  inTwoCells: {
    meaning: 'visible in several cells. Find out in which one it runs, and delete the row in the other.',
    allowed: false,
    needsEveryCell: true,
    repairable: false,
  },
  otherCell: {
    meaning: 'mapped to a cell in which it is not visible, so Nova does not find it.',
    allowed: false,
    needsEveryCell: true,
    repairable: true,
  },
  noCell: {
    meaning: 'its mapping has no cell and no build is in flight, so Nova does not find it.',
    allowed: false,
    needsEveryCell: true,
    repairable: true,
  },
  unmapped: {
    meaning: 'it has no mapping, so Nova does not find it. map writes it.',
    allowed: false,
    needsEveryCell: false,
    repairable: false,
  },
  wrongDetails: {
    meaning: 'mapped to its cell, but project, user or queued_for_delete differ from its row.',
    allowed: false,
    needsEveryCell: false,
    repairable: true,
  },
  orphan: {
    meaning: 'a mapping of an instance that no cell has, and that is not being built.',
    allowed: false,
    needsEveryCell: true,
    repairable: true,
  },
  setAside: {
    meaning: 'its row has no project_id, without which it cannot be mapped. Correct the row in its cell.',
    allowed: false,
    needsEveryCell: false,
    repairable: false,
  },
  undecided: {
    meaning: 'not to be told: a cell was not read, or its only row is a hidden one in another cell than mapped.',
    allowed: false,
    needsEveryCell: false,
    repairable: false,
  },
  placeholder: {
    meaning: 'a mapping of no real instance: of the all-zero uuid, or a marker that nova-manage left.',
    allowed: true,
    needsEveryCell: false,
    repairable: true,
  },
  inFlight: {
    meaning: 'Nova is building it: a build request exists. Leave it.',
    allowed: true,
    needsEveryCell: false,
    repairable: false,
  },
  correct: {
    meaning: 'mapped to its cell, with the right details.',
    allowed: true,
    needsEveryCell: false,
    repairable: false,
  },
} as const satisfies Record<
  string,
  { meaning: string; allowed: boolean; needsEveryCell: boolean; repairable: boolean }
>;

/** One of {@link classes}. */
export type ClassName = keyof typeof classes;

/** The names of {@link classes}, the worst first. */
export const classNames = Object.keys(classes) as ClassName[];

/** The classes that `repair` may be told to mend. */
export const repairableClasses = ['noCell', 'wrongDetails', 'otherCell', 'orphan', 'placeholder'] as const satisfies {
  [Name in ClassName]: (typeof classes)[Name]['repairable'] extends true ? Name : never;
}[ClassName][];

/** One of {@link repairableClasses}. */
export type RepairableClass = (typeof repairableClasses)[number];

/** Whether `repair` may be told to mend the class. */
export function isRepairable(name: ClassName): name is RepairableClass {
  return classes[name].repairable;
}

/** The project and the user of the rows in which nova-manage keeps how far it has come (nova/cmd/manage.py). */
export const NOVA_MARKER = 'INSTANCE_MIGRATION_MARKER';

/** A row of `instance_mappings` as it stands; times as the database writes them, in UTC. */
export interface MappingRow {
  id: number;
  createdAt: string | null;
  updatedAt: string | null;
  instanceUuid: string;
  /** `cell_mappings.id`. */
  cellId: number | null;
  projectId: string;
  userId: string | null;
  queuedForDelete: boolean | null;
}

/** A row of a cell's `instances`, hidden or visible. */
export interface InstanceFacts extends Pick<Instance, 'projectId' | 'userId' | 'hidden' | 'gone' | 'deleting'> {
  /** The uuid of the cell that has it. */
  cell: string;
}

/** All that was found out about one uuid. */
export interface Facts {
  uuid: string;
  mapping: MappingRow | null;
  /** The uuid of the cell that the mapping points to. */
  mappedTo: string | null;
  /** Nova's API is still building the instance. */
  buildRequest: boolean;
  /** Its rows in the cells that were read. */
  instances: InstanceFacts[];
  /** No cell was left out, and none failed. */
  everyCellRead: boolean;
}

/** What in a mapping can differ from the instance's row. */
export type Detail = 'project' | 'user' | 'queuedForDelete';

/** What is true of one visible instance, or of one mapping whose instance is visible nowhere. */
export interface Verdict {
  class: ClassName;
  /** Of a visible instance; else of a mapping alone. */
  of: 'instance' | 'mapping';
  /** The uuid of the cell where it counts: that of the instance, or that a mapping alone points to. */
  cell: string | null;
  /** The uuid of the cell that the mapping points to; only with `otherCell`. */
  mappedTo?: string;
  /** Whether that cell has a hidden row of the instance; only with `otherCell`. */
  hiddenThere?: boolean;
  /** What differs; only with `wrongDetails`. */
  wrong?: Detail[];
}

/**
 * Judges a uuid: each visible instance, or else the mapping alone. There is no verdict where there is neither, nor of
 * a mapping to a cell that has the instance hidden, as the far side of a cross-cell resize is.
 */
export function classify(facts: Facts): Verdict[] {
  const { mapping, mappedTo, instances } = facts;
  if (isPlaceholder(facts)) {
    return mapping === null ? [] : [{ class: 'placeholder', of: 'mapping', cell: mappedTo }];
  }
  const visible = instances.filter(({ hidden }) => !hidden);
  if (visible.length > 0) {
    return visible.map((instance) => ({
      of: 'instance',
      cell: instance.cell,
      ...decided(facts, judgeInstance(instance, visible.length, facts)),
    }));
  }
  if (mapping === null) return [];
  const verdict = judgeAlone(facts);
  return verdict === null ? [] : [{ of: 'mapping', cell: mappedTo, ...decided(facts, verdict) }];
}

type Judgement = Omit<Verdict, 'of' | 'cell'>;

/** Whether a uuid or its mapping stands for no real instance. Nova's marker never hides an instance that is there. */
export function isPlaceholder({ uuid, mapping, instances }: Pick<Facts, 'uuid' | 'mapping' | 'instances'>): boolean {
  if (uuid === PLACEHOLDER_UUID) return true;
  return mapping?.projectId === NOVA_MARKER && instances.every(({ hidden }) => hidden);
}

/** What depends on all cells is left undecided where not all were read. */
function decided({ everyCellRead }: Facts, judgement: Judgement): Judgement {
  return classes[judgement.class].needsEveryCell && !everyCellRead ? { class: 'undecided' } : judgement;
}

function judgeInstance(instance: InstanceFacts, visibleIn: number, facts: Facts): Judgement {
  const { mapping, mappedTo, buildRequest, instances } = facts;
  if (instance.projectId === null) return { class: 'setAside' };
  if (visibleIn > 1) return { class: 'inTwoCells' };
  if (mapping === null) return { class: 'unmapped' };
  if (mappedTo === null) return { class: buildRequest ? 'inFlight' : 'noCell' };
  if (mappedTo !== instance.cell) {
    return { class: 'otherCell', mappedTo, hiddenThere: instances.some(({ cell }) => cell === mappedTo) };
  }
  const wrong = wrongDetails(mapping, instance);
  return wrong.length > 0 ? { class: 'wrongDetails', wrong } : { class: 'correct' };
}

/** A mapping whose instance is visible nowhere. A hidden row counts as existing. */
function judgeAlone({ mappedTo, buildRequest, instances }: Facts): Judgement | null {
  if (buildRequest) return { class: 'inFlight' };
  if (instances.length === 0) return { class: 'orphan' };
  return instances.some(({ cell }) => cell === mappedTo) ? null : { class: 'undecided' };
}

/**
 * What in a mapping differs from its instance's row. While Nova is deleting an instance either value of
 * `queued_for_delete` is right: Nova sets it when the deletion is requested. NULL never is.
 */
export function wrongDetails(
  mapping: Pick<MappingRow, 'projectId' | 'userId' | 'queuedForDelete'>,
  instance: Pick<InstanceFacts, 'projectId' | 'userId' | 'gone' | 'deleting'>,
): Detail[] {
  const { queuedForDelete } = mapping;
  const either = instance.deleting && !instance.gone && queuedForDelete !== null;
  return [
    ...(mapping.projectId === instance.projectId ? [] : (['project'] as const)),
    ...(mapping.userId === instance.userId ? [] : (['user'] as const)),
    ...(either || queuedForDelete === instance.gone ? [] : (['queuedForDelete'] as const)),
  ];
}
