import { readFileSync } from 'node:fs';
import { functionFacts } from '../contract/bundling.ts';
import { LONGEST_POLITE_TURN_MS, LONGEST_TURN_MS, MAX_CELLS, MAX_WRITERS, turnMs } from '../contract/defaults.ts';
import type { CellEnd } from '../contract/payloads.ts';
import { shareWriters } from '../domain/concurrency.ts';
import { estimateMap, ROWS_A_SECOND } from '../domain/estimate.ts';
import { LATE_ROW_WINDOW } from '../domain/gaps.ts';
import { splitRanges } from '../domain/range.ts';
import { SAMPLES_PER_CELL, type Sample } from '../domain/sample.ts';
import { IDS_PER_RANGE, type Interval } from '../domain/survey.ts';
import { cellStates, runStates, turnStates } from '../domain/transitions.ts';
import { type Cost, costOf, DEFAULT_PRICES, dataApiUnits, noUsage } from '../domain/usage.ts';

/** The quotas of AWS that a run comes near to first; those that can be raised are at their defaults. */
export const QUOTAS = {
  payloadBytes: 262_144,
  historyEvents: 25_000,
  childrenAtOnce: 10_000,
  lambdasAtOnce: 1_000,
  parametersASecond: 40,
} as const;

/** What a run is worked out for. */
export interface Cloud {
  cells: number;
  instances: number;
  writers: number;
  /** Rows that the API database takes in a second from all writers together. */
  databaseRowsASecond: number;
}

/**
 * What the code cannot say, as measured on the two cores of docs/benchmarks.md: a page of this many rows takes about
 * the time that a statement should, a row of an answer this many bytes, and a step that does not page this long.
 */
export const ASSUMED = { pageRows: 2_000, bytesARowRead: 140, statementMs: 65, stepMs: 500 } as const;

/** The longest that one execution may take, in seconds, as the machine says. */
export const RUN_TIMEOUT_SECONDS: number = (
  JSON.parse(readFileSync(new URL('../contract/map-cells.asl.json', import.meta.url), 'utf8')) as {
    TimeoutSeconds: number;
  }
).TimeoutSeconds;

/** `instances.id` and `instance_mappings.id` are signed integers of 32 bits in Nova's tables. */
export const MOST_IDS = 2 ** 31 - 1;

/** Events of a Task, of a Choice or a Pass, and of the beginning and the end of an iteration. */
const EVENTS = { task: 5, state: 2, iteration: 2 } as const;

/** How many events a child's history has: its cell is mapped in ranges that take so many turns altogether. */
export function childEvents(ranges: number, turns: number): number {
  const map = 2 + 2 + ranges * EVENTS.iteration;
  // A turn is MapRange and RangeDone?; a range ends with RangeMapped.
  const loops = turns * (EVENTS.task + EVENTS.state) + ranges * EVENTS.state;
  // Its start and end, OpenCell and CloseCell, ToVerify? and PassedOver?.
  return 2 + 2 * EVENTS.task + 2 * EVENTS.state + map + loops;
}

/** How many rows a cell can have before its ranges' longest turns fill its child's history. */
export function rowsOfHistory(turns: 'working' | 'pausing'): number {
  const pauses = turns === 'pausing';
  const events = EVENTS.task + EVENTS.state + (pauses ? EVENTS.state : 0);
  const seconds = (pauses ? LONGEST_POLITE_TURN_MS : LONGEST_TURN_MS) / 1000;
  return Math.floor(QUOTAS.historyEvents / events) * seconds * ROWS_A_SECOND;
}

/** How many events the parent's history has when nothing was mapped before: it does not grow with the cells. */
export function parentEvents(): number {
  const distributedMap = 6;
  // Its start and end; ListCells and CloseRun; WhatToDo?, WasVerified?, RunFailed? and RunFinished.
  return 2 + 2 * EVENTS.task + 4 * EVENTS.state + distributedMap;
}

