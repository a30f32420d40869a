import type { InstanceKind } from './instance.ts';
import type { FindingState } from './mapping.ts';

/**
 * What became of the instances of a page, a range or a cell.
 *
 * `instances` is the sum of `mapped`, `alreadyMapped`, `unmapped`, `inFlight`, both conflicts and those set aside.
 * `wrongDetails` is a part of `alreadyMapped`; hidden rows and placeholders are not instances.
 */
export interface Counts {
  instances: number;
  mapped: number;
  alreadyMapped: number;
  wrongDetails: number;
  unmapped: number;
  inFlight: number;
  hidden: number;
  placeholders: number;
  conflicts: { otherCell: number; noCell: number };
  /** `noProject`: the cell's row names no project. `refused`: the table did not take the mapping. */
  setAside: { noProject: number; refused: number };
}

/** The counts of a whole run, in one number a kind. */
export interface Totals {
  instances: number;
  mapped: number;
  alreadyMapped: number;
  unmapped: number;
  inFlight: number;
  conflicts: number;
  setAside: number;
}

/** The counts of nothing. */
export function noCounts(): Counts {
  return {
    instances: 0,
    mapped: 0,
    alreadyMapped: 0,
    wrongDetails: 0,
    unmapped: 0,
    inFlight: 0,
    hidden: 0,
    placeholders: 0,
    conflicts: { otherCell: 0, noCell: 0 },
    setAside: { noProject: 0, refused: 0 },
  };
}

/** What a row turned out to be: a kind that is not mapped, a finding, or a mapping that is right. */
export type Tally = Exclude<InstanceKind, 'mappable'> | FindingState | 'mapped' | 'alreadyMapped' | 'refused';

/** Counts `number` more rows of one kind, in place. */
export function tally(counts: Counts, kind: Tally, number = 1): void {
  switch (kind) {
    case 'hidden':
      counts.hidden += number;
      return;
    case 'placeholder':
      counts.placeholders += number;
      return;
    case 'noProject':
    case 'refused':
      counts.setAside[kind] += number;
      break;
    case 'wrongDetails':
      counts.alreadyMapped += number;
      counts.wrongDetails += number;
      break;
    case 'otherCell':
    case 'noCell':
      counts.conflicts[kind] += number;
      break;
    default:
      counts[kind] += number;
  }
  counts.instances += number;
}

/** The sum of several counts. */
export function addCounts(parts: Iterable<Counts>): Counts {
  const sum = noCounts();
  for (const part of parts) {
    sum.instances += part.instances;
    sum.mapped += part.mapped;
    sum.alreadyMapped += part.alreadyMapped;
    sum.wrongDetails += part.wrongDetails;
    sum.unmapped += part.unmapped;
    sum.inFlight += part.inFlight;
    sum.hidden += part.hidden;
    sum.placeholders += part.placeholders;
    sum.conflicts.otherCell += part.conflicts.otherCell;
    sum.conflicts.noCell += part.conflicts.noCell;
    sum.setAside.noProject += part.setAside.noProject;
    sum.setAside.refused += part.setAside.refused;
  }
  return sum;
}

/** Folds counts into a run's totals. */
export function totalsOf(counts: Counts): Totals {
  return {
    instances: counts.instances,
    mapped: counts.mapped,
    alreadyMapped: counts.alreadyMapped,
    unmapped: counts.unmapped,
    inFlight: counts.inFlight,
    conflicts: counts.conflicts.otherCell + counts.conflicts.noCell,
    setAside: counts.setAside.noProject + counts.setAside.refused,
  };
}

/** Whether every instance is in exactly one place. */
export function addsUp(totals: Totals): boolean {
  const { instances, mapped, alreadyMapped, unmapped, inFlight, conflicts, setAside } = totals;
  return instances === mapped + alreadyMapped + unmapped + inFlight + conflicts + setAside;
}
