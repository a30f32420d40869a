import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, it } from '@jest/globals';
import { startStepFunctions } from '../../../local/step-functions/endpoint.ts';
import { arn, clientOf, gate, type Local, machine, startLocal, succeed, task } from './harness.ts';

const passing = machine({ A: { Type: 'Pass', End: true } });

const start = ({ client, stateMachineArn }: Local, fields: object) =>
  client.send(new StartExecutionCommand({ stateMachineArn, ...fields }));

describe('StartExecution', () => {
  it('given the same name and input twice answers with the execution that runs', async () => {
    const local = await startLocal(machine({ A: task('f') }), { f: () => new Promise(() => {}) });
    const first = await start(local, { name: 'run-1', input: '{"a":1}' });
    const second = await start(local, { name: 'run-1', input: '{"a":1}' });
    expect([second.executionArn, second.startDate]).toEqual([first.executionArn, first.startDate]);
    expect(first.executionArn).toBe('arn:aws:states:us-east-1:000000000000:execution:cellmap:run-1');
    await expect(start(local, { name: 'run-1', input: '{"a":2}' })).rejects.toMatchObject({
      name: 'ExecutionAlreadyExists',
    });
  });

  it('refuses the name of an execution that has ended', async () => {
    const local = await startLocal(passing);
    const { executionArn = '' } = await start(local, { name: 'run-1' });
    await local.ended(executionArn);
    await expect(start(local, { name: 'run-1' })).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });

  it.each([
    ['a name with a colon', { name: 'a:b' }, 'InvalidName'],
    ['a name with a blank', { name: 'a b' }, 'InvalidName'],
    ['a long name', { name: 'a'.repeat(81) }, 'ValidationException'],
    ['an input that is not JSON', { input: '{' }, 'InvalidExecutionInput'],
    ['an input over the quota', { input: `"${'é'.repeat(131_072)}"` }, 'ValidationException'],
    ['a malformed ARN', { stateMachineArn: 'cellmap' }, 'InvalidArn'],
    [
      'another machine',
      { stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:other' },
      'StateMachineDoesNotExist',
    ],
    ['a member it does not know', { traceHeader: 'Root=1' }, 'ValidationException'],
  ])('refuses %s', async (_, fields, name) => {
    await expect(start(await startLocal(passing), fields)).rejects.toMatchObject({ name });
  });
});

describe('GetExecutionHistory', () => {
  it.each([false, true])('pages without loss or repetition (reverseOrder %s)', async (reverseOrder) => {
    const local = await startLocal(machine({ A: task('f') }), { f: () => succeed(1) });
    const { executionArn = '' } = await local.run();
    const ids: (number | undefined)[] = [];
    let nextToken: string | undefined;
    do {
      const page = await local.client.send(
        new GetExecutionHistoryCommand({ executionArn, reverseOrder, maxResults: 3, nextToken }),
      );
      ids.push(...(page.events ?? []).map(({ id }) => id));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    expect(ids).toEqual(reverseOrder ? [7, 6, 5, 4, 3, 2, 1] : [1, 2, 3, 4, 5, 6, 7]);
  });

  it('pages newest first without a shift while events are written', async () => {
    const called = gate();
    const go = gate();
    const local = await startLocal(machine({ A: task('f') }), {
      f: async () => {
        called.open();
        await go.opened;
        return succeed(1);
      },
    });
    const executionArn = await local.start();
    await called.opened;
    const page = (nextToken?: string) =>
      local.client.send(new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 2, nextToken }));
    const first = await page();
    go.open();
    await local.ended(executionArn);
    const second = await page(first.nextToken);
    expect([...(first.events ?? []), ...(second.events ?? [])].map(({ id }) => id)).toEqual([4, 3, 2, 1]);
  });

  it('leaves out inputs and outputs on request', async () => {
    const local = await startLocal(machine({ A: task('f') }), { f: () => succeed('secret') });
    const { executionArn = '' } = await local.run({ a: 'secret' });
    const answer = await local.client.send(
      new GetExecutionHistoryCommand({ executionArn, includeExecutionData: false }),
    );
    expect(answer.events?.[1]?.stateEnteredEventDetails).toEqual({ name: 'A' });
    expect(JSON.stringify(answer.events)).not.toContain('secret');
  });

  it('refuses a token of another execution', async () => {
    const local = await startLocal(passing);
    const [one, two] = [await local.start(), await local.start()];
    await Promise.all([local.ended(one), local.ended(two)]);
    const history = (executionArn: string, nextToken?: string) =>
      local.client.send(new GetExecutionHistoryCommand({ executionArn, nextToken, maxResults: 1 }));
    const { nextToken } = await history(one);
    await expect(history(two, nextToken)).rejects.toMatchObject({ name: 'InvalidToken' });
    await expect(history(two, 'rubbish')).rejects.toMatchObject({ name: 'InvalidToken' });
  });
});

