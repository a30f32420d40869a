import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it } from '@jest/globals';
import { arn, fail, gate, machine, startLocal, succeed, task, types } from './harness.ts';

const retryAll = { ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 2 };
const caught = { Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.fault', Next: 'Done' }], Next: 'Done' };
const done = { Type: 'Succeed' };

describe('a Task', () => {
  it('gives its function the parameters and puts the selected result where it belongs', async () => {
    const ask = task('ask', {
      InputPath: '$.question',
      Parameters: { 'text.$': '$.text', 'run.$': '$$.Execution.Name', 'state.$': '$$.State.Name', mode: 'map' },
      ResultSelector: { 'answer.$': '$.value' },
      ResultPath: '$.result',
      OutputPath: '$.result',
      End: true,
    });
    const inputs: unknown[] = [];
    const local = await startLocal(machine({ Ask: ask }), {
      ask: (input) => {
        inputs.push(input);
        return succeed({ value: 42, noise: true });
      },
    });
    const execution = await local.run({ question: { text: 'how many' } });
    expect(inputs).toEqual([{ text: 'how many', run: execution.name, state: 'Ask', mode: 'map' }]);
    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: '{"answer":42}' });
  });

  it('whose ResultPath is null passes its input on', async () => {
    const local = await startLocal(machine({ A: task('f', { ResultPath: null, End: true }) }), { f: () => succeed(1) });
    expect(await local.run({ kept: 1 })).toMatchObject({ output: '{"kept":1}' });
  });

  it('writes the history that Step Functions writes', async () => {
    const local = await startLocal(
      machine({ A: task('f', { TimeoutSeconds: 9, End: true }) }),
      { f: () => succeed([1]) },
      {
        sleep: () => new Promise(() => {}),
      },
    );
    const { executionArn = '' } = await local.run({ x: 1 });
    const events = await local.events(executionArn);
    const data = { inputDetails: { truncated: false } };
    expect(events.map(({ timestamp, ...event }) => event)).toEqual([
      {
        id: 1,
        previousEventId: 0,
        type: 'ExecutionStarted',
        executionStartedEventDetails: { input: '{"x":1}', ...data },
      },
      {
        id: 2,
        previousEventId: 0,
        type: 'TaskStateEntered',
        stateEnteredEventDetails: { name: 'A', input: '{"x":1}', ...data },
      },
      {
        id: 3,
        previousEventId: 2,
        type: 'LambdaFunctionScheduled',
        lambdaFunctionScheduledEventDetails: { resource: arn('f'), input: '{"x":1}', timeoutInSeconds: 9, ...data },
      },
      { id: 4, previousEventId: 3, type: 'LambdaFunctionStarted' },
      {
        id: 5,
        previousEventId: 4,
        type: 'LambdaFunctionSucceeded',
        lambdaFunctionSucceededEventDetails: { output: '[1]', outputDetails: { truncated: false } },
      },
      {
        id: 6,
        previousEventId: 5,
        type: 'TaskStateExited',
        stateExitedEventDetails: { name: 'A', output: '[1]', outputDetails: { truncated: false } },
      },
      {
        id: 7,
        previousEventId: 6,
        type: 'ExecutionSucceeded',
        executionSucceededEventDetails: { output: '[1]', outputDetails: { truncated: false } },
      },
    ]);
    const ages = events.map(({ timestamp }) => Math.abs(Date.now() - Number(timestamp)));
    expect(Math.max(...ages)).toBeLessThan(60_000);
  });

  it('is tried again as its retrier says, then caught, with no event for the retries', async () => {
    const retry = [{ ...retryAll, JitterStrategy: 'FULL' }];
    const states = {
      A: task('f', { Retry: retry, ...caught, Next: 'NotHere' }),
      NotHere: { Type: 'Fail' },
      Done: done,
    };
    const local = await startLocal(
      machine(states),
      { f: () => fail('CellUnavailable', 'cell 1') },
      { random: () => 0.25 },
    );
    const { executionArn = '', output } = await local.run({ x: 1 });
    const cause = '{"errorType":"CellUnavailable","errorMessage":"cell 1","trace":[]}';
    expect(JSON.parse(output ?? '')).toEqual({ x: 1, fault: { Error: 'CellUnavailable', Cause: cause } });
    expect(local.waits).toEqual([500, 1000]);
    const events = await local.events(executionArn);
    const attempt = ['LambdaFunctionScheduled', 'LambdaFunctionStarted', 'LambdaFunctionFailed'];
    expect(types(events)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      ...[...attempt, ...attempt, ...attempt],
      'TaskStateExited',
      'SucceedStateEntered',
      'SucceedStateExited',
      'ExecutionSucceeded',
    ]);
    expect(events[4]?.lambdaFunctionFailedEventDetails).toEqual({ error: 'CellUnavailable', cause });
  });

  it('tells its function how often it was retried', async () => {
    const counts: number[] = [];
    const states = { A: task('f', { Parameters: { 'n.$': '$$.State.RetryCount' }, Retry: [retryAll], End: true }) };
    const local = await startLocal(machine(states), {
      f: ({ n }: { n: number }) => {
        counts.push(n);
        return n < 2 ? fail('X') : succeed({});
      },
    });
    expect(await local.run()).toMatchObject({ status: 'SUCCEEDED' });
    expect(counts).toEqual([0, 1, 2]);
  });

  it('fails the execution with the error of its function when nobody catches it', async () => {
    const local = await startLocal(machine({ A: task('f') }), { f: () => fail('Sandbox.Timedout', 'late') });
    expect(await local.run()).toMatchObject({
      status: 'FAILED',
      error: 'Sandbox.Timedout',
      cause: '{"errorType":"Sandbox.Timedout","errorMessage":"late","trace":[]}',
    });
  });

  it('says nothing of why a function could not be run', async () => {
    const local = await startLocal(machine({ A: task('f') }), {
      f: () => Promise.reject(new Error('mysql://nova:secret@host')),
    });
    const execution = await local.run();
    expect(execution).toMatchObject({ status: 'FAILED', error: 'Lambda.Unknown' });
    expect(JSON.stringify(execution)).not.toContain('secret');
  });

  it('that takes too long ends in States.Timeout without a cause, and lets go of its function', async () => {
    let gone = false;
    const states = { A: task('f', { TimeoutSeconds: 7, ...caught }), Done: done };
    const local = await startLocal(machine(states), {
      f: (_, signal) => new Promise(() => signal.addEventListener('abort', () => (gone = true))),
    });
    const { executionArn = '', output } = await local.run();
    expect(JSON.parse(output ?? '')).toEqual({ fault: { Error: 'States.Timeout', Cause: '' } });
    expect([local.waits, gone]).toEqual([[7000], true]);
    const event = (await local.events(executionArn)).find(({ type }) => type === 'LambdaFunctionTimedOut');
    expect(event?.lambdaFunctionTimedOutEventDetails).toEqual({ error: 'States.Timeout' });
  });
});

