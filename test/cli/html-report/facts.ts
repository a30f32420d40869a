import type { ReportFacts } from '../../../cli/html-report/facts.ts';
import type { Turn } from '../../../cli/html-report/turns.ts';
import type { ResultDocument } from '../../../cli/records.ts';
import { type Counts, noCounts } from '../../../domain/counts.ts';
import { type CellResult, cellStatus, foldRun, type RunResult } from '../../../domain/result.ts';
import type { Fault } from '../../../domain/range.ts';
import type { Sample } from '../../../domain/sample.ts';
import { cellNumber } from '../harness.ts';

/** When the runs of the tests began. */
export const STARTED_MS = Date.parse('2026-11-22T14:05:01Z');

/** A cell of a run that maps, with what is given of its counts. */
export function mappedCell(
  number: number,
  counts: Partial<Counts> = {},
  others: { name?: string; samples?: Sample[]; error?: Fault } = {},
): CellResult {
  const all = { ...noCounts(), ...counts };
  const { samples = [], error = null, name = `cell${number}` } = others;
  const { mapped, alreadyMapped, unmapped, inFlight, conflicts, setAside } = all;
  const instances =
    mapped + alreadyMapped + unmapped + inFlight + conflicts.otherCell + conflicts.noCell + setAside.noProject;
  const status = cellStatus(all, error);
  return { uuid: cellNumber(number).uuid, name, status, ...all, instances, samples, lastInstanceId: instances, error };
}

/** The document of a run that mapped these cells. */
export function mapDocument(cells: CellResult[], seconds = 12.3): RunResult {
  return foldRun({ startedAt: new Date(STARTED_MS).toISOString(), seconds }, cells);
}

/** A turn that read and mapped so many instances, in seconds from the run's beginning. */
export function turn(fromSeconds: number, toSeconds: number, read: number, mapped = read): Turn {
  return { fromMs: STARTED_MS + fromSeconds * 1_000, toMs: STARTED_MS + toSeconds * 1_000, done: { read, mapped } };
}

/** What a report is made of: a run that ended well, but for what is given. */
export function factsOf(document: ResultDocument | null, others: Partial<ReportFacts> = {}): ReportFacts {
  const run = `${document?.mode ?? 'map'}-20261122T140501Z-ab12`;
  const stateMachineArn = 'arn:aws:states:eu-central-1:111122223333:stateMachine:cellmap';
  const seconds = document?.seconds ?? 12.3;
  return {
    run,
    mode: document?.mode ?? 'map',
    where: 'stack cellmap in eu-central-1',
    stateMachineArn,
    execution: {
      arn: `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${run}`,
      status: 'SUCCEEDED',
      startedAtMs: STARTED_MS,
      endedAtMs: STARTED_MS + seconds * 1_000,
      fault: null,
      input: {},
    },
    document,
    settings: null,
    histories: { cells: 0, read: 0, trouble: null, turns: [], retries: [], tookMs: new Map() },
    reporting: { colours: false, where: { stack: 'cellmap' } },
    software: { cellmap: '0.1.0', node: 'v24.21.0', platform: 'linux x64' },
    writtenAtMs: STARTED_MS + 60_000,
    ...others,
  };
}
