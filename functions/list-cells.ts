import * as z from 'zod';
import { MAX_CELLS } from '../contract/defaults.ts';
import { NamedError } from '../contract/errors.ts';
import {
  executionInputSchema,
  type FoundSuspects,
  isVerifying,
  type ListedCells,
  listCellsSchema,
} from '../contract/payloads.ts';
import { type Inquiry, type ListedCell, resultKeys, type UndoCells } from '../contract/results.ts';
import { type CellRow, readCells } from '../data-api/cells.ts';
import type { Database } from '../data-api/database.ts';
import { shareOfMappings } from '../data-api/survey.ts';
import { readMappingBounds } from '../data-api/verified-mappings.ts';
import { cellLabel, chooseCells } from '../domain/cell.ts';
import { shareWriters } from '../domain/concurrency.ts';
import { describeDatabase } from '../domain/database-url.ts';
import { bucketLength } from '../domain/digest.ts';
import { digestRanges } from '../domain/digest-range.ts';
import { newPart } from '../domain/examine.ts';
import { LEAST_SHARE_TO_PASS_OVER } from '../domain/pass-over.ts';
import { isWorthASurvey } from '../domain/survey.ts';
import { partOf } from '../domain/suspects.ts';
import { noUsage } from '../domain/usage.ts';
import { readResult, writeResult } from './clients.ts';
import { addressForRepair, apiDatabase, databaseOf } from './databases.ts';
import { readCheckedCells } from './preflight.ts';
import { step } from './step.ts';
import { writeSuspects } from './suspect-files.ts';

/** How many cells an error message names before it says how many more there are. */
const CELLS_NAMED = 20;

/** Checks what was asked for, and lists the cells that the run goes over. */
export const handler = step(listCellsSchema, async (task, { logger, deadline }): Promise<ListedCells> => {
  const input = parseInput(task.input);
  // Now, and not after a verification of hours.
  if (input.apply || input.mode === 'undo') addressForRepair();
  const api = apiDatabase(deadline);
  const all = input.mode === 'plan' ? await readCheckedCells(task, deadline) : await readCells(api);
  const cells = choose(all, input.cells ?? input.event?.detail.cells ?? null);
  if (!['cells', 'explain', 'undo'].includes(input.mode)) refuseSharedDatabases(cells);
  if (input.mode === 'undo') await refuseOtherCloud(task.run, all, deadline);

  const listed = cells.map(
    (cell): ListedCell => ({
      id: cell.id,
      uuid: cell.uuid,
      name: cell.name,
      disabled: cell.disabled,
      database: describeOrNull(cell),
    }),
  );
  await writeResult(resultKeys.cells(task.run), listed, deadline);
  const verifies = isVerifying(input.mode);
  const mappings = verifies || mayPassOver(input) ? await readMappingBounds(api) : { minId: null, maxId: null };
  const passOver = !verifies && (await isWorthPassingOver(api, mappings, cells));
  const ranges = verifies || passOver ? digestRanges(mappings.minId, mappings.maxId, input.writers) : [];
  logger.info('cells listed', { mode: input.mode, cells: cells.length });
  return {
    settings: {
      run: task.run,
      startedAt: task.startedAt,
      mode: input.mode,
      maxCount: input.maxCount ?? null,
      pageSize: input.pageSize,
      writers: input.writers,
      ...shareWriters(input.writers, cells.length),
      statementMs: input.statementMs,
      load: input.load,
      passOver,
      secondLookSeconds: input.secondLookSeconds,
      classes: input.classes ?? [],
      apply: input.apply,
      uuid: input.uuid ?? null,
      everyCell: cells.length === all.length,
      bucketLength: bucketLength(all.length),
      maxMappingId: mappings.maxId ?? 0,
    },
    cells: cells.map(({ uuid }) => ({ uuid })),
    mappingRanges: ranges,
    found: await ask(task.run, input.uuid, cells, cells.length === all.length, deadline),
    // An undo makes the changes that the command has put into the results bucket, as one part.
    examined: input.files === undefined ? [] : [{ ...newPart(0), turns: input.files, done: true }],
    usage: noUsage(),
  };
});

