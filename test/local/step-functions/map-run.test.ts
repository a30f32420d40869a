import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  type DescribeMapRunCommandOutput,
  type ExecutionListItem,
  ListExecutionsCommand,
  ListMapRunsCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, it } from '@jest/globals';
import { fail, gate, type Local, machine, startLocal, succeed, task, types } from './harness.ts';

const mapEachCell = (fields: object = {}) =>
  machine({
    MapEachCell: {
      Type: 'Map',
      Label: 'cells',
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        ...machine({ MapCell: task('map-cell') }),
      },
      End: true,
      ...fields,
    },
  });

async function mapRunOf({ client }: Local, executionArn = ''): Promise<DescribeMapRunCommandOutput> {
  const { mapRuns = [] } = await client.send(new ListMapRunsCommand({ executionArn }));
  expect(mapRuns).toMatchObject([
    { executionArn, stateMachineArn: expect.stringMatching(/:stateMachine:cellmap\/cells$/) },
  ]);
  return client.send(new DescribeMapRunCommand({ mapRunArn: mapRuns[0]?.mapRunArn }));
}

async function childrenOf({ client }: Local, mapRunArn: string | undefined, fields = {}): Promise<ExecutionListItem[]> {
  const all: ExecutionListItem[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(new ListExecutionsCommand({ mapRunArn, nextToken, ...fields }));
    all.push(...(page.executions ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return all;
}

describe('a map run', () => {
  it('gives each item a child execution with a history of its own', async () => {
    const local = await startLocal(mapEachCell({ MaxConcurrency: 2 }), { 'map-cell': (n: number) => succeed({ n }) });
    const { executionArn = '', output } = await local.run([1, 2]);
    expect(JSON.parse(output ?? '')).toEqual([{ n: 1 }, { n: 2 }]);
    const parent = await local.events(executionArn);
    expect(types(parent)).toEqual([
      'ExecutionStarted',
      'MapStateEntered',
      'MapStateStarted',
      'MapRunStarted',
      'MapRunSucceeded',
      'MapStateSucceeded',
      'MapStateExited',
      'ExecutionSucceeded',
    ]);
    const mapRun = await mapRunOf(local, executionArn);
    expect(parent[3]?.mapRunStartedEventDetails).toEqual({ mapRunArn: mapRun.mapRunArn });
    expect(mapRun).toMatchObject({ status: 'SUCCEEDED', maxConcurrency: 2, executionArn });
    expect(mapRun.mapRunArn).toMatch(/:mapRun:cellmap\/cells:[\da-f-]{36}$/);

    const children = await childrenOf(local, mapRun.mapRunArn);
    expect(children).toHaveLength(2);
    for (const child of children) {
      expect(child).toMatchObject({
        status: 'SUCCEEDED',
        itemCount: 1,
        mapRunArn: mapRun.mapRunArn,
        stateMachineArn: expect.stringMatching(/:stateMachine:cellmap\/cells$/),
        executionArn: expect.stringMatching(/:execution:cellmap\/cells:[\da-f-]{36}$/),
      });
      expect(types(await local.events(child.executionArn ?? ''))).toEqual([
        'ExecutionStarted',
        'TaskStateEntered',
        'LambdaFunctionScheduled',
        'LambdaFunctionStarted',
        'LambdaFunctionSucceeded',
        'TaskStateExited',
        'ExecutionSucceeded',
      ]);
    }
    const newest = await local.client.send(new DescribeExecutionCommand({ executionArn: children[0]?.executionArn }));
    expect(newest).toMatchObject({ input: '2', output: '{"n":2}', mapRunArn: mapRun.mapRunArn });
  });

  it('without items succeeds at once', async () => {
    const local = await startLocal(mapEachCell());
    const { executionArn, output } = await local.run([]);
    expect(output).toBe('[]');
    expect(await mapRunOf(local, executionArn)).toMatchObject({ status: 'SUCCEEDED', itemCounts: { total: 0 } });
  });

  it('goes on past the failures that it tolerates, and leaves them out of its output', async () => {
    const local = await startLocal(mapEachCell({ ToleratedFailurePercentage: 100 }), {
      'map-cell': (n: number) => (n === 2 ? succeed('ok') : fail('CellUnavailable')),
    });
    const { executionArn, output } = await local.run([1, 2, 3]);
    expect(output).toBe('["ok"]');
    const mapRun = await mapRunOf(local, executionArn);
    expect(mapRun).toMatchObject({
      status: 'SUCCEEDED',
      toleratedFailurePercentage: 100,
      executionCounts: { total: 3, succeeded: 1, failed: 2, aborted: 0, running: 0, pending: 0, timedOut: 0 },
    });
    const failed = await childrenOf(local, mapRun.mapRunArn, { statusFilter: 'FAILED' });
    expect(failed).toHaveLength(2);
  });

  it('fails when more fail than it tolerates, and aborts the children that still run', async () => {
    const left = gate();
    const secondRuns = gate();
    const local = await startLocal(mapEachCell({ ToleratedFailurePercentage: 30, MaxConcurrency: 2 }), {
      'map-cell': async (n: number, signal) => {
        if (n === 1) {
          await secondRuns.opened;
          return fail('CellUnavailable');
        }
        signal.addEventListener('abort', left.open);
        secondRuns.open();
        return new Promise(() => {});
      },
    });
    const { executionArn = '', error } = await local.run([1, 2, 3]);
    await left.opened;
    expect(error).toBe('States.ExceedToleratedFailureThreshold');
    expect(await mapRunOf(local, executionArn)).toMatchObject({
      status: 'FAILED',
      executionCounts: { total: 3, failed: 1, aborted: 1, pending: 1 },
    });
    const events = await local.events(executionArn);
    expect(types(events).slice(-3)).toEqual(['MapRunFailed', 'MapStateFailed', 'ExecutionFailed']);
    expect(events.at(-3)?.mapRunFailedEventDetails).toMatchObject({ error });
  });

  it('that is stopped with its execution aborts its children and starts no further one', async () => {
    const bothRun = gate();
    const bothLeft = gate();
    let left = 0;
    const started: number[] = [];
    const local = await startLocal(mapEachCell({ MaxConcurrency: 2, ToleratedFailurePercentage: 100 }), {
      'map-cell': (n: number, signal) => {
        started.push(n);
        signal.addEventListener('abort', () => ++left === 2 && bothLeft.open());
        if (started.length === 2) bothRun.open();
        return new Promise(() => {});
      },
    });
    const executionArn = await local.start([1, 2, 3, 4]);
    await bothRun.opened;
    await local.client.send(new StopExecutionCommand({ executionArn }));
    const mapRun = await mapRunOf(local, executionArn);
    expect(mapRun).toMatchObject({ status: 'ABORTED', itemCounts: { total: 4, aborted: 2, pending: 2, running: 0 } });
    await bothLeft.opened;
    expect(started).toEqual([1, 2]);
    expect(types(await local.events(executionArn)).at(-1)).toBe('ExecutionAborted');
    for (const { status, executionArn: child = '' } of await childrenOf(local, mapRun.mapRunArn)) {
      expect(status).toBe('ABORTED');
      expect(types(await local.events(child)).at(-1)).toBe('ExecutionAborted');
    }
  });

  it('goes on when one of its children is stopped and that is tolerated', async () => {
    const runs = gate();
    const local = await startLocal(mapEachCell({ MaxConcurrency: 1, ToleratedFailurePercentage: 50 }), {
      'map-cell': (n: number) => {
        if (n === 2) return succeed('ok');
        runs.open();
        return new Promise(() => {});
      },
    });
    const executionArn = await local.start([1, 2]);
    await runs.opened;
    const [child] = await childrenOf(local, (await mapRunOf(local, executionArn)).mapRunArn);
    await local.client.send(new StopExecutionCommand({ executionArn: child?.executionArn }));
    expect(await local.ended(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '["ok"]' });
    expect(await mapRunOf(local, executionArn)).toMatchObject({ itemCounts: { aborted: 1, succeeded: 1 } });
  });

  it('shows a child its own execution in the context object', async () => {
    const context = {
      Type: 'Pass',
      Parameters: { 'id.$': '$$.Execution.Id', 'machine.$': '$$.StateMachine.Name', 'input.$': '$$.Execution.Input' },
      End: true,
    };
    const definition = machine({
      Each: {
        Type: 'Map',
        Label: 'cells',
        ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...machine({ context }) },
        End: true,
      },
    });
    const local = await startLocal(definition);
    const { output } = await local.run(['cell']);
    expect(JSON.parse(output ?? '')).toEqual([
      { id: expect.stringContaining(':execution:cellmap/cells:'), machine: 'cellmap/cells', input: 'cell' },
    ]);
  });

  it('of a thousand children lists each of them once, newest first', async () => {
    const local = await startLocal(mapEachCell(), { 'map-cell': () => succeed('ok') });
    const { executionArn } = await local.run(Array.from({ length: 1000 }, (_, index) => index));
    const mapRun = await mapRunOf(local, executionArn);
    expect(mapRun.executionCounts).toMatchObject({ total: 1000, succeeded: 1000 });
    const children = await childrenOf(local, mapRun.mapRunArn, { maxResults: 333 });
    expect(new Set(children.map(({ name }) => name)).size).toBe(1000);
    const starts = children.map(({ startDate }) => Number(startDate));
    expect(starts).toEqual(starts.toSorted((a, b) => b - a));
  });
});
