import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fail, gate, machine, startLocal, succeed, task, types } from './harness.ts';

const each = (fields: object, processor: object = machine({ Work: task('work') })) => ({
  Type: 'Map',
  ItemProcessor: processor,
  End: true,
  ...fields,
});

const modes: [string, object][] = [
  ['an inline', { ProcessorConfig: { Mode: 'INLINE' } }],
  ['a distributed', { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } }],
];

describe.each(modes)('%s Map', (_, config) => {
  const processor = { ...config, ...machine({ Work: task('work') }) };

  it('hands each item to an iteration and returns the outputs in the order of the items', async () => {
    const map = each(
      {
        InputPath: '$.plan',
        ItemsPath: '$.cells',
        ItemSelector: { 'uuid.$': '$$.Map.Item.Value.uuid', 'at.$': '$$.Map.Item.Index', 'settings.$': '$.settings' },
        ResultPath: '$.results',
      },
      processor,
    );
    const first = gate();
    const local = await startLocal(machine({ Each: map }), {
      work: async (input: { at: number }) => {
        if (input.at === 0) await first.opened;
        else first.open();
        return succeed(input);
      },
    });
    const { output } = await local.run({ plan: { cells: [{ uuid: 'a' }, { uuid: 'b' }], settings: { n: 1 } } });
    expect(JSON.parse(output ?? '').results).toEqual([
      { uuid: 'a', at: 0, settings: { n: 1 } },
      { uuid: 'b', at: 1, settings: { n: 1 } },
    ]);
  });

  it('never runs more at once than it may, and does every item once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(30), fc.integer({ min: 1, max: 8 }), fc.boolean(), async (count, limit, byPath) => {
        let running = 0;
        let most = 0;
        const concurrency = byPath ? { MaxConcurrencyPath: '$.limit' } : { MaxConcurrency: limit };
        const local = await startLocal(machine({ Each: each({ ItemsPath: '$.items', ...concurrency }, processor) }), {
          work: async (item: number) => {
            running += 1;
            most = Math.max(most, running);
            await new Promise(setImmediate);
            running -= 1;
            return succeed(item);
          },
        });
        const items = Array.from({ length: count }, (_item, index) => index);
        const { output } = await local.run({ items, limit });
        expect(JSON.parse(output ?? '')).toEqual(items);
        expect(most).toBe(Math.min(count, limit));
      }),
      { numRuns: 10 },
    );
  });

  it('is retried as a whole, then caught', async () => {
    let calls = 0;
    const map = each(
      {
        ItemsPath: '$.items',
        Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }],
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.fault', Next: 'Done' }],
      },
      processor,
    );
    const local = await startLocal(
      machine({ Each: { ...map, End: undefined, Next: 'Done' }, Done: { Type: 'Succeed' } }),
      {
        work: () => {
          calls += 1;
          return fail('CellUnavailable');
        },
      },
    );
    const { output, executionArn = '' } = await local.run({ items: [1] });
    expect([calls, local.waits]).toEqual([2, [1000]]);
    expect(JSON.parse(output ?? '').fault.Error).toMatch(/CellUnavailable|States.ExceedToleratedFailureThreshold/);
    const events = types(await local.events(executionArn));
    expect(events.filter((type) => type === 'MapStateFailed')).toHaveLength(2);
    expect(events.slice(-4)).toEqual([
      'MapStateExited',
      'SucceedStateEntered',
      'SucceedStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('whose outputs together are over the quota fails, although its result is dropped', async () => {
    const local = await startLocal(machine({ Each: each({ ItemsPath: '$.items', ResultPath: null }, processor) }), {
      work: () => succeed('x'.repeat(100_000)),
    });
    const execution = await local.run({ items: [1, 2, 3] });
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    expect(execution.cause).toContain("'Each'");
  });

  it.each([
    ['items are no list', { ItemsPath: '$.n' }, '"$.n" must point to array'],
    ['concurrency is no number', { ItemsPath: '$.items', MaxConcurrencyPath: '$.text' }, 'MaxConcurrencyPath "$.text"'],
  ])('whose %s ends in States.Runtime', async (_what, fields, cause) => {
    const local = await startLocal(machine({ Each: each(fields, processor) }), { work: () => succeed(1) });
    const execution = await local.run({ items: [1], n: 1, text: 'two' });
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect(execution.cause).toContain(cause);
  });
});

