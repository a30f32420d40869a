import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { ReportFacts } from '../../cli/html-report/facts.ts';
import { renderHtmlReport } from '../../cli/html-report/render.ts';
import type { ResultDocument } from '../../cli/records.ts';
import { classNames } from '../../domain/classification.ts';
import { foldCells, foldPlan } from '../../domain/result.ts';
import { explainDocument, repairDocument, undoDocument, verifiedCell, verifyDocument } from '../cli/documents.ts';
import { cellNumber, changeNumber } from '../cli/harness.ts';
import {
  brokenDocument,
  factsOf,
  largeDocument,
  mapDocument,
  mappedCell,
  UNAVAILABLE,
} from '../cli/html-report/facts.ts';
import { describeChromium, open, overflowOf, paleTexts, startChromium } from './chromium.ts';

const times = { startedAt: '2026-11-22T14:05:01Z', seconds: 4 };
const listing = { ...cellNumber(1), instances: 20, mappings: 19, error: null };
const check = { check: 'grants', state: 'warning', detail: 'no INSERT', remedy: 'GRANT INSERT …' } as const;

/** A verification that found some of every class: the widest table there is. */
const everyClass = verifyDocument([
  verifiedCell(cellNumber(1), 1_000_000, Object.fromEntries(classNames.slice(0, -1).map((name) => [name, 12_345]))),
  { ...verifiedCell(cellNumber(2), 0), status: 'failed', error: UNAVAILABLE },
]);

/** Some of everything that a mapped cell can have. */
const everyCount = {
  mapped: 1_234_567,
  alreadyMapped: 345_678,
  wrongDetails: 1_234,
  unmapped: 45_678,
  inFlight: 123,
  conflicts: { otherCell: 1_234, noCell: 56 },
  setAside: { noProject: 123, refused: 4 },
};
const tookMs = new Map([[cellNumber(1).uuid, 3_723_000]]);

const documents: [string, ResultDocument | null][] = [
  ['map', brokenDocument()],
  ['map, some of everything', mapDocument([mappedCell(1, everyCount)])],
  ['map, all well', mapDocument([mappedCell(1, { mapped: 5 })])],
  [
    'plan',
    foldPlan(
      times,
      [
        {
          ...mappedCell(1, { unmapped: 7 }),
          plan: { instances: 7, projects: [{ project: 'p'.repeat(64), instances: 7 }] },
        },
      ],
      [{ database: 'API database', cell: null, checks: [check] }],
    ),
  ],
  ['cells', foldCells(times, [listing, { ...listing, name: 'a-name-that-is-long-'.repeat(5), error: UNAVAILABLE }])],
  ['verify', everyClass],
  [
    'repair',
    repairDocument('needs-attention', { planned: { wrongDetails: 1 }, samples: [changeNumber(1)], notRepairable: 1 }),
  ],
  ['explain', explainDocument()],
  ['undo', undoDocument(3, 30)],
  ['no document', null],
];

