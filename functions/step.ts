import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { parser } from '@aws-lambda-powertools/parser/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type * as z from 'zod';
import { isErrorName, NamedError } from '../contract/errors.ts';
import type { Fault } from '../domain/range.ts';
import { addUsage, type Usage } from '../domain/usage.ts';
import { beginCounting, countedRequests } from './clients.ts';

/** How long before its timeout a function aborts what it waits for, so that it can still answer, in milliseconds. */
const ANSWER_BEFORE_TIMEOUT_MS = 3_000;

/** How long before its timeout it aborts even that, in milliseconds. */
const GIVE_UP_BEFORE_TIMEOUT_MS = 1_000;

/** What a step works with, besides its task. */
export interface StepContext {
  logger: Logger;
  metrics: Metrics;
  /** Aborts every call that is still open when the function is about to time out. */
  deadline: AbortSignal;
  /** The same a little later, for keeping what was done by the deadline. */
  lastCall: AbortSignal;
  /** What this call has used up to now, but for the states that it brings with it. */
  usage: () => Usage;
}

const logger = new Logger();
const metrics = new Metrics();

/**
 * Makes the handler of one Task state: checks the payload against its schema, works with a deadline, logs, publishes
 * the metrics, and raises only errors with a name that the machine knows.
 */
export function step<Schema extends z.ZodType, Result>(
  schema: Schema,
  work: (task: z.output<Schema>, context: StepContext) => Promise<Result>,
) {
  // Its early timeout is off: it would race the deadline, which lets a step say what it had done.
  return middy({ timeoutEarlyInMillis: 0 })
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use({ onError: (request) => raiseNamed(request) })
    .use(parser({ schema }))
    .handler(async (task: z.output<Schema>, context: Context): Promise<Result> => {
      const before = (ms: number) => AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - ms));
      const deadline = before(ANSWER_BEFORE_TIMEOUT_MS);
      const lastCall = before(GIVE_UP_BEFORE_TIMEOUT_MS);
      const began = performance.now();
      beginCounting();
      const run = runOf(task);
      if (run !== undefined) logger.appendKeys({ run });
      const usage = (): Usage => ({
        transitions: 0,
        lambdaRequests: 1,
        lambdaMbMs: Math.ceil(performance.now() - began) * Number(context.memoryLimitInMB),
        ...countedRequests(),
      });
      const result = await work(task, { logger, metrics, deadline, lastCall, usage }).finally(publish);
      return addOwn(result, usage);
    });
}

/** The run that a payload belongs to; every log line of a step has its name. */
function runOf(task: unknown): string | undefined {
  const { run, settings } = task as { run?: string; settings?: { run: string } };
  return settings?.run ?? run;
}

/** A result that says what was used so far gets the share of this call. */
function addOwn<Result>(result: Result, usage: () => Usage): Result {
  if (typeof result !== 'object' || result === null || !('usage' in result)) return result;
  return { ...result, usage: addUsage([result.usage as Usage, usage()]) };
}

/** Publishes what was measured; most steps measure nothing, of which Powertools would complain. */
function publish(): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
}

/** The error's name and message where they are ours, and a name without details for all others. */
export function faultFor(error: unknown): Fault {
  if (error instanceof Error && isErrorName(error.name)) return { name: error.name, message: error.message };
  const kind = error instanceof Error ? error.name : typeof error;
  // The text of an unforeseen error may quote anything, a URL with its password too.
  return {
    name: 'UnexpectedFailure',
    message: `A function failed in a way that nobody foresaw (${kind}). Please report it.`,
  };
}

function raiseNamed(request: { error: Error | null | undefined }): void {
  const { name, message } = faultFor(request.error);
  logger.error('step failed', { fault: { name, message } });
  if (name === 'UnexpectedFailure') {
    // Where it happened helps whoever mends it, and the lines of a stack below its first name nothing but code.
    logger.error('unforeseen', { at: request.error?.stack?.match(/^\s+at .*$/gm)?.slice(0, 8) });
    request.error = new NamedError(name, message);
  }
}
