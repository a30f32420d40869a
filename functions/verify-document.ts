import { faultOf } from '../contract/caught-error.ts';
import type { CaughtError, Settings } from '../contract/payloads.ts';
import { type CellRecord, type ExaminedTurn, resultKeys } from '../contract/results.ts';
import { addByClass, addChanges, type Change, sumOfClasses } from '../domain/change.ts';
import type { ClassName } from '../domain/classification.ts';
import {
  addClassCounts,
  addExamined,
  type Examined,
  type ExamineProgress,
  NO_CELL,
  noClassCounts,
} from '../domain/examine.ts';
import { addQuotas, isTrue, type Quotas } from '../domain/quota.ts';
import type { Fault } from '../domain/range.ts';
import { RESULT_VERSION } from '../domain/result.ts';
import {
  type CellVerification,
  type RepairSummary,
  repairStatus,
  type VerifyResult,
  verificationStatus,
  verifyStatus,
} from '../domain/verification-result.ts';
import { readAtOnce, readResult } from './clients.ts';
import { type EndedCell, timesOf } from './ended-cells.ts';
import type { ChangeCounts } from './ended-changes.ts';
import { readRanges } from './turn-files.ts';

/** How many of the changes the result shows. */
const CHANGES_SHOWN = 20;

/** Of how many cells the quotas are kept in memory at once: each may have thousands of projects. */
const CELLS_ADDED_AT_ONCE = 64;

/** What became of a verification, besides its cells. */
interface Ended {
  cells: readonly EndedCell[];
  examined: readonly ExamineProgress[];
  changed: readonly ChangeCounts[];
  mapError: CaughtError | undefined;
}

/** The document of a run that verifies or repairs. */
export async function verifyDocument(settings: Settings, ended: Ended, deadline: AbortSignal): Promise<VerifyResult> {
  const { cells, examined, mapError } = ended;
  const turns = await readExamined(settings.run, examined, deadline);
  const found = (cell: string) => addExamined(turns.flatMap((turn) => turn.cells[cell] ?? []));
  const everyCellRead = settings.everyCell && cells.every(({ record }) => record.kind === 'compared');
  const error = mapError === undefined ? null : faultOf(mapError);
  const verifications = cells.map(({ listed, record }) =>
    verificationOf(listed, record, found(listed.uuid), examined.length > 0 ? null : error),
  );
  const apart = found(NO_CELL);
  const withoutCell = { mappings: sumOfClasses(apart.mappings), classes: apart.mappings, samples: apart.samples };
  const document: VerifyResult = {
    version: RESULT_VERSION,
    mode: settings.mode === 'repair' ? 'repair' : 'verify',
    status: 'complete',
    ...timesOf(settings),
    everyCellRead,
    totals: addClassCounts([...verifications, withoutCell].map(({ classes }) => classes)),
    cells: verifications,
    withoutCell,
    quota: everyCellRead && error === null ? await quotaOf(settings, cells, deadline) : null,
    error,
  };
  const verified = verifyStatus(document);
  if (settings.mode !== 'repair') return { ...document, status: verified };
  const repair = repairOf(settings, turns, ended.changed);
  return { ...document, repair, status: verified === 'failed' ? verified : repairStatus(repair, error) };
}

/** Reads what the turns over the suspects found out. */
export async function readExamined(
  run: string,
  examined: readonly ExamineProgress[],
  deadline: AbortSignal,
): Promise<ExaminedTurn[]> {
  const keys = examined.flatMap(({ part, turns }) =>
    Array.from({ length: turns }, (_, index) => resultKeys.examined(run, part, index + 1)),
  );
  const turns = await readAtOnce(keys, (key) => readResult<ExaminedTurn>(key, deadline));
  return turns.flatMap((turn) => turn ?? []);
}

function verificationOf(
  { uuid, name }: { uuid: string; name: string | null },
  record: CellRecord,
  { instances, mappings, takenForCorrect, samples }: Examined,
  ofRun: Fault | null,
): CellVerification {
  if (record.kind !== 'compared') {
    const lost = { Error: 'CellLost', Cause: '' };
    const error = faultOf(record.kind === 'failed' ? record.error : lost);
    // Mappings of a cell that was not read are all undecided; they are not counted, because nobody read them.
    const classes = addClassCounts([instances, mappings]);
    return { ...unread, uuid, name, classes, samples, status: verificationStatus(classes, error), error };
  }
  const known = { ...instances, correct: Math.max(0, instances.correct + record.correct - takenForCorrect) };
  const classes = addClassCounts([known, mappings]);
  // What was in doubt has not been looked at again, so nothing can be said of it.
  const error = record.suspects.some((number) => number > 0) ? ofRun : null;
  return {
    uuid,
    name,
    status: verificationStatus(classes, error),
    instances: sumOfClasses(known),
    mappingsAlone: sumOfClasses(mappings),
    classes,
    hidden: record.hidden,
    placeholderInstances: record.placeholders,
    samples,
    digests: record.digests,
    sql: record.sql,
    error,
  };
}

const unread = {
  instances: 0,
  mappingsAlone: 0,
  classes: noClassCounts(),
  hidden: 0,
  placeholderInstances: 0,
  digests: null,
  sql: null,
};

async function quotaOf({ run }: Settings, cells: readonly EndedCell[], deadline: AbortSignal) {
  const counted = await readRanges<Quotas>((index, turn) => resultKeys.mappingQuotas(run, index, turn), deadline);
  const read = (cell: EndedCell) => readResult<Quotas>(resultKeys.instanceQuotas(run, cell.listed.uuid), deadline);
  let sums = addQuotas(counted);
  for (let begin = 0; begin < cells.length; begin += CELLS_ADDED_AT_ONCE) {
    const some = await readAtOnce(cells.slice(begin, begin + CELLS_ADDED_AT_ONCE), read);
    sums = addQuotas([sums, ...some.map((each) => each ?? {})]);
  }
  const quotas = Object.entries(sums);
  const wrong = quotas
    .filter(([, quota]) => !isTrue(quota))
    .map(([project, quota]) => ({ project, ...quota }))
    .sort((a, b) => Math.abs(b.counted - b.live) - Math.abs(a.counted - a.live));
  const sum = (field: 'counted' | 'live') => quotas.reduce((total, [, quota]) => total + quota[field], 0);
  return { projects: quotas.length, counted: sum('counted'), live: sum('live'), wrong };
}

function repairOf(settings: Settings, turns: readonly ExaminedTurn[], changed: readonly ChangeCounts[]): RepairSummary {
  const planned = addByClass(turns.map((turn) => turn.planned));
  const any = Object.keys(planned).length > 0;
  const samples: Change[] = turns.flatMap(({ changes }) => changes).slice(0, CHANGES_SHOWN);
  return {
    classes: settings.classes satisfies ClassName[],
    applied: settings.apply,
    planned,
    ...addChanges(changed),
    notRepairable: turns.reduce((sum, { notRepairable }) => sum + notRepairable, 0),
    samples,
    changes: any ? resultKeys.allChanges(settings.run) : null,
  };
}
