import 'aws-cdk-lib/testhelpers/jest-autoclean';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import aslValidator from 'asl-validator';
import { type FunctionName, functionFacts, functionNames } from '../../contract/bundling.ts';
import { permanentErrors, transientErrors } from '../../contract/errors.ts';
import {
  cellFailedSchema,
  changeMappingsSchema,
  checkPassedOverSchema,
  closeCellSchema,
  closeRunSchema,
  compareCellSchema,
  digestInstancesSchema,
  digestMappingsSchema,
  examineSuspectsSchema,
  findSuspectsSchema,
  listCellsSchema,
  type Mode,
  mapRangeSchema,
  modes,
  openCellSchema,
} from '../../contract/payloads.ts';
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

interface Rule {
  Variable?: string;
  StringEquals?: string;
  BooleanEquals?: boolean;
  Or?: Rule[];
  Next?: string;
}

interface State {
  Type: string;
  Comment?: string;
  Resource?: string;
  TimeoutSeconds?: number;
  Parameters?: object;
  ItemSelector?: object;
  ToleratedFailurePercentage?: number;
  ItemProcessor?: { ProcessorConfig: object; StartAt: string; States: Record<string, State> };
  Choices?: Rule[];
  Default?: string;
  Next?: string;
  ResultPath?: string | null;
  Retry?: Retrier[];
  Catch?: { ErrorEquals: string[]; ResultPath: string; Next: string }[];
  [field: string]: unknown;
}

const text = readFileSync(join(import.meta.dirname, '../../contract/map-cells.asl.json'), 'utf8');
const definition: { StartAt: string; States: Record<string, State> } = JSON.parse(text);
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
const databaseSteps: FunctionName[] = [
  'ListCells',
  'OpenCell',
  'MapRange',
  'CloseCell',
  'DigestMappings',
  'DigestInstances',
  'CompareCell',
  'ExamineSuspects',
  'ChangeMappings',
];

/** Each loop over turns: the inline Map that it is the whole of, its step, and the states that end it. */
const loops = [
  { map: 'DigestEachMappingRange', step: 'DigestMappings', choice: 'MappingsDigested?', end: 'MappingsDigested' },
  { map: 'DigestEachInstanceRange', step: 'DigestInstances', choice: 'InstancesDigested?', end: 'InstancesDigested' },
  { map: 'ExamineEachPart', step: 'ExamineSuspects', choice: 'SuspectsExamined?', end: 'SuspectsExamined' },
  { map: 'ChangeEachPart', step: 'ChangeMappings', choice: 'MappingsChanged?', end: 'MappingsChanged' },
  { map: 'MapEachRange', step: 'MapRange', choice: 'RangeDone?', end: 'RangeMapped' },
] as const;

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

/** What a choice can know beforehand: everything else may turn out either way. */
interface Known {
  mode: Mode;
  apply: boolean;
  passOver: boolean;
}

/** Whether a rule holds, or undefined where that depends on what the run finds. */
function holds({ Variable, StringEquals, BooleanEquals, Or }: Rule, known: Known): boolean | undefined {
  const { mode, apply, passOver } = known;
  if (Or !== undefined) {
    const answers = Or.map((rule) => holds(rule, known));
    return answers.includes(true) || (answers.includes(undefined) ? undefined : false);
  }
  if (Variable === '$.settings.mode') return StringEquals === mode;
  if (Variable === '$.settings.apply') return BooleanEquals === apply;
  if (Variable === '$.settings.passOver') return BooleanEquals === passOver;
  if (Variable === '$.opened.cell.passedOver' && !passOver) return false;
  return undefined;
}

function nextOf({ Type, Choices = [], Default, Next }: State, known: Known): (string | undefined)[] {
  if (Type !== 'Choice') return [Next];
  const certain = Choices.findIndex((rule) => holds(rule, known) === true);
  const open = Choices.slice(0, certain < 0 ? Choices.length : certain).filter((rule) => holds(rule, known) !== false);
  return [...open.map((rule) => rule.Next), certain < 0 ? Default : Choices[certain]?.Next];
}

