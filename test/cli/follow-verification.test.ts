import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { fractionOf, rowsOf } from '../../cli/progress.ts';
import { run } from '../../cli/run.ts';
import { newComparison } from '../../domain/compare.ts';
import type { DigestProgress } from '../../domain/digest-range.ts';
import { explainDocument, verifiedCell, verifyDocument } from './documents.ts';
import {
  cellNumber,
  comparing,
  concluding,
  listing,
  openingToVerify,
  type Steps,
  startMachine,
  type TestMachine,
  watch,
} from './harness.ts';

const cells = [cellNumber(1), cellNumber(2)];
const never = new AbortController().signal;
const document = verifyDocument([verifiedCell(cellNumber(1), 11, { setAside: 1 }), verifiedCell(cellNumber(2), 10)]);

interface Task {
  progress: DigestProgress;
  uuid: string;
}

/** Steps that verify ten instances in each of two cells, of which one has a suspect. */
const plainSteps = (write: TestMachine['write'], others: Steps = {}): Steps => {
  const [clean, suspicious] = [comparing(10, 0, write), comparing(10, 1, write)];
  return {
    ListCells: listing(cells, write, 'verify'),
    OpenCell: openingToVerify(10),
    DigestInstances: ({ progress }: Task) => ({ ...progress, after: progress.upTo, turns: 1, done: true }),
    CompareCell: (task: Parameters<typeof clean>[0]) =>
      task.uuid === cellNumber(1).uuid ? suspicious(task) : clean(task),
    FindSuspects: () => ({ any: true, waitSeconds: 1, parts: [{ part: 0, next: 0, turns: 0, done: false }] }),
    ExamineSuspects: ({ progress }: Task) => ({ ...progress, turns: 1, done: true }),
    CloseRun: concluding(document, write),
    ...others,
  };
};

describe('following a verification', () => {
  it('sees how far each cell is digested and compared', async () => {
    const [digest, compare] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { connection } = await startMachine((write) =>
      plainSteps(write, {
        ListCells: listing([cellNumber(1)], write, 'verify'),
        DigestInstances: async ({ progress }: Task) => {
          if (progress.turns === 0) return { ...progress, after: 4, turns: 1 };
          await digest.promise;
          return { ...progress, after: 10, turns: 2, done: true };
        },
        CompareCell: async (task: Parameters<ReturnType<typeof comparing>>[0] & { compared?: unknown }) => {
          if (task.compared === undefined) return { ...newComparison(4_000), turns: 1, read: 7 };
          await compare.promise;
          return comparing(10, 1, write)(task);
        },
      }),
    );
    const { view, until } = watch();
    const ending = run(connection, { mode: 'verify' }, { interrupted: never, view });
    const digesting = await until(({ cells: [cell] }) => cell?.digests[0]?.after === 4);
    expect(digesting.cells.map((cell) => fractionOf(cell))).toEqual([0.4]);
    digest.resolve();
    await until(({ cells: [cell] }) => cell?.comparison?.read === 7);
    compare.resolve();
    expect(await ending).toEqual({ exitCode: 3, document, remark: null, goesOn: false });
  });

  it('tells a cell that is to be looked at again from one that is right, and says that it waits', async () => {
    const end = Promise.withResolvers<void>();
    const { connection } = await startMachine((write) =>
      plainSteps(write, {
        ExamineSuspects: async ({ progress }: Task) => {
          await end.promise;
          return { ...progress, turns: 1, done: true };
        },
      }),
    );
    const { view, until } = watch();
    const ending = run(connection, { mode: 'verify', secondLookSeconds: 1 }, { interrupted: never, view });
    const waiting = await until(({ notice }) => notice?.startsWith('Waiting 1 s, then looking again') ?? false);
    expect(waiting.cells.map(({ state }) => state)).toEqual(['looking-again', 'complete']);
    await until(({ notice }) => notice === 'Looking again at what differs …');
    end.resolve();
    await ending;
    expect(waiting.cells.map(({ state }) => state)).toEqual(['needs-attention', 'complete']);
    expect(waiting.cells.map((cell) => rowsOf(waiting, cell))).toEqual([
      { instances: 11, outcome: 10 },
      { instances: 10, outcome: 10 },
    ]);
    expect(waiting.notice).toBeNull();
  });

  it('completes the picture from the document where there was no time to look', async () => {
    const { connection } = await startMachine((write) => plainSteps(write));
    const { view, until } = watch();
    const begun = until(() => true);
    await run({ ...connection, callsPerLook: 0 }, { mode: 'verify' }, { interrupted: never, view });
    const progress = await begun;
    expect(progress.cells.map((cell) => [cell.state, fractionOf(cell)])).toEqual([
      ['needs-attention', 1],
      ['complete', 1],
    ]);
  });

  it('ends a run that is stopped without a document, and shows which cells were cut off', async () => {
    const { connection } = await startMachine((write) =>
      plainSteps(write, {
        DigestInstances: async (_: Task, signal: AbortSignal) => {
          await once(signal, 'abort');
        },
      }),
    );
    const wish = new AbortController();
    const { view, until } = watch();
    const running = run(connection, { mode: 'verify' }, { interrupted: wish.signal, view });
    const progress = await until(
      (now) => now.cells.length === 2 && now.cells.every(({ state }) => state === 'running'),
    );
    wish.abort();
    expect(await running).toEqual({ exitCode: 130, document: null, remark: 'Stopped.', goesOn: false });
    expect(progress.cells.map(({ state }) => state)).toEqual(['stopped', 'stopped']);
  });
});

it('a run that explains has no cells to follow', async () => {
  const { connection } = await startMachine((write) => ({
    ListCells: listing(cells, write, 'explain'),
    CloseRun: concluding(explainDocument(), write),
  }));
  const { view, until } = watch();
  const begun = until(() => true);
  const ending = await run(connection, { mode: 'explain', uuid: 'u' }, { interrupted: never, view });
  expect(ending).toEqual({ exitCode: 3, document: explainDocument(), remark: null, goesOn: false });
  expect((await begun).cells).toEqual([]);
});
