import type { ExecutionInput } from '../contract/payloads.ts';
import type { MapOptions, OutputOptions, WhereOptions } from './options.ts';
import { connect, runAndReport, type Session } from './session.ts';

/** `cellmap map`: writes the missing mappings. Returns the exit code. */
export async function mapCells(options: WhereOptions & MapOptions & OutputOptions, session: Session): Promise<number> {
  const connection = await connect(options, session);
  return (await runAndReport(connection, mapInput(options), options, session)).exitCode;
}

/** `cellmap cells`: counts what is in each cell. Returns the exit code. */
export async function listCells(options: WhereOptions & OutputOptions, session: Session): Promise<number> {
  const connection = await connect(options, session);
  return (await runAndReport(connection, { mode: 'cells' }, options, session)).exitCode;
}

/** The execution's input for the options; what was not given is left to the machine's defaults. */
export function mapInput({ cell, maxCount, pageSize, writers }: MapOptions): ExecutionInput {
  return { mode: 'map', cells: cell, maxCount, pageSize, writers };
}
