import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { mapInput } from '../../cli/commands.ts';
import { Lifetime } from '../../cli/lifetime.ts';
import { runAndReport } from '../../cli/session.ts';
import { emptyCellResult, foldCells, foldRun } from '../../domain/result.ts';
import { noUsage } from '../../domain/usage.ts';
import {
  cellNumber,
  closing,
  concluding,
  countsWith,
  listing,
  makeTerminal,
  opening,
  startMachine,
} from './harness.ts';

const times = { startedAt: '2026-11-22T14:05:01Z', seconds: 1 };
const mapDocument = foldRun(times, [{ ...emptyCellResult(cellNumber(1), 'complete', null), ...countsWith(3) }]);
const cellsDocument = foldCells(times, [{ ...cellNumber(1), instances: 20, mappings: 19, error: null }]);

function makeSession() {
  const terminal = makeTerminal();
  const signalled = Object.assign(new EventEmitter(), { exit: () => {} });
  return { terminal, signalled, lifetime: new Lifetime(signalled) };
}

async function machineFor(document: typeof mapDocument | typeof cellsDocument) {
  const { connection } = await startMachine((write) => ({
    ListCells: listing([cellNumber(1)], write, document.mode),
    OpenCell: opening(0),
    CloseCell: closing(() => ({ kind: 'counted', instances: 20, mappings: 19, usage: noUsage() }), write),
    CloseRun: concluding(document, write),
  }));
  return connection;
}

describe('a run', () => {
  it('with --json prints exactly the document on stdout', async () => {
    const session = makeSession();
    await runAndReport(await machineFor(mapDocument), {}, { json: true, progress: true }, session);
    expect(JSON.parse(session.terminal.written.stdout)).toEqual(mapDocument);
    expect(session.terminal.written.stderr).toContain('Mapping the cells of a test\n');
    expect(session.terminal.written.stderr).toContain('cell1: begun\n');
  });

  it('with --no-progress writes its result alone', async () => {
    const session = makeSession();
    await runAndReport(await machineFor(mapDocument), {}, { progress: false }, session);
    expect(session.terminal.written).toEqual({
      stdout: expect.stringContaining('Mapped 3 of 3 instances in 1 cell in 1 s'),
      stderr: '',
    });
  });

  it('that counts lists the cells', async () => {
    const session = makeSession();
    const connection = await machineFor(cellsDocument);
    const { exitCode } = await runAndReport(connection, { mode: 'cells' }, { progress: true }, session);
    expect(exitCode).toBe(0);
    expect(session.terminal.written.stdout).toContain('db1:3306/nova');
    expect(session.terminal.written.stderr).toContain('cell1: complete, 20 instances, 19 mappings');
  });

  it.each([
    [undefined, 'What was written is right; running again goes on.'],
    ['It begins anew.', 'It begins anew.'],
  ])('that was stopped says so once, on stderr where stdout has the document', async (whenStopped, words) => {
    const document = { ...mapDocument, status: 'stopped' as const };
    const [table, json] = [makeSession(), makeSession()];
    await runAndReport(await machineFor(document), {}, { progress: false, whenStopped }, table);
    expect(table.terminal.written).toEqual({ stdout: expect.stringContaining(words), stderr: '' });
    await runAndReport(await machineFor(document), {}, { progress: false, json: true, whenStopped }, json);
    expect(json.terminal.written).toEqual({ stdout: expect.any(String), stderr: expect.stringContaining(words) });
  });

  it('is not begun once it has been interrupted', async () => {
    const session = makeSession();
    session.signalled.emit('SIGINT');
    const { exitCode } = await runAndReport(await machineFor(mapDocument), {}, { progress: true }, session);
    expect(exitCode).toBe(130);
    expect(session.terminal.written).toEqual({ stdout: '', stderr: 'Stopped. Nothing was begun.\n' });
  });
});

it('the input of a run holds what was given and leaves the rest to the defaults', () => {
  const options = { local: true, json: true, cell: ['cell1'], maxCount: 5, progress: true };
  expect(JSON.parse(JSON.stringify(mapInput(options)))).toEqual({ mode: 'map', cells: ['cell1'], maxCount: 5 });
  expect(mapInput({ ...options, dryRun: true })).toMatchObject({ mode: 'plan', cells: ['cell1'], maxCount: 5 });
});
