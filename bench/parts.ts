/** The parts of the measurements: each is a run of its own on a server of its own, so its ratios are of one run. */
export const partNames = [
  'mariadb-20000',
  'mariadb-500000',
  'postgresql-20000',
  'postgresql-500000',
  'growth-mariadb',
  'growth-mysql',
  'scale',
  'live-mariadb',
  'live-mysql',
  'live-postgresql',
] as const;

/** One of {@link partNames}. */
export type PartName = (typeof partNames)[number];
