/** What may need a person's look, the worst first: of a cell's problems, the worst are kept as samples. */
export const problems = ['otherCell', 'noCell', 'refused', 'noProject', 'wrongDetails'] as const;

/** One of {@link problems}. */
export type Problem = (typeof problems)[number];

/** An instance that shows a problem. */
export interface Sample {
  /** Its uuid. */
  instance: string;
  problem: Problem;
  /** The uuid of the cell that its mapping points to; only with `otherCell`. */
  mappedTo?: string;
  /** Why the table did not take its mapping; only with `refused`. */
  reason?: string;
}

/** The most samples that are kept of a cell. */
export const SAMPLES_PER_CELL = 20;

/** Joins samples, each instance once, and keeps the worst {@link SAMPLES_PER_CELL}. */
export function keepSamples(...parts: readonly (readonly Sample[])[]): Sample[] {
  const byInstance = new Map<string, Sample>();
  for (const sample of parts.flat()) {
    if (!byInstance.has(sample.instance)) byInstance.set(sample.instance, sample);
  }
  return [...byInstance.values()]
    .sort((a, b) => problems.indexOf(a.problem) - problems.indexOf(b.problem))
    .slice(0, SAMPLES_PER_CELL);
}
