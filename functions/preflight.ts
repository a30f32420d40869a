import { permanentErrors, transientErrors } from '../contract/errors.ts';
import { API_PREFLIGHT, resultKeys } from '../contract/results.ts';
import { type CellRow, readCells } from '../data-api/cells.ts';
import type { Database } from '../data-api/database.ts';
import { grantStatement, readFacts } from '../data-api/preflight.ts';
import { cellLabel } from '../domain/cell.ts';
import { type Check, type DatabasePreflight, type DatabaseRole, judge } from '../domain/preflight.ts';
import { failedPlan } from '../domain/result.ts';
import { readAtOnce, readResult, writeResult } from './clients.ts';
import { apiDatabase, cellDatabase, findDatabase } from './databases.ts';
import { timesOf } from './ended-cells.ts';
import { faultFor } from './step.ts';

/**
 * Checks the API database, and reads the cells from it. Where there are none to go on with, what was found is the run's
 * result, because no step comes after.
 * @throws NamedError as reading the cells does
 */
export async function readCheckedCells(
  run: { run: string; startedAt: string },
  deadline: AbortSignal,
): Promise<CellRow[]> {
  const api = apiDatabase(deadline);
  const { checks, unanswered } = await check(async () => api, 'api');
  const preflight: DatabasePreflight = { database: 'API database', cell: null, checks };
  await writeResult(resultKeys.preflight(run.run, API_PREFLIGHT), preflight, deadline);
  try {
    if (unanswered !== null) throw unanswered.error;
    return await readCells(api);
  } catch (error) {
    await writeResult(resultKeys.result(run.run), failedPlan(timesOf(run), [preflight]), deadline);
    throw error;
  }
}

/**
 * Checks a cell's database, and leaves what was found.
 * @throws NamedError where it cannot be found or does not answer
 */
export async function checkCellDatabase(cell: CellRow, run: string, deadline: AbortSignal): Promise<void> {
  const { checks, unanswered } = await check(
    async () => cellDatabase(cell, await findDatabase(cell, deadline), deadline),
    'cell',
  );
  const preflight: DatabasePreflight = { database: cellLabel(cell), cell: cell.uuid, checks };
  await writeResult(resultKeys.preflight(run, cell.uuid), preflight, deadline);
  if (unanswered !== null) throw unanswered.error;
}

/** Reads what was found out about the API database and the cells' own; a cell that was never opened left nothing. */
export async function readPreflight(
  run: string,
  cells: readonly string[],
  deadline: AbortSignal,
): Promise<DatabasePreflight[]> {
  const read = (name: string) => readResult<DatabasePreflight>(resultKeys.preflight(run, name), deadline);
  return (await readAtOnce([API_PREFLIGHT, ...cells], read)).flatMap((preflight) => preflight ?? []);
}

async function check(
  find: () => Promise<Database>,
  role: DatabaseRole,
): Promise<{ checks: Check[]; unanswered: { error: unknown } | null }> {
  try {
    const database = await find();
    const facts = await readFacts(database, role);
    const checks = judge(facts, role, (privilege, object) => grantStatement(database, privilege, object));
    return { checks, unanswered: null };
  } catch (error) {
    return { checks: [failedCheck(error)], unanswered: { error } };
  }
}

/** Says why a database did not answer. An error's first sentence may name a host; that of its name's table does not. */
export function failedCheck(error: unknown): Check {
  const { name, message } = faultFor(error);
  const meanings: Partial<Record<string, string>> = { ...transientErrors, ...permanentErrors };
  const remedy = message.split(/(?<=\.) (?=[A-Z])/).slice(1);
  return {
    check: name === 'DataApiDisabled' ? 'dataApi' : 'reachable',
    state: 'failed',
    detail: meanings[name] ?? name,
    remedy: remedy.length > 0 ? remedy.join(' ') : 'Run again.',
  };
}
