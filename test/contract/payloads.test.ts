import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { MAX_CELLS, MAX_PAGE_SIZE, MAX_WRITERS } from '../../contract/defaults.ts';
import {
  changeMappingsSchema,
  checkPassedOverSchema,
  closeCellSchema,
  closeRunSchema,
  compareCellSchema,
  digestInstancesSchema,
  digestMappingsSchema,
  digestProgressSchema,
  examineSuspectsSchema,
  executionInputSchema,
  type FoundSuspects,
  findSuspectsSchema,
  type ListedCells,
  mapRangeSchema,
  modes,
  type OpenedCell,
  type Settings,
} from '../../contract/payloads.ts';
import { type ChangeProgress, countChanges } from '../../domain/change.ts';
import { type RepairableClass, repairableClasses } from '../../domain/classification.ts';
import { newComparison } from '../../domain/compare.ts';
import { MOST_BUCKETS_NAMED } from '../../domain/digest.ts';
import { type DigestProgress, digestRanges } from '../../domain/digest-range.ts';
import type { ExamineProgress } from '../../domain/examine.ts';
import { type RangeProgress, splitRanges, sumRanges } from '../../domain/range.ts';
import { wholeCell } from '../../domain/survey.ts';
import { MOST_SLICES, PARTS } from '../../domain/suspects.ts';
import { mapping } from '../domain/verified-stores.ts';

/** Step Functions' limit on the input and the output of a state, in bytes. */
const MAX_PAYLOAD_BYTES = 262_144;

const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
/** Ids as large as the tables' `int` columns hold. */
const LARGE = 2 ** 31 - 1;

const settings: Settings = {
  run: 'r'.repeat(80),
  startedAt: '2026-01-01T00:00:00.000Z',
  mode: 'repair',
  maxCount: LARGE,
  pageSize: MAX_PAGE_SIZE,
  writers: MAX_WRITERS,
  cellsAtOnce: MAX_WRITERS,
  rangesAtOnce: MAX_WRITERS,
  statementMs: 10_000,
  load: 0.1,
  passOver: true,
  secondLookSeconds: 3_600,
  classes: [...repairableClasses],
  apply: true,
  uuid: randomUUID(),
  everyCell: true,
  bucketLength: 3,
  maxMappingId: LARGE,
};

const cell: OpenedCell = {
  id: LARGE,
  uuid: randomUUID(),
  name: 'c'.repeat(255),
  source: { clusterArn: 'a'.repeat(200), secretArn: 's'.repeat(200), database: 'd'.repeat(64), dialect: 'postgresql' },
  maxId: LARGE,
  passedOver: true,
  doubtful: Array.from({ length: MOST_BUCKETS_NAMED }, () => 'abc'),
};

/** What was used, in numbers as large as they can be. */
const usage = {
  transitions: 9_999_999,
  lambdaRequests: 999_999,
  lambdaMbMs: 9_999_999_999,
  dataApiRequests: 9_999_999,
  dataApiUnits: 9_999_999,
};

/** Every range of a table at its end, with as many suspects as its ids. */
function endedRanges(): DigestProgress[] {
  return digestRanges(1, LARGE, MAX_WRITERS).map((range) => ({
    ...range,
    after: range.upTo,
    turns: 999,
    done: true,
    suspects: range.suspects.map(() => 9_999_999),
    unsettled: 99_999_999,
    usage,
  }));
}

const parts: ExamineProgress[] = Array.from({ length: PARTS }, (_, part) => ({
  part,
  slices: MOST_SLICES,
  slice: MOST_SLICES,
  next: 9_999_999,
  turns: 999,
  done: true,
  usage,
}));

function endedChanges(): ChangeProgress[] {
  const made = Object.fromEntries(repairableClasses.map((name) => [name, 9_999_999])) as Record<
    RepairableClass,
    number
  >;
  const changes = Array.from({ length: 40 }, (_, index) => ({
    class: 'noCell' as const,
    before: mapping(index),
    after: null,
  }));
  const { leftAlone } = countChanges({ made: {}, leftAlone: { number: 9_999_999, samples: [] } }, changes, []);
  return parts.map(({ part }) => ({
    part,
    files: 999,
    filesDone: 999,
    next: 0,
    turns: 999,
    done: true,
    made,
    leftAlone,
    usage,
  }));
}

/** The ranges of a cell with all the ids that there can be. */
function cellRanges(most: number): RangeProgress[] {
  const intervals = wholeCell(1, LARGE);
  return splitRanges({ minId: 1, maxId: LARGE, intervals, most, pageSize: MAX_PAGE_SIZE });
}

const NOTHING = { sum: sumRanges([]), turns: [], noProject: 0 };

const cells = Array.from({ length: MAX_CELLS }, () => ({ uuid: randomUUID() }));
const found: FoundSuspects = { any: true, waitSeconds: 3_600, parts, usage };

