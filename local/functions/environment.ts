import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { devNull } from 'node:os';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { FunctionOutcome } from '../function-outcome.ts';
import type { EnvironmentMessage, EnvironmentStart, Fault, Invocation } from './messages.ts';

/** A Lambda function as this computer runs it. */
export interface LocalFunction {
  /** What a Task state names as its Resource. */
  arn: string;
  name: string;
  /** The bundle, an ES module. */
  file: string;
  /** The export to call, `handler` by default. */
  handler?: string;
  timeoutSeconds: number;
  memoryMb: number;
  /** Options for its Node, such as those of the stack's NODE_OPTIONS; its heap may take 75 % of the memory by default. */
  nodeOptions?: readonly string[];
  /** The function's own variables. It sees nothing else of the caller's environment but where programs are. */
  environment: Record<string, string>;
}

/** One process that serves one function, one event at a time. */
export interface Environment {
  /** The function that it serves. */
  readonly arn: string;
  /** Whether it can take another event; after a kill, a timeout or the process's end it never can. */
  usable(): boolean;
  /** Handles one event; must not be called again before it has settled. Never rejects. */
  invoke(payload: string, signal: AbortSignal): Promise<FunctionOutcome>;
  /** The most memory that an event took, in MiB. */
  peakMemoryMb(): number;
  kill(): void;
  /** Resolves when the process is gone and its last line was read. */
  closed: Promise<void>;
}

/** Lambda's limit on an answer: 6 MiB and 100 bytes. */
const MAX_RESPONSE_BYTES = 6_291_556;

/** The time that a new process has to load its bundle, apart from the function's own timeout: Lambda's 10 seconds. */
const START_TIMEOUT_MS = 10_000;

/** What Lambda's platform writes for the signals that end a process. */
const SIGNAL_WORDS: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: 'aborted',
  SIGKILL: 'killed',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
};

const INHERITED = ['PATH', 'TMPDIR', 'LD_LIBRARY_PATH'];

/**
 * Starts a process for a function.
 * @param files.runtime the file of runtime.ts, bundled or as it stands
 * @param files.compiled see `EnvironmentStart`
 * @param onLog takes each line that the function writes to stdout or stderr
 */
