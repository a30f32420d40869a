import { describe, expect, it } from '@jest/globals';
import { loadChoices } from '../../../local/step-functions/choice.ts';
import { Fields } from '../../../local/step-functions/fields.ts';
import type { Json } from '../../../local/step-functions/payload.ts';

const holds = (rule: object, input: Json): boolean => {
  const [choice] = loadChoices(new Fields({ Choices: [{ ...rule, Next: 'X' }] }, 'state "A"'));
  if (choice === undefined) throw new Error('no rule');
  return choice.condition({ input, context: () => ({}) });
};

const v = { Variable: '$.v' };

describe('a choice rule', () => {
  it.each<[object, Json, boolean]>([
    [{ ...v, StringEquals: 'a' }, { v: 'a' }, true],
    [{ ...v, StringEquals: 'a' }, { v: 'b' }, false],
    [{ ...v, StringEquals: '1' }, { v: 1 }, false],
    [{ ...v, StringEqualsPath: '$.w' }, { v: 'a', w: 'a' }, true],
    [{ ...v, BooleanEquals: false }, { v: false }, true],
    [{ ...v, BooleanEquals: false }, { v: null }, false],
    [{ ...v, NumericEquals: 1 }, { v: 1 }, true],
    [{ ...v, NumericEquals: 1 }, { v: '1' }, false],
    [{ ...v, NumericGreaterThan: 1 }, { v: 1 }, false],
    [{ ...v, NumericGreaterThan: 1 }, { v: '2' }, false],
    [{ ...v, NumericGreaterThanEquals: 1 }, { v: 1 }, true],
    [{ ...v, NumericLessThan: 1 }, { v: 0 }, true],
    [{ ...v, NumericLessThanEqualsPath: '$.w' }, { v: 2, w: 1 }, false],
    [{ ...v, IsPresent: true }, { v: null }, true],
    [{ ...v, IsPresent: true }, {}, false],
    [{ ...v, IsPresent: false }, {}, true],
    [{ ...v, IsPresent: false }, { v: 0 }, false],
    [{ ...v, IsNull: true }, { v: null }, true],
    [{ ...v, IsNull: false }, { v: null }, false],
    [{ ...v, IsNumeric: true }, { v: 1 }, true],
    [{ ...v, IsString: true }, { v: 1 }, false],
    [{ ...v, IsBoolean: true }, { v: false }, true],
    [{ Not: { ...v, IsNull: true } }, { v: 1 }, true],
    [
      {
        And: [
          { ...v, IsPresent: true },
          { ...v, NumericEquals: 1 },
        ],
      },
      {},
      false,
    ],
    [
      {
        Or: [
          { ...v, IsPresent: false },
          { ...v, NumericEquals: 1 },
        ],
      },
      {},
      true,
    ],
    [
      {
        Or: [
          { ...v, NumericEquals: 2 },
          { ...v, NumericEquals: 3 },
        ],
      },
      { v: 4 },
      false,
    ],
  ])('%j on %j is %s', (rule, input, expected) => expect(holds(rule, input)).toBe(expected));

  it('blames the variable that is not there, where only IsPresent may ask', () => {
    for (const rule of [{ NumericEquals: 1 }, { IsNull: true }]) {
      expect(() => holds({ ...v, ...rule }, {})).toThrow(/Invalid path '\$\.v'/);
    }
  });
});
