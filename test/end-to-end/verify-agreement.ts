import { expect } from '@jest/globals';
import { type ExaminedTurn, resultKeys } from '../../contract/results.ts';
import { classNames } from '../../domain/classification.ts';
import { NO_CELL, noClassCounts, type VerdictSample } from '../../domain/examine.ts';
import { PARTS } from '../../domain/suspects.ts';
import { type CellName, cells } from './cloud.ts';
import type { EndedRun, Machine } from './harness.ts';
import type { Judged, VerifyOracle } from './verify-oracle.ts';

const cellNames = Object.keys(cells) as CellName[];

/** Holds all that a verification said against the oracle's truth, which it returns. */
export async function expectTruth(run: EndedRun, oracle: VerifyOracle): Promise<Judged[]> {
  const judged = await oracle.judged();
  const { verification } = run;
  const wrong = judged.filter(({ truth }) => !['correct', 'inFlight', 'placeholder'].includes(truth));
  expect(run.status).toBe('SUCCEEDED');
  expect(verification.everyCellRead).toBe(true);
  if (verification.mode === 'verify') {
    expect(verification.status).toBe(wrong.length > 0 ? 'needs-attention' : 'complete');
  }
  for (const name of cellNames) {
    const { id, uuid } = cells[name];
    const own = judged.filter(({ cell }) => cell === id);
    const cell = verification.cells.find((each) => each.uuid === uuid);
    const { hidden, placeholders } = await oracle.besides(name);
    expect({ ...cell, samples: [] }).toEqual({
      uuid,
      name,
      status: own.some((each) => wrong.includes(each)) ? 'needs-attention' : 'complete',
      instances: own.filter(({ of }) => of === 'instance').length,
      mappingsAlone: own.filter(({ of }) => of === 'mapping').length,
      classes: countByClass(own),
      hidden,
      placeholderInstances: placeholders,
      samples: [],
      digests: { instances: anything, mappings: anything },
      sql: { instances: anything, mappings: anything },
      error: null,
    });
    expectSamplesAmong(cell?.samples ?? [], own);
  }
  const apart = judged.filter(({ cell }) => cell === null);
  expect(verification.withoutCell).toMatchObject({ mappings: apart.length, classes: countByClass(apart) });
  expectSamplesAmong(verification.withoutCell.samples, apart);
  await expectQuota(run, oracle);
  return judged;
}

const anything = expect.anything();

/** Every sample must be what the oracle knows of the uuid, down to its details. */
export function expectSamplesAmong(samples: readonly VerdictSample[], judged: readonly Judged[]): void {
  const truth = new Set(judged.map((each) => JSON.stringify(sampleOf(each))));
  const asTold = samples.map(({ instance, class: name, mappedTo, hiddenThere, wrong }) => ({
    instance: instance.toLowerCase(),
    class: name,
    mappedTo,
    hiddenThere,
    wrong,
  }));
  expect(asTold.filter((sample) => !truth.has(JSON.stringify(sample)))).toEqual([]);
  expect(new Set(asTold.map((sample) => JSON.stringify(sample))).size).toBe(samples.length);
}

/** A truth as a sample shows it; MySQL takes a uuid in either letter case, so letters are lower here. */
function sampleOf({ uuid, truth, owner, hiddenThere, wrong }: Judged) {
  const isElsewhere = truth === 'otherCell';
  return {
    instance: uuid.toLowerCase(),
    class: truth,
    mappedTo: isElsewhere ? Object.values(cells).find(({ id }) => id === owner)?.uuid : undefined,
    hiddenThere: isElsewhere ? hiddenThere : undefined,
    wrong: truth === 'wrongDetails' ? wrong : undefined,
  };
}

async function expectQuota(run: EndedRun, oracle: VerifyOracle): Promise<void> {
  const { wrong, ...sums } = await oracle.quota();
  const { wrong: told = [], ...toldSums } = run.verification.quota ?? {};
  expect(toldSums).toEqual(sums);
  const sorted = <Row extends { project: string }>(rows: readonly Row[]) =>
    [...rows].sort((a, b) => (a.project < b.project ? -1 : 1));
  expect(sorted(told)).toEqual(sorted(wrong));
}

/** How many of each class, with all the classes that the product has. */
export function countByClass(judged: readonly Judged[]): Record<string, number> {
  const counts: Record<string, number> = noClassCounts();
  for (const { truth } of judged) counts[truth] = (counts[truth] ?? 0) + 1;
  expect(Object.keys(counts)).toHaveLength(classNames.length);
  return counts;
}

/** Whatever the second look named, in the cell where it did; each turn names up to 20 of a class in a cell. */
export async function readNamed(machine: Machine, run: EndedRun): Promise<(VerdictSample & { cell: string | null })[]> {
  const turns: ExaminedTurn[] = [];
  for (let part = 0; part < PARTS; part += 1) {
    for (let turn = 1; ; turn += 1) {
      const found = await machine.readObject<ExaminedTurn>(resultKeys.examined(run.name, part, turn));
      if (found === undefined) break;
      turns.push(found);
    }
  }
  return turns.flatMap((turn) =>
    Object.entries(turn.cells).flatMap(([cell, { samples }]) =>
      samples.map((sample) => ({ ...sample, cell: cell === NO_CELL ? null : cell })),
    ),
  );
}
