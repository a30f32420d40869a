import { faultOf } from '../contract/caught-error.ts';
import type { CaughtError, Settings } from '../contract/payloads.ts';
import { classes, classify } from '../domain/classification.ts';
import type { ExamineProgress } from '../domain/examine.ts';
import { RESULT_VERSION } from '../domain/result.ts';
import type { RunStatus } from '../domain/run-status.ts';
import type { ExplainResult } from '../domain/verification-result.ts';
import { readListedCells, timesOf } from './ended-cells.ts';
import { readExamined } from './verify-document.ts';

/** The document of a run that explains one instance. */
export async function explainDocument(
  settings: Settings,
  examined: readonly ExamineProgress[],
  mapError: CaughtError | undefined,
  deadline: AbortSignal,
): Promise<ExplainResult> {
  const error = mapError === undefined ? null : faultOf(mapError);
  const turns = error === null ? await readExamined(settings.run, examined, deadline) : [];
  const [facts] = turns.flatMap((turn) => turn.facts ?? []);
  const faults = Object.assign({}, ...turns.map((turn) => turn.faults ?? {})) as NonNullable<
    (typeof turns)[number]['faults']
  >;
  const verdicts = facts === undefined ? [] : classify(facts);
  const found = new Map(facts?.instances.map(({ cell, ...instance }) => [cell, instance]));
  const listed = await readListedCells(settings.run, deadline);
  const unanswered = error !== null || Object.keys(faults).length > 0;
  const isRight = verdicts.length > 0 && verdicts.every((verdict) => classes[verdict.class].allowed);
  const status: RunStatus = unanswered ? 'failed' : isRight ? 'complete' : 'needs-attention';
  return {
    version: RESULT_VERSION,
    mode: 'explain',
    status,
    ...timesOf(settings),
    uuid: settings.uuid ?? '',
    mapping: facts?.mapping ? { ...withoutCellId(facts.mapping), cell: facts.mappedTo } : null,
    buildRequest: facts?.buildRequest ?? false,
    everyCellRead: settings.everyCell && !unanswered,
    cells: listed.map(({ uuid, name }) => ({
      uuid,
      name,
      instance: found.get(uuid) ?? null,
      error: faults[uuid] ?? null,
    })),
    verdicts,
    error,
  };
}

function withoutCellId<Row extends { cellId: number | null }>({ cellId: _, ...row }: Row): Omit<Row, 'cellId'> {
  return row;
}