describe('a payload', () => {
  const listed: ListedCells = {
    settings,
    cells,
    mappingRanges: digestRanges(1, LARGE, MAX_WRITERS),
    found: { any: false, waitSeconds: 0, parts: [], usage },
    examined: [],
    usage,
  };

  it('has room for the largest run at every state of it', () => {
    const digested = { ...listed, digested: endedRanges() };
    const examined = { ...digested, found, examined: parts, usage };
    const changed = { ...examined, changed: endedChanges() };
    const failed = { ...changed, mapError: { Error: 'X'.repeat(256), Cause: 'x'.repeat(32_768) } };
    for (const state of [listed, digested, examined, changed, failed]) {
      expect(bytes(state)).toBeLessThan(MAX_PAYLOAD_BYTES * 0.8);
    }
    expect(closeRunSchema.parse(failed)).toMatchObject({ changed: endedChanges(), examined: parts });
  });

  it('has room for the largest cell', () => {
    const range = cellRanges(MAX_WRITERS);
    const digests = endedRanges();
    const comparison = { ...newComparison(MAX_PAGE_SIZE), suspects: digests[0]?.suspects };
    const opened = { cell, ranges: range, settled: NOTHING, digests, comparison, usage };
    expect(bytes({ settings, uuid: cell.uuid, opened, compared: comparison })).toBeLessThan(MAX_PAYLOAD_BYTES / 2);
  });

  it('of what a child returns is under 200 bytes, as thousands of them are kept together', () => {
    expect(bytes({ uuid: randomUUID(), status: 'needs-attention' })).toBeLessThan(200);
  });
});

describe('what a loop hands on comes through its schema whole', () => {
  const withSchema = <Schema extends z.ZodType>(schema: Schema, task: unknown) =>
    expect(schema.parse(task)).toEqual(task);

  it.each(endedRanges().slice(0, 1))('a digested range', (progress) => {
    withSchema(digestProgressSchema, progress);
    withSchema(digestMappingsSchema, { settings, progress });
    withSchema(digestInstancesSchema, { settings, cell, progress });
    withSchema(findSuspectsSchema, { settings, cells: cells.slice(0, 2), digested: [progress] });
  });

  it('a comparison, before its first turn and after it', () => {
    const comparison = newComparison(4_000);
    const task = { settings, opened: { cell, comparison, usage }, digested: [{ usage }] };
    withSchema(compareCellSchema, task);
    withSchema(compareCellSchema, { ...task, compared: { ...comparison, turns: 1 } });
  });

  it('a part of the suspects, and its changes', () => {
    withSchema(examineSuspectsSchema, { settings, progress: parts[0] });
    withSchema(changeMappingsSchema, { settings, progress: endedChanges()[0] });
    withSchema(changeMappingsSchema, { settings, progress: { ...endedChanges()[0], made: {} } });
  });

  it('a range to map', () => {
    const [range] = cellRanges(1) as [RangeProgress];
    const progress = { ...range, gaps: [1], fault: { name: 'X', message: 'x' } };
    withSchema(mapRangeSchema, { settings, cell, progress });
    const opened = { cell, settled: NOTHING, usage };
    withSchema(checkPassedOverSchema, { settings, opened, ranges: [{ progress }] });
    withSchema(closeCellSchema, { settings, opened, ranges: [{ progress, error: { Error: 'X', Cause: 'x' } }] });
  });

  it('the end of a run whose states after the cells were never entered', () => {
    const mapError = { Error: 'X', Cause: '' };
    const ended = { settings, cells: [{ uuid: cell.uuid }], examined: [], mapError, found: { usage }, usage };
    expect(closeRunSchema.parse(ended)).toEqual({ ...ended, changed: [], digested: [] });
  });
});

describe("an execution's input", () => {
  it('maps every cell where it says nothing', () => {
    expect(executionInputSchema.parse({})).toEqual({
      mode: 'map',
      pageSize: 4_000,
      writers: 2,
      statementMs: 100,
      load: 1,
      secondLookSeconds: 30,
      apply: false,
    });
  });

  it.each(modes)('may ask to %s', (mode) => {
    expect(executionInputSchema.parse({ mode }).mode).toBe(mode);
  });

  it.each([
    ['mode', { mode: 'delete' }],
    ['classes', { classes: [] }],
    ['classes', { classes: ['inTwoCells'] }],
    ['classes', { classes: ['unmapped'] }],
    ['statementMs', { statementMs: 9 }],
    ['load', { load: 0.05 }],
    ['load', { load: 1.1 }],
    ['secondLookSeconds', { secondLookSeconds: -1 }],
    ['secondLookSeconds', { secondLookSeconds: 3_601 }],
    ['secondLookSeconds', { secondLookSeconds: 0.5 }],
    ['uuid', { uuid: '' }],
    ['uuid', { uuid: 'x'.repeat(37) }],
    ['files', { files: 0 }],
    ['apply', { apply: 'yes' }],
    ['aply', { aply: true }],
  ])('is refused for its %s: %j', (field, input) => {
    const { success, error } = executionInputSchema.safeParse(input);
    expect(success).toBe(false);
    expect(z.prettifyError(error as z.ZodError)).toContain(field);
  });
});
