import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { mapReport } from '../../cli/report/map-report.ts';
import { describeOnEachServer } from '../servers/each-server.ts';
import { type Cloud, createCloud, row, uuidOf } from './cloud.ts';
import { type Machine, startMachine } from './harness.ts';

const INSTANCES = 3_000;

/** Statements that a row costs which is refused: a look and an insert for each half of what holds it, down to itself. */
const STATEMENTS_A_REFUSED_ROW = 4 * Math.ceil(Math.log2(INSTANCES));

/** A project with a name that the table does not take. */
const CURSED = 'cursed-by-a-check';

describeOnEachServer('instances whose mapping the table refuses', ({ get }) => {
  let cloud: Cloud;
  let machine: Machine;
  beforeAll(async () => {
    cloud = await createCloud(get(), 'refused');
    machine = await startMachine(cloud.api.url);
    await cloud.api.query(`ALTER TABLE instance_mappings ADD CONSTRAINT no_curse CHECK (project_id <> '${CURSED}')`);
  }, 120_000);
  afterAll(async () => {
    await machine?.stop();
    await cloud?.drop();
  });
  beforeEach(() => cloud.reset());

  /** Maps a cell in which the instances of these numbers are refused. */
  async function mapWith(cursed: readonly number[]) {
    const numbers = Array.from({ length: INSTANCES }, (_, index) => index + 1);
    await cloud.databases.cell1.insertInstances(
      numbers.map((number) => row(number, cursed.includes(number) ? { projectId: CURSED } : {})),
    );
    const { result, cell } = await machine.run({ cells: ['cell1'] });
    return { result, cell: cell('cell1'), requests: result.usage?.dataApiRequests ?? Number.NaN };
  }

  it('are set aside, just these, with the reason of the database; all others are mapped, in a few statements more', async () => {
    const none = await mapWith([]);
    expect(none.cell).toMatchObject({ status: 'complete', mapped: INSTANCES });
    // One in the first page, one amid others, and the last of all.
    for (const cursed of [[1_777], [1, INSTANCES]]) {
      await cloud.reset();
      const { result, cell, requests } = await mapWith(cursed);
      expect(result.status).toBe('needs-attention');
      expect(cell).toMatchObject({
        instances: INSTANCES,
        mapped: INSTANCES - cursed.length,
        setAside: { noProject: 0, refused: cursed.length },
        conflicts: { otherCell: 0, noCell: 0 },
        error: null,
      });
      const reason = expect.stringMatching(/constraint.*\((error (4025|3819), )?SQLSTATE \w{5}\)$/i);
      expect(cell.samples).toEqual(cursed.map((number) => ({ instance: uuidOf(number), problem: 'refused', reason })));

      const uuids = new Set((await cloud.api.readMappings()).map(({ instanceUuid }) => instanceUuid));
      expect(uuids.size).toBe(INSTANCES - cursed.length);
      for (const number of cursed) expect(uuids).not.toContain(uuidOf(number));

      const report = mapReport(result, false);
      expect(report).toContain(`refused (${cursed.length}): instance_mappings does not take it`);
      for (const { instance, reason: why } of cell.samples) expect(report).toContain(`  ${instance} in cell1: ${why}`);
      expect(JSON.stringify(result) + report).not.toContain(CURSED);
      expect(requests - none.requests).toBeLessThanOrEqual(cursed.length * STATEMENTS_A_REFUSED_ROW);
    }
  }, 60_000);

  it('are tried again by each run, and mapped once the table takes them', async () => {
    await mapWith([1_777]);
    const again = (await machine.run({ cells: ['cell1'] })).cell('cell1');
    expect(again).toMatchObject({ mapped: 0, alreadyMapped: INSTANCES - 1, setAside: { refused: 1 } });
    await cloud.api.query('ALTER TABLE instance_mappings DROP CONSTRAINT no_curse');
    const last = (await machine.run({ cells: ['cell1'] })).cell('cell1');
    expect(last).toMatchObject({ status: 'complete', mapped: 1, alreadyMapped: INSTANCES - 1 });
  }, 60_000);
});
