import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BenchCloud, createBenchCloud } from '../../bench/cloud.ts';
import { cellSizes, LARGE_CLOUD } from '../../bench/large-cloud.ts';
import { childEvents, parentEvents } from '../../bench/scale-model.ts';
import { functionNames } from '../../contract/bundling.ts';
import { resultKeys } from '../../contract/results.ts';
import { describeMariadb, startMariadb } from '../servers/mariadb.ts';
import { createApiDatabase, createCellDatabase } from '../servers/nova-database.ts';
import { openSql, type SqlServer } from '../servers/sql.ts';
import { type EndedRun, type Machine, startMachine } from './harness.ts';

const CELLS = 1000;

/** The limits of Step Functions, which the local one enforces: what is asked of a run is to stay far below. */
const MAX_PAYLOAD_BYTES = 262_144;
const MAX_HISTORY_EVENTS = 25_000;

const uuidOf = (cell: number) => `cccccccc-0000-4000-8000-${String(cell).padStart(12, '0')}`;

/** MariaDB makes a thousand databases in seconds, where the others take minutes. */
const onMariadb = process.env.CELLMAP_TEST_SERVER === 'mysql' ? describe.skip : describeMariadb;

onMariadb('a run over 1,000 empty cells', () => {
  let server: SqlServer;
  let machine: Machine;
  let run: EndedRun;
  let histories: { parent: HistoryEvent[]; children: HistoryEvent[][] };
  beforeAll(async () => {
    server = await startMariadb();
    const api = await createApiDatabase(server);
    const names = await createEmptyCells(server);
    await api.insertCells(
      names.map((name, index) => ({ id: index + 1, uuid: uuidOf(index), name, databaseConnection: server.url(name) })),
    );
    machine = await startMachine(api.url);
    run = await machine.run();
    histories = await machine.histories(run.executionArn);
  }, 180_000);
  afterAll(async () => {
    await machine?.stop();
    await server?.stop();
  });

  it('is complete within two minutes, with a result of each cell', () => {
    expect(run.status).toBe('SUCCEEDED');
    expect(run.result).toMatchObject({ status: 'complete', totals: { instances: 0 } });
    expect(run.result.cells.map(({ uuid, status }) => [uuid, status])).toEqual(
      Array.from({ length: CELLS }, (_, index) => [uuidOf(index), 'complete']),
    );
    expect(run.result.seconds).toBeLessThan(120);
  });

  it('has histories and payloads far below the limits', () => {
    const { parent, children } = histories;
    expect(children).toHaveLength(CELLS);
    expect(Math.max(parent.length, ...children.map((events) => events.length))).toBeLessThan(MAX_HISTORY_EVENTS / 100);
    const sizes = [parent, ...children]
      .flat()
      .map((event) => Math.max(...textsOf(event).map((text) => Buffer.byteLength(text))));
    expect(Math.max(...sizes)).toBeLessThan(MAX_PAYLOAD_BYTES / 2);
  });

  it('gets at most 200 bytes from each child, which leaves its record in the bucket', async () => {
    const outputs = histories.children.map((events) => events.at(-1)?.executionSucceededEventDetails?.output ?? '');
    expect(Math.max(...outputs.map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(200);
    const { region, credentials, endpoints, bucket } = machine.aws;
    const s3 = new S3Client({ region, credentials, endpoint: endpoints.s3 });
    for (const output of outputs) {
      const { uuid } = JSON.parse(output) as { uuid: string };
      const Key = resultKeys.cell(run.executionArn.split(':').at(-1) ?? '', uuid);
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      expect(JSON.parse((await Body?.transformToString()) ?? '')).toMatchObject({ kind: 'mapped' });
    }
    s3.destroy();
  });
});

onMariadb('a run over cells as uneven as those of a large cloud', () => {
  let server: SqlServer;
  let cloud: BenchCloud;
  let machine: Machine;
  beforeAll(async () => {
    server = await startMariadb();
    cloud = await createBenchCloud(server, cellSizes({ ...LARGE_CLOUD, instances: 100 * LARGE_CLOUD.cells }));
    machine = await startMachine(cloud.apiUrl);
  }, 60_000);
  afterAll(async () => {
    await machine?.stop();
    await cloud?.close();
    await server?.stop();
  });

  const turnsIn = (events: HistoryEvent[]) => entered(events, 'MapRange');
  const cellNames = () => cloud.cells.map(({ name }) => name);

  it('has as many events for several ranges as docs/scale.md goes by', async () => {
    const sql = await openSql(server, cloud.cells[0]?.database);
    await sql.query('UPDATE instances SET id = id * 1000 ORDER BY id DESC');
    await sql.close();
    const { executionArn, result } = await machine.run({ cells: ['cell1'], writers: 4 });
    expect(result).toMatchObject({ status: 'complete', totals: { mapped: cloud.cells[0]?.instances } });
    const [child = []] = (await machine.histories(executionArn)).children;
    const ranges = entered(child, 'RangeMapped');
    expect(ranges).toBeGreaterThan(1);
    expect(child).toHaveLength(childEvents(ranges, turnsIn(child)));
    await cloud.clear();
  });

  it('maps all with at most 500 events in its history and 300 in that of a cell, each function below 256 MB', async () => {
    const { executionArn, result } = await machine.run({ cells: cellNames() });
    expect(result).toMatchObject({ status: 'complete', totals: { mapped: cloud.instances } });
    expect(result.cells.map(({ mapped }) => mapped)).toEqual(cloud.cells.map(({ instances }) => instances));
    const { parent, children } = await machine.histories(executionArn);
    expect(children).toHaveLength(LARGE_CLOUD.cells);
    expect(parent.length).toBeLessThanOrEqual(500);
    expect(Math.max(...children.map((events) => events.length))).toBeLessThanOrEqual(300);
    expect(parent).toHaveLength(parentEvents());
    for (const events of children) expect(events).toHaveLength(childEvents(1, turnsIn(events)));
    const peaks = functionNames.map((name) => machine.aws.peakMemoryMb(name));
    expect(Math.max(...peaks)).toBeGreaterThan(0);
    expect(Math.max(...peaks)).toBeLessThan(256);
  });
});

/** How often a state was entered. */
function entered(events: HistoryEvent[], state: string): number {
  return events.filter(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name === state).length;
}

/** Makes the cells' databases, with the one table that a run reads. */
async function createEmptyCells(server: SqlServer): Promise<string[]> {
  const pattern = await createCellDatabase(server, 'pattern');
  const sql = await openSql(server);
  const names = Array.from({ length: CELLS }, (_, index) => `nova_cell${index}`);
  for (const name of names) {
    await sql.query(`CREATE DATABASE ${name}`);
    await sql.query(`CREATE TABLE ${name}.instances LIKE ${pattern.name}.instances`);
  }
  await sql.close();
  await pattern.drop();
  return names;
}

/** Every text anywhere in a value. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