describeChromium('a report in Chromium', () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    browser = await startChromium();
    folder = await mkdtemp(join(tmpdir(), 'cellmap-report-'));
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function write(facts: ReportFacts, name = 'report.html'): Promise<string> {
    const file = join(folder, name);
    await writeFile(file, renderHtmlReport(facts));
    return file;
  }

  describe.each(documents)('of %s', (name, document) => {
    it('loads without a complaint or a request, and fits every width, light and dark', async () => {
      const file = await write(factsOf(document), `${name.replaceAll(/\W/g, '-')}.html`);
      const { page, complaints, requests } = await open(browser, file);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect([colorScheme, await paleTexts(page)]).toEqual([colorScheme, []]);
      }
      for (const width of [1920, 1280, 768, 375]) {
        await page.setViewportSize({ width, height: 800 });
        expect({ width, overflow: Math.max(0, await overflowOf(page)) }).toEqual({ width, overflow: 0 });
      }
      expect([complaints, requests]).toEqual([[], []]);
      await page.context().close();
    });
  });

  it('shows the verdict and the first thing to do without scrolling, on a desk and on a telephone', async () => {
    const file = await write(factsOf(brokenDocument()));
    for (const viewport of [
      { width: 1280, height: 800 },
      { width: 375, height: 812 },
    ]) {
      const { page } = await open(browser, file, { viewport });
      const verdict = await page.getByRole('heading', { level: 1 }).boundingBox();
      expect((verdict?.y ?? 0) + (verdict?.height ?? 0)).toBeLessThan(viewport.height / 2);
      const next = await page.getByRole('heading', { name: 'What to do next' }).boundingBox();
      expect(next?.y).toBeLessThan(viewport.height);
      await page.context().close();
    }
  });

  it('is dark where dark is wanted, and light on paper all the same', async () => {
    const file = await write(factsOf(brokenDocument()));
    const { page } = await open(browser, file, { colorScheme: 'dark' });
    const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const light = (colour: string) => Math.max(...(colour.match(/\d+/g) ?? []).map(Number));
    expect(light(await ground())).toBeLessThan(60);
    await page.emulateMedia({ media: 'print' });
    expect(light(await ground())).toBeGreaterThan(240);
    await page.context().close();
  });

  it('shows on paper what is folded away on a screen', async () => {
    const file = await write(factsOf(brokenDocument()));
    const { page } = await open(browser, file);
    const numbers = page.getByRole('table', { name: 'A second, on average' });
    expect(await numbers.isVisible()).toBe(false);
    await page.emulateMedia({ media: 'print' });
    expect(await numbers.isVisible()).toBe(true);
    expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-');
    await page.context().close();
  });

  it.each([
    ['map', mapDocument([mappedCell(1, everyCount), mappedCell(2, {}, { error: UNAVAILABLE })])],
    ['verify', everyClass],
  ])('of %s has all columns of its widest table on a sheet of paper', async (_, document) => {
    const file = await write(factsOf(document, { histories: { ...factsOf(document).histories, tookMs } }));
    // A4 without its margins, at 96 dots an inch.
    const { page } = await open(browser, file, { viewport: { width: 688, height: 1_000 } });
    await page.emulateMedia({ media: 'print' });
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    await page.context().close();
  });

  it('has landmarks, one first heading, named tables with heads of rows and columns, and a chart in words', async () => {
    const { page } = await open(browser, await write(factsOf(brokenDocument())));
    for (const role of ['banner', 'main', 'contentinfo'] as const) expect(await page.getByRole(role).count()).toBe(1);
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
    const cells = page.getByRole('table', { name: 'What became of each cell' });
    expect(await cells.getByRole('columnheader').allTextContents()).toEqual(
      expect.arrayContaining(['cell', 'status', 'instances', 'mapped']),
    );
    expect(await cells.getByRole('rowheader').allTextContents()).toEqual(['cell2', 'cell3', 'cell1', 'all cells']);
    const chart = page.getByRole('img', {
      name: /^Instances a second over the time of the run\. Instances read: at most [\d,]+/,
    });
    expect(await chart.isVisible()).toBe(true);
    await page.context().close();
  });

  it('runs nothing of what stands in a cell’s name', async () => {
    const name = `<script>document.title='run'</script><img src="http://127.0.0.1:9/x" onerror="document.title='run'">`;
    const { page, requests, complaints } = await open(
      browser,
      await write(
        factsOf(mapDocument([mappedCell(1, { mapped: 1 }, { name }), mappedCell(2, {}, { name, error: UNAVAILABLE })])),
      ),
    );
    expect(await page.getByRole('rowheader', { name }).count()).toBe(2);
    expect(await page.title()).not.toBe('run');
    expect(await page.locator('script, img:not([role])').count()).toBe(0);
    expect([complaints, requests]).toEqual([[], []]);
    await page.context().close();
  });

  it('of 1,000 cells opens like any other, and names the worst ones first', async () => {
    const { page, complaints } = await open(browser, await write(factsOf(largeDocument(1_000))));
    const table = page.getByRole('table', { name: 'The cells that are not complete' });
    expect(await table.getByRole('row').nth(1).textContent()).toContain('failed');
    for (const width of [1280, 375]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
