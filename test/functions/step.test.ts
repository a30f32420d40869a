import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { NamedError } from '../../contract/errors.ts';
import { ContentionError } from '../../domain/stores.ts';
import { step } from '../../functions/step.ts';

const context = (remainingMs = 60_000) =>
  ({
    functionName: 'Step',
    functionVersion: '1',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:Step',
    memoryLimitInMB: '256',
    awsRequestId: 'request',
    getRemainingTimeInMillis: () => remainingMs,
  }) as Context;

const schema = z.object({ number: z.int() });
const failing = (error: unknown) =>
  step(schema, async () => {
    throw error;
  });

describe('a step', () => {
  let written: string[];
  beforeEach(() => {
    written = [];
    for (const stream of [process.stdout, process.stderr]) {
      jest.spyOn(stream, 'write').mockImplementation((text) => {
        written.push(String(text));
        return true;
      });
    }
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('works with the parsed task', async () => {
    const double = step(schema, async ({ number }) => number * 2);
    expect(await double({ number: 21 }, context())).toBe(42);
  });

  it.each([
    new NamedError('LoginRefused', 'The API database refuses the login.'),
    new ContentionError('The API database had locks in the way.'),
  ])('raises an error that the machine knows as it is: $name', async (error) => {
    await expect(failing(error)({ number: 1 }, context())).rejects.toBe(error);
  });

  it('raises any other error under a name that the machine knows, and says nothing of its text', async () => {
    const error = new TypeError('Invalid URL mysql://nova:s3cret@db/nova');
    await expect(failing(error)({ number: 1 }, context())).rejects.toMatchObject({
      name: 'UnexpectedFailure',
      message: expect.not.stringContaining('s3cret'),
    });
    expect(written.join('')).toContain('step failed');
    expect(written.join('')).not.toContain('s3cret');
  });

  it.each([{ run: 'map-1' }, { settings: { run: 'map-1' } }])(
    'names the run in each line of its log: %j',
    async (task) => {
      const looseSchema = z.looseObject({});
      const failed = step(looseSchema, async (_task, { logger }) => {
        logger.info('begins');
        throw new NamedError('LoginRefused', 'The API database refuses the login.');
      });
      await expect(failed(task, context())).rejects.toThrow('refuses');
      await expect(step(looseSchema, async () => Promise.reject(new Error('x')))({}, context())).rejects.toThrow();
      const lines = written.map((line) => JSON.parse(line) as { message: string; run?: string });
      expect(lines.map(({ message, run }) => [message, run])).toEqual([
        ['begins', 'map-1'],
        ['step failed', 'map-1'],
        ['step failed', undefined],
        ['unforeseen', undefined],
      ]);
    },
  );

  it('refuses a payload that is not of its schema', async () => {
    const never = jest.fn(async () => 0);
    await expect(step(schema, never)({ number: 'one' } as never, context())).rejects.toMatchObject({
      name: 'UnexpectedFailure',
      message: expect.stringContaining('ParseError'),
    });
    expect(never).not.toHaveBeenCalled();
  });

  it('has a deadline three seconds before its timeout', async () => {
    const until = (deadline: AbortSignal) =>
      new Promise((resolve) => deadline.addEventListener('abort', () => resolve('aborted')));
    const waiting = step(schema, async (_, { deadline }) => until(deadline));
    expect(await waiting({ number: 1 }, context(3_010))).toBe('aborted');
    const ready = step(schema, async (_, { deadline }) => deadline.aborted);
    expect(await ready({ number: 1 }, context(60_000))).toBe(false);
  });

  it('has two seconds more to keep what it had done by then', async () => {
    const keeping = step(schema, async (_, { deadline, lastCall }) => [deadline.aborted, lastCall.aborted]);
    expect(await keeping({ number: 1 }, context(2_000))).toEqual([false, false]);
    const waiting = step(schema, async (_, { deadline, lastCall }) => {
      await new Promise((resolve) => deadline.addEventListener('abort', resolve));
      return lastCall.aborted;
    });
    expect(await waiting({ number: 1 }, context(3_010))).toBe(false);
    const late = step(
      schema,
      async (_, { lastCall }) => new Promise((resolve) => lastCall.addEventListener('abort', () => resolve('aborted'))),
    );
    expect(await late({ number: 1 }, context(1_010))).toBe('aborted');
  });
});
