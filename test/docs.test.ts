import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { DEFAULT_PAGE_SIZE, DEFAULT_WRITERS, MAX_CELLS } from '../contract/defaults.ts';
import { runStatuses } from '../domain/run-status.ts';
import { cellmap } from './end-to-end/command.ts';

const root = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...docs.map((name) => `docs/${name}`)];

describe.each(pages)('%s', (page) => {
  const text = read(page);

  it('links only to files that are there', () => {
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target);
    expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
  });

  it('names only scripts that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, script = '']) => script);
    expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
  });

  it('holds no placeholder', () => {
    expect(text).not.toMatch(/TODO|FIXME|\b[A-Z]+_OUTPUT\b/);
  });
});

it('every command in the docs is one that the help explains, with the options that it has', async () => {
  const helps = new Map<string, string>();
  for (const name of [
    'map',
    'cells',
    'verify',
    'repair',
    'undo',
    'explain',
    'runs',
    'watch',
    'stop',
    'retry',
    'report',
    'demo',
  ])
    helps.set(name, (await cellmap([name, '--help'])).stdout);
  const unknown: string[] = [];
  for (const page of pages) {
    for (const [line, name = '', rest = ''] of read(page).matchAll(/npx cellmap (\w+)([^\n`|#]*)/g)) {
      const help = helps.get(name);
      const options = [...rest.matchAll(/--[\w-]+/g)].map(([option]) => option);
      if (help === undefined || options.some((option) => !help.includes(option))) unknown.push(`${page}: ${line}`);
    }
  }
  expect(unknown).toEqual([]);
});

it('the README and the architecture name each status with its exit code', () => {
  for (const { status, exitCode } of runStatuses) {
    expect(read('README.md')).toContain(`| ${exitCode} | ${status} |`);
    expect(read('docs/architecture.md')).toContain(`| \`${status}\` | ${exitCode} |`);
  }
});

it('the docs name the defaults that the code has', () => {
  const architecture = read('docs/architecture.md');
  expect(architecture).toContain(`\`--writers\` (${DEFAULT_WRITERS} unless set)`);
  expect(architecture).toContain(`a page of ${DEFAULT_PAGE_SIZE.toLocaleString('en')} is`);
  expect(architecture).toContain(`${MAX_CELLS.toLocaleString('en')} cells fit in a run`);
});
