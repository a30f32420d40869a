import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LATE_ROW_WINDOW } from '../../domain/gaps.ts';
import {
  divide,
  IDS_PER_RANGE,
  type Interval,
  intervalsOf,
  isWorthASurvey,
  ROWS_LOOKED_ON,
  SURVEY_POINTS,
  type SurveyPoint,
  splitEvenly,
  surveyIds,
  wholeCell,
} from '../../domain/survey.ts';

/** What a survey finds of rows with these ids. */
function survey(ids: readonly number[], isMapped: (id: number) => boolean = () => false): SurveyPoint[] {
  const [minId = 0, maxId = 0] = [ids[0], ids.at(-1)];
  return surveyIds(minId, maxId).map((at) => {
    const place = ids.findIndex((id) => id >= at);
    const first = ids[place] ?? null;
    return { at, first, farther: ids[place + ROWS_LOOKED_ON] ?? null, mapped: first === null ? null : isMapped(first) };
  });
}

/** Ids with dense and empty stretches, as a database has them whose rows were archived. */
const stretches = fc.array(fc.record({ length: fc.integer({ min: 1, max: 20_000 }), step: fc.constantFrom(0, 1, 3) }), {
  minLength: 1,
  maxLength: 12,
});

function idsOf(shape: readonly { length: number; step: number }[]): number[] {
  const ids: number[] = [7];
  let at = 7;
  for (const { length, step } of shape) {
    if (step > 0) for (let id = at + step; id <= at + length; id += step) ids.push(id);
    at += length;
  }
  return ids;
}

function expectWhole(parts: readonly { from: number; upTo: number }[], from: number, upTo: number): void {
  const sorted = [...parts].sort((a, b) => a.from - b.from);
  expect(sorted[0]?.from).toBe(from);
  expect(sorted.at(-1)?.upTo).toBe(upTo);
  for (const [index, part] of sorted.entries()) {
    expect(part.upTo).toBeGreaterThan(part.from);
    if (index > 0) expect(part.from).toBe(sorted[index - 1]?.upTo);
  }
}

