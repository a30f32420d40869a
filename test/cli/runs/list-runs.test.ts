import { once } from 'node:events';
import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, it } from '@jest/globals';
import { fail } from '../harness.ts';
import { failingSteps, heldSteps, mapSteps, type Stack, startStack } from './stack.ts';

/** The lines of the table, without the times, which differ from run to run. */
function linesOf(stdout: string): string[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/ {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\d+ s/, '  TIMES'));
}

it('lists how each run stands, the newest first, whoever has started it', async () => {
  const names: Record<string, 'complete' | 'failed' | 'held' | 'refused'> = {};
  let release = () => {};
  const stack: Stack = await startStack((write) => {
    const { steps, goOn } = heldSteps(write);
    release = goOn;
    const [good, bad] = [mapSteps(write), failingSteps(write)];
    const stepsOf = (run: string) =>
      ({ complete: good, failed: bad, held: steps, refused: good })[names[run] ?? 'held'];
    const run = (payload: never) => (payload as { settings: { run: string } }).settings.run;
    return {
      ...good,
      ListCells: async (payload: never, signal: AbortSignal) => {
        const { run: name } = payload as { run: string };
        if (names[name] === 'refused') return fail('UnknownCell', 'There is no cell x.');
        return await stepsOf(name).ListCells?.(payload, signal);
      },
      MapRange: (payload: never, signal: AbortSignal) => stepsOf(run(payload)).MapRange?.(payload, signal),
      CloseCell: (payload: never, signal: AbortSignal) => stepsOf(run(payload)).CloseCell?.(payload, signal),
      CloseRun: (payload: never, signal: AbortSignal) => stepsOf(run(payload)).CloseRun?.(payload, signal),
    };
  });
  const start = async (name: string, kind: (typeof names)[string], input: unknown = {}) => {
    names[name] = kind;
    return await stack.start(name, input);
  };
  await start('map-good', 'complete');
  await start('map-bad', 'failed');
  await start('nightly-1', 'refused', { mode: 'verify', cells: ['x'] });
  const stopped = await start('map-stopped', 'held');
  await stack.connection.sfn.send(new StopExecutionCommand({ executionArn: stopped }));
  // Whoever watches sees the first three end.
  for (const name of ['map-good', 'map-bad', 'nightly-1']) await stack.cellmap('watch', name, '--no-progress');
  await start('map-running', 'held');

  const { exitCode, stdout, stderr } = await stack.cellmap('runs');
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(linesOf(stdout)).toEqual([
    expect.stringMatching(/^run {10}status {6}mode {4}started \(UTC\) {8}took {2}result$/),
    'map-running  • running   map     TIMES',
    'map-stopped  ■ stopped   map     TIMES',
    'nightly-1    ✗ failed    verify  TIMES  UnknownCell',
    'map-bad      ✗ failed    map     TIMES  CellsFailed, 10 mapped',
    'map-good     ✓ complete  map     TIMES  20 mapped',
  ]);
  const { stdout: json } = await stack.cellmap('runs', '--json', '--limit', '2');
  expect(JSON.parse(json)).toMatchObject([
    { run: 'map-running', mode: 'map', status: 'running', totals: null, error: null },
    { run: 'map-stopped', mode: 'map', status: 'stopped' },
  ]);
  release();
});

it('lists as many as are asked for, and says where there is none', async () => {
  const stack = await startStack((write) =>
    mapSteps(write, { ListCells: (_: never, signal) => once(signal, 'abort') }),
  );
  expect(await stack.cellmap('runs', '--stack', 'prod')).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: 'There is no run yet. Start one: npx cellmap map --stack prod\n',
  });
  expect((await stack.cellmap('runs', '--json')).stdout).toBe('[]\n');
  for (let number = 1; number <= 23; number += 1) await stack.start(`map-${number}`, {});
  const runsOf = async (...args: string[]) =>
    (JSON.parse((await stack.cellmap('runs', '--json', ...args)).stdout) as { run: string }[]).map(({ run }) => run);
  const all = Array.from({ length: 23 }, (_, index) => `map-${23 - index}`);
  expect(await runsOf()).toEqual(all.slice(0, 20));
  expect(await runsOf('--limit', '22')).toEqual(all.slice(0, 22));
  expect(await runsOf('--limit', '200')).toEqual(all);
});
