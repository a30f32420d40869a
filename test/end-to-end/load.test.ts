import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startPostgres } from '../../local/postgres.ts';
import type { SqlServer } from '../servers/sql.ts';
import { type Cloud, cells, createCloud, rows, uuidOf } from './cloud.ts';
import { type Machine, startMachine } from './harness.ts';

const INSTANCES = 30_000;

/** With {@link SECONDS_AN_INSERT}, more pages than the first turn has time for, which is of one second. */
const PAGE_SIZE = 650;
const SECONDS_AN_INSERT = 0.03;

/** PostgreSQL alone: its time limit for locks can be that of one database, and so short that a test need not wait. */
const onPostgresql = process.env.CELLMAP_TEST_SERVER === 'mysql' ? describe.skip : describe;

onPostgresql('a writer that holds back', () => {
  let server: SqlServer;
  let cloud: Cloud;
  let machine: Machine;
  beforeAll(async () => {
    server = await startPostgres();
    cloud = await createCloud(server, 'load');
    await cloud.api.query("ALTER DATABASE load_api SET lock_timeout = '30ms'");
    machine = await startMachine(cloud.api.url);
    // Processes that are started first are no part of anybody's share of the time.
    await cloud.reset();
    await machine.run();
  }, 120_000);
  afterAll(async () => {
    await machine?.stop();
    await cloud?.drop();
    await server?.stop();
  });
  beforeEach(() => cloud.reset());

  it('works its share of the time, and the rest it waits in states of the machine, not in a function', async () => {
    const load = 0.2;
    await cloud.databases.cell1.insertInstances(rows(1, INSTANCES));
    await cloud.api.query(
      `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(${SECONDS_AN_INSERT}); RETURN NULL; END'`,
    );
    await cloud.api.query('CREATE TRIGGER slow AFTER INSERT ON instance_mappings EXECUTE FUNCTION slow()');
    const ended = await machine.run({ cells: ['cell1'], load, writers: 1, pageSize: PAGE_SIZE });
    await cloud.api.query('DROP TRIGGER slow ON instance_mappings');
    const cell = ended.cell('cell1');
    expect(cell).toMatchObject({ status: 'complete', mapped: INSTANCES });

    const { parent, children } = await machine.histories(ended.executionArn);
    const waits = stays(children.flat(), 'Pause');
    const waited = sum(waits);
    expect(cell.pauses).toEqual([{ reason: 'load', times: waits.length, seconds: expect.any(Number) }]);
    expect(waits.length).toBeGreaterThan(0);
    expect(Math.abs(waited - (cell.pauses[0]?.seconds ?? 0))).toBeLessThan(0.2 * waits.length);

    // By the functions' own clocks: a machine that is busy takes longer from the state to the function. After the last
    // turn nothing follows that would have to wait.
    const turns = stays(children.flat(), 'MapRange');
    const worked = sum(workedMs(ended.name).slice(0, waits.length)) / 1_000;
    const share = worked / (worked + waited);
    expect(share).toBeGreaterThan(load * 0.7);
    expect(share).toBeLessThan(load * 1.4);
    const inFunctions = sum([parent, ...children].flatMap((events) => stays(events, null)));
    expect(turns).toHaveLength(waits.length + 1);
    expect(inFunctions - (turns.at(-1) ?? 0)).toBeLessThan(waited);
  }, 90_000);

  /** How long each turn of a run's only range worked, as its function logged it. */
  function workedMs(run: string): number[] {
    const lines = machine.logs.filter((line) => line.includes('range worked')).map((line) => JSON.parse(line));
    return lines.filter((line) => line.run === run).map((line): number => line.workedMs);
  }

  it('waits longer each time that a lock is in the way, says so, and goes on when it is gone', async () => {
    await cloud.databases.cell1.insertInstances(rows(1, 500));
    const other = new pg.Client({ connectionString: cloud.api.url.replace('postgresql+psycopg2:', 'postgresql:') });
    await other.connect();
    await other.query('BEGIN');
    await other.query(
      `INSERT INTO instance_mappings (instance_uuid, cell_id, project_id) VALUES ('${uuidOf(250)}', ${cells.cell2.id}, 'p')`,
    );
    const execution = await machine.start({ cells: ['cell1'] });
    for (;;) {
      const { children } = await machine.histories(execution);
      const pauses = children.flat().filter((event) => event.stateEnteredEventDetails?.name === 'Pause');
      if (pauses.length === 3) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await other.query('ROLLBACK');
    await other.end();

    const ended = await machine.end(execution);
    const cell = ended.cell('cell1');
    expect(cell).toMatchObject({ status: 'complete', instances: 500, unmapped: 0, error: null });
    expect(await cloud.api.readMappings()).toHaveLength(500);
    expect(cell.pauses).toEqual([{ reason: 'DatabaseContention', times: 3, seconds: 7 }]);
    const { children } = await machine.histories(execution);
    expect(stays(children.flat(), 'Pause').map(Math.round)).toEqual([1, 2, 4]);
  }, 90_000);
});

/**
 * How long each stay in a state lasted, in seconds, of a history in which nothing happens side by side.
 * @param name null for all Tasks
 */
function stays(events: readonly HistoryEvent[], name: string | null): number[] {
  const timesOf = (type: RegExp, nameOf: (event: HistoryEvent) => string | undefined) =>
    events
      .filter((event) => type.test(`${event.type}`) && (name === null || nameOf(event) === name))
      .map(({ timestamp }) => timestamp?.getTime() ?? Number.NaN);
  const kind = name === null ? 'Task' : '';
  const entered = timesOf(new RegExp(`^${kind}.*StateEntered$`), (event) => event.stateEnteredEventDetails?.name);
  const exited = timesOf(new RegExp(`^${kind}.*StateExited$`), (event) => event.stateExitedEventDetails?.name);
  return exited.map((time, index) => (time - (entered[index] ?? Number.NaN)) / 1_000);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
