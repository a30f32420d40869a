import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { RunResult } from '../../domain/result.ts';
import { startPostgres } from '../../local/postgres.ts';
import { type Cloud, createCloud, mapping, rows, uuidOf } from '../end-to-end/cloud.ts';
import { cellmap } from '../end-to-end/command.ts';
import type { SqlServer } from '../servers/sql.ts';
import { describeChromium, open, overflowOf, startChromium } from './chromium.ts';

describeChromium('the report of a real run with one cell down and one conflict', () => {
  let server: SqlServer;
  let cloud: Cloud;
  let browser: Browser;
  let folder: string;
  let file: string;
  let document: RunResult;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cellmap-report-'));
    file = join(folder, 'report.html');
    server = await startPostgres();
    cloud = await createCloud(server);
    await cloud.reset();
    await cloud.databases.cell1.insertInstances(rows(1, 3_000));
    await cloud.api.insertMappings([mapping(7, 'cell0')]);
    const url = cloud.databases.cell2.url.replace(/:\d+\//, ':1/');
    await cloud.api.query('UPDATE cell_mappings SET database_connection = ? WHERE name = ?', [url, 'cell2']);
    const run = await cellmap(['map', '--local', '--page-size', '500', '--json', '--html', file], {
      CELLMAP_API_DATABASE: cloud.api.url,
    });
    expect(run.code).toBe(4);
    expect(run.stderr).toContain(`The report is in ${file}.`);
    document = JSON.parse(run.stdout);
    browser = await startChromium();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await cloud?.drop();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('names both, with what mends them', async () => {
    expect(document).toMatchObject({ status: 'failed', totals: { mapped: 2_999, conflicts: 1 } });
    const { page, complaints, requests } = await open(browser, file);
    const verdict = page.getByRole('heading', { level: 1 });
    expect(await verdict.textContent()).toBe('Failed 1 of 3 cells failed and 1 conflict');
    const next = page.getByRole('region', { name: 'What to do next' });
    const [failed, conflict] = await next.getByRole('article').all();
    expect(await failed?.innerText()).toContain('cell2 failed: DatabaseUnavailable');
    expect(await failed?.innerText()).toContain('npx cellmap map --cell cell2 --local');
    expect(await conflict?.innerText()).toContain('otherCell: 1 instance');
    expect(await conflict?.innerText()).toContain(uuidOf(7));
    expect(await conflict?.innerText()).toContain('npx cellmap repair --class otherCell --local');
    expect([complaints, requests]).toEqual([[], []]);
    await page.setViewportSize({ width: 375, height: 812 });
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    await page.context().close();
  });

  it('draws what the histories tell: the pace, and what was tried again', async () => {
    const { page } = await open(browser, file);
    const chart = page.getByRole('img', { name: /^Instances a second/ });
    const drawn = await chart.locator('path.fresh').getAttribute('d');
    expect(drawn).toMatch(/^M[\d.,]+[HV\d.,L]+Z$/);
    const retries = page.getByRole('table', { name: 'What was tried again' });
    const row = retries.getByRole('row', { name: 'cell2' });
    expect(await row.textContent()).toMatch(/^cell2OpenCellDatabaseUnavailable2/);
    expect(await page.getByRole('region', { name: 'Environment' }).innerText()).toContain('500');
    await page.context().close();
  });

  it('holds no password', async () => {
    expect(await readFile(file, 'utf8')).not.toContain(new URL(cloud.api.url.replace(/^[^:]+/, 'http')).password);
  });
});
