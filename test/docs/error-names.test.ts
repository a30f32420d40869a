import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { serviceErrors } from '../../contract/caught-error.ts';
import { permanentErrors, transientErrors } from '../../contract/errors.ts';
import { remedies } from '../../data-api/faults.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');

/** The rows of the table below a heading: an error's name, and the columns behind it. */
function rowsBelow(heading: string): [name: string, ...columns: string[]][] {
  const section = page.split(`### ${heading}\n`)[1]?.split('\n#')[0] ?? '';
  return [...section.matchAll(/^\| `([\w.]+)` \| (.*) \|$/gm)].map(([, name = '', rest = '']) => [
    name,
    ...rest.split(' | '),
  ]);
}

/** The names with what is known of each, as the table has them. */
const tellsOf = (rows: [string, ...string[]][]) => rows.map(([name, meaning]) => [name, meaning]);

describe('the table of error names in docs/operations.md', () => {
  it('has every error that is tried again, with its meaning', () => {
    expect(tellsOf(rowsBelow('They pass by themselves, and are tried again'))).toEqual(Object.entries(transientErrors));
  });

  it('has every error that stays, with its meaning', () => {
    expect(tellsOf(rowsBelow('They stay until somebody does something'))).toEqual(Object.entries(permanentErrors));
  });

  it('has every error of Step Functions and Lambda that people are told something of', () => {
    expect(tellsOf(rowsBelow('From Step Functions and Lambda'))).toEqual(Object.entries(serviceErrors));
  });

  const told = [
    ...rowsBelow('They pass by themselves, and are tried again'),
    ...rowsBelow('They stay until somebody does something'),
  ];

  it.each(told)('says what to do about %s', (name, _meaning, remedy = '') => {
    expect(remedy).toMatch(/^\S.+\.$/);
    const fault: string | undefined = (remedies as Record<string, string>)[name];
    // The first words of a remedy say of the database what the meaning says; what to do about it comes behind them.
    if (fault !== undefined && /\. \S/.test(fault)) expect(remedy).toBe(fault.replace(/^.*?\. /, ''));
  });
});