describe('the other states', () => {
  it('loop, branch, wait and pass until the flow is done', async () => {
    const states = {
      Read: task('read', { Next: 'More?' }),
      'More?': {
        Type: 'Choice',
        Choices: [{ Variable: '$.left', NumericGreaterThan: 0, Next: 'Rest' }],
        Default: 'Name',
      },
      Rest: { Type: 'Wait', SecondsPath: '$.pause', Next: 'Read' },
      Name: { Type: 'Pass', Result: 'cell1', ResultPath: '$.cell.name', Next: 'Shape' },
      Shape: { Type: 'Pass', Parameters: { 'name.$': '$.cell.name', 'left.$': '$.left' }, Next: 'Done' },
      Done: done,
    };
    const local = await startLocal(machine(states), {
      read: ({ left }: { left: number }) => succeed({ left: left - 1, pause: 3 }),
    });
    expect(await local.run({ left: 3 })).toMatchObject({ output: '{"name":"cell1","left":0}' });
    expect(local.waits).toEqual([3000, 3000]);
  });

  it('end in failure with the error and the cause that the data holds', async () => {
    const states = { A: { Type: 'Fail', ErrorPath: '$.error.name', CausePath: '$.error.cause' } };
    const local = await startLocal(machine(states));
    const execution = await local.run({ error: { name: 'CellsFailed', cause: '2 cells' } });
    expect(execution).toMatchObject({ status: 'FAILED', error: 'CellsFailed', cause: '2 cells' });
    expect(types(await local.events(execution.executionArn ?? ''))).toEqual([
      'ExecutionStarted',
      'FailStateEntered',
      'ExecutionFailed',
    ]);
  });

  it.each([
    [
      'a path that finds nothing',
      { Type: 'Pass', Parameters: { 'a.$': '$.b' }, End: true },
      "'$.b' specified for the field 'a.$'",
    ],
    [
      'a choice without a match',
      { Type: 'Choice', Choices: [{ Variable: '$.x', IsNull: true, Next: 'B' }] },
      'does not point to a next state',
    ],
    ['a pause that is no number', { Type: 'Wait', SecondsPath: '$.x', Next: 'B' }, 'SecondsPath "$.x"'],
    [
      'an input that is missing',
      { ...task('f'), InputPath: '$.y', Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }] },
      "'$.y'",
    ],
  ])('fail with States.Runtime, which nobody catches, on %s', async (_, state, cause) => {
    const local = await startLocal({
      StartAt: 'A',
      States: { A: state, ...('End' in state && !('Catch' in state) ? {} : { B: done }) },
    });
    const execution = await local.run({ x: 'text' });
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect(execution.cause).toContain("executing the state 'A' (entered at the event id #2)");
    expect(execution.cause).toContain(cause);
  });
});

