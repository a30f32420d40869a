import { fileURLToPath } from 'node:url';
import type { FunctionOutcome, InvokeFunction } from '../function-outcome.ts';
import { type Environment, type LocalFunction, startEnvironment } from './environment.ts';

/** Lambda on this computer. */
export interface Functions {
  invoke: InvokeFunction;
  /** The most memory that one call of the function took, in MiB; 0 before its first call has ended. */
  peakMemoryMb(name: string): number;
  /** Ends every process, also those that are busy, and resolves when they are gone. */
  close(): Promise<void>;
}

/** A call that waits for a place. */
interface Waiting {
  definition: LocalFunction;
  since: number;
  start: () => void;
}

/**
 * Runs Lambda functions in processes of their own. A process serves one function and is used again while it is warm;
 * beyond `maxProcesses` (some 60 MB each) calls wait for a place, and one that is idle gives way to another function.
 * @param options.runtime the bundled runtime (`Bundles.runtime`); without it the source is used
 * @param options.compiled a folder for what Node compiles of the bundles (`Bundles.compiled`), with which processes
 *   start some 50 ms sooner
 * @param options.idleSeconds after how long an idle process ends
 * @param options.patienceMs how long a call may be overtaken by others that find a warm process of their own function
 * @param options.onLog takes each line that a function writes
 */
export function startFunctions(options: {
  functions: LocalFunction[];
  runtime?: string;
  compiled?: string;
  maxProcesses?: number;
  idleSeconds?: number;
  patienceMs?: number;
  onLog?: (line: string) => void;
}): Functions {
  const { maxProcesses = 8, idleSeconds = 30, patienceMs = 1_000, compiled = null, onLog = () => {} } = options;
  const runtime = options.runtime ?? fileURLToPath(new URL('./runtime.ts', import.meta.url));
  const definitions = new Map(options.functions.map((definition) => [definition.arn, definition]));
  const peaks = new Map<string, number>();
  /** All processes that count against the cap. */
  const environments = new Set<Environment>();
  /** Every process that is not quite gone. */
  const closing = new Set<Promise<void>>();
  /** The idle ones with the timers of their ends, the one that was used last at the end. */
  const idle = new Map<Environment, NodeJS.Timeout>();
  const waiting: Waiting[] = [];
  let closed = false;

  const discard = (environment: Environment) => {
    clearTimeout(idle.get(environment));
    idle.delete(environment);
    environments.delete(environment);
    environment.kill();
  };

  /** A warm process, or a new one in a free place or in that of the longest idle one; undefined where none is free. */
  const take = (definition: LocalFunction): Environment | undefined => {
    for (const environment of [...idle.keys()].reverse()) {
      if (!environment.usable()) {
        discard(environment);
      } else if (environment.arn === definition.arn) {
        clearTimeout(idle.get(environment));
        idle.delete(environment);
        return environment;
      }
    }
    if (environments.size >= maxProcesses) {
      const [oldest] = idle.keys();
      if (!oldest) return undefined;
      discard(oldest);
    }
    const environment = startEnvironment(definition, { runtime, compiled }, onLog);
    environments.add(environment);
    const gone = environment.closed.then(() => void closing.delete(gone));
    closing.add(gone);
    return environment;
  };

  const release = (environment: Environment) => {
    if (environment.usable() && environments.has(environment)) {
      const timer = setTimeout(() => discard(environment), idleSeconds * 1000);
      idle.set(environment, timer.unref());
    } else {
      discard(environment);
    }
    const head = waiting[0];
    if (!head) return;
    const patient = performance.now() - head.since < patienceMs;
    const warm = patient ? waiting.findIndex(({ definition }) => definition.arn === environment.arn) : 0;
    waiting.splice(Math.max(warm, 0), 1)[0]?.start();
  };

  const run = async (environment: Environment, payload: string, name: string, signal: AbortSignal) => {
    const outcome = await environment.invoke(payload, signal);
    peaks.set(name, Math.max(peaks.get(name) ?? 0, environment.peakMemoryMb()));
    release(environment);
    return outcome;
  };

  const invoke: InvokeFunction = async (arn, payload, signal) => {
    const definition = definitions.get(arn);
    if (!definition) return failure('Lambda.ResourceNotFoundException', `Function not found: ${arn}`);
    if (closed || signal.aborted) return aborted();
    const environment = take(definition) ?? (await place(definition, signal));
    return environment ? run(environment, payload, definition.name, signal) : aborted();
  };

  /** Waits for a place; undefined when the call was aborted before it had one. */
  const place = (definition: LocalFunction, signal: AbortSignal): Promise<Environment | undefined> =>
    new Promise((resolve) => {
      const leave = () => {
        const index = waiting.indexOf(call);
        if (index >= 0) waiting.splice(index, 1);
        resolve(undefined);
      };
      const call: Waiting = {
        definition,
        since: performance.now(),
        start: () => {
          signal.removeEventListener('abort', leave);
          resolve(closed ? undefined : take(definition));
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      waiting.push(call);
    });

  const close = async () => {
    closed = true;
    for (const call of waiting.splice(0)) call.start();
    for (const environment of [...environments]) discard(environment);
    await Promise.all(closing);
  };

  return { invoke, peakMemoryMb: (name) => peaks.get(name) ?? 0, close };
}

function failure(errorType: string, errorMessage: string): FunctionOutcome {
  return { ok: false, errorType, errorMessage };
}

function aborted(): FunctionOutcome {
  return failure('Lambda.Unknown', 'The call was aborted');
}
