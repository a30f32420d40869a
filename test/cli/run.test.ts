import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type { ProgressView } from '../../cli/follow.ts';
import { countsOf, fractionOf, type RunProgress, sumOf } from '../../cli/progress.ts';
import { run } from '../../cli/run.ts';
import type { CellRecord } from '../../contract/results.ts';
import type { RangeProgress } from '../../domain/range.ts';
import { emptyCellResult, foldRun } from '../../domain/result.ts';
import type { RunStatus } from '../../domain/run-status.ts';
import {
  cellEnd,
  cellNumber,
  closing,
  concluding,
  countsWith,
  cutOff,
  fail,
  listing,
  opening,
  type Steps,
  startMachine,
  type TestMachine,
  watch,
} from './harness.ts';

const cells = [cellNumber(1), cellNumber(2)];
const never = new AbortController().signal;
const silent: ProgressView = { begin: () => {}, changed: () => {}, end: () => {} };

const documentWith = (status: RunStatus) =>
  foldRun({ startedAt: '2026-11-22T14:05:01Z', seconds: 1 }, [
    { ...emptyCellResult(cellNumber(1), status, null), ...countsWith(3) },
  ]);

const mapped = (count: number): CellRecord => ({
  kind: 'mapped',
  counts: countsWith(count),
  ...cellEnd,
  lastInstanceId: count,
});

/** Steps that map ten instances in each of two cells, in one turn each. */
const plainSteps = (write: TestMachine['write'], others: Steps = {}): Steps => ({
  ListCells: listing(cells, write),
  OpenCell: opening(10),
  MapRange: ({ progress }: { progress: RangeProgress }) => ({
    ...progress,
    after: progress.upTo,
    done: true,
    counts: countsWith(10),
  }),
  CloseCell: closing(() => mapped(10), write),
  CloseRun: concluding(documentWith('complete'), write),
  ...others,
});

describe('a run that ends by itself', () => {
  it.each([
    ['complete', 0],
    ['more-remain', 1],
    ['needs-attention', 3],
    ['failed', 4],
  ] as const)('with %s hands over the result document and exit code %d', async (status, exitCode) => {
    const document = documentWith(status);
    const { connection } = await startMachine((write) => plainSteps(write, { CloseRun: concluding(document, write) }));
    const ending = await run(connection, { mode: 'map' }, { interrupted: never, view: silent });
    expect(ending).toEqual({ exitCode, document, remark: null, goesOn: false });
  });

  it.each([
    ['UnknownCell', 'There is no cell x. There are: cell1.', 2],
    ['LoginRefused', 'The API database refuses the login.', 4],
  ])('before it listed the cells, with %s, is told with the step’s own words', async (name, message, exitCode) => {
    const { connection } = await startMachine(() => ({ ListCells: () => fail(name, message) }));
    const ending = run(connection, { mode: 'map' }, { interrupted: never, view: silent });
    await expect(ending).rejects.toMatchObject({ name: 'CommandError', message, exitCode });
  });

  it('passes on nothing of an error that no step named', async () => {
    const { connection } = await startMachine(() => ({ ListCells: () => fail('TypeError', 'mysql://nova:s3cret@db') }));
    const ending = run(connection, { mode: 'map' }, { interrupted: never, view: silent });
    await expect(ending).rejects.toMatchObject({ message: expect.not.stringContaining('s3cret'), exitCode: 4 });
  });

  it('sends just what was asked for as the input', async () => {
    const inputs: unknown[] = [];
    const { connection } = await startMachine((write) => {
      const list = listing(cells, write);
      const ListCells = (payload: { run: string; startedAt: string; input: unknown }) => {
        inputs.push(payload.input);
        return list(payload);
      };
      return plainSteps(write, { ListCells });
    });
    const options = { interrupted: never, view: silent };
    await run(connection, { mode: 'map', cells: undefined, maxCount: 5 }, options);
    expect(inputs).toEqual([{ mode: 'map', maxCount: 5 }]);
  });

  it('completes the picture from the document where the follower had no time to look', async () => {
    const { connection } = await startMachine((write) => plainSteps(write));
    const seen: RunProgress[] = [];
    const view = { ...silent, begin: (progress: RunProgress) => void seen.push(progress) };
    await run({ ...connection, callsPerLook: 0 }, {}, { interrupted: never, view });
    expect(seen[0]?.cells).toMatchObject([{ label: 'cell1', state: 'complete', record: { counts: { mapped: 3 } } }]);
  });
});

