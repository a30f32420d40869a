import { Duration } from 'aws-cdk-lib';
import { JitterType, type RetryProps } from 'aws-cdk-lib/aws-stepfunctions';
import type { FunctionName } from '../contract/bundling.ts';
import type { transientErrors } from '../contract/errors.ts';

type TransientError = keyof typeof transientErrors;

/** Seconds before the first retry, the factor from one wait to the next, the longest wait, and how many retries. */
interface Patience {
  firstWaitSeconds: number;
  factor: number;
  longestWaitSeconds: number;
  retries: number;
}

/** A failover takes a minute, a full concurrency as long as others need. */
const patient: Patience = { firstWaitSeconds: 1, factor: 2, longestWaitSeconds: 20, retries: 9 };

/** For what a person waits for, or what rarely goes away. */
const brief: Patience = { firstWaitSeconds: 1, factor: 2, longestWaitSeconds: 5, retries: 2 };

/** A paused Aurora needs up to half a minute; full jitter halves the waits on average, to some 50 s altogether. */
const untilResumed: Patience = { firstWaitSeconds: 5, factor: 1.5, longestWaitSeconds: 15, retries: 8 };

/** Lambda's own failures to run a function. CDK's default list leaves out TooManyRequestsException. */
const lambdaFaults = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.TooManyRequestsException',
];

/** A function that ended without an answer; one that runs out of memory does so again. */
const lostFunctions = ['Lambda.Unknown', 'Sandbox.Timedout', 'Runtime.ExitError', 'States.Timeout'];

/** What stands in the way for a moment: locks, and limits of the database, SSM and S3. */
const obstacles: TransientError[] = [
  'DatabaseThrottled',
  'DatabaseContention',
  'ServiceUnavailable',
  'CellKeepsGrowing',
];

/** What may as well last. */
const outages: TransientError[] = ['DatabaseUnavailable', 'StatementTimeout', 'OutOfTime'];

/** The steps that have work to lose: they wait for a database to come back, all others report it within seconds. */
const workingSteps: readonly FunctionName[] = [
  'MapRange',
  'CloseCell',
  'DigestMappings',
  'DigestInstances',
  'CompareCell',
  'ExamineSuspects',
  'ChangeMappings',
];

/**
 * The `Retry` list of a Task state. Each error is named: what is not in the list is not mended by a repetition.
 * Every step may be repeated, whatever it had done.
 */
export function retriesOf(step: FunctionName): RetryProps[] {
  const waits = workingSteps.includes(step);
  const resuming: TransientError = 'DatabaseResuming';
  const secret: TransientError = 'SecretUnavailable';
  return [
    retry([resuming], untilResumed),
    retry([...lambdaFaults, ...obstacles, ...(waits ? outages : [])], patient),
    retry([...lostFunctions, secret, ...(waits ? [] : outages)], brief),
  ];
}

function retry(errors: string[], patience: Patience): RetryProps {
  return {
    errors,
    interval: Duration.seconds(patience.firstWaitSeconds),
    backoffRate: patience.factor,
    maxDelay: Duration.seconds(patience.longestWaitSeconds),
    maxAttempts: patience.retries,
    jitterStrategy: JitterType.FULL,
  };
}
