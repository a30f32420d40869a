import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it } from '@jest/globals';
import { heldSteps, mapSteps, startStack } from './stack.ts';

async function startHeld() {
  const begun = Promise.withResolvers<void>();
  const stack = await startStack((write) => {
    const held = heldSteps(write);
    void held.begun.then(begun.resolve);
    return held.steps;
  });
  return { stack, begun: begun.promise };
}

describe('stop', () => {
  it('ends a run with the cause in its history, and says how to go on', async () => {
    const { stack, begun } = await startHeld();
    const executionArn = await stack.start('map-1', {});
    await begun;
    expect(await stack.cellmap('stop', 'latest', '--stack', 'prod', '--cause', 'An upgrade begins.')).toEqual({
      exitCode: 0,
      stdout:
        'map-1 is stopped. Stopped before its end. What was written is right; running again goes on.\n' +
        '  next: npx cellmap retry map-1 --stack prod\n',
      stderr: '',
    });
    const { status, cause } = await stack.connection.sfn.send(new DescribeExecutionCommand({ executionArn }));
    expect([status, cause]).toEqual(['ABORTED', 'An upgrade begins.']);
    expect((await stack.cellmap('stop', 'map-1')).stdout).toBe(
      'map-1 had ended already: npx cellmap report map-1 says how.\n',
    );
  });

  it('ends a run for the command that started it, which tells what had been done', async () => {
    const { stack, begun } = await startHeld();
    const map = stack.begin('map');
    await begun;
    expect((await stack.cellmap('stop', 'latest')).exitCode).toBe(0);
    expect(await map.ended).toMatchObject({
      exitCode: 130,
      stdout: expect.stringContaining('stopped: Stopped before'),
    });
  });

  it('is what Ctrl-C does in the command that started it', async () => {
    const { stack, begun } = await startHeld();
    const map = stack.begin('map');
    await begun;
    map.signal('SIGINT');
    expect(await map.ended).toMatchObject({
      exitCode: 130,
      stdout: expect.stringContaining('stopped: Stopped before'),
    });
    const [run] = JSON.parse((await stack.cellmap('runs', '--json')).stdout) as { status: string }[];
    expect(run?.status).toBe('stopped');
  });

  it.each([
    [{ mode: 'verify' }, 'It had only read.', 'retry run-1'],
    [{ mode: 'repair', classes: ['orphan'], apply: true }, 'what may have been changed is in the undo', 'watch run-1'],
    [{ mode: 'undo', files: 1 }, 'The same file can be undone again.', null],
  ])('of a run with %j says what it leaves and what comes next', async (input, words, next) => {
    const stack = await startStack((write) => mapSteps(write, { ListCells: () => new Promise(() => {}) }));
    await stack.start('run-1', input);
    const { stdout } = await stack.cellmap('stop', 'run-1');
    expect(stdout).toContain(words);
    expect(/next: npx cellmap (.*)$/m.exec(stdout)?.[1] ?? null).toBe(next);
  });

  it('of a run that is not there is a mistake', async () => {
    const stack = await startStack((write) => mapSteps(write));
    expect(await stack.cellmap('stop', 'map-9')).toMatchObject({ exitCode: 2, stdout: '' });
  });
});
