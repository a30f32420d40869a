import 'aws-cdk-lib/testhelpers/jest-autoclean';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import aslValidator from 'asl-validator';
import { type FunctionName, functionFacts, functionNames } from '../../contract/bundling.ts';
import { permanentErrors, transientErrors } from '../../contract/errors.ts';
import { closeCellSchema, listCellsSchema, mapRangeSchema, openCellSchema } from '../../contract/payloads.ts';
import { readConfig } from '../../lib/config.ts';
import { renderAsl } from '../../lib/rendered-asl.ts';
import { loadMachine } from '../../local/step-functions/load-machine.ts';
import { exampleFile } from './example-stack.ts';

interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds: number;
  MaxAttempts: number;
  BackoffRate: number;
  MaxDelaySeconds: number;
  JitterStrategy: string;
}

interface State {
  Type: string;
  Comment?: string;
  Resource?: string;
  TimeoutSeconds?: number;
  Parameters?: object;
  ItemSelector?: object;
  ToleratedFailurePercentage?: number;
  ItemProcessor?: { ProcessorConfig: object; States: Record<string, State> };
  Retry?: Retrier[];
  Catch?: { ErrorEquals: string[]; ResultPath: string; Next: string }[];
  [field: string]: unknown;
}

const text = readFileSync(join(import.meta.dirname, '../../contract/map-cells.asl.json'), 'utf8');
const definition: { States: Record<string, State> } = JSON.parse(text);
const states = new Map(flatten(definition.States));

/** Lambda's errors that say nothing about the function's work. */
const lambdaErrors = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
  'Runtime.ExitError',
  'States.Timeout',
];
const databaseSteps: FunctionName[] = ['ListCells', 'OpenCell', 'MapRange', 'CloseCell'];

function flatten(level: Record<string, State>): [string, State][] {
  return Object.entries(level).flatMap(([name, state]) => [
    [name, state] as [string, State],
    ...flatten(state.ItemProcessor?.States ?? {}),
  ]);
}

function stateOf(name: string): State {
  const state = states.get(name);
  if (state === undefined) throw new Error(`There is no state ${name}.`);
  return state;
}

function withArns(asl: string): unknown {
  return JSON.parse(asl.replace(/\$\{(\w+)\}/g, 'arn:aws:lambda:eu-central-1:111122223333:function:$1:live'));
}

/** The longest time that a step waits for an error to go away, in seconds. */
function longestWaitSeconds(step: FunctionName, error: string): number {
  const retrier = stateOf(step).Retry?.find(({ ErrorEquals }) => ErrorEquals.includes(error));
  if (retrier === undefined) return 0;
  const { MaxAttempts, IntervalSeconds, BackoffRate, MaxDelaySeconds } = retrier;
  return Array.from({ length: MaxAttempts }, (_, attempt) =>
    Math.min(IntervalSeconds * BackoffRate ** attempt, MaxDelaySeconds),
  ).reduce((sum, wait) => sum + wait, 0);
}

/** The fields that a payload template fills. */
function fieldsOf(template: object | undefined): string[] {
  return Object.keys(template ?? {}).map((field) => field.replace(/\.\$$/, ''));
}

describe('the rendered machine', () => {
  it('is the one in the repository (npm run render)', () => {
    expect(text).toBe(renderAsl(readConfig(exampleFile)));
  });

  it('is valid in the Amazon States Language', () => {
    const { isValid, errorsText } = aslValidator(withArns(text));
    expect({ isValid, problems: isValid ? '' : errorsText() }).toEqual({ isValid: true, problems: '' });
  });

  it('asks nothing of Step Functions that the local engine does not do', () => {
    expect(() => loadMachine(withArns(text))).not.toThrow();
  });

  it('calls each function in the state of its name', () => {
    const called = [...states]
      .filter(([, { Type }]) => Type === 'Task')
      .map(([name, { Resource }]) => [name, Resource]);
    expect(called.sort()).toEqual(functionNames.map((name) => [name, `\${${name}}`]).sort());
  });

  it('has PascalCase states, each with a sentence that says what it is for', () => {
    for (const [name, { Comment }] of states) {
      expect(name).toMatch(/^([A-Z][a-z]+)+\??$/);
      expect(Comment).toMatch(/^[A-Z].+\.$/);
    }
  });
});

