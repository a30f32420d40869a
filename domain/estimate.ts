import { addUsage, DATA_API_UNIT_BYTES, noUsage, type Usage } from './usage.ts';

/*
 * What `map` adds to what its plan used: the plan reads and looks at every row just as `map` does, and inserts nothing.
 * The figures are those of runs on one computer, of instances whose projects and users have names of 32 characters;
 * docs/benchmarks.md has more. A new cell costs less, for there `map` need not look before it inserts.
 */

/** Rows that a statement inserts. */
const ROWS_AN_INSERT = 2_000;

/** Bytes of a request that a row takes: its uuid, and its share of the names of its project and its user. */
const BYTES_A_ROW = 45;

/** Rows that one writer inserts in a second. */
export const ROWS_A_SECOND = 15_000;

/** How long a turn works at the most, in seconds, and how many states it takes. */
const TURN = { seconds: 20, states: 2 } as const;

/**
 * Estimates what `map` will use, from what its plan used.
 * @param rows what `map` would insert
 * @param memoryMb the memory of the function that inserts
 */
export function estimateMap(plan: Usage, rows: number, memoryMb: number): Usage {
  const dataApiRequests = Math.ceil(rows / ROWS_AN_INSERT);
  const seconds = rows / ROWS_A_SECOND;
  const turns = Math.floor(seconds / TURN.seconds);
  const inserts: Usage = {
    ...noUsage(),
    transitions: turns * TURN.states,
    lambdaRequests: turns,
    lambdaMbMs: Math.ceil(seconds * 1000 * memoryMb),
    dataApiRequests,
    dataApiUnits: dataApiRequests * Math.ceil((ROWS_AN_INSERT * BYTES_A_ROW) / DATA_API_UNIT_BYTES),
  };
  return addUsage([plan, inserts]);
}
