import * as z from 'zod';
import type { Change } from '../domain/change.ts';
import type { Facts, RepairableClass } from '../domain/classification.ts';
import type { Counts } from '../domain/counts.ts';
import type { Digest } from '../domain/digest.ts';
import type { Examined } from '../domain/examine.ts';
import type { Pause } from '../domain/pause.ts';
import type { Plan } from '../domain/plan.ts';
import type { Fault } from '../domain/range.ts';
import type { Sample } from '../domain/sample.ts';
import type { Usage } from '../domain/usage.ts';
import type { CaughtError, OpenedCell } from './payloads.ts';

/** What the API database is called among the preflights, where a cell's database has the cell's uuid. */
export const API_PREFLIGHT = 'api';

/** The S3 keys of a run's records; `run` is the execution's name. */
export const resultKeys = {
  /** Every listed cell with its name, written before the first is opened. */
  cells: (run: string) => `runs/${run}/cells.json`,
  /** What became of one cell. */
  cell: (run: string, uuid: string) => `runs/${run}/${uuid}.json`,
  /** The result document. */
  result: (run: string) => `runs/${run}/result.json`,
  /** What a turn of MapRange, in a plan, found that `map` would insert. */
  planned: (run: string, uuid: string, index: number, turn: number) =>
    `runs/${run}/planned/${uuid}-${index}-${turn}.json`,
  /** What a plan found out about a database before it began: a cell's, by the cell's uuid, or {@link API_PREFLIGHT}. */
  preflight: (run: string, database: string) => `runs/${run}/preflight/${database}.json`,
  /** What a turn of MapRange left in a cell that is passed over. */
  passedTurn: (run: string, uuid: string, index: number, turn: number) =>
    `runs/${run}/passed/${uuid}-${index}-${turn}.json`,
  /** What a turn of DigestMappings computed for a group of cells. */
  mappingsTurn: (run: string, index: number, turn: number, group: number) =>
    `runs/${run}/digests/mappings-${index}-${turn}-${group}.json`,
  /** What a turn of DigestMappings counted for the quotas. */
  mappingQuotas: (run: string, index: number, turn: number) => `runs/${run}/quotas/mappings-${index}-${turn}.json`,
  /** What was counted in a cell for the quotas. */
  instanceQuotas: (run: string, uuid: string) => `runs/${run}/quotas/${uuid}.json`,
  /** What a turn of DigestInstances computed. */
  instancesTurn: (run: string, uuid: string, index: number, turn: number) =>
    `runs/${run}/digests/${uuid}-${index}-${turn}.json`,
  /** The suspects of one part, as one turn of a source found them; a source is a cell's uuid or `mappings-<index>`. */
  suspects: (run: string, part: number, source: string, turn: number) =>
    `runs/${run}/suspects/${part}/${source}-${turn}.json`,
  /** Who left suspects, and which cells were read. */
  inquiry: (run: string) => `runs/${run}/inquiry.json`,
  /** What a turn of ExamineSuspects found out. */
  examined: (run: string, part: number, turn: number) => `runs/${run}/examined/${part}-${turn}.json`,
  /** All changes of a run. */
  allChanges: (run: string) => `runs/${run}/changes/`,
  /** Changes to make: a file a turn of ExamineSuspects, or those of an undo. */
  changes: (run: string, part: number, file: number) => `runs/${run}/changes/${part}-${file}.json`,
  /** Of which cells the changes are that an undo puts back. */
  undo: (run: string) => `runs/${run}/undo.json`,
  /** What a turn of ChangeMappings made of them. */
  changed: (run: string, part: number, turn: number) => `runs/${run}/changed/${part}-${turn}.json`,
} as const;

/** A cell as ListCells found it: what people are told of it, and nothing secret. */
export const listedCellSchema = z.object({
  /** `cell_mappings.id`; null where it is not known any more. */
  id: z.int().nullable(),
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
  | ({ kind: 'mapped'; plan?: Plan } & MappedCell)
  | { kind: 'counted'; instances: number; mappings: number; usage: Usage }
  | ({ kind: 'compared' } & ComparedCell)
  | ({ kind: 'failed'; error: CaughtError } & MappedCell);

/** What the ranges of a cell came to. */
export interface MappedCell {
  counts: Counts;
  samples: Sample[];
  lastInstanceId: number | null;
  pauses: Pause[];
  usage: Usage;
}

/** What CompareCell leaves of a cell. */
export interface ComparedCell {
  usage: Usage;
  /** Where its instances are, for the second look. */
  source: OpenedCell['source'];
  /** Instances that the first look found to be correct. */
  correct: number;
  hidden: number;
  placeholders: number;
  digests: { instances: Digest; mappings: Digest };
  sql: { instances: string; mappings: string };
  /** By part. */
  suspects: number[];
  /** Suspects at which to look twice. */
  unsettled: number;
  /** How many turns left files of suspects. */
  turns: number;
}

/** Who left suspects, and where to look for them. */
export interface Inquiry {
  /** A cell's uuid or, of mappings, null; the name that its files have; in how many turns they were found. */
  sources: { cell: string | null; name: string; turns: number }[];
  /** The cells that were read, and where their instances are; null where nobody has looked that up yet. */
  cells: { uuid: string; source: OpenedCell['source'] | null }[];
  everyCellRead: boolean;
}

/** What a turn of ExamineSuspects found out. */
export interface ExaminedTurn {
  /** By the cell's uuid, or {@link NO_CELL}. */
  cells: Record<string, Examined>;
  /** The changes that the turn left to be made, and the first of them. */
  planned: Partial<Record<RepairableClass, number>>;
  changes: Change[];
  /** Of the classes to repair, what cannot be. */
  notRepairable: number;
  /** With `explain`: all that is known, and why cells did not answer. */
  facts?: Facts[];
  faults?: Record<string, Fault>;
}

/** What a turn of ChangeMappings did. */
export interface ChangedTurn {
  made: Change[];
  leftAlone: Change[];
}

/** The cells of the cloud that an undo file is of: `cell_mappings.id` by uuid. */
export interface UndoCells {
  cells: Record<string, number>;
}
