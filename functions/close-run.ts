import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type * as z from 'zod';
import { functionFacts } from '../contract/bundling.ts';
import { SEVERAL_ERRORS } from '../contract/errors.ts';
import { closeRunSchema, isVerifying, type RunEnd } from '../contract/payloads.ts';
import { resultKeys } from '../contract/results.ts';
import { cellLabel } from '../domain/cell.ts';
import { estimateMap } from '../domain/estimate.ts';
import { runStates, statesUsed } from '../domain/transitions.ts';
import { addUsage, type Cost, costOf, type Usage } from '../domain/usage.ts';
import { environment, writeResult } from './clients.ts';
import { type EndedCell, readEndedCells } from './ended-cells.ts';
import { readChanges } from './ended-changes.ts';
import { explainDocument } from './explain-document.ts';
import { cellsDocument, mapDocument, planDocument } from './map-document.ts';
import { type Document, measuresOf, messageOf } from './run-message.ts';
import { step } from './step.ts';
import { undoDocument } from './undo-document.ts';
import { verifyDocument } from './verify-document.ts';

/** How many failed cells the execution's cause names. */
const FAILURES_NAMED = 5;

type Task = z.output<typeof closeRunSchema>;

/** Folds what became of the cells into the run's result document. */
export const handler = step(closeRunSchema, async (task, { logger, metrics, deadline, usage }): Promise<RunEnd> => {
  const { settings } = task;
  const ended = await endedCells(task, deadline);
  const bare = await documentOf(task, ended, deadline);
  const used = addUsage([usedBefore(task, ended), usage()]);
  const document = { ...bare, ...costs(bare, used) };
  const resultKey = resultKeys.result(settings.run);
  await writeResult(resultKey, document, deadline);
  logger.info('run closed', { status: document.status });
  for (const { name, value } of measuresOf(settings, document)) metrics.addMetric(name, MetricUnit.Count, value);
  const failure = failureOf(document);
  const message = messageOf(document);
  return {
    status: document.status,
    resultKey,
    ...(message === null ? {} : { message }),
    ...('totals' in document ? { totals: { ...document.totals } } : {}),
    ...(failure === undefined ? {} : { failure }),
  };
});

/** What became of the cells that the run went over; in the other modes it went over none. */
async function endedCells(task: Task, deadline: AbortSignal): Promise<EndedCell[]> {
  const { settings, cells, mapError } = task;
  if (['explain', 'undo'].includes(settings.mode)) return [];
  return readEndedCells(settings.run, cells, mapError, deadline);
}

/** What the run used before this step. */
function usedBefore(task: Task, ended: readonly EndedCell[]): Usage {
  const { settings, usage, digested, found, examined, changed } = task;
  const { mode } = settings;
  const states = runStates({
    kind: mode === 'explain' || mode === 'undo' ? mode : isVerifying(mode) ? 'verification' : 'cells',
    digested: isVerifying(mode) || settings.passOver,
    examined: examined.length > 0,
    changed: changed.length > 0,
  });
  const loops = [...digested, found, ...examined, ...changed].map((each) => each.usage);
  return addUsage([usage, statesUsed(states), ...loops, ...ended.map(({ record }) => record.usage)]);
}

/** What the run cost, and of a plan what `map` will cost. */
function costs(document: Document, used: Usage): { usage: Cost; estimate?: Cost } {
  const { prices } = environment;
  const usage = costOf(used, prices);
  if (document.mode !== 'plan') return { usage };
  return {
    usage,
    estimate: costOf(estimateMap(used, document.plan.instances, functionFacts.MapRange.memoryMb), prices),
  };
}

async function documentOf(task: Task, cells: readonly EndedCell[], deadline: AbortSignal): Promise<Document> {
  const { settings, examined, mapError } = task;
  if (settings.mode === 'explain') return explainDocument(settings, examined, mapError, deadline);
  const changed = mapError === undefined ? task.changed : await readChanges(settings.run, examined, deadline);
  if (settings.mode === 'undo') return undoDocument(settings, changed, mapError);
  if (settings.mode === 'cells') return cellsDocument(settings, cells);
  if (isVerifying(settings.mode)) {
    return verifyDocument(settings, { cells, examined, changed, mapError }, deadline);
  }
  if (settings.mode === 'plan') return planDocument(settings, cells, deadline);
  return mapDocument(settings, cells);
}

function failureOf(document: Document): RunEnd['failure'] {
  if (document.status !== 'failed') return undefined;
  const ofRun = 'error' in document ? document.error : null;
  if (ofRun !== null) return { error: ofRun.name, cause: ofRun.message };
  if (!('cells' in document)) return { error: 'UnexpectedFailure', cause: 'The run failed.' };
  const failed = [...document.cells].filter(({ error }) => error !== null);
  const named = failed
    .slice(0, FAILURES_NAMED)
    .map((cell) => `${cellLabel(cell)}: ${cell.error?.name}: ${cell.error?.message}`);
  const more = failed.length > named.length ? [`and ${failed.length - named.length} more`] : [];
  const [first] = failed;
  const sameError = failed.every(({ error }) => error?.name === first?.error?.name);
  return {
    error: sameError && first?.error ? first.error.name : SEVERAL_ERRORS,
    cause: [`${failed.length} of ${document.cells.length} cells failed.`, ...named, ...more].join(' '),
  };
}