/** The states that a run enters where nothing fails, in the order in which they are met. */
function pathOf(known: Known, startAt = definition.StartAt, level = definition.States): string[] {
  const met = new Set<string>();
  const open = [startAt];
  for (let name = open.shift(); name !== undefined; name = open.shift()) {
    const state = level[name];
    if (met.has(name) || state === undefined) continue;
    met.add(name);
    if (state.ItemProcessor) {
      for (const inner of pathOf(known, state.ItemProcessor.StartAt, state.ItemProcessor.States)) met.add(inner);
    }
    open.push(...nextOf(state, known).filter((next) => next !== undefined));
  }
  return [...met];
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
    ['CheckPassedOver', fieldsOf(stateOf('CheckPassedOver').Parameters), checkPassedOverSchema],
    ['DigestMappings', fieldsOf(stateOf('DigestEachMappingRange').ItemSelector), digestMappingsSchema],
    ['DigestInstances', fieldsOf(stateOf('DigestEachInstanceRange').ItemSelector), digestInstancesSchema],
    ['ExamineSuspects', fieldsOf(stateOf('ExamineEachPart').ItemSelector), examineSuspectsSchema],
    ['ChangeMappings', fieldsOf(stateOf('ChangeEachPart').ItemSelector), changeMappingsSchema],
  ] as const)('%s', (_name, given, schema) => {
    expect([...given].sort()).toEqual(Object.keys(schema.shape).sort());
  });

  it('ChangeMappings, with a progress of its own', () => {
    const selector = stateOf('ChangeEachPart').ItemSelector as { progress: object };
    expect(fieldsOf(selector.progress).sort()).toEqual(Object.keys(changeMappingsSchema.shape.progress.shape).sort());
  });

  /** What the states of a level leave beside what the level began with. */
  const left = (level: Record<string, State>): string[] =>
    Object.values(level).flatMap(({ ResultPath, Catch = [] }) =>
      [ResultPath, ...Catch.map((each) => each.ResultPath)].flatMap((path) => path?.replace(/^\$\./, '') ?? []),
    );
  const ofRun = ['settings', 'cells', 'mappingRanges', 'found', 'examined', 'usage', ...left(definition.States)];
  const ofCell = ['settings', 'uuid', ...left(stateOf('MapEachCell').ItemProcessor?.States ?? {})];

  it.each([
    ['FindSuspects', ofRun, findSuspectsSchema],
    ['CloseRun', ofRun, closeRunSchema],
    ['CompareCell', ofCell, compareCellSchema],
    ['CellFailed', ofCell, cellFailedSchema],
  ] as const)('%s, out of all that the states before it left', (name, state, schema) => {
    expect(stateOf(name)).not.toHaveProperty('Parameters');
    expect(state).toEqual(expect.arrayContaining(Object.keys(schema.shape)));
  });

  it('the Maps, where the steps before them leave their items', () => {
    const items = [...states]
      .filter(([, { Type }]) => Type === 'Map')
      .map(([name, { ItemsPath }]) => [name, ItemsPath]);
    expect(Object.fromEntries(items)).toEqual({
      DigestEachMappingRange: '$.mappingRanges',
      MapEachCell: '$.cells',
      DigestEachInstanceRange: '$.opened.digests',
      MapEachRange: '$.opened.ranges',
      ExamineEachPart: '$.found.parts',
      ChangeEachPart: '$.examined',
    });
    expect(stateOf('ListCells').ResultPath).toBeUndefined();
    expect(stateOf('OpenCell').ResultPath).toBe('$.opened');
    expect(stateOf('FindSuspects').ResultPath).toBe('$.found');
    expect(stateOf('ExamineEachPart').ResultPath).toBe('$.examined');
  });

  it('WaitForSecondLook, how long to wait', () => {
    expect(stateOf('WaitForSecondLook')).toMatchObject({ Type: 'Wait', SecondsPath: '$.found.waitSeconds' });
  });
});

