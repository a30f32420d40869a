import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { PLACEHOLDER_UUID } from '../../domain/instance.ts';
import type { CellResult } from '../../domain/result.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import type { InstanceRow } from '../servers/nova-database.ts';
import { type Cloud, createCloud, mapping, row } from './cloud.ts';
import { type EndedRun, type Machine, startMachine } from './harness.ts';

/** Enough ids for a survey and two ranges. */
const INSTANCES = 45_000;

/** Up to here a run came that was stopped. */
const FRONTIER = 27_000;

/** Uuids in no order, as Nova's are. */
const uuidOf = (number: number) =>
  `${((number * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0')}-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** More than there is: with --max-count nothing is passed over, so it says what going through all finds. */
const NO_LIMIT = 1_000_000;

/** Every kind of row, among many that are plain. */
function partsOf(number: number): Partial<InstanceRow> {
  if (number === 77) return { uuid: PLACEHOLDER_UUID, projectId: PLACEHOLDER_UUID };
  if (number % 9_999 === 0) return { projectId: null };
  if (number % 1_001 === 0) return { hidden: true };
  if (number % 777 === 0) return { deleted: number };
  if (number % 3_333 === 0) return { taskState: 'deleting' };
  return {};
}

/** How many instances of each kind are amiss among those that the stopped run had passed. */
const amiss = [
  { every: 9_001, parts: { queuedForDelete: null }, cell: 'cell1' },
  { every: 8_009, parts: { projectId: 'other' }, cell: 'cell1' },
  { every: 7_001, parts: {}, cell: 'cell2' },
  { every: 8_003, parts: {}, cell: null },
] as const;

describeOnEachServer('what is mapped already', ({ get, name }) => {
  let cloud: Cloud;
  let machine: Machine;
  beforeAll(async () => {
    cloud = await createCloud(get(), 'pass');
    machine = await startMachine(cloud.api.url);
    await cloud.reset();
    const rows = Array.from({ length: INSTANCES }, (_, index) =>
      row(index + 1, { uuid: uuidOf(index + 1), ...partsOf(index + 1) }),
    );
    await cloud.databases.cell1.insertInstances(rows);
  }, 120_000);
  afterAll(async () => {
    await machine?.stop();
    await cloud?.drop();
  });

  /** As a stopped run left it, and Nova since: instances of its own, and mappings whose instances are gone. */
  async function halfMapped(): Promise<void> {
    await cloud.api.query('DELETE FROM instance_mappings');
    const mappings = [];
    for (let number = 1; number <= INSTANCES; number += 1) {
      const parts = partsOf(number);
      const isMapped = number <= FRONTIER || number % 901 === 0;
      const isMappable = parts.uuid === undefined && parts.projectId !== null && !parts.hidden;
      if (!isMapped || !isMappable || number % 5_003 === 0) continue;
      const wrong = amiss.find(({ every }) => number % every === 0);
      const right = { instanceUuid: uuidOf(number), queuedForDelete: parts.deleted !== undefined };
      mappings.push(mapping(number, wrong === undefined ? 'cell1' : wrong.cell, { ...right, ...wrong?.parts }));
    }
    const gone = Array.from({ length: 5 }, (_, index) =>
      mapping(0, 'cell1', { instanceUuid: uuidOf(INSTANCES + 1 + index) }),
    );
    await cloud.api.insertMappings([...mappings, ...gone]);
  }
  beforeEach(halfMapped, 60_000);

  const run = (input: object) => machine.run({ cells: ['cell1'], ...input });

  /** What a run found out, without how it went about it. */
  const found = ({ samples, pauses: _, ...rest }: CellResult) => {
    const { plan: __, ...counts } = { plan: null, ...rest };
    return { ...counts, samples: new Set(samples.map((sample) => JSON.stringify(sample))) };
  };

  async function statesOf({ executionArn }: EndedRun): Promise<string[]> {
    const { parent, children } = await machine.histories(executionArn);
    const entered = (event: HistoryEvent) => event.stateEnteredEventDetails?.name ?? [];
    return [...parent, ...children.flat()].flatMap(entered);
  }

  it('is passed over, and found to be just what going through all of it finds', async () => {
    const over = await run({ mode: 'plan' });
    const through = await run({ mode: 'plan', maxCount: NO_LIMIT });
    expect(await statesOf(over)).toContain('CheckPassedOver');
    expect(await statesOf(through)).not.toContain('CheckPassedOver');
    expect(found(over.cell('cell1'))).toEqual(found(through.cell('cell1')));
    const { wrongDetails, conflicts, setAside, placeholders, hidden } = over.cell('cell1');
    for (const number of [
      wrongDetails,
      conflicts.otherCell,
      conflicts.noCell,
      setAside.noProject,
      placeholders,
      hidden,
    ])
      expect(number).toBeGreaterThan(0);
  }, 60_000);

  it('leaves nothing unmapped, whatever was missing in what was passed over', async () => {
    const planned = (await run({ mode: 'plan', maxCount: NO_LIMIT })).cell('cell1');
    const mapped = (await run({})).cell('cell1');
    expect(planned.unmapped).toBeGreaterThan(INSTANCES - FRONTIER - 100);
    const { unmapped } = planned;
    expect(found(mapped)).toEqual(found({ ...planned, mapped: unmapped, unmapped: 0, status: 'needs-attention' }));
    const twice = await cloud.api.query(
      'SELECT instance_uuid FROM instance_mappings GROUP BY instance_uuid HAVING COUNT(*) > 1',
    );
    expect(twice).toEqual([]);
    const uuids = new Set((await cloud.api.readMappings()).map(({ instanceUuid }) => instanceUuid));
    const visible = Array.from({ length: INSTANCES }, (_, index) => index + 1).filter((number) => {
      const { uuid, projectId, hidden } = partsOf(number);
      return uuid === undefined && projectId !== null && !hidden;
    });
    expect(visible.filter((number) => !uuids.has(uuidOf(number)))).toEqual([]);
  }, 60_000);

  it('is not written again: a second run writes no row, and asks for none to be written', async () => {
    await run({});
    const rows = () => cloud.api.query('SELECT MAX(id) AS last, COUNT(*) AS rows_ FROM instance_mappings');
    const before = await rows();
    const writtenBefore = await writes();
    const again = await run({});
    expect(await rows()).toEqual(before);
    expect(await writes()).toEqual(writtenBefore);
    expect(again.cell('cell1')).toMatchObject({ mapped: 0, unmapped: 0 });
    expect(await statesOf(again)).toContain('CheckPassedOver');
  }, 60_000);

  /** What grows with every row that anybody tries to insert. */
  async function writes(): Promise<unknown> {
    return name === 'PostgreSQL'
      ? cloud.api.query('SELECT last_value FROM instance_mappings_id_seq')
      : cloud.api.query("SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_insert', 'Com_insert_select')");
  }

  it('costs what the histories show: each state that was entered is counted', async () => {
    for (const input of [{}, {}, { mode: 'plan' }, { mode: 'cells' }, { mode: 'verify', secondLookSeconds: 0 }]) {
      const ended = await run(input);
      const usage = ended.document?.usage;
      expect({ input, transitions: usage?.transitions }).toEqual({
        input,
        transitions: (await statesOf(ended)).length,
      });
      expect(usage?.dataApiUnits).toBeGreaterThanOrEqual(usage?.dataApiRequests ?? Number.NaN);
      expect(usage?.estimatedDollars).toBeGreaterThan(0);
    }
  }, 60_000);
});
