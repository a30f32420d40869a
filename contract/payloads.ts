import * as z from 'zod';
import { repairableClasses } from '../domain/classification.ts';
import type { CompareProgress } from '../domain/compare.ts';
import type { DigestProgress } from '../domain/digest-range.ts';
import type { ExamineProgress } from '../domain/examine.ts';
import { pauseReasons } from '../domain/pause.ts';
import { type RangeProgress, rangeKinds } from '../domain/range.ts';
import { problems } from '../domain/sample.ts';
import type { Usage } from '../domain/usage.ts';
import {
  DEFAULT_LOAD,
  DEFAULT_PAGE_SIZE,
  DEFAULT_SECOND_LOOK_SECONDS,
  DEFAULT_STATEMENT_MS,
  DEFAULT_WRITERS,
  LEAST_LOAD,
  MAX_PAGE_SIZE,
  MAX_SECOND_LOOK_SECONDS,
  MAX_WRITERS,
  STATEMENT_MS_BOUNDS,
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

/** Names or uuids of cells. */
const chosenCellsSchema = z.array(z.string().min(1)).min(1);

/** An event of somebody else, as the stack's rule hands it over; what else its detail says is no business of ours. */
const startingEventSchema = z.strictObject({
  id: z.string(),
  source: z.string(),
  detailType: z.string(),
  detail: z.looseObject({ cells: chosenCellsSchema.optional() }),
});

/** The input of an execution: what a person, a script or an event asks for. Unknown keys are refused (typos). */
export const executionInputSchema = z.strictObject({
  /**
   * `map` writes the missing mappings, `plan` says what map would write, `cells` only counts, `verify` compares all with
   * all, `repair` mends what verify finds, `explain` looks at one instance, `undo` puts back what a repair changed.
   */
  mode: z.enum(modes).default('map'),
  /** Names or uuids; all cells where it is left out. */
  cells: chosenCellsSchema.optional(),
  /** The event that started the execution, which may choose the cells; left out where none did. */
  event: startingEventSchema.optional(),
  /** The most instances to map in each cell. */
  maxCount: z.int().positive().optional(),
  /** The most rows a page; pages find their size by themselves. */
  pageSize: z.int().min(1).max(MAX_PAGE_SIZE).default(DEFAULT_PAGE_SIZE),
  /** Writers on the API database at once. */
  writers: z.int().min(1).max(MAX_WRITERS).default(DEFAULT_WRITERS),
  /** With `map` and `plan`: how long a statement should take, in milliseconds. */
  statementMs: z.int().min(STATEMENT_MS_BOUNDS.least).max(STATEMENT_MS_BOUNDS.most).default(DEFAULT_STATEMENT_MS),
  /** With `map` and `plan`: the share of the time in which a writer works. */
  load: z.number().min(LEAST_LOAD).max(1).default(DEFAULT_LOAD),
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

const usageSchema = z.object({
  transitions: z.int(),
  lambdaRequests: z.int(),
  lambdaMbMs: z.int(),
  dataApiRequests: z.int(),
  dataApiUnits: z.int(),
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
  /** In milliseconds. */
  statementMs: z.int().positive(),
  load: z.number(),
  /** Much is mapped already: the mappings are digested first, so that it can be passed over. */
  passOver: z.boolean(),
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
  usage: Usage;
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
  /** Some ranges are passed over: what is found in all of them is to be checked when they are done. */
  passedOver: z.boolean(),
  /** The buckets in doubt where rows were passed over; null for all. */
  doubtful: z.array(z.string()).nullable().default([]),
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
  usage: usageSchema,
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
  usage: usageSchema,
});

/** What CompareCell is given: the opened cell, its digested ranges, and how far it has come. It returns the progress. */
export const compareCellSchema = z.object({
  settings: settingsSchema,
  opened: z.object({ cell: openedCellSchema, comparison: compareProgressSchema, usage: usageSchema }),
  digested: z.array(z.object({ usage: usageSchema })),
  /** Left out before the first turn. */
  compared: compareProgressSchema.optional(),
});

const examineProgressSchema = z.object({
  part: z.int(),
  slices: z.int().positive(),
  slice: z.int(),
  next: z.int(),
  turns: z.int(),
  done: z.boolean(),
  usage: usageSchema,
});

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
  usage: usageSchema,
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
  setAside: z.object({ noProject: z.int(), refused: z.int() }),
});

const sampleSchema = z.object({
  instance: z.string(),
  problem: z.enum(problems),
  mappedTo: z.string().optional(),
  reason: z.string().optional(),
});

const faultSchema = z.object({ name: z.string(), message: z.string() });

const pauseSchema = z.object({ reason: z.enum(pauseReasons), times: z.int(), seconds: z.int() });

/** How far a range has come; domain/range.ts says what the fields mean. */
export const rangeProgressSchema = idRangeSchema.extend({
  kind: z.enum(rangeKinds),
  counts: countsSchema,
  samples: z.array(sampleSchema),
  gaps: z.array(z.int()),
  size: z.object({ rows: z.int().positive(), most: z.int().positive(), msPerRow: z.number().nullable() }),
  expectNew: z.boolean(),
  fault: faultSchema.nullable(),
  restraint: z.object({
    pauseSeconds: z.int(),
    backoffSeconds: z.int(),
    fruitless: z.int(),
    owedMs: z.int(),
    pauses: z.array(pauseSchema),
  }),
  usage: usageSchema,
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

const rangesSumSchema = z.object({
  counts: countsSchema,
  samples: z.array(sampleSchema),
  gaps: z.array(z.int()),
  lastInstanceId: z.int().nullable(),
  pauses: z.array(pauseSchema),
  usage: usageSchema,
});

/** What is settled of a cell before its ranges are gone through, or gone through again. */
const settledSchema = z.object({
  sum: rangesSumSchema,
  /** Which turns have left plans. */
  turns: z.array(z.object({ index: z.int(), turns: z.int() })),
  /** Instances without a project that the digests met: they are yet to be gone through. */
  noProject: z.int().default(0),
  /** The error that ended one of the ranges. */
  error: caughtErrorSchema.optional(),
});

/** What is settled of a cell. */
export type Settled = z.infer<typeof settledSchema>;

const openedSchema = z.object({
  cell: openedCellSchema,
  settled: settledSchema,
  usage: usageSchema,
});

/** What CheckPassedOver is given: the opened cell and what became of its ranges. It returns what is left to do. */
export const checkPassedOverSchema = z.object({
  settings: settingsSchema,
  opened: openedSchema,
  ranges: z.array(endedRangeSchema),
});

/** A cell, and what is to be done in it. */
export interface Opened {
  cell: OpenedCell;
  /** The ranges to map; none in a run that only counts or verifies. */
  ranges: RangeProgress[];
  settled: Settled;
  /** The ranges to digest; none in a run that does not verify. */
  digests: DigestProgress[];
  comparison: CompareProgress;
  usage: Usage;
}

/** What CloseCell is given: the opened cell and what became of its ranges. */
export const closeCellSchema = z.object({
  settings: settingsSchema,
  opened: openedSchema,
  ranges: z.array(endedRangeSchema),
});

/** What CellFailed is given: a child's whole state, whatever it had come to, and the error. */
export const cellFailedSchema = z.object({
  settings: settingsSchema,
  uuid: z.string(),
  opened: z.object({ settled: settledSchema, usage: usageSchema }).optional(),
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
  usage: Usage;
}

/** What CloseRun is given: what ListCells returned, whatever became of the cells. */
export const closeRunSchema = z.object({
  settings: settingsSchema,
  cells: z.array(cellItemSchema),
  /** What became of the suspects. */
  examined: z.array(examineProgressSchema),
  /** What became of the changes to make. */
  changed: z.array(changeProgressSchema).default([]),
  digested: z.array(digestProgressSchema).default([]),
  found: z.object({ usage: usageSchema }),
  usage: usageSchema,
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
  /** What needs a look, and in which cells, in a sentence or two; left out where nothing does. */
  message: z.string().optional(),
  /** The error name and the cause with which the execution is to fail. */
  failure: z.object({ error: z.string(), cause: z.string() }).optional(),
});

/** What CloseRun returns. */
export type RunEnd = z.infer<typeof runEndSchema>;

/** What AnnounceRun is given: the part in use of Step Functions' event on the change of an execution's status. */
export const statusChangeSchema = z.object({ detail: z.object({ executionArn: z.string() }) });