describe('a run goes', () => {
  const end = ['CloseRun', 'RunFailed?', 'RunFailed', 'RunFinished'];
  const mapping = [
    'MapEachCell',
    'OpenCell',
    'ToVerify?',
    'MapEachRange',
    'MapRange',
    'RangeDone?',
    'Pause',
    'RangeMapped',
    'PassedOver?',
    'CloseCell',
  ];
  const digesting = ['DigestEachMappingRange', 'DigestMappings', 'MappingsDigested?', 'MappingsDigested'];
  const firstLook = [
    ...digesting,
    ...['MapEachCell', 'OpenCell', 'ToVerify?'],
    ...['DigestEachInstanceRange', 'DigestInstances', 'InstancesDigested?', 'InstancesDigested'],
    ...['CompareCell', 'CellCompared?', 'CellCompared', 'WasVerified?'],
  ];
  const examining = ['ExamineEachPart', 'ExamineSuspects', 'SuspectsExamined?', 'SuspectsExamined', 'ToChange?'];
  const secondLook = ['FindSuspects', 'AnySuspects?', 'WaitForSecondLook', ...examining];
  const changing = ['ChangeEachPart', 'ChangeMappings', 'MappingsChanged?', 'MappingsChanged'];
  const begin = ['ListCells', 'WhatToDo?'];
  const paths: { mode: Mode; apply?: boolean; passOver?: boolean; path: string[] }[] = [
    ...(['map', 'plan', 'cells'] as const).map((mode) => ({
      mode,
      path: [...begin, ...mapping, 'WasVerified?', ...end],
    })),
    ...(['map', 'plan'] as const).map((mode) => ({
      mode,
      passOver: true,
      path: [...begin, ...digesting, ...mapping, 'CheckPassedOver', 'WasVerified?', ...end],
    })),
    { mode: 'verify', path: [...begin, ...firstLook, ...secondLook, ...end] },
    { mode: 'repair', path: [...begin, ...firstLook, ...secondLook, ...end] },
    { mode: 'repair', apply: true, path: [...begin, ...firstLook, ...secondLook, ...changing, ...end] },
    { mode: 'explain', path: [...begin, ...examining, ...end] },
    { mode: 'undo', path: [...begin, ...changing, ...end] },
  ];

  it.each(paths)('to $mode (apply: $apply, passing over: $passOver) through its own states and no others', (way) => {
    const { mode, apply = false, passOver = false, path } = way;
    expect(pathOf({ mode, apply, passOver }).sort()).toEqual([...path].sort());
  });

  it('in every mode, and no state is left over but those for errors', () => {
    expect(new Set(paths.map(({ mode }) => mode))).toEqual(new Set(modes));
    const met = new Set(
      paths.flatMap(({ mode, apply = false, passOver = false }) => pathOf({ mode, apply, passOver })),
    );
    expect([...states.keys()].filter((name) => !met.has(name)).sort()).toEqual(['CellFailed', 'RangeFailed']);
  });

  it('on to change mappings only where it is told to apply, or to undo', () => {
    for (const mode of modes) {
      const changes = pathOf({ mode, apply: false, passOver: false }).includes('ChangeMappings');
      expect({ mode, changes }).toEqual({ mode, changes: mode === 'undo' });
    }
  });
});