describe('ListExecutions', () => {
  it('lists what was started, newest first, by status', async () => {
    const local = await startLocal(machine({ A: task('f') }), {
      f: ({ stay }: { stay: boolean }) => (stay ? new Promise(() => {}) : succeed(1)),
    });
    const stays = await local.start({ stay: true });
    const ends = await local.start({ stay: false });
    await local.ended(ends);
    const list = async (fields: object) => {
      const { stateMachineArn, client } = local;
      const { executions = [] } = await client.send(new ListExecutionsCommand({ stateMachineArn, ...fields }));
      return executions.map(({ executionArn }) => executionArn);
    };
    expect(await list({})).toEqual([ends, stays]);
    expect(await list({ statusFilter: 'RUNNING' })).toEqual([stays]);
    expect(await list({ maxResults: 1 })).toEqual([ends]);
    const { stateMachineArn, client } = local;
    const first = await client.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 1 }));
    // What is started meanwhile shifts no page.
    const { nextToken } = first;
    await local.ended(await local.start({ stay: false }));
    const second = await client.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 1, nextToken }));
    expect([second.executions?.map(({ executionArn }) => executionArn), second.nextToken]).toEqual([
      [stays],
      undefined,
    ]);
    await expect(list({ statusFilter: 'RUNNING', nextToken })).rejects.toMatchObject({ name: 'InvalidToken' });
    await expect(list({ statusFilter: 'DONE' })).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(list({ mapRunArn: 'x' })).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(list({ maxResults: 1001 })).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('the endpoint', () => {
  const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:cellmap:nobody';
  const mapRunArn = 'arn:aws:states:us-east-1:000000000000:mapRun:cellmap/cells:nobody';

  it.each([
    [
      'an unknown execution',
      (client: SFNClient) => client.send(new DescribeExecutionCommand({ executionArn })),
      'ExecutionDoesNotExist',
    ],
    [
      'a malformed ARN',
      (client: SFNClient) => client.send(new StopExecutionCommand({ executionArn: 'run' })),
      'InvalidArn',
    ],
    [
      'an unknown map run',
      (client: SFNClient) => client.send(new DescribeMapRunCommand({ mapRunArn })),
      'ResourceNotFound',
    ],
    [
      'an operation that it lacks',
      (client: SFNClient) =>
        client.send(new CreateStateMachineCommand({ name: 'x', definition: '{}', roleArn: arn('x') })),
      'UnknownOperationException',
    ],
  ])('refuses %s with the name that AWS gives it', async (_, send, name) => {
    const { client } = await startLocal(passing);
    await expect(send(client)).rejects.toMatchObject({ name });
  });

  it('answers nobody without the key of the run', async () => {
    const { client, stateMachineArn } = await startLocal(passing);
    const { protocol, hostname, port } = (await client.config.endpoint?.()) ?? {};
    const stranger = clientOf(`${protocol}//${hostname}:${port}`, 'another key');
    await expect(stranger.send(new ListExecutionsCommand({ stateMachineArn }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    stranger.destroy();
  });

  it('does not start with a machine that it cannot run', async () => {
    const definition = machine({ A: { Type: 'Parallel', End: true } });
    const options = { key: 'k', name: 'cellmap', definition, invoke: async () => succeed(1) };
    await expect(startStepFunctions(options)).rejects.toMatchObject({ name: 'InvalidDefinition' });
  });

  it('aborts what still runs when it is closed', async () => {
    const called = gate();
    const left = gate();
    const invoke = async (_arn: string, _payload: string, signal: AbortSignal) => {
      signal.addEventListener('abort', left.open);
      called.open();
      return new Promise<never>(() => {});
    };
    const local = await startStepFunctions({
      key: 'k',
      name: 'cellmap',
      definition: machine({ A: task('f') }),
      invoke,
    });
    const client = clientOf(local.url, 'k');
    await client.send(new StartExecutionCommand({ stateMachineArn: local.stateMachineArn }));
    await called.opened;
    client.destroy();
    await local.close();
    await left.opened;
  });
});
