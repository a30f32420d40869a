import type { MappableInstance } from './instance.ts';
import type { MappingStore } from './stores.ts';

/** What `map` would insert. */
export interface Plan {
  instances: number;
  /** How many of them belong to which project: all projects, the largest first. */
  projects: { project: string; instances: number }[];
}

/** Counts what `map` would insert, by project. */
export class PlanTally {
  readonly #numbers = new Map<string, number>();
  #left: number;

  /** @param most how many `map` may still insert; what comes beyond is not counted */
  constructor(most: number) {
    this.#left = Math.max(0, most);
  }

  /** Counts instances without a mapping, in the order in which `map` would insert them. */
  add(unmapped: readonly MappableInstance[]): void {
    const inserted = this.#left >= unmapped.length ? unmapped : unmapped.slice(0, this.#left);
    this.#left -= inserted.length;
    for (const { projectId } of inserted) this.#count(projectId, 1);
  }

  /** Adds what was counted elsewhere, whatever the limit of this one. */
  addPlan({ projects }: Plan): void {
    for (const { project, instances } of projects) this.#count(project, instances);
  }

  get plan(): Plan {
    const projects = Array.from(this.#numbers, ([project, instances]) => ({ project, instances }))
      // By name where the numbers are equal, so that two plans of the same cloud are equal.
      .sort((a, b) => b.instances - a.instances || (a.project < b.project ? -1 : 1));
    return { instances: projects.reduce((sum, { instances }) => sum + instances, 0), projects };
  }

  #count(project: string, number: number): void {
    this.#numbers.set(project, (this.#numbers.get(project) ?? 0) + number);
  }
}

/** The sum of several plans. */
export function addPlans(plans: Iterable<Plan>): Plan {
  const sum = new PlanTally(0);
  for (const plan of plans) sum.addPlan(plan);
  return sum.plan;
}

/** Mappings that can be looked at and not changed: whatever is done with them, a plan writes nothing. */
export function lookOnly(store: Pick<MappingStore, 'look'>): MappingStore {
  return {
    look: (page) => store.look(page),
    insert: () => Promise.reject(new Error('A plan inserts nothing.')),
  };
}