describe('a loop', () => {
  it.each(loops)('of $step goes on with its own progress until that says it is done', (loop) => {
    const { map, step, choice, end } = loop;
    const pause = { Variable: '$.progress.restraint.pauseSeconds', NumericGreaterThan: 0, Next: 'Pause' };
    const others = map === 'MapEachRange' ? [pause] : [];
    const { ItemProcessor, ItemSelector } = stateOf(map);
    expect(ItemProcessor).toMatchObject({ ProcessorConfig: { Mode: 'INLINE' }, StartAt: step });
    expect(ItemSelector).toHaveProperty(['settings.$'], '$.settings');
    expect(stateOf(step)).toMatchObject({ ResultPath: '$.progress', Next: choice });
    expect(stateOf(choice)).toMatchObject({
      Choices: [{ Variable: '$.progress.done', BooleanEquals: true, Next: end }, ...others],
      Default: step,
    });
  });

  it('of MapRange waits where its progress says so, and goes on', () => {
    expect(stateOf('Pause')).toEqual({
      Type: 'Wait',
      Comment: expect.any(String),
      SecondsPath: '$.progress.restraint.pauseSeconds',
      Next: 'MapRange',
    });
  });

  it('goes through what is in doubt after it was passed over, and then closes the cell', () => {
    expect(stateOf('MapEachRange').Next).toBe('PassedOver?');
    expect(stateOf('PassedOver?')).toMatchObject({
      Choices: [{ Variable: '$.opened.cell.passedOver', BooleanEquals: true, Next: 'CheckPassedOver' }],
      Default: 'CloseCell',
    });
    expect(stateOf('CheckPassedOver')).toMatchObject({ ResultPath: '$.opened', Next: 'MapEachRange' });
  });

  it.each(loops.slice(0, 4))('of $step hands on its last progress and nothing else', ({ end }) => {
    expect(stateOf(end)).toMatchObject({ Type: 'Succeed', OutputPath: '$.progress' });
  });

  it('of CompareCell goes on until the cell is compared, and the child returns little', () => {
    expect(stateOf('CompareCell')).toMatchObject({ ResultPath: '$.compared', Next: 'CellCompared?' });
    expect(stateOf('CellCompared?')).toMatchObject({
      Choices: [{ Variable: '$.compared.done', BooleanEquals: true, Next: 'CellCompared' }],
      Default: 'CompareCell',
    });
    expect(stateOf('CellCompared')).toMatchObject({
      End: true,
      Parameters: { 'uuid.$': '$.uuid', status: 'compared' },
    });
  });

  it('asks the API database no more at once than a run may', () => {
    const concurrency = loops.map(({ map }) => [map, stateOf(map).MaxConcurrencyPath]);
    expect(Object.fromEntries(concurrency)).toEqual({
      DigestEachMappingRange: '$.settings.writers',
      DigestEachInstanceRange: '$.settings.rangesAtOnce',
      ExamineEachPart: '$.settings.writers',
      ChangeEachPart: '$.settings.writers',
      MapEachRange: '$.settings.rangesAtOnce',
    });
    expect(stateOf('MapEachCell').MaxConcurrencyPath).toBe('$.settings.cellsAtOnce');
  });
});

describe('a run that fails as a whole still has a result', () => {
  it.each(['DigestEachMappingRange', 'MapEachCell', 'FindSuspects', 'ExamineEachPart', 'ChangeEachPart'])(
    'an error of %s leads to CloseRun',
    (name) => {
      const { Catch = [] } = stateOf(name);
      expect(Catch.at(-1)).toEqual({ ErrorEquals: ['States.ALL'], ResultPath: '$.mapError', Next: 'CloseRun' });
    },
  );

  it('only an error before the cells are known, or of the result itself, ends it at once', () => {
    const uncaught = Object.entries(definition.States)
      .filter(([, { Type, Catch }]) => ['Task', 'Map'].includes(Type) && Catch === undefined)
      .map(([name]) => name);
    expect(uncaught).toEqual(['ListCells', 'CloseRun']);
  });

  it.each(['DigestMappings', 'DigestInstances', 'ExamineSuspects', 'ChangeMappings'])(
    'an error of %s ends its Map, which catches it',
    (name) => {
      expect(stateOf(name).Catch).toBeUndefined();
    },
  );
});

describe('a cell that fails never stops the others', () => {
  it.each(['OpenCell', 'MapEachRange', 'CheckPassedOver', 'CloseCell', 'DigestEachInstanceRange', 'CompareCell'])(
    'an error of %s is recorded by CellFailed',
    (name) => {
      expect(stateOf(name).Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'CellFailed' }]);
    },
  );

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
    expect(map.Next).toBe('WasVerified?');
    expect(stateOf('WasVerified?').Default).toBe('CloseRun');
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
    for (const step of databaseSteps.filter((name) => !['ListCells', 'OpenCell'].includes(name))) {
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
