import { faultOf } from '../contract/caught-error.ts';
import { type CaughtError, closeRunSchema, type RunEnd, type Settings } from '../contract/payloads.ts';
import { type CellRecord, type ListedCell, resultKeys } from '../contract/results.ts';
import { cellLabel } from '../domain/cell.ts';
import { noCounts } from '../domain/counts.ts';
import {
  type CellListing,
  type CellResult,
  type CellsResult,
  cellStatus,
  emptyCellResult,
  foldCells,
  foldRun,
  type RunResult,
  toSeconds,
} from '../domain/result.ts';
import { readResult, writeResult } from './clients.ts';
import { step } from './step.ts';

/** How many records are read from S3 at once. */
const READS_AT_ONCE = 32;

/** How many failed cells the execution's cause names. */
const FAILURES_NAMED = 5;

/** Folds what became of the cells into the run's result document. */
export const handler = step(
  closeRunSchema,
  async ({ settings, cells, mapError }, { logger, deadline }): Promise<RunEnd> => {
    const listed = new Map(
      ((await readResult<ListedCell[]>(resultKeys.cells(settings.run), deadline)) ?? []).map((cell) => [
        cell.uuid,
        cell,
      ]),
    );
    const ended = await readRecords(settings.run, cells, deadline);
    const known = ended.map(({ uuid, record }) => ({
      listed: listed.get(uuid) ?? { uuid, name: null, disabled: false, database: null },
      record: record ?? lost(mapError),
    }));
    const document = settings.mode === 'cells' ? foldListing(settings, known) : foldMapping(settings, known);
    const resultKey = resultKeys.result(settings.run);
    await writeResult(resultKey, document, deadline);
    logger.info('run closed', { run: settings.run, status: document.status });
    const failure = failureOf(document);
    return {
      status: document.status,
      resultKey,
      ...(document.mode === 'map' ? { totals: document.totals } : {}),
      ...(failure === undefined ? {} : { failure }),
    };
  },
);

interface EndedCell {
  listed: ListedCell;
  record: CellRecord;
}

async function readRecords(run: string, cells: readonly { uuid: string }[], deadline: AbortSignal) {
  const ended: { uuid: string; record: CellRecord | undefined }[] = [];
  for (let begin = 0; begin < cells.length; begin += READS_AT_ONCE) {
    const reads = cells.slice(begin, begin + READS_AT_ONCE).map(async ({ uuid }) => ({
      uuid,
      record: await readResult<CellRecord>(resultKeys.cell(run, uuid), deadline),
    }));
    ended.push(...(await Promise.all(reads)));
  }
  return ended;
}

/** Some errors cannot be caught (a history or payload limit, an aborted child): such a cell leaves no record. */
function lost(mapError: CaughtError | undefined): CellRecord {
  const why = mapError === undefined ? '' : ` (${mapError.Error})`;
  const errorMessage = `The cell ended without a result${why}. Its child execution's history says why; run it again.`;
  const error = { Error: 'CellLost', Cause: JSON.stringify({ errorMessage }) };
  return { kind: 'failed', counts: noCounts(), samples: [], lastInstanceId: null, error };
}

function foldMapping(settings: Settings, cells: readonly EndedCell[]): RunResult {
  return foldRun(
    timesOf(settings),
    cells.map(({ listed, record }): CellResult => {
      if (record.kind === 'counted')
        return emptyCellResult(listed, 'failed', faultOf({ Error: 'CellLost', Cause: '' }));
      const { counts, samples, lastInstanceId } = record;
      const error = record.kind === 'failed' ? faultOf(record.error) : null;
      const status = cellStatus(counts, error);
      return { uuid: listed.uuid, name: listed.name, status, ...counts, samples, lastInstanceId, error };
    }),
  );
}

function foldListing(settings: Settings, cells: readonly EndedCell[]): CellsResult {
  return foldCells(
    timesOf(settings),
    cells.map(({ listed, record }): CellListing => {
      const { uuid, name, disabled, database } = listed;
      const counted = record.kind === 'counted' ? record : { instances: null, mappings: null };
      const error = record.kind === 'failed' ? faultOf(record.error) : null;
      const { instances, mappings } = counted;
      return { uuid, name, disabled, database, instances, mappings, error };
    }),
  );
}

function timesOf({ startedAt }: Settings): { startedAt: string; seconds: number } {
  return { startedAt, seconds: toSeconds(Date.now() - Date.parse(startedAt)) };
}

function failureOf(document: RunResult | CellsResult): RunEnd['failure'] {
  if (document.status !== 'failed') return undefined;
  const failed = document.cells.filter(({ error }) => error !== null);
  const named = failed
    .slice(0, FAILURES_NAMED)
    .map((cell) => `${cellLabel(cell)}: ${cell.error?.name}: ${cell.error?.message}`);
  const more = failed.length > named.length ? [`and ${failed.length - named.length} more`] : [];
  const [first] = failed;
  const sameError = failed.every(({ error }) => error?.name === first?.error?.name);
  return {
    error: sameError && first?.error ? first.error.name : 'CellsFailed',
    cause: [`${failed.length} of ${document.cells.length} cells failed.`, ...named, ...more].join(' '),
  };
}