/** How many turns it takes to work for so long. */
export function turnsFor(milliseconds: number): number {
  let turns = 0;
  for (let left = milliseconds; left > 0; turns += 1) left -= turnMs(turns);
  return Math.max(1, turns);
}

/** What a run over a cloud needs. */
export interface Needs {
  cellsAtOnce: number;
  rangesAtOnce: number;
  /** Turns of MapRange in a cell, over all its ranges. */
  turnsACell: number;
  parentEvents: number;
  childEvents: number;
  /** Payloads in bytes: what ListCells returns, what all children return together, and a cell's ranges at their end. */
  listBytes: number;
  childrenBytes: number;
  rangesBytes: number;
  hours: number;
  lambdasAtOnce: number;
  dataApiRequestsASecond: number;
  cost: Cost;
  /** Parameters a second while cells that take no time are opened. */
  parametersASecond: number;
}

/** Works out a first run: nothing is mapped, and cells have equally many instances without gaps between their ids. */
export function needsOf(cloud: Cloud): Needs {
  const { cells, instances, writers } = cloud;
  const { cellsAtOnce, rangesAtOnce } = shareWriters(writers, cells);
  const ofCell = Math.ceil(instances / cells);
  const ranges = Math.max(1, Math.min(rangesAtOnce, Math.floor(ofCell / IDS_PER_RANGE)));
  const memoryMb = functionFacts.MapRange.memoryMb;
  const alone = (rows: number) => estimateMap(noUsage(), rows, memoryMb);
  const oneWriter = 1000 / (alone(1_000_000).lambdaMbMs / memoryMb / 1_000_000);
  const working = cellsAtOnce * ranges;
  const rowsASecond = Math.min(cloud.databaseRowsASecond, working * oneWriter);
  const rangeMs = (ofCell / ranges / (rowsASecond / working)) * 1000;
  const turns = ranges * turnsFor(rangeMs);

  const reads = Math.ceil(instances / ASSUMED.pageRows);
  const inserts = alone(instances);
  const writersMs = (instances / (rowsASecond / working)) * 1000;
  const stepsMs = (2 * cells + 2) * ASSUMED.stepMs;
  const transitions =
    runStates({ kind: 'cells', digested: false, examined: false, changed: false }) +
    cells * (cellStates.mapped + turns * turnStates({ done: false }) + ranges);
  const dataApiRequests = reads + inserts.dataApiRequests + 10 * cells;
  const hours = (instances / rowsASecond + (2 * cells * ASSUMED.stepMs) / 1000 / cellsAtOnce) / 3600;
  return {
    cellsAtOnce,
    rangesAtOnce: ranges,
    turnsACell: turns,
    parentEvents: parentEvents(),
    childEvents: childEvents(ranges, turns),
    listBytes: listBytes(cells),
    childrenBytes: childrenBytes(cells),
    rangesBytes: rangesBytes(ranges, ofCell),
    hours,
    lambdasAtOnce: working,
    dataApiRequestsASecond: dataApiRequests / (hours * 3600),
    cost: costOf(
      {
        transitions,
        lambdaRequests: cells * (turns + 2) + 2,
        lambdaMbMs: (writersMs + stepsMs) * memoryMb,
        dataApiRequests,
        dataApiUnits:
          reads * dataApiUnits(ASSUMED.pageRows * ASSUMED.bytesARowRead) + inserts.dataApiUnits + 10 * cells,
      },
      DEFAULT_PRICES,
    ),
    parametersASecond: (cellsAtOnce * 1000) / (3 * ASSUMED.stepMs),
  };
}

/**
 * The most ids that `instance_mappings` uses up for so many instances: InnoDB hands them out to an `INSERT … SELECT` in
 * portions that double, and drops what is left of the last one.
 */
export function mostIdsUsed(instances: number): number {
  return 2 * instances;
}

const UUID = '00000000-0000-4000-8000-000000000000';

/** The settings and everything else take less than this. */
const SETTINGS_BYTES = 2_000;

