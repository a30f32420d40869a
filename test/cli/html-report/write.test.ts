import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ReportFacts } from '../../../cli/html-report/facts.ts';
import { gatherFacts } from '../../../cli/html-report/gather.ts';
import { writeHtmlOfDocument, writeHtmlReport } from '../../../cli/html-report/write.ts';
import { run } from '../../../cli/run.ts';
import type { RangeProgress } from '../../../domain/range.ts';
import { noUsage } from '../../../domain/usage.ts';
import {
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
} from '../harness.ts';
import { brokenDocument, mapDocument, mappedCell } from './facts.ts';

const never = new AbortController().signal;
const silent = { begin: () => {}, changed: () => {}, end: () => {} };
const NAME = 'map-20261122T140501Z-ab12';

/** Steps that map ten instances in each cell, in one turn each. */
function mapping(number: number, write: TestMachine['write'], others: Steps = {}): Steps {
  const cells = Array.from({ length: number }, (_, index) => cellNumber(index + 1));
  return {
    ListCells: listing(cells, write),
    OpenCell: opening(10),
    MapRange: ({ progress }: { progress: RangeProgress }) => ({
      ...progress,
      after: progress.upTo,
      done: true,
      counts: countsWith(10),
    }),
    CloseCell: closing(
      () => ({ kind: 'mapped', counts: countsWith(10), samples: [], lastInstanceId: 10, pauses: [], usage: noUsage() }),
      write,
    ),
    CloseRun: concluding(mapDocument(cells.map(({ id }) => mappedCell(id ?? 0, { mapped: 10 }))), write),
    ...others,
  };
}

/** Runs the machine to its end, and collects what there is to tell of it. */
async function gatherAfter(steps: (write: TestMachine['write']) => Steps, change?: (machine: TestMachine) => void) {
  const machine = await startMachine(steps);
  await run(machine.connection, {}, { interrupted: never, view: silent, name: NAME }).catch(() => undefined);
  change?.(machine);
  return gatherFacts({ connection: machine.connection, run: NAME, where: { local: true } });
}

/** The sum of what the turns read. */
const readIn = ({ histories }: ReportFacts) => histories.turns.reduce((sum, { done }) => sum + (done.read ?? 0), 0);

describe('what there is to tell of a run', () => {
  it('is in its document and its histories: turns, the time of each cell, and what it went by', async () => {
    const facts = await gatherAfter((write) => mapping(2, write));
    expect(facts).toMatchObject({
      run: NAME,
      mode: 'map',
      execution: { status: 'SUCCEEDED', fault: null },
      document: { status: 'complete' },
      settings: { writers: 4, pageSize: 4_000 },
      histories: { cells: 2, read: 2, trouble: null, retries: [] },
    });
    expect(readIn(facts)).toBe(20);
    expect([...facts.histories.tookMs.keys()].sort()).toEqual([cellNumber(1).uuid, cellNumber(2).uuid]);
  });

  it('names the cell and the step that were tried again, and why', async () => {
    let attempts = 0;
    const { histories } = await gatherAfter((write) =>
      mapping(1, write, {
        OpenCell: (payload: { uuid: string }) => {
          attempts += 1;
          return attempts === 1 ? fail('DatabaseThrottled', 'Slowly.') : opening(10)(payload);
        },
      }),
    );
    expect(histories.retries).toEqual([
      { cell: 'cell1', step: 'OpenCell', error: 'DatabaseThrottled', times: 1, waitedMs: expect.any(Number) },
    ]);
  });

  it('of many cells reads no more histories than its calls allow, and says of how many', async () => {
    const facts = await gatherAfter(
      (write) => mapping(12, write),
      ({ connection }) => Object.assign(connection, { callsPerLook: 1 }),
    );
    // Eight calls: one for the run itself.
    expect(facts.histories).toMatchObject({ cells: 12, read: 7, trouble: null });
    expect(readIn(facts)).toBe(70);
  });

  it('is what can be read, where some histories cannot', async () => {
    const { histories, document } = await gatherAfter(
      (write) => mapping(3, write),
      ({ connection }) => cutOff(connection, 'GetExecutionHistory', 2),
    );
    expect(histories).toMatchObject({ cells: 3, read: 2, trouble: 'TimeoutError' });
    expect(document).toMatchObject({ status: 'complete' });
  });

  it('is the error of a run that left no document, without what is secret in it', async () => {
    const named = await gatherAfter(() => ({ ListCells: () => fail('UnknownCell', 'There is no cell x.') }));
    expect(named).toMatchObject({ document: null, execution: { fault: { message: 'There is no cell x.' } } });
    const other = await gatherAfter(() => ({ ListCells: () => fail('TypeError', 'mysql://nova:s3cret@db') }));
    expect(JSON.stringify(other.execution)).not.toContain('s3cret');
  });

  it('of a run that was stopped is what its cells had done', async () => {
    const { connection } = await startMachine((write) =>
      mapping(2, write, {
        MapRange: ({ cell, progress }: { cell: { uuid: string }; progress: RangeProgress }) =>
          cell.uuid === cellNumber(1).uuid
            ? { ...progress, after: progress.upTo, done: true, counts: countsWith(10) }
            : new Promise(() => {}),
      }),
    );
    const stop = new AbortController();
    const { view, until } = watch();
    const running = run(connection, {}, { interrupted: stop.signal, view, name: NAME });
    await until(({ cells }) => cells.some(({ state }) => state === 'complete'));
    const executionArn = `${connection.stateMachineArn.replace(':stateMachine:', ':execution:')}:${NAME}`;
    await connection.sfn.send(new StopExecutionCommand({ executionArn }));
    await running;
    const facts = await gatherFacts({ connection, run: NAME });
    expect(facts).toMatchObject({
      execution: { status: 'ABORTED' },
      document: { status: 'stopped', totals: { mapped: 10 } },
    });
  });

  it('of a run that nobody knows is told as a mistake', async () => {
    const { connection } = await startMachine(() => ({}));
    await expect(gatherFacts({ connection, run: 'map-x' })).rejects.toMatchObject({
      exitCode: 2,
      message: 'There is no run map-x of a test: give the name of one that there is.',
    });
  });
});

describe('the file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cellmap-report-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('holds the page', async () => {
    const { connection } = await startMachine((write) => mapping(1, write));
    await run(connection, {}, { interrupted: never, view: silent, name: NAME });
    const file = join(folder, 'report.html');
    await writeHtmlReport({ connection, run: NAME, file });
    const page = await readFile(file, 'utf8');
    expect(page).toMatch(/^<!doctype html>\n/);
    expect(page).toContain('10 instances of 1 cell');
  });

  it('can be made of a result document alone', async () => {
    const file = join(folder, 'document.html');
    await writeHtmlOfDocument(brokenDocument(), { file, where: { local: true } });
    const page = await readFile(file, 'utf8');
    expect(page).toContain('cell2 failed: DatabaseUnavailable');
    expect(page).toContain('npx cellmap map --cell cell2 --local');
    expect(page).toContain('<p class="run">from a result document</p>');
    expect(page).not.toContain('state machine');
  });

  it.each([
    ['', '--html needs the name of a file.'],
    [
      '/nowhere/report.html',
      'The report /nowhere/report.html cannot be written (ENOENT): give --html a file in another folder.',
    ],
    ['/', 'The report / cannot be written (EISDIR): give --html a file in another folder.'],
  ])('%j is refused', async (file, message) => {
    const { connection } = await startMachine(() => ({}));
    await expect(writeHtmlReport({ connection, run: NAME, file })).rejects.toMatchObject({ exitCode: 2, message });
  });
});
