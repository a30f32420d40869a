import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { expandCellUrl, parseDatabaseUrl } from '../../domain/database-url.ts';
import { createDemoCloud, type DemoCloud } from '../../local/demo-cloud.ts';
import { type EmbeddedPostgres, startPostgres } from '../../local/postgres.ts';

type Row = Record<string, unknown>;

const NIL = '00000000-0000-0000-0000-000000000000';

let server: EmbeddedPostgres;
let cloud: DemoCloud;

beforeAll(async () => {
  server = await startPostgres();
  cloud = await createDemoCloud(server);
});

afterAll(() => server?.stop());

async function select(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<Row>(sql);
  await client.end();
  return rows;
}

const mappings = () => select(cloud.apiUrl, 'SELECT * FROM instance_mappings');
const instances = (cell: string) => select(server.url(`nova_${cell}`), 'SELECT * FROM instances ORDER BY id');

describe('the demo cloud', () => {
  it('has cell0 and two more cells, which the main database’s URL leads to', async () => {
    expect(cloud).toEqual({ apiUrl: server.url('nova_api'), mainUrl: server.url('nova_cell0') });
    const cells = await select(cloud.apiUrl, 'SELECT * FROM cell_mappings ORDER BY id');
    expect(cells).toMatchObject([
      { name: 'cell0', uuid: NIL, transport_url: 'none:///', disabled: false },
      { name: 'cell1', disabled: false },
      { name: 'cell2', disabled: false, database_connection: expect.stringContaining('{username}:{password}') },
    ]);
    const databases = cells.map((cell) =>
      parseDatabaseUrl(expandCellUrl(String(cell.database_connection), cloud.mainUrl)),
    );
    expect(databases).toMatchObject(
      ['nova_cell0', 'nova_cell1', 'nova_cell2'].map((database) => ({
        database,
        port: server.port,
        password: server.password,
      })),
    );
  });

  // What a run must find: each instance counts once among the kinds, and those in none of them have no mapping yet.
  it.each([
    ['cell0', { visible: 300, good: 25, wrong: 0, otherCell: 0, inFlight: 0, noCell: 0, noProject: 0, hidden: 0 }],
    [
      'cell1',
      { visible: 40_000, good: 400, wrong: 65, otherCell: 0, inFlight: 0, noCell: 3, noProject: 2, hidden: 12 },
    ],
    ['cell2', { visible: 19_999, good: 200, wrong: 0, otherCell: 7, inFlight: 4, noCell: 0, noProject: 2, hidden: 5 }],
  ])('has in %s mostly unmapped instances, and each kind of odd row', async (name, expected) => {
    const [cell] = await select(cloud.apiUrl, `SELECT id FROM cell_mappings WHERE name = '${name}'`);
    const byUuid = new Map((await mappings()).map((mapping) => [mapping.instance_uuid, mapping]));
    const requests = await select(cloud.apiUrl, 'SELECT instance_uuid FROM build_requests');
    const building = new Set(requests.map((request) => request.instance_uuid));
    const found = { visible: 0, good: 0, wrong: 0, otherCell: 0, inFlight: 0, noCell: 0, noProject: 0, hidden: 0 };
    let placeholders = 0;
    for (const row of await instances(name)) {
      if (row.uuid === NIL) placeholders++;
      else if (row.hidden) found.hidden++;
      else {
        found.visible++;
        const mapping = byUuid.get(row.uuid);
        if (row.project_id === null) found.noProject++;
        if (mapping === undefined) continue;
        if (mapping.cell_id === null) found[building.has(row.uuid) ? 'inFlight' : 'noCell']++;
        else if (mapping.cell_id !== cell?.id) found.otherCell++;
        else {
          const queued = row.deleted !== 0 || row.vm_state === 'soft-delete';
          const agrees =
            mapping.project_id === row.project_id &&
            mapping.user_id === row.user_id &&
            mapping.queued_for_delete === queued;
          found[agrees ? 'good' : 'wrong']++;
        }
      }
    }
    expect({ ...found, placeholders }).toEqual({ ...expected, placeholders: 1 });
  });

  it('has deleted and soft-deleted instances, gaps in the ids, and some dozens of projects of unlike sizes', async () => {
    const rows = (await instances('cell1')).filter((row) => row.uuid !== NIL && row.project_id !== null);
    const deleted = rows.filter((row) => row.deleted !== 0);
    expect(
      deleted.every((row) => row.deleted === row.id && row.vm_state === 'deleted' && row.deleted_at !== null),
    ).toBe(true);
    expect(deleted.length / rows.length).toBeCloseTo(0.7, 1);
    expect(rows.filter((row) => row.vm_state === 'soft-delete' && row.deleted === 0).length).toBeGreaterThan(100);
    expect(rows.some((row) => Number(row.id) > 12_000 && Number(row.id) <= 14_000)).toBe(false);
    const sizes = Object.values(Object.groupBy(rows, (row) => String(row.project_id))).map((some) => some?.length ?? 0);
    expect(sizes).toHaveLength(36);
    expect(Math.max(...sizes) / Math.min(...sizes)).toBeGreaterThan(10);
    for (const id of ['project_id', 'user_id']) {
      expect(rows.every((row) => /^[0-9a-f]{32}$/.test(String(row[id])))).toBe(true);
    }
  });

  it('hides the far side of cross-cell resizes, whose instances are visible in the other cell', async () => {
    const [one, two] = [await instances('cell1'), await instances('cell2')];
    for (const [here, there] of [
      [one, two],
      [two, one],
    ] as const) {
      const visible = new Set(there.filter((row) => !row.hidden && row.deleted === 0).map((row) => row.uuid));
      expect(here.filter((row) => row.hidden).every((row) => visible.has(row.uuid))).toBe(true);
    }
  });

  it('has nova-manage’s marker, which names an instance of cell1', async () => {
    const [marker, ...others] = (await mappings()).filter((row) => row.project_id === 'INSTANCE_MIGRATION_MARKER');
    expect(others).toEqual([]);
    expect(marker).toMatchObject({ cell_id: null, user_id: 'INSTANCE_MIGRATION_MARKER' });
    const uuid = String(marker?.instance_uuid).replaceAll(' ', '-');
    expect((await instances('cell1')).map((row) => row.uuid)).toContain(uuid);
  });

  it('is the same each time', async () => {
    const other = await startPostgres();
    try {
      await createDemoCloud(other);
      const digest = async (on: EmbeddedPostgres, database: string, table: string) =>
        (
          await select(on.url(database), `SELECT md5(string_agg(r::text, ' ' ORDER BY id)) AS md5 FROM ${table} AS r`)
        )[0];
      for (const [database, table] of [
        ['nova_api', 'instance_mappings'],
        ['nova_api', 'build_requests'],
        ['nova_cell0', 'instances'],
        ['nova_cell1', 'instances'],
        ['nova_cell2', 'instances'],
      ] as const) {
        expect(await digest(other, database, table)).toEqual(await digest(server, database, table));
      }
    } finally {
      await other.stop();
    }
  });
});