function listBytes(cells: number): number {
  return SETTINGS_BYTES + cells * (JSON.stringify({ uuid: UUID }).length + 1);
}

function childrenBytes(cells: number): number {
  const end: CellEnd = { uuid: UUID, status: 'needs-attention' };
  return cells * (JSON.stringify(end).length + 1);
}

/** Each with as many samples as it may have, and all of the ids near the end missing. */
function rangesBytes(number: number, instances: number): number {
  const intervals: Interval[] = [{ from: 0, upTo: instances, rows: instances, mapped: false }];
  const sample: Sample = { instance: UUID, problem: 'otherCell', mappedTo: UUID };
  const ranges = splitRanges({ minId: 1, maxId: instances, intervals, most: number, pageSize: ASSUMED.pageRows }).map(
    (progress) => ({ ...progress, samples: Array.from({ length: SAMPLES_PER_CELL }, () => sample) }),
  );
  return JSON.stringify(ranges).length + LATE_ROW_WINDOW * (String(instances).length + 1) + SETTINGS_BYTES;
}

/** Where each limit is reached: the table says what gives first. */
export function limitsOf(cloud: Cloud): { what: string; needed: number; limit: number; beyond: string }[] {
  const needs = needsOf(cloud);
  const most = needsOf({ ...cloud, writers: MAX_WRITERS });
  return [
    {
      what: 'ids of `instance_mappings`, an `int` in Nova: at worst twice the instances',
      needed: mostIdsUsed(cloud.instances),
      limit: MOST_IDS,
      beyond: 'Nova cannot insert any mapping any more, until the column is made larger',
    },
    {
      what: "seconds of a run, of the execution's own timeout",
      needed: Math.round(needs.hours * 3600),
      limit: RUN_TIMEOUT_SECONDS,
      beyond: 'the run is stopped, and another goes on where it was; or choose cells with `--cell`',
    },
    {
      what: 'cells of a run',
      needed: cloud.cells,
      limit: MAX_CELLS,
      beyond: 'refused before anything is done; choose cells with `--cell`',
    },
    {
      what: 'bytes that all children return together',
      needed: needs.childrenBytes,
      limit: QUOTAS.payloadBytes,
      beyond: 'cannot be reached, as cells are limited before',
    },
    {
      what: `bytes of a cell's ranges at their end, with ${MAX_WRITERS} writers in a single cell`,
      needed: rangesBytes(MAX_WRITERS, cloud.instances),
      limit: QUOTAS.payloadBytes,
      beyond: 'cannot be reached, as writers are limited',
    },
    {
      what: 'bytes that ListCells returns',
      needed: needs.listBytes,
      limit: QUOTAS.payloadBytes,
      beyond: 'cannot be reached, as cells are limited before',
    },
    {
      what: `SSM GetParameter a second, with ${MAX_WRITERS} writers over empty cells`,
      needed: Math.round(most.parametersASecond),
      limit: QUOTAS.parametersASecond,
      beyond: 'some calls are throttled and retried; or raise the quota (high throughput)',
    },
    {
      what: `Lambda functions at once, with ${MAX_WRITERS} writers`,
      needed: most.lambdasAtOnce,
      limit: QUOTAS.lambdasAtOnce,
      beyond: 'calls are throttled and retried',
    },
    {
      what: "events in a child's history",
      needed: needs.childEvents,
      limit: QUOTAS.historyEvents,
      beyond: 'that cell ends as CellLost; the next run goes on where it was',
    },
    {
      what: "events in the parent's history",
      needed: needs.parentEvents,
      limit: QUOTAS.historyEvents,
      beyond: 'cannot be reached: it does not grow with the cells',
    },
    {
      what: `child executions at once, with ${MAX_WRITERS} writers`,
      needed: most.cellsAtOnce,
      limit: QUOTAS.childrenAtOnce,
      beyond: 'cannot be reached, as writers are limited',
    },
  ].sort((a, b) => b.needed / b.limit - a.needed / a.limit);
}