describe('following a run', () => {
  it('sees how far the ranges of each running cell are, and what ended cells left', async () => {
    const [ranges, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { connection } = await startMachine((write) =>
      plainSteps(write, {
        CloseRun: async (payload: Parameters<ReturnType<typeof concluding>>[0]) => {
          await end.promise;
          return concluding(documentWith('complete'), write)(payload);
        },
        MapRange: async ({ progress }: { progress: RangeProgress }) => {
          if (progress.turns === 0) return { ...progress, turns: 1, after: 4, counts: countsWith(4) };
          await ranges.promise;
          return { ...progress, after: progress.upTo, done: true, counts: countsWith(10) };
        },
      }),
    );
    const { view, until } = watch();
    const ending = run(connection, {}, { interrupted: never, view });
    const half = await until(({ cells }) => cells.length === 2 && cells.every((cell) => countsOf(cell).mapped === 4));
    expect(half.cells).toMatchObject([
      { label: 'cell1', state: 'running', ranges: [{ after: 4 }], trouble: null },
      { label: 'cell2', state: 'running', ranges: [{ after: 4 }], trouble: null },
    ]);
    ranges.resolve();
    const both = await until(({ cells }) => cells.every(({ state }) => state === 'complete'));
    expect(both.cells).toMatchObject([
      { state: 'complete', record: { counts: { mapped: 10 } } },
      { state: 'complete', record: { counts: { mapped: 10 } } },
    ]);
    end.resolve();
    await ending;
  });

  it('names the error of an attempt that the orchestrator repeats', async () => {
    let attempts = 0;
    const seen = Promise.withResolvers<void>();
    const { connection } = await startMachine((write) =>
      plainSteps(write, {
        ListCells: listing([cellNumber(1)], write),
        MapRange: async ({ progress }: { progress: RangeProgress }) => {
          attempts += 1;
          if (attempts === 1) return fail('DatabaseThrottled', 'busy');
          await seen.promise;
          return { ...progress, after: progress.upTo, done: true, counts: countsWith(10) };
        },
      }),
    );
    const { view, until } = watch();
    const ending = run(connection, {}, { interrupted: never, view });
    await until(({ cells }) => cells[0]?.trouble === 'DatabaseThrottled');
    seen.resolve();
    expect(await ending).toMatchObject({ exitCode: 0 });
  });

  it('goes on when looks fail', async () => {
    const { connection } = await startMachine((write) => plainSteps(write));
    cutOff(connection, 'DescribeExecution', 3);
    const { view, until } = watch();
    const ending = run(connection, {}, { interrupted: never, view });
    await until(({ notice }) => notice?.includes('TimeoutError') ?? false);
    expect((await ending).exitCode).toBe(0);
  });

  it('sees every one of many cells with few calls a look', async () => {
    const many = Array.from({ length: 120 }, (_, index) => cellNumber(index));
    const gate = Promise.withResolvers<void>();
    const { connection } = await startMachine((write) => {
      const conclude = concluding(documentWith('complete'), write);
      return plainSteps(write, {
        ListCells: listing(many, write),
        OpenCell: opening(0),
        CloseRun: async (payload: Parameters<typeof conclude>[0]) => {
          await gate.promise;
          return conclude(payload);
        },
      });
    });
    const { view, until } = watch();
    const ending = run({ ...connection, callsPerLook: 7 }, {}, { interrupted: never, view });
    await until(({ cells }) => cells.length === 120 && cells.every(({ state }) => state === 'complete'));
    gate.resolve();
    expect((await ending).exitCode).toBe(0);
  });
});

describe('a run that is interrupted', () => {
  it('is stopped, and its document holds the ended cells and the progress of the others', async () => {
    const { connection } = await startMachine((write) =>
      plainSteps(write, {
        MapRange: async ({ cell, progress }: { cell: { uuid: string }; progress: RangeProgress }, signal) => {
          if (cell.uuid === cellNumber(1).uuid) return { ...progress, after: 10, done: true, counts: countsWith(10) };
          if (progress.turns === 0) return { ...progress, turns: 1, after: 4, counts: countsWith(4) };
          await once(signal, 'abort');
          return {};
        },
      }),
    );
    const wish = new AbortController();
    const { view, until } = watch();
    const running = run(connection, {}, { interrupted: wish.signal, view });
    const half = until(({ cells: [first, second] }) => first?.state === 'complete' && second?.ranges?.[0]?.after === 4);
    const progress = await half;
    wish.abort();
    const { exitCode, document, remark } = await running;
    expect(exitCode).toBe(130);
    expect(document).toMatchObject({
      mode: 'map',
      status: 'stopped',
      totals: { instances: 14, mapped: 14 },
      cells: [
        { name: 'cell1', status: 'complete', mapped: 10, lastInstanceId: 10 },
        { name: 'cell2', status: 'stopped', mapped: 4, lastInstanceId: 4 },
      ],
    });
    // The document says that it was stopped.
    expect(remark).toBeNull();
    expect(progress.cells.map((cell) => [cell.state, fractionOf(cell)])).toEqual([
      ['complete', 1],
      ['stopped', 0.4],
    ]);
    expect(sumOf(progress).ended).toBe(1);
    expect(progress.endedAtMs).not.toBeNull();
  });

  it.each([
    ['has an empty document that says stopped', 'map', { status: 'stopped', cells: [] }, null],
    ['has no document where it had only planned', 'plan', null, 'Stopped.'],
  ] as const)('before it listed the cells %s', async (_what, mode, document, remark) => {
    const begun = Promise.withResolvers<void>();
    const { connection } = await startMachine(() => ({
      ListCells: async (_: never, signal: AbortSignal) => {
        begun.resolve();
        await once(signal, 'abort');
      },
    }));
    const wish = new AbortController();
    const running = run(connection, { mode }, { interrupted: wish.signal, view: silent });
    await begun.promise;
    wish.abort();
    const ending = await running;
    expect(ending).toMatchObject({ exitCode: 130, remark });
    if (document === null) expect(ending.document).toBeNull();
    else expect(ending.document).toMatchObject(document);
  });

  it('leaves after a bounded time when it cannot be stopped, and says where it goes on', async () => {
    const { connection } = await startMachine(() => ({ ListCells: () => new Promise(() => {}) }));
    cutOff(connection, 'StopExecution');
    let nowMs = 0;
    const now = () => {
      nowMs += 5_000;
      return nowMs;
    };
    const ending = await run(connection, {}, { interrupted: AbortSignal.abort(), view: silent, now });
    expect(ending).toMatchObject({ exitCode: 130, document: null });
    expect(ending.remark).toMatch(/could not be stopped.*arn:aws:states:.*:execution:cellmap:map-/);
  });
});
