/** Of one project, what its quota is about. */
export interface ProjectQuota {
  /** What Nova's quota counts: mappings whose `queued_for_delete` is 0. */
  counted: number;
  /** The visible instances that are neither deleted nor soft-deleted. */
  live: number;
  /** Of them, those that Nova is deleting: they may be counted or not. */
  deleting: number;
}

/** Quotas by project. */
export type Quotas = Record<string, ProjectQuota>;

/** Adds quotas up, each to the one of its project. */
export function addQuotas(parts: readonly Quotas[]): Quotas {
  const sums = new Map<string, ProjectQuota>();
  for (const part of parts) {
    for (const [project, { counted, live, deleting }] of Object.entries(part)) {
      const sum = sums.get(project) ?? { counted: 0, live: 0, deleting: 0 };
      sums.set(project, { counted: sum.counted + counted, live: sum.live + live, deleting: sum.deleting + deleting });
    }
  }
  return Object.fromEntries(sums);
}

/** Whether Nova counts as many instances as there are. */
export function isTrue({ counted, live, deleting }: ProjectQuota): boolean {
  return counted <= live && counted >= live - deleting;
}
