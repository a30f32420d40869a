import { describe, expect, it } from '@jest/globals';
import { findRun, readInput } from '../../../cli/runs/find-run.ts';
import { mapSteps, startStack } from './stack.ts';

async function startRuns(...names: string[]) {
  const stack = await startStack((write) => mapSteps(write));
  for (const name of names) await stack.start(name, { mode: 'cells' });
  return stack;
}

describe('a run', () => {
  it.each([
    ['its name, even where another begins so', 'map-1', 'map-1'],
    ['the beginning of its name', 'verify', 'verify-1'],
    ['latest', 'latest', 'verify-1'],
    ['its ARN', 'arn:aws:states:us-east-1:000000000000:execution:cellmap:map-12', 'map-12'],
  ])('is found by %s', async (_what, wanted, name) => {
    const { connection } = await startRuns('map-1', 'map-12', 'verify-1');
    expect(await findRun(connection, wanted)).toMatchObject({
      name,
      executionArn: `arn:aws:states:us-east-1:000000000000:execution:cellmap:${name}`,
      input: { mode: 'cells' },
      inputIsValid: true,
    });
  });

  it.each([
    ['ma', '4 runs begin with ma: map-4, map-3, map-2, ….'],
    ['repair', 'There is no run repair of a test: cellmap runs lists them.'],
    ['', 'There is no run  of a test: cellmap runs lists them.'],
    ['no name*', 'There is no run no name* of a test: cellmap runs lists them.'],
    [
      'arn:aws:states:us-east-1:000000000000:execution:other:map-1',
      'arn:aws:states:us-east-1:000000000000:execution:other:map-1 is no run of a test: give the --stack and the --region that it is of.',
    ],
    [
      'arn:aws:states:us-east-1:000000000000:execution:cellmap:map-9',
      'There is no run map-9 of a test: cellmap runs lists them.',
    ],
  ])('that %j does not tell is a mistake', async (wanted, message) => {
    const { connection } = await startRuns('map-1', 'map-2', 'map-3', 'map-4');
    await expect(findRun(connection, wanted)).rejects.toMatchObject({ exitCode: 2, message });
  });

  it('is none where none was started', async () => {
    const { connection } = await startRuns();
    await expect(findRun(connection, 'latest')).rejects.toMatchObject({
      exitCode: 2,
      message: 'There is no run yet of a test.',
    });
  });
});

it.each([
  ['{}', { input: {}, isValid: true }],
  ['{"mode":"verify","cells":["a"]}', { input: { mode: 'verify', cells: ['a'] }, isValid: true }],
  ['{"mode":"verify","cell":"a"}', { input: { mode: 'verify' }, isValid: false }],
  ['{"mode":"delete"}', { input: { mode: 'map' }, isValid: false }],
  ['[]', { input: { mode: 'map' }, isValid: false }],
  [undefined, { input: { mode: 'map' }, isValid: false }],
])('the input %j is read for what can be told of it', (text, read) => {
  expect(readInput(text)).toEqual(read);
});
