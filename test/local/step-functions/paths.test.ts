import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parsePath, readPath, writePath } from '../../../local/step-functions/paths.ts';
import type { Json } from '../../../local/step-functions/payload.ts';
import { fillTemplate, parseTemplate } from '../../../local/step-functions/templates.ts';

const sources = (input: Json, context: Json = {}) => ({ input, context: () => context });

const path = (text: string) => {
  const parsed = parsePath(text);
  if (parsed === null) throw new Error(`${text} is no path`);
  return parsed;
};

const refuse = (field: string, why: string): never => {
  throw new Error(`${field} ${why}`);
};

const json = fc.jsonValue({ noNegativeZero: true } as object) as fc.Arbitrary<Json>;
const names = fc.array(fc.string(), { maxLength: 4 });
const bracketed = (steps: string[]) => `$${steps.map((step) => `['${step.replace(/[\\']/g, '\\$&')}']`).join('')}`;

describe('reference paths', () => {
  it.each<[string, Json | undefined]>([
    ['$', { a: { b: [{ 'c d': 1 }] }, 'x-y': null }],
    ["$.a.b[0]['c d']", 1],
    ['$["a"].b', [{ 'c d': 1 }]],
    ['$.x-y', null],
    ['$.a.b[1]', undefined],
    ['$.a.b.length', undefined],
    ['$.constructor', undefined],
    ['$.a[0]', undefined],
  ])('%s reads %j', (text, expected) => {
    expect(readPath(path(text), sources({ a: { b: [{ 'c d': 1 }] }, 'x-y': null }))).toEqual(expected);
  });

  it('read the context object behind $$', () => {
    expect(readPath(path('$$.Execution.Input.a'), sources({ a: 1 }, { Execution: { Input: { a: 2 } } }))).toBe(2);
  });

  it.each(['a', '$a', '$.', '$.a.', '$[*]', '$..a', '$.a[1:2]', '$.a[?(@)]', "$['a", '$.a.length()', '$$.Task.Token'])(
    '%s is not one',
    (text) => expect(parsePath(text)).toBeNull(),
  );

  it('read back what was written, and leave everything else as it was', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), names, json, (target, steps, value) => {
        const at = path(bracketed(steps));
        const before = structuredClone(target);
        let written: Json;
        try {
          written = writePath(at, target, value);
        } catch (error) {
          expect((error as Error).name).toBe('States.ResultPathMatchFailure');
          return;
        }
        expect(readPath(at, sources(written))).toEqual(value);
        expect(target).toEqual(before);
        const [first] = steps;
        if (first === undefined) return;
        for (const other of Object.keys(target)) {
          if (other !== first) expect((written as Record<string, Json>)[other]).toEqual(target[other]);
        }
      }),
    );
  });

  it('replace an array element that exists and refuse one that does not', () => {
    expect(writePath(path('$.a[1].b'), { a: [0, {}] }, 5)).toEqual({ a: [0, { b: 5 }] });
    const beyond = () => writePath(path('$.a[2]'), { a: [0, 1] }, 5);
    expect(beyond).toThrow(expect.objectContaining({ name: 'States.ResultPathMatchFailure' }));
  });
});

describe('payload templates', () => {
  it('take fields that end in .$ from their paths, at any depth', () => {
    const template = parseTemplate({ a: 1, 'b.$': '$.x', c: [{ 'd.$': '$$.State.Name', 'e.$': '$' }] }, refuse);
    expect(fillTemplate(template, sources({ x: [7] }, { State: { Name: 'S' } }))).toEqual({
      a: 1,
      b: [7],
      c: [{ d: 'S', e: { x: [7] } }],
    });
  });

  it('without references are what they say', () => {
    const plain = json.filter((value) => !JSON.stringify(value).includes('.$"'));
    fc.assert(
      fc.property(plain, (value) => {
        expect(JSON.stringify(fillTemplate(parseTemplate(value, refuse), sources({})))).toBe(JSON.stringify(value));
      }),
    );
  });

  it('name the field whose path finds nothing', () => {
    const template = parseTemplate({ inner: { 'cell.$': '$.missing' } }, refuse);
    expect(() => fillTemplate(template, sources({}))).toThrow(/'\$\.missing' specified for the field 'cell\.\$'/);
  });
});
