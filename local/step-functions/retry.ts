import type { StatesError } from './faults.ts';
import { Fields } from './fields.ts';
import type { Path } from './paths.ts';

export interface Retrier {
  readonly errorEquals: readonly string[];
  readonly intervalSeconds: number;
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds: number;
  readonly jitter: 'FULL' | 'NONE';
}

export interface Catcher {
  readonly errorEquals: readonly string[];
  readonly resultPath: Path | null;
  readonly next: string;
}

/** Reads a state's `Retry` list. */
export function loadRetriers(state: Fields): Retrier[] {
  const list = state.list('Retry');
  return list.map((item, index) => {
    const fields = new Fields(item, `${state.where}, Retry[${index}]`);
    const jitter = fields.text('JitterStrategy') ?? 'NONE';
    if (jitter !== 'FULL' && jitter !== 'NONE') return fields.refuse('JitterStrategy', 'must be FULL or NONE');
    const intervalSeconds = fields.integer('IntervalSeconds', 1) ?? 1;
    const retrier: Retrier = {
      errorEquals: loadErrorEquals(fields, index === list.length - 1),
      intervalSeconds,
      maxAttempts: fields.integer('MaxAttempts', 0) ?? 3,
      backoffRate: fields.number('BackoffRate', 1, Number.MAX_VALUE) ?? 2,
      // AWS asks for more than the interval and less than 31,622,400 (366 days).
      maxDelaySeconds: fields.integer('MaxDelaySeconds', intervalSeconds + 1, 31_622_399) ?? Number.POSITIVE_INFINITY,
      jitter,
    };
    fields.text('Comment');
    fields.end();
    return retrier;
  });
}

/** Reads a state's `Catch` list. */
export function loadCatchers(state: Fields): Catcher[] {
  const list = state.list('Catch');
  return list.map((item, index) => {
    const fields = new Fields(item, `${state.where}, Catch[${index}]`);
    const catcher: Catcher = {
      errorEquals: loadErrorEquals(fields, index === list.length - 1),
      resultPath: fields.resultPath(),
      next: fields.requiredText('Next'),
    };
    fields.text('Comment');
    fields.end();
    return catcher;
  });
}

/**
 * Decides whether a failed state is tried again, and after how many milliseconds; `undefined` means it is not.
 * The first retrier that matches the error decides alone. Its place in `attempts` counts the retries it has given.
 */
export function nextRetryMs(
  retriers: readonly Retrier[],
  attempts: number[],
  error: StatesError,
  random: () => number,
): number | undefined {
  const index = retriers.findIndex((retrier) => matches(retrier.errorEquals, error));
  const retrier = retriers[index];
  const attempt = attempts[index] ?? 0;
  if (retrier === undefined || attempt >= retrier.maxAttempts) return undefined;
  attempts[index] = attempt + 1;
  const delaySeconds = Math.min(retrier.intervalSeconds * retrier.backoffRate ** attempt, retrier.maxDelaySeconds);
  return delaySeconds * 1000 * (retrier.jitter === 'FULL' ? random() : 1);
}

export function findCatcher(catchers: readonly Catcher[], error: StatesError): Catcher | undefined {
  return catchers.find((catcher) => matches(catcher.errorEquals, error));
}

/**
 * States.Runtime is never handled and States.DataLimitExceeded only by its own name. States.TaskFailed stands for
 * every error but States.Timeout (Step Functions guide, "Handling errors").
 */
function matches(errorEquals: readonly string[], { name }: StatesError): boolean {
  if (name === 'States.Runtime') return false;
  if (errorEquals.includes(name)) return true;
  if (name === 'States.DataLimitExceeded') return false;
  return errorEquals.includes('States.ALL') || (errorEquals.includes('States.TaskFailed') && name !== 'States.Timeout');
}

function loadErrorEquals(fields: Fields, last: boolean): string[] {
  const names = fields.list('ErrorEquals').map((name) => {
    return typeof name === 'string' ? name : fields.refuse('ErrorEquals', 'must be a list of names');
  });
  if (names.length === 0) fields.refuse('ErrorEquals', 'must name an error');
  if (names.includes('States.ALL') && !(last && names.length === 1)) {
    fields.refuse('ErrorEquals', 'must have States.ALL alone and in the last place');
  }
  return names;
}
