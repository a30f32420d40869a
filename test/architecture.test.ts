import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  COMPUTED,
  fileOf,
  findCycle,
  folderOf,
  forbiddenImports,
  type ImportRule,
  importsOf,
  readImports,
} from './imports.ts';

/** Who may import whom. `lib` and `local` name function files by path and never import them. */
const rules: Record<string, ImportRule> = {
  domain: { folders: [], packages: [] },
  contract: { folders: ['domain'], packages: ['zod'] },
  'data-api': { folders: ['domain', 'contract'], packages: ['@aws-sdk/client-rds-data', 'node:crypto'] },
  functions: {
    folders: ['domain', 'contract', 'data-api'],
    packages: [
      '@middy/*',
      '@aws-lambda-powertools/*',
      '@aws-sdk/client-rds-data',
      '@aws-sdk/client-s3',
      '@aws-sdk/client-sfn',
      '@aws-sdk/client-sns',
      '@aws-sdk/client-ssm',
      'aws-lambda',
      'zod',
    ],
  },
  lib: { folders: ['domain', 'contract'], packages: ['aws-cdk-lib', 'constructs', 'zod', 'node:*'] },
  // The bundle of a function is imported by its path, which is known only when it runs.
  local: { folders: ['domain', 'contract'], packages: ['mysql2', 'pg', 'esbuild', 'node:*', COMPUTED] },
  cli: {
    folders: ['domain', 'contract', 'local'],
    packages: [
      '@aws-sdk/client-cloudformation',
      '@aws-sdk/client-s3',
      '@aws-sdk/client-sfn',
      'cli-table3',
      'commander',
      'd3-scale',
      'd3-shape',
      'log-update',
      'string-width',
      'zod',
      'node:*',
    ],
  },
  examples: { folders: ['lib'], packages: ['aws-cdk-lib', 'cdk-nag', 'constructs'] },
  bin: { folders: ['lib', 'cli'], packages: ['aws-cdk-lib', 'cdk-nag', 'constructs', 'node:*'] },
};

/** What tests and measurements import is their own business. */
const free = ['test', 'bench'];

const root = join(import.meta.dirname, '..');
const imports = readImports(root, Object.keys(rules));

describe('the sources', () => {
  it.each(Object.keys(rules))('%s/ imports only what its rule allows', (folder) => {
    const rule = rules[folder] ?? { folders: [], packages: [] };
    const forbidden = [...imports]
      .filter(([file]) => folderOf(file) === folder)
      .flatMap(([file, specifiers]) => forbiddenImports(file, specifiers, rule).map((name) => `${file}: ${name}`));
    expect(forbidden).toEqual([]);
  });

  it('have no cycle of files that import one another', () => {
    const files = new Map(
      [...imports].map(([file, names]) => [file, names.flatMap((name) => fileOf(name, file) ?? [])]),
    );
    expect(findCycle(files)).toBeUndefined();
  });

  it('are all in a folder that has a rule', () => {
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$|cdk\.out$|dist$|coverage$)/.test(entry.name))
      .filter(({ name }) =>
        readdirSync(join(root, name), { recursive: true }).some((file) => /\.ts$/.test(String(file))),
      )
      .map(({ name }) => name);
    expect(folders.filter((folder) => !(folder in rules) && !free.includes(folder))).toEqual([]);
  });
});

describe('the check itself', () => {
  it.each([
    ['static', "import { a } from './a.ts';"],
    ['type-only', "import type { A } from './a.ts';"],
    ['inline type', "import { type A } from './a.ts';"],
    ['default', "import a from './a.ts';"],
    ['namespace', "import * as a from './a.ts';"],
    ['for its effects', "import './a.ts';"],
    ['with attributes', "import a from './a.ts' with { type: 'json' };"],
    ['dynamic', "const a = async () => (await import('./a.ts')).a;"],
    ['in a type', "let a: import('./a.ts').A | undefined;"],
    ['of a whole type', "type A = typeof import('./a.ts');"],
    ['export from', "export { a } from './a.ts';"],
    ['type-only export from', "export type { A } from './a.ts';"],
    ['export all', "export * from './a.ts';"],
    ['export all as', "export * as a from './a.ts';"],
    ['require', "const a = require('./a.ts');"],
    ['import equals', "import a = require('./a.ts');"],
  ])('sees an import: %s', (_kind, source) => {
    expect(importsOf(source)).toEqual(['./a.ts']);
  });

  it('sees that an import is computed', () => {
    expect(importsOf('await import(file);')).toEqual([COMPUTED]);
  });

  it('takes nothing else for an import', () => {
    expect(importsOf("const a = 'import x from y'; export { a }; // import './b.ts'")).toEqual([]);
  });

  it.each([
    ['domain/page.ts', '../contract/errors.ts'],
    ['domain/page.ts', 'zod'],
    ['domain/page.ts', 'node:fs'],
    ['contract/payloads.ts', '../data-api/sql.ts'],
    ['data-api/stores.ts', '../functions/step.ts'],
    ['data-api/stores.ts', '@aws-sdk/client-s3'],
    ['functions/map-range.ts', '../local/ssm.ts'],
    ['functions/map-range.ts', 'aws-cdk-lib'],
    ['lib/cellmap-stack.ts', '../functions/map-range.ts'],
    ['local/functions/pool.ts', '../../functions/map-range.ts'],
    ['local/functions/pool.ts', '@aws-sdk/client-s3'],
    ['cli/run.ts', '../functions/map-range.ts'],
    ['cli/run.ts', '@aws-sdk/client-ssm'],
    ['bin/cellmap.ts', '../domain/result.ts'],
    ['bin/cellmap.ts', 'commander'],
    ['contract/payloads.ts', 'zodiac'],
  ])('%s may not import %s', (file, specifier) => {
    const rule = rules[folderOf(file)] ?? { folders: [], packages: ['*'] };
    expect(forbiddenImports(file, [specifier], rule)).toEqual([specifier]);
  });

  it.each([
    ['domain/page.ts', './range.ts'],
    ['local/functions/pool.ts', '../endpoint.ts'],
    ['functions/step.ts', '@middy/core'],
    ['local/data-api/pool.ts', 'mysql2/promise'],
    ['lib/map-machine.ts', 'aws-cdk-lib/aws-stepfunctions'],
  ])('%s may import %s', (file, specifier) => {
    const rule = rules[folderOf(file)] ?? { folders: [], packages: [] };
    expect(forbiddenImports(file, [specifier], rule)).toEqual([]);
  });

  it('sees a cycle of several files, and of one', () => {
    const cycle = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', []],
      ['d', ['b']],
    ]);
    expect(findCycle(cycle)).toEqual(['b', 'd', 'b']);
    expect(findCycle(new Map([['a', ['a']]]))).toEqual(['a', 'a']);
    expect(
      findCycle(
        new Map([
          ['a', ['b', 'c']],
          ['b', ['c']],
          ['c', []],
        ]),
      ),
    ).toBeUndefined();
  });
});
