/** The namespace of all metrics. */
export const METRICS_NAMESPACE = 'cellmap';

/** The dimension that keeps the stacks of an account apart: the machine's name. Powertools sets it of itself. */
export const METRICS_DIMENSION = 'service';

/** The metrics that the functions publish, by what they are of. */
export const metricNames = {
  /** Milliseconds from one page to the next. */
  pageTime: 'PageTime',
  /** Rows that a page had. */
  pageRows: 'PageRows',
  /** Rows that the next page may have. */
  pageSize: 'PageSize',
  /** Mappings that a page wrote. */
  instancesMapped: 'InstancesMapped',
  /** Instances of a page that are mapped to another cell, or to none. */
  conflicts: 'Conflicts',
  /** What a run of `map` left for people to look at; 0 where it went over every cell and found nothing. */
  needsAttention: 'NeedsAttention',
  /** What a run of `verify` found to be wrong; 0 where it read every cell and found nothing. */
  drift: 'Drift',
} as const;
