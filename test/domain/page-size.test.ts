import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  FIRST_PAGE_SIZE,
  firstPageSize,
  halvedPageSize,
  nextPageSize,
  type PageCourse,
  type PageSize,
} from '../../domain/page-size.ts';

const TARGET_MS = 100;
const at = (rows: number, most = 4_000, msPerRow: number | null = null): PageSize => ({ rows, most, msPerRow });
const full = (rows: number, slowestMs: number): PageCourse => ({ rows, slowestMs, fitted: null, trouble: false });
const next = (size: PageSize, course: PageCourse) => nextPageSize(size, course, TARGET_MS);

describe('the size of a page', () => {
  it('starts small, and never above the most', () => {
    expect(firstPageSize(4_000)).toEqual(at(FIRST_PAGE_SIZE));
    expect(firstPageSize(7)).toEqual(at(7, 7));
  });

  it('grows gently where statements are fast, and stays where they take about their time', () => {
    expect(next(at(1_000), full(1_000, 20))).toEqual({ size: at(1_500, 4_000, 0.02), reason: 'fast' });
    expect(next(at(1_000), full(1_000, 80))).toEqual({ size: at(1_250, 4_000, 0.08), reason: 'fast' });
    for (const ms of [85, 100, 120]) expect(next(at(1_000), full(1_000, ms)).size.rows).toBe(1_000);
  });

  it('shrinks as gently where they are slow, and by what rows take of late: one slow statement may be chance', () => {
    expect(next(at(1_000), full(1_000, 130))).toEqual({ size: at(769, 4_000, 0.13), reason: 'slow' });
    expect(next(at(3_000), full(3_000, 5_000)).size.rows).toBe(2_000);
    expect(next(at(1_000, 4_000, 0.1), full(1_000, 150))).toMatchObject({ size: { rows: 1_000 }, reason: null });
    expect(next(at(1_000, 4_000, 0.1), full(1_000, 300))).toMatchObject({ size: { rows: 666 }, reason: 'slow' });
  });

  it('does not go below the first one for slowness alone, which smaller pages would not mend', () => {
    expect(next(at(600), full(600, 5_000))).toMatchObject({ size: { rows: 500 }, reason: 'slow' });
    expect(next(at(500), full(500, 5_000))).toMatchObject({ size: { rows: 500 }, reason: null });
    expect(next(at(7, 7), full(7, 5_000))).toMatchObject({ size: { rows: 7 }, reason: null });
  });

  it('says nothing of a page that was not full', () => {
    expect(next(at(1_000), full(10, 1))).toMatchObject({ size: { rows: 1_000 }, reason: null });
    expect(next(at(1_000), full(0, 0))).toEqual({ size: at(1_000), reason: null });
  });

  it('keeps clear of a limit that it has met', () => {
    const met = next(at(4_000), { ...full(2_000, 10), fitted: 2_000 });
    expect(met).toEqual({ size: at(2_000, 3_200), reason: 'limit' });
    expect(next(at(2_500, 3_200), full(2_500, 10)).size).toMatchObject({ rows: 3_200, most: 3_200 });
  });

  it('is halved where locks or duplicates were in the way, and where a page is to be tried again', () => {
    expect(next(at(1_000), { ...full(1_000, 10), trouble: true })).toEqual({ size: at(500), reason: 'trouble' });
    expect(halvedPageSize(at(1_000))).toEqual(at(500));
    expect(halvedPageSize(at(1))).toEqual(at(1));
  });

  it('is always between one row and the most, whatever happens', () => {
    const course = fc.record({
      rows: fc.nat(10_000),
      slowestMs: fc.nat(100_000),
      fitted: fc.option(fc.integer({ min: 1, max: 10_000 })),
      trouble: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.array(course), (most, courses) => {
        let size = firstPageSize(most);
        for (const each of courses) {
          const { size: after, reason } = next(size, each);
          expect(after.rows).toBeGreaterThanOrEqual(1);
          expect(after.rows).toBeLessThanOrEqual(most);
          expect(after.most).toBeLessThanOrEqual(size.most);
          if (reason === null) expect({ ...after, msPerRow: null }).toEqual({ ...size, msPerRow: null });
          if (reason === 'fast') expect(after.rows).toBeLessThanOrEqual(Math.ceil(size.rows * 1.5));
          size = after;
        }
      }),
    );
  });

  it('comes to where a statement takes its time, for servers of any speed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 1_000 }), (rowsAMs) => {
        let size = firstPageSize(1_000_000);
        for (let pages = 0; pages < 100; pages += 1) size = next(size, full(size.rows, size.rows / rowsAMs)).size;
        const ms = size.rows / rowsAMs;
        expect(ms).toBeLessThanOrEqual(TARGET_MS * 1.26 + 1);
        expect(ms).toBeGreaterThanOrEqual(TARGET_MS * 0.79);
      }),
    );
  });
});
