import { EventEmitter } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Lifetime } from '../../../cli/lifetime.ts';
import { runAndReport } from '../../../cli/session.ts';
import type { FunctionOutcome } from '../../../local/function-outcome.ts';
import { cellNumber, concluding, fail, listing, makeTerminal, startMachine } from '../harness.ts';
import { mapDocument, mappedCell } from './facts.ts';

describe('--html', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cellmap-report-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Runs a machine whose only cell was mapped before, or that fails at once. */
  async function runWith(html: string, failure?: FunctionOutcome, during: () => Promise<void> = async () => {}) {
    const { connection } = await startMachine((write) => ({
      ListCells: async (payload: Parameters<ReturnType<typeof listing>>[0]) => {
        await during();
        return failure ?? listing([cellNumber(1)], write)(payload);
      },
      CloseRun: concluding(mapDocument([mappedCell(1, { alreadyMapped: 3 })]), write),
    }));
    const terminal = makeTerminal();
    const lifetime = new Lifetime(Object.assign(new EventEmitter(), { exit: () => {} }));
    const options = { json: true, progress: false, local: true, html };
    return { terminal, running: runAndReport(connection, {}, options, { terminal, lifetime }) };
  }

  it('writes the report besides what is printed', async () => {
    const file = join(folder, 'report.html');
    const { terminal, running } = await runWith(file);
    expect((await running).exitCode).toBe(0);
    expect(JSON.parse(terminal.written.stdout)).toMatchObject({ status: 'complete' });
    expect(terminal.written.stderr).toBe(`The report is in ${file}.\n`);
    expect(await readFile(file, 'utf8')).toContain('npx cellmap verify --local<');
  });

  it('writes one of a run that left no result document, too', async () => {
    const file = join(folder, 'report.html');
    const { running } = await runWith(file, fail('LoginRefused', 'The API database refuses the login.'));
    await expect(running).rejects.toMatchObject({ message: 'The API database refuses the login.', exitCode: 4 });
    expect(await readFile(file, 'utf8')).toContain('The run failed: LoginRefused');
  });

  it('is refused before the run begins where the file cannot be written', async () => {
    let begun = false;
    const { running } = await runWith(join(folder, 'nowhere', 'report.html'), undefined, async () => {
      begun = true;
    });
    await expect(running).rejects.toMatchObject({ exitCode: 2 });
    expect(begun).toBe(false);
  });

  it('fails the command, not the run, where the file cannot be written any more', async () => {
    const removing = () => rm(folder, { recursive: true });
    const { terminal, running } = await runWith(join(folder, 'report.html'), undefined, removing);
    expect(await running).toMatchObject({ exitCode: 4, document: { status: 'complete' } });
    expect(JSON.parse(terminal.written.stdout)).toMatchObject({ status: 'complete' });
    expect(terminal.written.stderr).toMatch(/^cellmap: The report .* cannot be written \(ENOENT\)/);
  });
});
