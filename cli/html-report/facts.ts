import type { ExecutionInput, Mode, Settings } from '../../contract/payloads.ts';
import type { Fault } from '../../domain/range.ts';
import type { ResultDocument } from '../records.ts';
import type { Reporting } from '../report/reporting.ts';
import type { Turn } from './turns.ts';

/** How an execution stands, as Step Functions says. */
export interface ExecutionFacts {
  arn: string;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  startedAtMs: number;
  /** Null while it runs. */
  endedAtMs: number | null;
  /** What ended it, in words that hold no secret; null where it did not fail. */
  fault: Fault | null;
  /** Null where it is not of the documented form. */
  input: ExecutionInput | null;
}

/** What was tried again: the step, the error, how often, and how long it waited before. */
export interface RetrySum {
  /** The cell's name; null for a step of the run itself. */
  cell: string | null;
  step: string;
  error: string;
  times: number;
  waitedMs: number;
}

/** What the histories of a run tell. */
export interface RunHistories {
  /** How many cells have a history, and how many of those were read to their end. */
  cells: number;
  read: number;
  /** The name of the error that kept some from being read; null where there was none, or only their number did. */
  trouble: string | null;
  /** In any order. */
  turns: Turn[];
  /** The most frequent first. */
  retries: RetrySum[];
  /** How long each cell took, by its uuid. */
  tookMs: ReadonlyMap<string, number>;
}

/** Everything that a report is made of. */
export interface ReportFacts {
  /** Its name; empty where nobody knows it. */
  run: string;
  mode: Mode;
  /** Where the machine runs and on what, for people. */
  where: string;
  /** Empty where nobody knows it. */
  stateMachineArn: string;
  /** Null where Step Functions has forgotten it, after 90 days, or where there is a document alone. */
  execution: ExecutionFacts | null;
  /** Null where the run left none. */
  document: ResultDocument | null;
  /** What the run went by; null where its history does not tell. */
  settings: Settings | null;
  histories: RunHistories;
  /** For the commands that the report recommends. */
  reporting: Reporting;
  software: { cellmap: string; node: string; platform: string };
  writtenAtMs: number;
}