describe('every step is given what its schema asks for', () => {
  it.each([
    ['ListCells', fieldsOf(stateOf('ListCells').Parameters), listCellsSchema],
    ['OpenCell', fieldsOf(stateOf('MapEachCell').ItemSelector), openCellSchema],
    ['MapRange', fieldsOf(stateOf('MapEachRange').ItemSelector), mapRangeSchema],
    ['CloseCell', fieldsOf(stateOf('CloseCell').Parameters), closeCellSchema],
  ] as const)('%s', (_name, given, schema) => {
    expect([...given].sort()).toEqual(Object.keys(schema.shape).sort());
  });
});

describe('a cell that fails never stops the others', () => {
  it.each(['OpenCell', 'MapEachRange', 'CloseCell'])('an error of %s is recorded by CellFailed', (name) => {
    expect(stateOf(name).Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'CellFailed' }]);
  });

  it('an error of a range ends only that range', () => {
    expect(stateOf('MapRange').Catch).toEqual([
      { ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'RangeFailed' },
    ]);
    expect(stateOf('RangeFailed')).toMatchObject({ Type: 'Pass', End: true });
  });

  it('a child execution that fails uncaught is tolerated, and the map itself leads to CloseRun whatever happens', () => {
    const map = stateOf('MapEachCell');
    expect(map.ToleratedFailurePercentage).toBe(100);
    // States.ALL does not match the error of answers that are too large together.
    expect(map.Catch).toEqual(
      ['States.DataLimitExceeded', 'States.ALL'].map((error) => ({
        ErrorEquals: [error],
        ResultPath: '$.mapError',
        Next: 'CloseRun',
      })),
    );
    expect(map.Next).toBe('CloseRun');
  });

  it('each cell has a history of its own', () => {
    expect(stateOf('MapEachCell').ItemProcessor?.ProcessorConfig).toEqual({
      Mode: 'DISTRIBUTED',
      ExecutionType: 'STANDARD',
    });
  });
});

describe('an error is retried', () => {
  it.each(databaseSteps)('in %s when it is transient, each by its name', (step) => {
    const retried = (stateOf(step).Retry ?? []).flatMap(({ ErrorEquals }) => ErrorEquals);
    expect(retried).toEqual(expect.arrayContaining(Object.keys(transientErrors)));
  });

  it.each(functionNames)("in %s when it is Lambda's own", (step) => {
    const retried = (stateOf(step).Retry ?? []).flatMap(({ ErrorEquals }) => ErrorEquals);
    expect(retried).toEqual(expect.arrayContaining(lambdaErrors));
  });

  it.each(functionNames)('never in %s when a repetition does not mend it', (step) => {
    const retried = (stateOf(step).Retry ?? []).flatMap(({ ErrorEquals }) => ErrorEquals);
    const unmendable = [...Object.keys(permanentErrors), 'States.ALL', 'States.TaskFailed'];
    expect(retried.filter((error) => unmendable.includes(error))).toEqual([]);
    expect(new Set(retried).size).toBe(retried.length);
  });

  it('after waits that are spread by full jitter and capped', () => {
    for (const retrier of [...states.values()].flatMap(({ Retry = [] }) => Retry)) {
      expect(retrier.JitterStrategy).toBe('FULL');
      expect(retrier.MaxDelaySeconds).toBeLessThanOrEqual(20);
    }
  });

  it('within seconds where a database is down before anything was written, and for a failover where work is under way', () => {
    for (const step of ['ListCells', 'OpenCell'] as const) {
      expect(longestWaitSeconds(step, 'DatabaseUnavailable')).toBeLessThanOrEqual(5);
    }
    for (const step of ['MapRange', 'CloseCell'] as const) {
      expect(longestWaitSeconds(step, 'DatabaseUnavailable')).toBeGreaterThanOrEqual(60);
    }
  });

  it.each(databaseSteps)('in %s for long enough that a paused Aurora has resumed', (step) => {
    expect(longestWaitSeconds(step, 'DatabaseResuming')).toBeGreaterThanOrEqual(60);
  });
});

it.each(functionNames)("%s's own timeout comes before that of its state", (name) => {
  expect(stateOf(name).TimeoutSeconds).toBeGreaterThan(functionFacts[name].timeoutSeconds);
});
