import { z } from 'zod';
import { repairableClasses } from '../domain/classification.ts';
import type { DigestProgress } from '../domain/digest-range.ts';
import type { ExamineProgress } from '../domain/examine.ts';
import { problems } from '../domain/sample.ts';
import {
  DEFAULT_PAGE_SIZE,
  DEFAULT_SECOND_LOOK_SECONDS,
  DEFAULT_WRITERS,
  MAX_PAGE_SIZE,
  MAX_SECOND_LOOK_SECONDS,
  MAX_WRITERS,
} from './defaults.ts';

/** What a run can do. */
export const modes = ['map', 'plan', 'cells', 'verify', 'repair', 'explain', 'undo'] as const;

/** One of {@link modes}. */
export type Mode = (typeof modes)[number];

/** The modes that compare all with all: a repair first verifies. */
export const verifyingModes = ['verify', 'repair'] as const satisfies readonly Mode[];

/** One of {@link verifyingModes}. */
export type VerifyingMode = (typeof verifyingModes)[number];

/** Whether a run of the mode compares all with all. */
export function isVerifying(mode: Mode): mode is VerifyingMode {
  return verifyingModes.some((each) => each === mode);
}

/** The input of an execution: what a person, a script or an event asks for. Unknown keys are refused (typos). */
export const executionInputSchema = z.strictObject({
  /**
   * `map` writes the missing mappings, `plan` says what map would write, `cells` only counts, `verify` compares all with
   * all, `repair` mends what verify finds, `explain` looks at one instance, `undo` puts back what a repair changed.
   */
  mode: z.enum(modes).default('map'),
  /** Names or uuids; all cells where it is left out. */
  cells: z.array(z.string().min(1)).min(1).optional(),
  /** The most instances to map in each cell. */
  maxCount: z.int().positive().optional(),
  /** Rows a page. */
  pageSize: z.int().min(1).max(MAX_PAGE_SIZE).default(DEFAULT_PAGE_SIZE),
  /** Writers on the API database at once. */
  writers: z.int().min(1).max(MAX_WRITERS).default(DEFAULT_WRITERS),
  /** With `verify` and `repair`: after how many seconds a difference is looked at again. */
  secondLookSeconds: z.int().min(0).max(MAX_SECOND_LOOK_SECONDS).default(DEFAULT_SECOND_LOOK_SECONDS),
  /** With `repair`: what to mend. */
  classes: z.array(z.enum(repairableClasses)).min(1).optional(),
  /** With `repair`: whether to make the changes; without it they are only planned. */
  apply: z.boolean().default(false),
  /** With `explain`: the instance. */
  uuid: z.string().min(1).max(36).optional(),
  /** With `undo`: how many files of changes the command has put into the results bucket. */
  files: z.int().positive().optional(),
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
  mode: z.enum(modes),
  maxCount: z.int().positive().nullable(),
  pageSize: z.int().positive(),
  /** Statements on the API database at once, over all cells. */
  writers: z.int().positive(),
  cellsAtOnce: z.int().positive(),
  rangesAtOnce: z.int().positive(),
  secondLookSeconds: z.int(),
  /** What `repair` mends. */
  classes: z.array(z.enum(repairableClasses)),
  apply: z.boolean(),
  /** What `explain` looks for. */
  uuid: z.string().nullable(),
  /** No cell was left out by choice. */
  everyCell: z.boolean(),
  /** How many characters of a uuid make a bucket. */
  bucketLength: z.int().positive(),
  /** The highest `instance_mappings.id` when the run began; 0 where there is none. */
  maxMappingId: z.int(),
});

/** What every step of a run goes by. */
export type Settings = z.infer<typeof settingsSchema>;

const cellItemSchema = z.object({ uuid: z.string() });

