import { z } from 'zod';
import { MAX_CELLS } from '../contract/defaults.ts';
import { NamedError } from '../contract/errors.ts';
import { executionInputSchema, type ListedCells, listCellsSchema } from '../contract/payloads.ts';
import { type ListedCell, resultKeys } from '../contract/results.ts';
import { type CellRow, readCells } from '../data-api/cells.ts';
import { cellLabel, chooseCells } from '../domain/cell.ts';
import { shareWriters } from '../domain/concurrency.ts';
import { describeDatabase } from '../domain/database-url.ts';
import { writeResult } from './clients.ts';
import { apiDatabase, databaseOf } from './databases.ts';
import { step } from './step.ts';

/** How many cells an error message names before it says how many more there are. */
const CELLS_NAMED = 20;

/** Checks what was asked for, and lists the cells that the run goes over. */
export const handler = step(listCellsSchema, async (task, { logger, deadline }): Promise<ListedCells> => {
  const input = parseInput(task.input);
  const cells = choose(await readCells(apiDatabase(deadline)), input.cells ?? null);
  if (input.mode === 'map') refuseSharedDatabases(cells);

  const listed = cells.map(
    (cell): ListedCell => ({
      uuid: cell.uuid,
      name: cell.name,
      disabled: cell.disabled,
      database: describeOrNull(cell),
    }),
  );
  await writeResult(resultKeys.cells(task.run), listed, deadline);
  logger.info('cells listed', { run: task.run, cells: cells.length });
  return {
    settings: {
      run: task.run,
      startedAt: task.startedAt,
      mode: input.mode,
      maxCount: input.maxCount ?? null,
      pageSize: input.pageSize,
      ...shareWriters(input.writers, cells.length),
    },
    cells: cells.map(({ uuid }) => ({ uuid })),
  };
});

function parseInput(input: unknown) {
  const parsed = executionInputSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  // Step Functions cuts a long cause, and what is cut is no JSON any more.
  const problems = z
    .prettifyError(parsed.error)
    .replaceAll(/\s*\n\s*/g, ' ')
    .slice(0, 500);
  throw new NamedError('BadInput', `The execution's input is malformed: ${problems}`);
}

function choose(all: CellRow[], wanted: string[] | null): CellRow[] {
  if (all.length === 0) {
    throw new NamedError(
      'UnknownCell',
      'cell_mappings has no cell. Make them first: nova-manage cell_v2 map_cell0, then create_cell.',
    );
  }
  const choice = chooseCells(all, wanted);
  if (choice.kind === 'unknown') {
    throw new NamedError('UnknownCell', `There is no cell ${choice.wanted}. There are: ${nameCells(all)}.`);
  }
  if (choice.kind === 'ambiguous') {
    const uuids = choice.cells.map(({ uuid }) => uuid).join(', ');
    throw new NamedError('AmbiguousCell', `Several cells are called ${choice.wanted}. Choose by uuid: ${uuids}.`);
  }
  if (choice.cells.length > MAX_CELLS) {
    throw new NamedError(
      'BadInput',
      `A run goes over at most ${MAX_CELLS} cells, not ${choice.cells.length}. Choose some with --cell.`,
    );
  }
  return choice.cells;
}

function nameCells(cells: CellRow[]): string {
  const named = cells.slice(0, CELLS_NAMED).map((cell) => (cell.name ? `${cell.name} (${cell.uuid})` : cell.uuid));
  const more = cells.length - named.length;
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ');
}

/** Two cells with one database is a common slip, and would map every instance of it twice. */
function refuseSharedDatabases(cells: CellRow[]): void {
  const owners = new Map<string, CellRow>();
  for (const cell of cells) {
    const database = describeOrNull(cell);
    if (database === null) continue; // OpenCell says what is wrong with it, and fails just that cell.
    const owner = owners.get(database);
    if (owner !== undefined) {
      throw new NamedError(
        'SharedDatabase',
        `Cells ${cellLabel(owner)} (${owner.uuid}) and ${cellLabel(cell)} (${cell.uuid}) have the same database, ` +
          `${database}. Correct one (nova-manage cell_v2 update_cell), or choose one with --cell.`,
      );
    }
    owners.set(database, cell);
  }
}

function describeOrNull(cell: CellRow): string | null {
  try {
    return describeDatabase(databaseOf(cell));
  } catch {
    return null;
  }
}
