import type { ExecutionInput } from '../../contract/payloads.ts';
import { forEachAtOnce } from '../at-once.ts';
import { misuse } from '../command-error.ts';
import type { Connection } from '../connection.ts';
import { countOf } from '../display/text.ts';
import { keepChanges } from '../keep-changes.ts';
import type { OutputOptions, WhereOptions } from '../options.ts';
import { type Records, recordsOf } from '../records.ts';
import { commandText } from '../report/command-text.ts';
import { cellsSubject, newRunName } from '../run-name.ts';
import { runAndReport, type Session, stoppedEarly } from '../session.ts';
import { UndoFileWriter } from '../undo-file-writer.ts';
import { connectRuns } from './connect-runs.ts';
import { type FoundRun, findRun } from './find-run.ts';

/** How many cells' records are read at once. */
const AT_ONCE = 16;

/** The modes whose cells can be done one by one. What the others find out takes all of them together. */
const CELL_BY_CELL = ['map', 'plan', 'cells'];

type Options = WhereOptions & OutputOptions;

/** `cellmap retry`: runs again for just the cells that are left of a run, and follows that. Returns the exit code. */
export async function retryRun(wanted: string, options: Options, session: Session): Promise<number> {
  const connection = await connectRuns(options, session);
  const found = await findRun(connection, wanted);
  const input = await inputOfRetry(connection, found, options);
  const { lifetime, terminal } = session;
  if (lifetime.interrupted.aborted) return stoppedEarly(terminal).exitCode;
  const cells = input.cells === undefined ? 'every cell' : countOf(input.cells.length, 'cell');
  if (options.progress) terminal.stderr.write(`Retrying ${found.name}: ${cells}\n`);
  const { mode = 'map', apply } = input;
  const name = newRunName(mode, `retry-${cellsSubject(input.cells)}`);
  const reporting = { ...options, cell: input.cells, name };
  const retry = () => runAndReport(connection, input, reporting, session);
  if (mode !== 'repair' || !apply) return (await retry()).exitCode;
  const file = await lifetime.open(UndoFileWriter.begin(`cellmap-undo-${name}.jsonl`), (opened) => opened.discard());
  return await keepChanges(connection, file, { name, where: options }, session, retry);
}

/**
 * The input of the run that is to be retried, with just the cells that are left of it.
 * @throws {CommandError} misuse, where there is nothing to retry or it cannot be
 */
export async function inputOfRetry(
  connection: Connection,
  found: FoundRun,
  where: WhereOptions,
): Promise<ExecutionInput> {
  const { name, input, description } = found;
  const { mode = 'map' } = input;
  if (found.running) {
    const [watch, stop] = [commandText(['watch', name], where), commandText(['stop', name], where)];
    throw misuse(`${name} has not ended yet. Follow it: ${watch} — or end it first: ${stop}`);
  }
  if (mode === 'undo') throw misuse(`${name} put changes back: run undo again with the same file.`);
  if (!found.inputIsValid) {
    throw misuse(`The input of ${name} is not one that the machine takes; its report says why.`);
  }
  const nothing = () => misuse(`Nothing of ${name} is left to be retried: no cell of it failed or was cut off.`);
  if (!CELL_BY_CELL.includes(mode)) {
    if (description.status === 'SUCCEEDED') throw nothing();
    return input;
  }
  const cells = await cellsLeft(recordsOf(connection, name));
  // A run that ended before it had listed its cells has done none of them.
  if (cells === null && description.status !== 'SUCCEEDED') return input;
  if (cells === null || cells.length === 0) throw nothing();
  return { ...withoutEvent(input), cells };
}

/** An event that started the run may have chosen its cells, and they may be named only once. */
function withoutEvent(input: ExecutionInput): ExecutionInput {
  return Object.fromEntries(Object.entries(input).filter(([key]) => key !== 'event'));
}

/** The uuids of the cells that failed, or ended without a record; null where no cells were listed. */
async function cellsLeft(records: Records): Promise<string[] | null> {
  const listed = await records.cells();
  if (listed === null) return null;
  const left = new Set<string>();
  await forEachAtOnce(listed, AT_ONCE, async ({ uuid }) => {
    const record = await records.cell(uuid);
    if (record === null || record.kind === 'failed') left.add(uuid);
  });
  return listed.flatMap(({ uuid }) => (left.has(uuid) ? [uuid] : []));
}
