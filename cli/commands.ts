import type { ExecutionInput } from '../contract/payloads.ts';
import type { MapOptions, OutputOptions, VerifyOptions, WhereOptions } from './options.ts';
import { connect, runAndReport, type Session } from './session.ts';

/** `cellmap map`: writes the missing mappings, or says which they are. Returns the exit code. */
export async function mapCells(options: WhereOptions & MapOptions & OutputOptions, session: Session): Promise<number> {
  const connection = await connect(options, session);
  return (await runAndReport(connection, mapInput(options), options, session)).exitCode;
}

/** `cellmap cells`: counts what is in each cell. Returns the exit code. */
export async function listCells(options: WhereOptions & OutputOptions, session: Session): Promise<number> {
  const connection = await connect(options, session);
  return (await runAndReport(connection, { mode: 'cells' }, options, session)).exitCode;
}

/** `cellmap verify`: compares all of each cell with all mappings. Returns the exit code. */
export async function verifyCells(
  options: WhereOptions & VerifyOptions & OutputOptions,
  session: Session,
): Promise<number> {
  const connection = await connect(options, session);
  return (await runAndReport(connection, verifyInput('verify', options), options, session)).exitCode;
}

/** `cellmap explain`: looks at one instance in every cell. Returns the exit code. */
export async function explainInstance(
  uuid: string,
  options: WhereOptions & OutputOptions,
  session: Session,
): Promise<number> {
  const connection = await connect(options, session);
  return (await runAndReport(connection, { mode: 'explain', uuid }, options, session)).exitCode;
}

/** The input of a run that verifies, and may repair. */
export function verifyInput(mode: 'verify' | 'repair', options: VerifyOptions): ExecutionInput {
  const { cell, pageSize, writers, secondLook } = options;
  return { mode, cells: cell, pageSize, writers, secondLookSeconds: secondLook };
}

/** The execution's input for the options; what was not given is left to the machine's defaults. */
export function mapInput(options: MapOptions): ExecutionInput {
  const { cell, maxCount, dryRun, pageSize, writers, statementMs, load } = options;
  return { mode: dryRun ? 'plan' : 'map', cells: cell, maxCount, pageSize, writers, statementMs, load };
}