describe('an inline Map', () => {
  it('keeps its iterations apart in the history', async () => {
    const local = await startLocal(
      machine({ Each: each({ MaxConcurrency: 1 }, machine({ P: { Type: 'Pass', End: true } })) }),
    );
    const { executionArn = '' } = await local.run([7, 8]);
    const events = await local.events(executionArn);
    expect(types(events)).toEqual([
      'ExecutionStarted',
      'MapStateEntered',
      'MapStateStarted',
      ...['MapIterationStarted', 'PassStateEntered', 'PassStateExited', 'MapIterationSucceeded'],
      ...['MapIterationStarted', 'PassStateEntered', 'PassStateExited', 'MapIterationSucceeded'],
      'MapStateSucceeded',
      'MapStateExited',
      'ExecutionSucceeded',
    ]);
    expect(events[2]?.mapStateStartedEventDetails).toEqual({ length: 2 });
    expect(events[7]).toMatchObject({
      previousEventId: 3,
      mapIterationStartedEventDetails: { name: 'Each', index: 1 },
    });
    expect(events[11]).toMatchObject({ type: 'MapStateSucceeded', previousEventId: 11 });
  });

  it('sees the input of its execution and its own item from deep inside', async () => {
    const inner = {
      Type: 'Pass',
      Parameters: { 'item.$': '$$.Map.Item.Value', 'run.$': '$$.Execution.Input.run' },
      End: true,
    };
    const local = await startLocal(machine({ Each: each({ ItemsPath: '$.items' }, machine({ Inner: inner })) }));
    const { output } = await local.run({ items: [5], run: 'r' });
    expect(JSON.parse(output ?? '')).toEqual([{ item: 5, run: 'r' }]);
  });

  it('that fails ends its other iterations and starts no further one', async () => {
    const bothRun = gate();
    const left = gate();
    const started: number[] = [];
    const map = each({ MaxConcurrency: 2 });
    const local = await startLocal(machine({ Each: map }), {
      work: async (item: number, signal) => {
        started.push(item);
        if (item === 0) {
          await bothRun.opened;
          return fail('CellUnavailable');
        }
        signal.addEventListener('abort', left.open);
        bothRun.open();
        return new Promise(() => {});
      },
    });
    const execution = await local.run([0, 1, 2, 3]);
    await left.opened;
    expect(execution).toMatchObject({ status: 'FAILED', error: 'CellUnavailable' });
    expect(started).toEqual([0, 1]);
    const events = await local.events(execution.executionArn ?? '');
    expect(types(events).slice(-6)).toEqual([
      'LambdaFunctionFailed',
      'MapIterationFailed',
      'TaskStateAborted',
      'MapIterationAborted',
      'MapStateFailed',
      'ExecutionFailed',
    ]);
    expect(events.at(-3)?.mapIterationAbortedEventDetails).toEqual({ name: 'Each', index: 1 });
  });

  it('that fails gives an iteration that waits for its retry no further attempt', async () => {
    const calls: number[] = [];
    const waiting = gate();
    const over = gate();
    const work = task('work', { Retry: [{ ErrorEquals: ['Transient'] }], End: true });
    const local = await startLocal(
      machine({ Each: each({}, machine({ Work: work })) }),
      {
        work: async (item: number) => {
          calls.push(item);
          if (item === 1) return fail('Transient');
          await waiting.opened;
          setImmediate(over.open);
          return fail('Permanent');
        },
      },
      {
        sleep: async () => {
          waiting.open();
          await over.opened;
        },
      },
    );
    expect(await local.run([0, 1])).toMatchObject({ status: 'FAILED', error: 'Permanent' });
    expect(calls).toEqual([0, 1]);
  });

  it('runs at most 40 iterations at once, whatever the machine asks for', async () => {
    let running = 0;
    let most = 0;
    const local = await startLocal(machine({ Each: each({ MaxConcurrency: 1000 }) }), {
      work: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise(setImmediate);
        running -= 1;
        return succeed(1);
      },
    });
    await local.run(new Array(100).fill(0));
    expect(most).toBe(40);
  });
});
