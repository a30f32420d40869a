import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import {
  DEFAULT_LOAD,
  LEAST_LOAD,
  MAX_PAGE_SIZE,
  MAX_SECOND_LOOK_SECONDS,
  MAX_WRITERS,
  STATEMENT_MS_BOUNDS,
} from '../../contract/defaults.ts';
import { executionInputSchema, modes } from '../../contract/payloads.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8');
const section = page.split('## The input of an execution\n')[1]?.split('\n## ')[0] ?? '';
const rows = new Map(
  [...section.matchAll(/^\| `(\w+)` \|([^|]*)\|([^|]*)\|/gm)].map(([, key = '', leftOut = '', says = '']) => [
    key,
    { leftOut: leftOut.trim(), says },
  ]),
);

it('docs/configuration.md has each key of an execution’s input, and no other', () => {
  expect([...rows.keys()].sort()).toEqual(Object.keys(executionInputSchema.shape).sort());
});

it('says what each key is where it is left out', () => {
  const defaults = executionInputSchema.parse({});
  const written = [...rows].flatMap(([key, { leftOut }]) => {
    const value = /^`(.*)`$/.exec(leftOut)?.[1];
    return value === undefined ? [] : [[key, JSON.parse(value)]];
  });
  expect(Object.fromEntries(written)).toEqual(defaults);
});

it('has the bounds of each number, and names every mode', () => {
  const { least, most } = STATEMENT_MS_BOUNDS;
  expect(rows.get('pageSize')?.says).toContain(`1 to ${MAX_PAGE_SIZE}`);
  expect(rows.get('writers')?.says).toContain(`1 to ${MAX_WRITERS}`);
  expect(rows.get('statementMs')?.says).toContain(`${least} to ${most}`);
  expect(rows.get('load')?.says).toContain(`${LEAST_LOAD} to ${DEFAULT_LOAD}`);
  expect(rows.get('secondLookSeconds')?.says).toContain(`0 to ${MAX_SECOND_LOOK_SECONDS}`);
  for (const mode of modes) expect(rows.get('mode')?.says).toContain(`\`${mode}\``);
});

it('has an example that is an input', () => {
  const [, example = ''] = /```json\n(.*)\n```/.exec(section) ?? [];
  expect(executionInputSchema.parse(JSON.parse(example))).toMatchObject({ cells: ['cell1'], writers: 1 });
});
