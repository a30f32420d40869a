import { z } from 'zod';
import { problems } from '../domain/sample.ts';
import { DEFAULT_PAGE_SIZE, DEFAULT_WRITERS, MAX_PAGE_SIZE, MAX_WRITERS } from './defaults.ts';

/** The input of an execution: what a person, a script or an event asks for. Unknown keys are refused (typos). */
export const executionInputSchema = z.strictObject({
  /** `map` writes the missing mappings; `cells` only counts. */
  mode: z.enum(['map', 'cells']).default('map'),
  /** Names or uuids; all cells where it is left out. */
  cells: z.array(z.string().min(1)).min(1).optional(),
  /** The most instances to map in each cell. */
  maxCount: z.int().positive().optional(),
  /** Rows a page. */
  pageSize: z.int().min(1).max(MAX_PAGE_SIZE).default(DEFAULT_PAGE_SIZE),
  /** Writers on the API database at once. */
  writers: z.int().min(1).max(MAX_WRITERS).default(DEFAULT_WRITERS),
});

/** An execution's input as it is written, defaults left out. */
export type ExecutionInput = z.input<typeof executionInputSchema>;

/** What ListCells is given: the raw input, and the execution that it belongs to. */
export const listCellsSchema = z.object({
  run: z.string(),
  startedAt: z.string(),
  input: z.unknown(),
});

const settingsSchema = z.object({
  /** The execution's name, under which its results are kept. */
  run: z.string(),
  startedAt: z.string(),
  mode: z.enum(['map', 'cells']),
  maxCount: z.int().positive().nullable(),
  pageSize: z.int().positive(),
  cellsAtOnce: z.int().positive(),
  rangesAtOnce: z.int().positive(),
});

/** What every step of a run goes by. */
export type Settings = z.infer<typeof settingsSchema>;

const cellItemSchema = z.object({ uuid: z.string() });

/** What ListCells returns and the whole machine goes on with. */
export interface ListedCells {
  settings: Settings;
  cells: { uuid: string }[];
}

/** What OpenCell is given: the state of a child execution at its start. */
export const openCellSchema = z.object({ settings: settingsSchema, uuid: z.string() });

const openedCellSchema = z.object({
  id: z.int(),
  uuid: z.string(),
  name: z.string().nullable(),
  /** Where its instances are: ARNs and a name, no credentials. */
  source: z.object({
    clusterArn: z.string(),
    secretArn: z.string(),
    database: z.string(),
    dialect: z.enum(['mysql', 'postgresql']),
  }),
  /** The highest `instances.id` when it was opened; 0 in a cell without rows. */
  maxId: z.int(),
});

/** A cell whose database has been found. */
export type OpenedCell = z.infer<typeof openedCellSchema>;

const countsSchema = z.object({
  instances: z.int(),
  mapped: z.int(),
  alreadyMapped: z.int(),
  wrongDetails: z.int(),
  unmapped: z.int(),
  inFlight: z.int(),
  hidden: z.int(),
  placeholders: z.int(),
  conflicts: z.object({ otherCell: z.int(), noCell: z.int() }),
  setAside: z.object({ noProject: z.int() }),
});

const sampleSchema = z.object({
  instance: z.string(),
  problem: z.enum(problems),
  mappedTo: z.string().optional(),
});

const faultSchema = z.object({ name: z.string(), message: z.string() });

/** How far a range has come; domain/range.ts says what the fields mean. */
export const rangeProgressSchema = z.object({
  index: z.int(),
  from: z.int(),
  upTo: z.int(),
  after: z.int(),
  turns: z.int(),
  done: z.boolean(),
  counts: countsSchema,
  samples: z.array(sampleSchema),
  gaps: z.array(z.int()),
  pageSize: z.int().positive(),
  expectNew: z.boolean(),
  fault: faultSchema.nullable(),
});

/** What MapRange is given: one iteration of MapEachRange. It returns the new progress. */
export const mapRangeSchema = z.object({
  settings: settingsSchema,
  cell: openedCellSchema,
  progress: rangeProgressSchema,
});

/** An error as `Catch` hands it on. The cause is whatever text Step Functions has: often, but not always, JSON. */
export const caughtErrorSchema = z.object({ Error: z.string(), Cause: z.string().default('') });

/** An error as `Catch` hands it on. */
export type CaughtError = z.infer<typeof caughtErrorSchema>;

const endedRangeSchema = z.object({ progress: rangeProgressSchema, error: caughtErrorSchema.optional() });

/** What CloseCell is given: the opened cell and what became of its ranges. */
export const closeCellSchema = z.object({
  settings: settingsSchema,
  cell: openedCellSchema,
  ranges: z.array(endedRangeSchema),
});

/** What CellFailed is given: a child's whole state, whatever it had come to, and the error. */
export const cellFailedSchema = z.object({
  settings: settingsSchema,
  uuid: z.string(),
  ranges: z.array(endedRangeSchema).optional(),
  error: caughtErrorSchema,
});

/** What CloseRun is given: what ListCells returned, whatever became of the cells. */
export const closeRunSchema = z.object({
  settings: settingsSchema,
  cells: z.array(cellItemSchema),
  /** The error that ended MapEachCell as a whole. */
  mapError: caughtErrorSchema.optional(),
});

/** What a child execution returns: small, so that thousands fit in a payload. */
export interface CellEnd {
  uuid: string;
  status: string;
}

const totalsSchema = z.object({
  instances: z.int(),
  mapped: z.int(),
  alreadyMapped: z.int(),
  unmapped: z.int(),
  inFlight: z.int(),
  conflicts: z.int(),
  setAside: z.int(),
});

/** What CloseRun returns, which is also a successful execution's output. */
export const runEndSchema = z.object({
  status: z.string(),
  totals: totalsSchema.optional(),
  /** The S3 key of the result document. */
  resultKey: z.string(),
  /** The error name and the cause with which the execution is to fail. */
  failure: z.object({ error: z.string(), cause: z.string() }).optional(),
});

/** What CloseRun returns. */
export type RunEnd = z.infer<typeof runEndSchema>;
