import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type EmbeddedPostgres, startPostgres } from '../../local/postgres.ts';
import { type Cloud, cells, createCloud, rows } from './cloud.ts';
import { cellmap } from './command.ts';

describe('bad input gets one clear line and the right exit code, and nothing is written', () => {
  let server: EmbeddedPostgres;
  let cloud: Cloud;
  beforeAll(async () => {
    server = await startPostgres();
    cloud = await createCloud(server);
  }, 60_000);
  afterAll(async () => {
    await cloud?.drop();
    await server?.stop();
  });
  beforeEach(async () => {
    await cloud.reset();
    await cloud.databases.cell1.insertInstances(rows(1, 5));
  });

  const map = (args: string[], apiUrl = cloud.api.url) =>
    cellmap(['map', '--local', '--no-progress', ...args], { CELLMAP_API_DATABASE: apiUrl });
  const lastLine = (text: string) => text.trim().split('\n').at(-1);

  describe('refused', () => {
    afterEach(async () => {
      expect(await cloud.api.readMappings()).toEqual([]);
    });

    it('names the cells that exist when one does not', async () => {
      const { code, stdout, stderr } = await map(['--cell', 'cell9']);
      expect(lastLine(stderr)).toBe(
        `cellmap: There is no cell cell9. There are: ${Object.entries(cells)
          .map(([name, { uuid }]) => `${name} (${uuid})`)
          .join(', ')}.`,
      );
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    });

    it('names the uuids when two cells share a name', async () => {
      await cloud.api.query("UPDATE cell_mappings SET name = 'cell1' WHERE name = 'cell2'");
      const { code, stderr } = await map(['--cell', 'cell1']);
      expect(lastLine(stderr)).toBe(
        `cellmap: Several cells are called cell1. Choose by uuid: ${cells.cell1.uuid}, ${cells.cell2.uuid}.`,
      );
      expect(code).toBe(2);
    });

    it('refuses two cells with one database', async () => {
      await cloud.api.query('UPDATE cell_mappings SET database_connection = ? WHERE name = ?', [
        cloud.databases.cell1.url.replace(/^\w+/, 'postgresql+psycopg2'),
        'cell2',
      ]);
      const { code, stderr } = await map([]);
      expect(lastLine(stderr)).toMatch(
        /^cellmap: Cells cell1 \(1111.*\) and cell2 \(2222.*\) have the same database, 127/,
      );
      expect(stderr).not.toContain(server.password);
      expect(code).toBe(2);
    });

    it.each(['0', '-1', 'abc', '1.5'])('answers --max-count %s as nova-manage does', async (count) => {
      const { code, stderr } = await map(['--max-count', count]);
      expect({ code, stderr }).toEqual({ code: 127, stderr: 'Must supply a positive value for max-count\n' });
    });

    it('names a wrong password without printing it', async () => {
      const { code, stderr } = await map([], cloud.api.url.replace(server.password, 'wr0ng-and-secret'));
      expect(lastLine(stderr)).toBe(
        'cellmap: The API database refuses the login. Check the user and the password in its secret or URL.',
      );
      expect(stderr).not.toContain('wr0ng');
      expect(code).toBe(4);
    });

    it('says within seconds that the API database is down', async () => {
      const began = Date.now();
      const { code, stderr } = await map([], cloud.api.url.replace(/:\d+\//, ':1/'));
      expect(Date.now() - began).toBeLessThan(20_000);
      expect(lastLine(stderr)).toBe(
        'cellmap: The API database did not answer. Check that its server is running and can be reached, then run again.',
      );
      expect(code).toBe(4);
    });

    it('says that an API database without Nova’s tables is not one', async () => {
      const { code, stderr } = await map([], server.url('postgres'));
      expect(lastLine(stderr)).toBe(
        "cellmap: The API database does not have Nova's tables. Check that it is the right database.",
      );
      expect(code).toBe(4);
    });

    it.each([
      ['mysql:/db', 'cellmap: '],
      ['sqlite:////tmp/nova.db', 'sqlite'],
      ['postgresql://nova:s3cret@127.0.0.1/nova?frobnicate=1', 'frobnicate'],
    ])('refuses the URL %s in one line', async (url, named) => {
      const { code, stderr } = await map([], url);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stderr).toContain(named);
      expect(stderr).not.toContain('s3cret');
      expect(code).toBe(2);
    });
  });

  it('fails a cell whose URL cannot be read with the remedy, maps the others and exits with 4', async () => {
    await cloud.api.query(
      "UPDATE cell_mappings SET database_connection = 'mysql+pymysql:secret@nowhere' WHERE name = 'cell2'",
    );
    const { code, stdout, stderr } = await map([]);
    expect(code).toBe(4);
    expect(stdout).toContain('Correct the cell');
    expect(stdout).toContain('nova-manage cell_v2 update_cell');
    expect(`${stdout}${stderr}`).not.toContain('secret@');
    expect(await cloud.api.readMappings()).toHaveLength(5);
  });

  it('shows a cell that is down in the list, counts the others and exits with 4', async () => {
    await cloud.api.query('UPDATE cell_mappings SET database_connection = ? WHERE name = ?', [
      cloud.databases.cell2.url.replace(/:\d+\//, ':1/'),
      'cell2',
    ]);
    const { code, stdout } = await cellmap(['cells', '--local', '--json'], { CELLMAP_API_DATABASE: cloud.api.url });
    const listed = JSON.parse(stdout).cells;
    expect(listed.map((cell: { name: string; instances: number | null }) => [cell.name, cell.instances])).toEqual([
      ['cell0', 0],
      ['cell1', 5],
      ['cell2', null],
    ]);
    expect(stdout).not.toContain(server.password);
    expect(code).toBe(4);
  });
});
