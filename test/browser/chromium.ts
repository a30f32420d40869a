import { existsSync } from 'node:fs';
import type { describe as Describe } from '@jest/globals';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Debian's. */
const EXECUTABLE = '/usr/bin/chromium';

/** It runs as root in CI, without a screen, and shall call nobody of its own accord. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** `describe` for tests that need Chromium: skipped with a loud line where it is not installed, failed in CI. */
export function describeChromium(name: string, tests: () => void): void {
  const { describe } = globalThis as unknown as { describe: typeof Describe };
  if (existsSync(EXECUTABLE)) {
    describe(name, tests);
    return;
  }
  if (process.env.CI) throw new Error('chromium is missing: CI must install it');
  process.stderr.write(`\n*** SKIPPED, chromium is not installed (apt-get install chromium): ${name} ***\n\n`);
  describe.skip(name, tests);
}

/** Starts Chromium. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
}

/** A page that has been opened, and what went on besides. */
export interface Opened {
  page: Page;
  /** What the console was told, and errors of the page. */
  complaints: string[];
  /** What was asked for, but the page itself. */
  requests: string[];
}

/** Opens a file in a window of its own. */
export async function open(browser: Browser, file: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  const url = `file://${file}`;
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    // Data is in the page.
    if (request.url() !== url && !request.url().startsWith('data:')) requests.push(request.url());
  });
  await page.goto(url);
  return { page, complaints, requests };
}

/** How far the page reaches beyond the window to the right, in pixels. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
}

/**
 * The texts that stand out too little from what is behind them, by WCAG 2 (AA): 4.5 to 1, or 3 to 1 for large ones.
 * The browser's own colours are asked, so it holds for whatever scheme is on.
 */
export function paleTexts(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = (colour) => parse(colour).slice(0, 3)
      .map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
      .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
    const ground = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const colour = getComputedStyle(at).backgroundColor;
        if ((parse(colour)[3] ?? 1) === 1) return colour;
      }
      return 'rgb(255, 255, 255)';
    };
    return [...document.body.querySelectorAll('*')].flatMap((element) => {
      const texts = [...element.childNodes].filter((node) => node.nodeType === 3 && node.data.trim() !== '');
      if (texts.length === 0 || element.closest('svg') || element.getClientRects().length === 0) return [];
      const { color, fontSize, fontWeight } = getComputedStyle(element);
      const [a, b] = [light(color), light(ground(element))].sort((x, y) => y - x);
      const isLarge = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && Number(fontWeight) >= 700);
      const contrast = (a + 0.05) / (b + 0.05);
      return contrast < (isLarge ? 3 : 4.5) ? [texts[0].data.trim() + ': ' + contrast.toFixed(2)] : [];
    });
  })()`);
}
