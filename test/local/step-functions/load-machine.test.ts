import { describe, expect, it } from '@jest/globals';
import { loadMachine } from '../../../local/step-functions/load-machine.ts';
import { arn, machine, task } from './harness.ts';

const pass = { Type: 'Pass', End: true };
const choice = (rule: object) => ({
  A: { Type: 'Choice', Choices: [{ ...rule, Next: 'B' }] },
  B: pass,
});
const inlineMap = (fields: object, processor: object = {}) => ({
  A: { Type: 'Map', ItemProcessor: { ...machine({ Inner: pass }), ...processor }, End: true, ...fields },
});
const distributed = { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } };

const refusal = (definition: unknown): string => {
  try {
    loadMachine(definition);
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return 'loaded';
};

describe('loadMachine', () => {
  it.each<[string, Record<string, object>, string]>([
    ['an unknown field', { A: task('f', { HeartbeatSeconds: 5, End: true }) }, 'state "A": field "HeartbeatSeconds"'],
    ['an unknown state type', { A: { Type: 'Parallel', End: true } }, 'state "A": field "Type" is Parallel'],
    [
      'another resource',
      { A: { ...task('f'), Resource: 'arn:aws:states:::lambda:invoke' } },
      'state "A": field "Resource"',
    ],
    ['an unresolved token', { A: { ...task('f'), Resource: '$' + '{Token}' } }, 'state "A": field "Resource"'],
    ['JSONata', { A: { ...pass, QueryLanguage: 'JSONata' } }, 'state "A": field "QueryLanguage"'],
    ['variables', { A: { ...pass, Assign: { x: 1 } } }, 'state "A": field "Assign"'],
    ['a wildcard path', { A: { ...pass, InputPath: '$.a[*]' } }, 'state "A": field "InputPath" $.a[*]'],
    ['a deep path', { A: { ...pass, OutputPath: '$..a' } }, 'state "A": field "OutputPath" $..a'],
    ['a filter path', { A: { ...pass, InputPath: '$.a[?(@.b)]' } }, 'state "A": field "InputPath"'],
    ['a negative index', { A: { ...pass, InputPath: '$.a[-1]' } }, 'state "A": field "InputPath"'],
    ['a result put into the context', { A: { ...pass, ResultPath: '$$.State.Name' } }, 'state "A": field "ResultPath"'],
    [
      'an unknown context field',
      { A: { ...pass, Parameters: { 't.$': '$$.Task.Token' } } },
      'state "A": field "Parameters: t.$"',
    ],
    ['the whole context', { A: { ...pass, Parameters: { 't.$': '$$' } } }, 'state "A": field "Parameters: t.$"'],
    [
      'an intrinsic function',
      { A: { ...pass, Parameters: { a: [{ 'u.$': 'States.UUID()' }] } } },
      'field "Parameters: u.$" uses the intrinsic function States.UUID',
    ],
    ['a reference that is no path', { A: { ...pass, Parameters: { 'u.$': 5 } } }, 'state "A": field "Parameters: u.$"'],
    [
      'a field given twice',
      { A: { ...pass, Parameters: { u: 5, 'u.$': '$' } } },
      'state "A": field "Parameters: u.$" is given twice',
    ],
    ['a dangling Next', { A: { Type: 'Pass', Next: 'B' } }, 'state "A": field "Next" names B'],
    [
      'a dangling Catch',
      { A: task('f', { Catch: [{ ErrorEquals: ['X'], Next: 'B' }], End: true }) },
      'state "A": field "Catch" names B',
    ],
    [
      'a dangling Default',
      { A: { Type: 'Choice', Choices: [{ Variable: '$', IsNull: true, Next: 'A' }], Default: 'B' } },
      'state "A": field "Default" names B',
    ],
    ['an unreachable state', { A: pass, B: pass }, 'state "B": cannot be reached'],
    ['a state without an end', { A: { Type: 'Pass' } }, 'state "A": field "Next" or "End" must be given'],
    [
      'a state with two ends',
      { A: { Type: 'Pass', Next: 'A', End: true } },
      'state "A": field "Next" or "End" must be given',
    ],
    [
      'an unknown operator',
      choice({ Variable: '$', StringMatches: 'a*' }),
      'state "A", Choices[0]: field "StringMatches"',
    ],
    [
      'two operators in a rule',
      choice({ Variable: '$', IsNull: true, IsString: true }),
      'state "A", Choices[0]: field "IsString"',
    ],
    [
      'an operator deep in a rule',
      choice({ And: [{ Not: { Variable: '$', TimestampEquals: '' } }] }),
      'state "A", Choices[0], And[0], Not: field "TimestampEquals"',
    ],
    [
      'a comparison of the wrong type',
      choice({ Variable: '$', NumericEquals: '1' }),
      'state "A", Choices[0]: field "NumericEquals" must be a number',
    ],
    ['a rule without a comparison', choice({ Variable: '$' }), 'state "A", Choices[0]: field "Variable"'],
    [
      'an unknown jitter',
      { A: task('f', { Retry: [{ ErrorEquals: ['X'], JitterStrategy: 'SOME' }], End: true }) },
      'state "A", Retry[0]: field "JitterStrategy"',
    ],
    [
      'an unknown field of a retrier',
      { A: task('f', { Retry: [{ ErrorEquals: ['X'], MaxTries: 1 }], End: true }) },
      'state "A", Retry[0]: field "MaxTries"',
    ],
    [
      'States.ALL beside others',
      { A: task('f', { Retry: [{ ErrorEquals: ['X', 'States.ALL'] }], End: true }) },
      'state "A", Retry[0]: field "ErrorEquals" must have States.ALL alone',
    ],
    [
      'States.ALL before others',
      { A: task('f', { Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['X'] }], End: true }) },
      'state "A", Retry[0]: field "ErrorEquals" must have States.ALL alone',
    ],
    ['an output of Retry', { A: { ...pass, Retry: [] } }, 'state "A": field "Retry"'],
    ['the old field for a processor', inlineMap({ Iterator: {} }), 'state "A": field "Iterator"'],
    ['an item reader', inlineMap({ ItemReader: {} }, distributed), 'state "A": field "ItemReader"'],
    ['a result writer', inlineMap({ ResultWriter: {} }, distributed), 'state "A": field "ResultWriter"'],
    [
      'a tolerance on an inline map',
      inlineMap({ ToleratedFailurePercentage: 5 }),
      'state "A": field "ToleratedFailurePercentage"',
    ],
    ['a label with special characters', inlineMap({ Label: 'a b' }, distributed), 'state "A": field "Label"'],
    [
      'express children',
      inlineMap({}, { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' } }),
      'state "A", ItemProcessor, ProcessorConfig: field "ExecutionType"',
    ],
    [
      'a bad state in a processor',
      inlineMap({}, { States: { Inner: task('f', { Credentials: {}, End: true }) } }),
      'state "Inner": field "Credentials"',
    ],
    [
      'a processor without a start',
      inlineMap({}, { StartAt: 'Elsewhere' }),
      'state "A", ItemProcessor: field "StartAt" names Elsewhere',
    ],
    ['one name in two flows', inlineMap({}, { StartAt: 'A', States: { A: pass } }), 'field "A" exists twice'],
    [
      'both a value and a path',
      { A: { Type: 'Wait', Seconds: 1, SecondsPath: '$.s', End: true } },
      'state "A": field "SecondsPath"',
    ],
    [
      'a time of day',
      { A: { Type: 'Wait', Timestamp: '2026-01-01T00:00:00Z', End: true } },
      'state "A": field "Seconds" is missing',
    ],
    ['a filter on Fail', { A: { Type: 'Fail', InputPath: '$.a' } }, 'state "A": field "InputPath"'],
  ])('refuses %s by state and field', (_, states, complaint) => {
    expect(refusal(machine(states))).toContain(`InvalidDefinition: `);
    expect(refusal(machine(states))).toContain(complaint);
  });

  it.each([
    ['no object', [], 'state machine: must be an object'],
    [
      'another query language',
      { ...machine({ A: pass }), QueryLanguage: 'JSONata' },
      'state machine: field "QueryLanguage"',
    ],
    ['an unknown field', { ...machine({ A: pass }), Tags: [] }, 'state machine: field "Tags"'],
    ['a dangling StartAt', { ...machine({ A: pass }), StartAt: 'B' }, 'state machine: field "StartAt" names B'],
  ])('refuses a machine with %s', (_, definition, complaint) => {
    expect(refusal(definition)).toContain(complaint);
  });

  it('loads comments, aliases of functions and every supported field', () => {
    const definition = {
      Comment: 'all of it',
      QueryLanguage: 'JSONPath',
      TimeoutSeconds: 60,
      ...machine({
        Ask: {
          ...task('f', { Comment: 'asks', InputPath: '$.a', OutputPath: null, ResultPath: null, Next: 'Each' }),
          Resource: `${arn('f')}:live`,
          TimeoutSeconds: 5,
          Retry: [
            {
              ErrorEquals: ['States.ALL'],
              IntervalSeconds: 1,
              MaxAttempts: 0,
              MaxDelaySeconds: 9,
              BackoffRate: 1.5,
              JitterStrategy: 'FULL',
            },
          ],
          Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Each' }],
        },
        Each: {
          Type: 'Map',
          Label: 'cells',
          ItemsPath: '$.cells',
          ItemSelector: { 'uuid.$': '$$.Map.Item.Value.uuid', 'at.$': '$$.Map.Item.Index' },
          MaxConcurrencyPath: '$.cellsAtOnce',
          ToleratedFailurePercentage: 100,
          ItemProcessor: { ...distributed, ...machine({ Inner: pass }) },
          End: true,
        },
      }),
    };
    expect(loadMachine(definition).states.size).toBe(2);
  });
});
