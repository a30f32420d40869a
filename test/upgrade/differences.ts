import { NOVA_MARKER } from '../../domain/classification.ts';
import { PLACEHOLDER_UUID } from '../../domain/instance.ts';
import type { Obstacle, WalkedRow } from './walk.ts';

/** What of a mapping is compared: not its id nor its times. */
export interface Details {
  /** `cell_mappings.id`; the copy has the same ones. */
  cellId: number | null;
  projectId: string;
  userId: string | null;
  queuedForDelete: boolean | null;
}

/** Tables as maps by uuid. */
export type Mappings = ReadonlyMap<string, Details>;

/** A visible row of a cell's `instances`, as it was before both runs. */
export interface VisibleRow extends WalkedRow {
  cellId: number;
  /** Deleted, or soft-deleted. */
  gone: boolean;
  /** Why nova-manage does not come to it, if it does not. */
  obstacle: Obstacle | undefined;
}

/** All that there was of one uuid before both runs. */
export interface Facts {
  uuid: string;
  before: Details | undefined;
  /** In the order in which nova-manage was run over the cells. */
  visible: readonly VisibleRow[];
}

/** What somebody has written into the cells since, so that nova-manage gets past a row. */
export interface Repairs {
  projectId: string;
  userId: string;
}

/** nova.md's number of the reason, or the checkpoint rows, which have none. */
export type Reason = Obstacle | 'E3' | 'E8' | 'E11' | 'marker';

interface Rule {
  reason: Reason;
  meaning: string;
  when: (facts: Facts) => boolean;
  /** What cellmap's table must hold: one of these, and nothing else will do. */
  here: (facts: Facts) => (Details | undefined)[];
  /** What nova-manage's table must hold: exactly this. */
  there: (facts: Facts, repairs: Repairs) => Details | undefined;
}

/** The mapping that a row should have. */
function right({ cellId, projectId, userId, gone }: VisibleRow): Details {
  return { cellId, projectId: projectId ?? '', userId, queuedForDelete: gone };
}

/** The mapping that nova-manage gives a row. */
function asNovaMaps({ cellId, projectId, userId }: VisibleRow, repairs: Repairs): Details {
  return {
    cellId,
    projectId: projectId ?? repairs.projectId,
    userId: userId ?? repairs.userId,
    queuedForDelete: false,
  };
}

const nothing = () => undefined;
/** The row of an instance that had no mapping and is visible in just one cell. */
const onlyRow = ({ before, visible, uuid }: Facts) =>
  before === undefined && visible.length === 1 && uuid !== PLACEHOLDER_UUID ? visible[0] : undefined;
const rightAlone = (facts: Facts) => facts.visible.map(right);
const novasFirst = ({ visible }: Facts, repairs: Repairs) => {
  const first = visible.find(({ obstacle }) => obstacle === undefined);
  return first && asNovaMaps(first, repairs);
};
const leftOutBy = (reason: Obstacle, meaning: string): Rule => ({
  reason,
  meaning,
  when: (facts) => onlyRow(facts)?.obstacle === reason && onlyRow(facts)?.projectId !== null,
  here: rightAlone,
  there: nothing,
});

/** The known reasons for a difference. A row that differs otherwise than its rule says is not explained by it. */
export const rules: readonly Rule[] = [
  {
    reason: 'marker',
    meaning: 'nova-manage takes up the row that is its checkpoint, and cellmap leaves it',
    when: ({ before }) => before?.projectId === NOVA_MARKER && before.userId === NOVA_MARKER && before.cellId === null,
    here: ({ before }) => [before],
    there: nothing,
  },
  {
    reason: 'E11',
    meaning: 'the placeholder is mapped there as if it were real, to the cell of the first run',
    when: ({ uuid, before }) => uuid === PLACEHOLDER_UUID && before === undefined,
    here: () => [undefined],
    there: novasFirst,
  },
  {
    reason: 'E8',
    meaning: 'visible in two cells: the first run wins there, and either cell here',
    when: ({ before, visible, uuid }) => before === undefined && visible.length > 1 && uuid !== PLACEHOLDER_UUID,
    here: rightAlone,
    there: novasFirst,
  },
  {
    reason: 'E9',
    meaning: 'without a project: set aside here, mapped there once somebody has given it one',
    when: (facts) => onlyRow(facts)?.projectId === null && onlyRow(facts)?.obstacle === undefined,
    here: () => [undefined],
    there: novasFirst,
  },
  {
    reason: 'E9',
    meaning: 'without a user: mapped as it is here, and there once somebody has given it one',
    when: (facts) => onlyRow(facts)?.userId === null && onlyRow(facts)?.obstacle === undefined,
    here: rightAlone,
    there: novasFirst,
  },
  leftOutBy('E9', 'behind a row without a project or user, which nova-manage never gets past'),
  leftOutBy('E6', 'older than the row where the partial run ended, and appeared after it'),
  leftOutBy('E14', 'skipped there, as a row without created_at ends a page or follows a whole one'),
  {
    reason: 'E3',
    meaning: 'deleted or soft-deleted: queued_for_delete is 0 there',
    when: (facts) => onlyRow(facts)?.gone === true && onlyRow(facts)?.obstacle === undefined,
    here: rightAlone,
    there: novasFirst,
  },
];

/** A row that is not the same in both tables. */
export interface Difference {
  uuid: string;
  here: Details | undefined;
  there: Details | undefined;
}

/** All differences: how many have each reason, and those that have none. */
export interface Comparison {
  counts: Partial<Record<Reason, number>>;
  unexplained: Difference[];
}

/**
 * Compares cellmap's table with that of nova-manage, row by row.
 * @param factsOf what there was of a uuid before both runs
 */
export function compare(
  here: Mappings,
  there: Mappings,
  factsOf: (uuid: string) => Facts,
  repairs: Repairs,
): Comparison {
  const comparison: Comparison = { counts: {}, unexplained: [] };
  for (const uuid of new Set([...here.keys(), ...there.keys()])) {
    const difference = { uuid, here: here.get(uuid), there: there.get(uuid) };
    if (same(difference.here, difference.there)) continue;
    const reason = reasonOf(difference, factsOf(uuid), repairs);
    if (reason === undefined) comparison.unexplained.push(difference);
    else comparison.counts[reason] = (comparison.counts[reason] ?? 0) + 1;
  }
  return comparison;
}

function reasonOf({ here, there }: Difference, facts: Facts, repairs: Repairs): Reason | undefined {
  return rules.find(
    (rule) =>
      rule.when(facts) &&
      rule.here(facts).some((details) => same(details, here)) &&
      same(rule.there(facts, repairs), there),
  )?.reason;
}

function same(a: Details | undefined, b: Details | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (['cellId', 'projectId', 'userId', 'queuedForDelete'] as const).every((column) => a[column] === b[column]);
}