/** With --max-count a run reads no further than it has to, and knows too little to pass anything over. */
function mayPassOver({ mode, maxCount }: z.output<typeof executionInputSchema>): boolean {
  return (mode === 'map' || mode === 'plan') && maxCount === undefined;
}

/** Whether there are so many mappings to the chosen cells that digesting all mappings pays. */
async function isWorthPassingOver(
  api: Database,
  { minId, maxId }: { minId: number | null; maxId: number | null },
  cells: readonly CellRow[],
): Promise<boolean> {
  if (minId === null || maxId === null || !isWorthASurvey(minId, maxId)) return false;
  const cellIds = cells.map(({ id }) => id);
  return (await shareOfMappings(api, { minId, maxId }, cellIds)) >= LEAST_SHARE_TO_PASS_OVER;
}

/** The one suspect that `explain` is about; it is asked for in every chosen cell. */
async function ask(
  run: string,
  uuid: string | undefined,
  cells: readonly CellRow[],
  everyCellRead: boolean,
  deadline: AbortSignal,
): Promise<FoundSuspects> {
  const usage = noUsage();
  if (uuid === undefined) return { any: false, waitSeconds: 0, parts: [], usage };
  const inquiry: Inquiry = {
    sources: [{ cell: null, name: 'asked', turns: 1 }],
    cells: cells.map((cell) => ({ uuid: cell.uuid, source: null })),
    everyCellRead,
  };
  await writeResult(resultKeys.inquiry(run), inquiry, deadline);
  await writeSuspects(run, 'asked', 1, { instances: [], mappings: [uuid] }, deadline);
  return { any: true, waitSeconds: 0, parts: [newPart(partOf(uuid))], usage };
}

/** The cells of an undo file must be those of this cloud, with the same ids: its changes name them by these. */
async function refuseOtherCloud(run: string, all: readonly CellRow[], deadline: AbortSignal): Promise<void> {
  const undo = await readResult<UndoCells>(resultKeys.undo(run), deadline);
  const ids = new Map(all.map(({ uuid, id }) => [uuid, id]));
  const strange = Object.entries(undo?.cells ?? {}).find(([uuid, id]) => ids.get(uuid) !== id);
  if (strange === undefined && undo !== undefined) return;
  const why =
    strange === undefined ? 'It names no cells.' : `It is about cell ${strange[0]}, which this cloud has not.`;
  throw new NamedError('UndoMismatch', `The changes are those of another cloud. ${why} Nothing was put back.`);
}

function parseInput(input: unknown) {
  const parsed = executionInputSchema.safeParse(input);
  if (parsed.success) return requireParts(parsed.data);
  // Step Functions cuts a long cause, and what is cut is no JSON any more.
  const problems = z
    .prettifyError(parsed.error)
    .replaceAll(/\s*\n\s*/g, ' ')
    .slice(0, 500);
  throw new NamedError('BadInput', `The execution's input is malformed: ${problems}`);
}

/** What a mode cannot do without, and what would be ignored in it: an option that is ignored is a mistake. */
function requireParts(input: z.output<typeof executionInputSchema>) {
  const belongs = { maxCount: ['map', 'plan'], classes: ['repair'], uuid: ['explain'], files: ['undo'] } as const;
  for (const [name, modes] of Object.entries(belongs) as [keyof typeof belongs, readonly string[]][]) {
    const isThere = input[name] !== undefined;
    const isMissing = name !== 'maxCount' && !isThere && modes.includes(input.mode);
    if (isMissing) throw new NamedError('BadInput', `The mode ${input.mode} needs ${name} in its input.`);
    if (isThere && !modes.includes(input.mode)) {
      throw new NamedError('BadInput', `${name} belongs to the mode ${modes.join(' or ')}, not to ${input.mode}.`);
    }
  }
  if (input.cells !== undefined && input.event?.detail.cells !== undefined) {
    throw new NamedError('BadInput', 'Both the input and its event name cells. Name them once.');
  }
  if (input.apply && input.mode !== 'repair') throw new NamedError('BadInput', 'apply belongs to the mode repair.');
  return input;
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
