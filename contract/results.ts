import { z } from 'zod';
import type { Counts } from '../domain/counts.ts';
import type { Sample } from '../domain/sample.ts';
import type { CaughtError } from './payloads.ts';

/** The S3 keys of a run's records; `run` is the execution's name. */
export const resultKeys = {
  /** Every listed cell with its name, written before the first is opened. */
  cells: (run: string) => `runs/${run}/cells.json`,
  /** What became of one cell. */
  cell: (run: string, uuid: string) => `runs/${run}/${uuid}.json`,
  /** The result document. */
  result: (run: string) => `runs/${run}/result.json`,
} as const;

/** A cell as ListCells found it: what people are told of it, and nothing secret. */
export const listedCellSchema = z.object({
  uuid: z.string(),
  name: z.string().nullable(),
  disabled: z.boolean(),
  /** `host:port/database`, or null where the URL cannot be read. */
  database: z.string().nullable(),
});

/** A cell as ListCells found it. */
export type ListedCell = z.infer<typeof listedCellSchema>;

/**
 * What a child execution leaves of its cell. CloseCell and CellFailed leave an error just as Step Functions handed it
 * on; CloseRun alone reads it.
 */
export type CellRecord =
  | { kind: 'mapped'; counts: Counts; samples: Sample[]; lastInstanceId: number | null }
  | { kind: 'counted'; instances: number; mappings: number }
  | { kind: 'failed'; counts: Counts; samples: Sample[]; lastInstanceId: number | null; error: CaughtError };