export function startEnvironment(
  definition: LocalFunction,
  { runtime, compiled }: { runtime: string; compiled: string | null },
  onLog: (line: string) => void,
): Environment {
  const { arn, name, file, memoryMb, timeoutSeconds } = definition;
  const start: EnvironmentStart = {
    file,
    handler: definition.handler ?? 'handler',
    functionName: name,
    functionArn: arn,
    memoryMb,
    parentPid: process.pid,
    compiled,
  };
  const child = spawn(
    process.execPath,
    [
      `--max-old-space-size=${Math.floor(memoryMb * 0.75)}`,
      ...(definition.nodeOptions ?? []),
      runtime,
      JSON.stringify(start),
    ],
    {
      cwd: dirname(file),
      env: variables(definition),
      // A process group of its own: Ctrl-C reaches the whole group of the terminal.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  for (const input of [child.stdout, child.stderr]) if (input) createInterface({ input }).on('line', onLog);

  let usable = true;
  let peakMemoryMb = 0;
  let pending: { requestId: string; settle: (outcome: FunctionOutcome) => void } | null = null;
  const ready = Promise.withResolvers<void>();

  const settle = (outcome: FunctionOutcome) => {
    pending?.settle(outcome);
    pending = null;
  };
  const fail = ({ errorType, errorMessage }: Fault) => settle({ ok: false, errorType, errorMessage });
  const end = (fault: Fault) => {
    usable = false;
    fail(fault);
  };
  const kill = () => {
    usable = false;
    child.kill('SIGKILL');
  };

  child.on('message', (message: EnvironmentMessage) => {
    if (message.kind === 'ready') return ready.resolve();
    if (message.kind === 'failed-to-start') return end(message);
    peakMemoryMb = Math.max(peakMemoryMb, message.peakMemoryMb);
    if (message.kind === 'answer') return settle(outcomeOf(message.payload));
    if (message.fatal) return end(message);
    fail(message);
  });
  child.on('exit', () => {
    usable = false;
  });
  const closed = new Promise<void>((resolve) => {
    // Not at 'exit': the last message and the last lines may not have been read by then.
    child.on('close', (code, signal) => {
      // What was killed from here has settled. Else it was the watchdog, or the system when it was short of memory.
      if (signal === 'SIGKILL' && pending) peakMemoryMb = Math.max(peakMemoryMb, memoryMb);
      end(exitFault(pending?.requestId, code, signal));
      resolve();
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      end({ errorType: 'Lambda.Unknown', errorMessage: `The function's process failed (${error.code})` });
      if (child.pid === undefined) resolve();
    });
  });

  const invoke = async (payload: string, signal: AbortSignal): Promise<FunctionOutcome> => {
    const requestId = randomUUID();
    const giveUp = (fault: Fault) => {
      fail(fault);
      kill();
    };
    const timeOut = () => giveUp(timeoutFault(requestId, timeoutSeconds));
    let timer = setTimeout(timeOut, Math.max(timeoutSeconds * 1000, START_TIMEOUT_MS));
    const abort = () => giveUp({ errorType: 'Lambda.Unknown', errorMessage: 'The call was aborted' });
    signal.addEventListener('abort', abort, { once: true });
    const answer = new Promise<FunctionOutcome>((resolve) => {
      pending = { requestId, settle: resolve };
    });
    void ready.promise.then(() => {
      if (pending?.requestId !== requestId) return;
      clearTimeout(timer);
      timer = setTimeout(timeOut, timeoutSeconds * 1000);
      const invocation: Invocation = { requestId, payload, deadlineMs: Date.now() + timeoutSeconds * 1000 };
      // A process that is gone by now says so by its exit.
      child.send(invocation, () => {});
    });
    const outcome = await answer;
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    return outcome;
  };

  return { arn, usable: () => usable, invoke, peakMemoryMb: () => peakMemoryMb, kill, closed };
}

/** What Lambda sets for each function, over what is inherited and under what the function is configured with. */
function variables({ arn, name, file, memoryMb, handler = 'handler', environment }: LocalFunction): NodeJS.ProcessEnv {
  const inherited = Object.fromEntries(INHERITED.map((variable) => [variable, process.env[variable]]));
  const region = arn.split(':')[3] || 'us-east-1';
  return {
    ...inherited,
    TZ: 'UTC',
    LANG: 'en_US.UTF-8',
    LAMBDA_TASK_ROOT: dirname(file),
    _HANDLER: `index.${handler}`,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    // The SDK would read the user's own settings otherwise, a real endpoint among them.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    ...environment,
  };
}

function outcomeOf(payload: string): FunctionOutcome {
  const bytes = Buffer.byteLength(payload);
  if (bytes <= MAX_RESPONSE_BYTES) return { ok: true, payload };
  return {
    ok: false,
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: `Response payload size (${bytes} bytes) exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`,
  };
}

function timeoutFault(requestId: string, seconds: number): Fault {
  return {
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
  };
}

/** The names that Lambda gives to the end of a process: out of memory where it was killed, else an exit. */
function exitFault(requestId: string | undefined, code: number | null, signal: NodeJS.Signals | null): Fault {
  const reason = signal ? `signal: ${SIGNAL_WORDS[signal] ?? signal}` : `exit status ${code}`;
  return {
    errorType: signal === 'SIGKILL' ? 'Runtime.OutOfMemory' : 'Runtime.ExitError',
    errorMessage:
      code === 0
        ? `RequestId: ${requestId} Error: Runtime exited without providing a reason`
        : `RequestId: ${requestId} Error: Runtime exited with error: ${reason}`,
  };
}