describe('an execution', () => {
  it('that is stopped lets go of its function and ends its history at once', async () => {
    const started = gate();
    const left = gate();
    const local = await startLocal(machine({ A: task('f', { Retry: [retryAll], End: true }) }), {
      f: (_, signal) => {
        signal.addEventListener('abort', left.open);
        started.open();
        return new Promise(() => {});
      },
    });
    const executionArn = await local.start();
    await started.opened;
    await local.client.send(new StopExecutionCommand({ executionArn, error: 'Stopped', cause: 'by hand' }));
    await left.opened;
    expect(await local.ended(executionArn)).toMatchObject({ status: 'ABORTED', error: 'Stopped', cause: 'by hand' });
    const events = await local.events(executionArn);
    expect(events.at(-1)).toMatchObject({
      type: 'ExecutionAborted',
      executionAbortedEventDetails: { error: 'Stopped', cause: 'by hand' },
    });
    expect(events).toHaveLength(5);
  });

  it('that is stopped while it waits for a retry calls no function again', async () => {
    let calls = 0;
    const waiting = gate();
    const over = gate();
    const states = { A: task('f', { Retry: [retryAll], End: true }) };
    const f = () => {
      calls += 1;
      return fail('X');
    };
    const sleep = () => {
      waiting.open();
      return over.opened;
    };
    const local = await startLocal(machine(states), { f }, { sleep });
    const executionArn = await local.start();
    await waiting.opened;
    await local.client.send(new StopExecutionCommand({ executionArn }));
    over.open();
    const { status } = await local.ended(executionArn);
    expect([status, calls]).toEqual(['ABORTED', 1]);
  });

  it('that outlasts the time of its machine is timed out', async () => {
    const definition = { ...machine({ A: task('f') }), TimeoutSeconds: 30 };
    const local = await startLocal(definition, { f: () => new Promise(() => {}) });
    const execution = await local.run();
    expect([execution.status, local.waits]).toEqual(['TIMED_OUT', [30_000]]);
    expect(types(await local.events(execution.executionArn ?? '')).at(-1)).toBe('ExecutionTimedOut');
  });

  it('fails when its history is full, with 25,000 events', async () => {
    const states = {
      A: { Type: 'Pass', Next: 'B' },
      B: { Type: 'Choice', Choices: [{ Variable: '$.more', IsPresent: false, Next: 'A' }] },
    };
    const local = await startLocal(machine(states));
    const execution = await local.run();
    expect(execution).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
    });
    const events = await local.events(execution.executionArn ?? '');
    expect([events.length, events.at(-1)?.id, events.at(-1)?.type]).toEqual([25_000, 25_000, 'ExecutionFailed']);
  });

  it.each([
    ['of exactly 262,144 bytes passes', 262_142, 'SUCCEEDED', undefined],
    ['of one byte more does not, and States.ALL does not catch it', 262_143, 'FAILED', 'States.DataLimitExceeded'],
  ])('whose function answers with text %s', async (_, length, status, error) => {
    const states = { A: task('f', caught), Done: done };
    const local = await startLocal(machine(states), {
      f: () => succeed('é'.repeat(length / 2) + 'x'.repeat(length % 2)),
    });
    const execution = await local.run();
    expect([execution.status, execution.error]).toEqual([status, error]);
    if (error !== undefined) expect(execution.cause).toContain(arn('f'));
  });

  it('fails when the data between two states grows over the quota', async () => {
    const states = { Grow: { Type: 'Pass', Parameters: { 'a.$': '$', 'b.$': '$' }, Next: 'Grow' } };
    const local = await startLocal(machine(states));
    const execution = await local.run({});
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    expect(execution.cause).toContain("'Grow'");
  });
});