describe('a survey', () => {
  it('is worth it from as many ids on as make two ranges', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.integer({ min: 1, max: 4 * IDS_PER_RANGE }), (minId, ids) => {
        const maxId = minId + ids - 1;
        const cell = wholeCell(minId, maxId);
        expect(isWorthASurvey(minId, maxId)).toBe(splitEvenly(cell, cell, 2).length === 2);
      }),
      {
        examples: [
          [1, 2 * IDS_PER_RANGE - 1],
          [1, 2 * IDS_PER_RANGE],
          [1, 2 * IDS_PER_RANGE + 1],
        ],
      },
    );
  });

  it('looks at places from the lowest id on, none twice', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.nat(200_000), (minId, more) => {
        const maxId = minId + more;
        const ids = surveyIds(minId, maxId);
        const evenly = Math.min(SURVEY_POINTS, more + 1);
        expect(ids.slice(evenly)).toEqual(ids.length > evenly ? [maxId - LATE_ROW_WINDOW + 1] : []);
        expect(ids[0]).toBe(minId);
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids.at(-1)).toBeLessThanOrEqual(maxId);
      }),
    );
  });

  it('covers every id, whatever the distribution, and knows where rows are', () => {
    fc.assert(
      fc.property(stretches, (shape) => {
        const ids = idsOf(shape);
        const maxId = ids.at(-1) ?? 7;
        const intervals = intervalsOf(survey(ids), maxId);
        expectWhole(intervals, 6, maxId);
        for (const { from, upTo, rows } of intervals) {
          expect(rows > 0).toBe(ids.some((id) => id > from && id <= upTo));
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('ranges of even work', () => {
  it('have about as many rows each although the ids have gaps', () => {
    // Half of the ids, at the beginning, hold a hundredth of the rows: the others were archived.
    const ids = [
      ...Array.from({ length: 2_000 }, (_, index) => 1 + index * 100),
      ...Array.from({ length: 200_000 }, (_, index) => 200_001 + index),
    ];
    const intervals = intervalsOf(survey(ids), 400_000);
    const { goThrough } = divide(intervals, 400_000);
    const pieces = splitEvenly(goThrough, intervals, 4);
    expectWhole(pieces, 0, 400_000);
    const rows = pieces.map(({ from, upTo }) => ids.filter((id) => id > from && id <= upTo).length);
    expect(rows).toHaveLength(4);
    for (const number of rows) expect(Math.abs(number - 50_500)).toBeLessThan(5_000);
  });

  it('cover every id once for any distribution, and are neither small nor many', () => {
    fc.assert(
      fc.property(stretches, fc.integer({ min: 1, max: 40 }), (shape, most) => {
        const ids = idsOf(shape);
        const maxId = ids.at(-1) ?? 7;
        const intervals = intervalsOf(survey(ids), maxId);
        const pieces = splitEvenly(divide(intervals, maxId).goThrough, intervals, most);
        expectWhole(pieces, 6, maxId);
        expect(pieces.length).toBeLessThanOrEqual(Math.max(1, Math.min(most, Math.floor(maxId / IDS_PER_RANGE))));
      }),
      { numRuns: 50 },
    );
  });

  it('are one for a cell that nobody surveyed and that is small', () => {
    expect(splitEvenly(wholeCell(5, 900), wholeCell(5, 900), 4)).toEqual([{ from: 4, upTo: 900 }]);
  });
});

describe('what is passed over', () => {
  const halfMapped = (maxId: number) => {
    const ids = Array.from({ length: maxId }, (_, index) => index + 1);
    return intervalsOf(
      survey(ids, (id) => id <= maxId / 2),
      maxId,
    );
  };

  it('is what seems to be mapped, and all the rest is gone through', () => {
    const { passOver, goThrough } = divide(halfMapped(100_000), 100_000);
    expectWhole([...passOver, ...goThrough], 0, 100_000);
    expect(passOver).toHaveLength(1);
    expect(passOver[0]).toMatchObject({ from: 0 });
    // The patch at whose end the first instance without a mapping was met is gone through.
    expect(passOver[0]?.upTo).toBeLessThanOrEqual(50_000);
    expect(passOver[0]?.upTo).toBeGreaterThan(50_000 - 2 * (100_000 / SURVEY_POINTS));
  });

  it('is all of a cell that is mapped, up to the window of late rows', () => {
    const maxId = 500_000;
    const points = surveyIds(1, maxId).map((at) => ({ at, first: at, farther: at + ROWS_LOOKED_ON, mapped: true }));
    const { passOver, goThrough } = divide(intervalsOf(points, maxId), maxId);
    expect(passOver).toMatchObject([{ from: 0, upTo: maxId - LATE_ROW_WINDOW }]);
    expect(goThrough).toMatchObject([{ from: maxId - LATE_ROW_WINDOW, upTo: maxId }]);
  });

  it('ends before new rows at the end of a cell', () => {
    const maxId = 500_000;
    const points = surveyIds(1, maxId).map((at) => ({
      at,
      first: at,
      farther: at + ROWS_LOOKED_ON,
      mapped: at <= maxId - LATE_ROW_WINDOW,
    }));
    const { passOver } = divide(intervalsOf(points, maxId), maxId);
    expect(passOver[0]?.upTo).toBeLessThan(maxId - LATE_ROW_WINDOW);
    expect(passOver[0]?.upTo).toBeGreaterThan(maxId - 2 * (maxId / SURVEY_POINTS));
  });

  it('never reaches into the window of late rows', () => {
    const all: Interval[] = [{ from: 0, upTo: 100_000, rows: 100_000, mapped: true }];
    const { passOver, goThrough } = divide(all, 100_000);
    expect(passOver).toMatchObject([{ from: 0, upTo: 100_000 - LATE_ROW_WINDOW }]);
    expect(goThrough).toMatchObject([{ from: 100_000 - LATE_ROW_WINDOW, upTo: 100_000, rows: LATE_ROW_WINDOW }]);
  });

  it('and what is gone through cover every id once, for any pattern of mappings', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: SURVEY_POINTS, maxLength: SURVEY_POINTS }), (mapped) => {
        const maxId = 64_000;
        const points = surveyIds(1, maxId).map((at, index) => ({
          at,
          first: at,
          farther: at + ROWS_LOOKED_ON,
          mapped: mapped[index] ?? null,
        }));
        const { passOver, goThrough } = divide(intervalsOf(points, maxId), maxId);
        expectWhole([...passOver, ...goThrough], 0, maxId);
        for (const { rows, upTo } of passOver) {
          expect(upTo).toBeLessThanOrEqual(maxId - LATE_ROW_WINDOW);
          expect(rows).toBeGreaterThanOrEqual(maxId / 16 - LATE_ROW_WINDOW);
        }
      }),
    );
  });
});
