import type { ReportFacts } from '../../../cli/html-report/facts.ts';
import type { Turn } from '../../../cli/html-report/turns.ts';
import type { ResultDocument } from '../../../cli/records.ts';
import { type Counts, noCounts } from '../../../domain/counts.ts';
import type { Pause } from '../../../domain/pause.ts';
import type { Fault } from '../../../domain/range.ts';
import { type CellResult, cellStatus, foldRun, type RunResult } from '../../../domain/result.ts';
import type { Sample } from '../../../domain/sample.ts';
import { cellNumber } from '../harness.ts';

/** When the runs of the tests began. */
export const STARTED_MS = Date.parse('2026-11-22T14:05:01Z');

/** What a cell whose server is away is told of. */
export const UNAVAILABLE: Fault = {
  name: 'DatabaseUnavailable',
  message: 'The database did not answer. Check that its server is running and can be reached, then run again.',
};

/** A cell of a run that maps, with what is given of its counts. */
export function mappedCell(
  number: number,
  counts: Partial<Counts> = {},
  others: { name?: string; samples?: Sample[]; pauses?: Pause[]; error?: Fault } = {},
): CellResult {
  const all = { ...noCounts(), ...counts };
  const { samples = [], pauses = [], error = null, name = `cell${number}` } = others;
  const { mapped, alreadyMapped, unmapped, inFlight, conflicts, setAside } = all;
  const instances =
    mapped +
    alreadyMapped +
    unmapped +
    inFlight +
    conflicts.otherCell +
    conflicts.noCell +
    setAside.noProject +
    setAside.refused;
  const status = cellStatus(all, error);
  return {
    uuid: cellNumber(number).uuid,
    name,
    status,
    ...all,
    instances,
    samples,
    lastInstanceId: instances,
    pauses,
    error,
  };
}

/** The document of a run that mapped these cells. */
export function mapDocument(cells: CellResult[], seconds = 12.3): RunResult {
  return foldRun({ startedAt: new Date(STARTED_MS).toISOString(), seconds }, cells);
}

/** A cell that is mapped, one that is down, and one with a conflict. */
export function brokenDocument(): RunResult {
  const instance = 'deadbeef-0000-4000-8000-000000000001';
  return mapDocument([
    mappedCell(1, { mapped: 19_980, alreadyMapped: 20 }),
    mappedCell(2, {}, { error: UNAVAILABLE }),
    mappedCell(
      3,
      { mapped: 4_995, conflicts: { otherCell: 1, noCell: 0 } },
      { samples: [{ instance, problem: 'otherCell', mappedTo: cellNumber(1).uuid }] },
    ),
  ]);
}

/** The document of a run over so many cells, of which some failed, each with a cause of its own, and some conflict. */
export function largeDocument(number: number): RunResult {
  return mapDocument(
    Array.from({ length: number }, (_, index) => {
      const name = `region-${index % 7}-compute-cell-${index}`;
      const sample = (sampled: number): Sample => ({
        instance: `deadbeef-0000-4000-8000-${String(index * 100 + sampled).padStart(12, '0')}`,
        problem: 'otherCell',
        mappedTo: cellNumber(1).uuid,
      });
      if (index % 4 === 0) {
        return mappedCell(
          index,
          {},
          { name, error: { ...UNAVAILABLE, message: `Reason ${index}: ${UNAVAILABLE.message}` } },
        );
      }
      const counts = { mapped: 123_456, alreadyMapped: 23_456, inFlight: 12, wrongDetails: 345 };
      if (index % 4 === 1) return mappedCell(index, { mapped: 100_000 + index }, { name });
      const samples = Array.from({ length: 20 }, (_, sampled) => sample(sampled));
      return mappedCell(index, { ...counts, conflicts: { otherCell: 20, noCell: 0 } }, { name, samples });
    }),
  );
}

/** A turn that read and mapped so many instances, in seconds from the run's beginning. */
export function turn(fromSeconds: number, toSeconds: number, read: number, mapped = read): Turn {
  return { fromMs: STARTED_MS + fromSeconds * 1_000, toMs: STARTED_MS + toSeconds * 1_000, done: { read, mapped } };
}

/** What a report is made of: a run whose execution ended well and whose histories were read, but for what is given. */
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
    histories: {
      cells: 3,
      read: 3,
      trouble: null,
      turns: [turn(1, 4, 12_000, 11_900), turn(2, 7, 9_000), turn(7, 11, 3_995)],
      retries: [],
      tookMs: new Map(),
    },
    reporting: { colours: false, where: { stack: 'cellmap' } },
    software: { cellmap: '0.1.0', node: 'v24.21.0', platform: 'linux x64' },
    writtenAtMs: STARTED_MS + 60_000,
    ...others,
  };
}