/** What ListCells returns and the whole machine goes on with. */
export interface ListedCells {
  settings: Settings;
  cells: { uuid: string }[];
  /** The ranges of `instance_mappings` to digest; none where nothing is verified. */
  mappingRanges: DigestProgress[];
  /** The suspects to look at: none yet, but the one that `explain` asks for. */
  found: FoundSuspects;
  /** The parts whose changes are to be made: none yet, but those that `undo` puts back. */
  examined: ExamineProgress[];
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

const idRangeSchema = z.object({
  index: z.int(),
  from: z.int(),
  upTo: z.int(),
  after: z.int(),
  turns: z.int(),
  done: z.boolean(),
});

/** How far the digest of a range has come; domain/digest-range.ts says what the fields mean. */
export const digestProgressSchema = idRangeSchema.extend({
  ids: z.int().positive(),
  suspects: z.array(z.int()),
  unsettled: z.int(),
});

/** What DigestMappings is given: one iteration of DigestEachMappingRange. It returns the new progress. */
export const digestMappingsSchema = z.object({ settings: settingsSchema, progress: digestProgressSchema });

/** What DigestInstances is given: one iteration of DigestEachInstanceRange. It returns the new progress. */
export const digestInstancesSchema = z.object({
  settings: settingsSchema,
  cell: openedCellSchema,
  progress: digestProgressSchema,
});

/** How far a cell's rows have been compared; domain/compare.ts says what the fields mean. */
export const compareProgressSchema = z.object({
  stage: z.enum(['instances', 'mappings']),
  after: z.int(),
  turns: z.int(),
  done: z.boolean(),
  read: z.int(),
  wrong: z.int(),
  suspects: z.array(z.int()),
  unsettled: z.int(),
  pageSize: z.int().positive(),
});

/** What CompareCell is given: the opened cell, its digested ranges, and how far it has come. It returns the progress. */
export const compareCellSchema = z.object({
  settings: settingsSchema,
  opened: z.object({ cell: openedCellSchema, comparison: compareProgressSchema }),
  /** Left out before the first turn. */
  compared: compareProgressSchema.optional(),
});

const examineProgressSchema = z.object({ part: z.int(), next: z.int(), turns: z.int(), done: z.boolean() });

/** What ExamineSuspects is given: one iteration of ExamineEachPart. It returns the new progress. */
export const examineSuspectsSchema = z.object({ settings: settingsSchema, progress: examineProgressSchema });

const changeProgressSchema = z.object({
  part: z.int(),
  files: z.int(),
  filesDone: z.int(),
  next: z.int(),
  turns: z.int(),
  done: z.boolean(),
  made: z.partialRecord(z.enum(repairableClasses), z.int()),
  leftAlone: z.object({ number: z.int(), samples: z.array(z.string()) }),
});

/** What ChangeMappings is given: one iteration of ChangeEachPart. It returns the new progress. */
export const changeMappingsSchema = z.object({ settings: settingsSchema, progress: changeProgressSchema });

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
export const rangeProgressSchema = idRangeSchema.extend({
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

/** What FindSuspects is given: what ListCells returned, and the digested ranges of `instance_mappings`. */
export const findSuspectsSchema = z.object({
  settings: settingsSchema,
  cells: z.array(cellItemSchema),
  digested: z.array(digestProgressSchema),
});

/** What FindSuspects returns. */
export interface FoundSuspects {
  any: boolean;
  /** How long to wait before the second look, in seconds. */
  waitSeconds: number;
  parts: ExamineProgress[];
}

/** What CloseRun is given: what ListCells returned, whatever became of the cells. */
export const closeRunSchema = z.object({
  settings: settingsSchema,
  cells: z.array(cellItemSchema),
  /** What became of the suspects. */
  examined: z.array(examineProgressSchema),
  /** What became of the changes to make. */
  changed: z.array(changeProgressSchema).default([]),
  /** The error that ended MapEachCell as a whole. */
  mapError: caughtErrorSchema.optional(),
});

/** What a child execution returns: small, so that thousands fit in a payload. */
export interface CellEnd {
  uuid: string;
  status: string;
}

/** What CloseRun returns, which is also a successful execution's output. */
export const runEndSchema = z.object({
  status: z.string(),
  /** How many instances of each kind; the names are those of the document's totals. */
  totals: z.record(z.string(), z.int()).optional(),
  /** The S3 key of the result document. */
  resultKey: z.string(),
  /** The error name and the cause with which the execution is to fail. */
  failure: z.object({ error: z.string(), cause: z.string() }).optional(),
});

/** What CloseRun returns. */
export type RunEnd = z.infer<typeof runEndSchema>;
