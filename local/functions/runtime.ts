/**
 * The program of one environment, played as Lambda's Node.js runtime: it loads one function's bundle, then handles one
 * event at a time, which come from the parent over IPC.
 *
 * It ends with its parent. Signals of the terminal or of a service manager are the parent's business alone.
 */
import { readFileSync } from 'node:fs';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { EnvironmentMessage, EnvironmentStart, Fault, Invocation } from './messages.ts';

type Handler = (event: unknown, context: unknown) => unknown;

const MIB = 1024 * 1024;

/**
 * Runs in a thread of its own, so that it sees to the limits even while the function is busy in a loop. A thread cannot
 * end its process but by a signal.
 */
const WATCHDOG = `
  const { parentPid, limitBytes } = require('node:worker_threads').workerData;
  setInterval(() => {
    if (process.ppid !== parentPid || process.memoryUsage.rss() > limitBytes) process.kill(process.pid, 'SIGKILL');
  }, 100);
`;

const start = JSON.parse(process.argv[2] ?? '{}') as EnvironmentStart;
let current: Invocation | null = null;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit());
process.on('unhandledRejection', (reason) => {
  die({ errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: String(reason) }, 128);
});
process.on('uncaughtException', (error) => die(faultOf(error), 129));

const limitBytes = start.memoryMb * MIB;
new Worker(WATCHDOG, { eval: true, workerData: { parentPid: start.parentPid, limitBytes } }).unref();

try {
  const handler = await loadHandler();
  process.on('message', (invocation: Invocation) => void handle(handler, invocation));
  send({ kind: 'ready' });
  // Now, because most of these processes are killed and have no exit at which Node would do it.
  if (start.compiled !== null) flushCompileCache();
} catch (error) {
  send({ kind: 'failed-to-start', ...loadFaultOf(error) }, () => process.exit(1));
}

async function loadHandler(): Promise<Handler> {
  // Where nothing can be kept, it says so in what it returns, and compiles.
  if (start.compiled !== null) enableCompileCache(start.compiled);
  const bundle: Record<string, unknown> = await import(pathToFileURL(start.file).href);
  const handler = bundle[start.handler];
  if (typeof handler !== 'function') {
    throw Object.assign(new Error(`index.${start.handler} is undefined or not exported`), {
      name: 'Runtime.HandlerNotFound',
    });
  }
  return handler as Handler;
}

async function handle(handler: Handler, invocation: Invocation): Promise<void> {
  const { requestId } = invocation;
  current = invocation;
  let answer: { kind: 'answer'; payload: string } | ({ kind: 'fault'; fatal: boolean } & Fault);
  try {
    const result = await handler(JSON.parse(invocation.payload), contextOf(invocation));
    answer = { kind: 'answer', payload: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    answer = { kind: 'fault', fatal: false, ...faultOf(error) };
  }
  if (current !== invocation) return;
  current = null;
  const peakBytes = peakMemoryBytes();
  // A peak between two looks of the watchdog.
  if (peakBytes > limitBytes) process.kill(process.pid, 'SIGKILL');
  send({ ...answer, requestId, peakMemoryMb: peakBytes / MIB });
}

/** The members that Lambda gives a handler. */
function contextOf({ requestId, deadlineMs }: Invocation): unknown {
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: start.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: start.functionArn,
    memoryLimitInMB: String(start.memoryMb),
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

/** Ends the process as Lambda's runtime does on an error that no handler can catch, with an answer if one is awaited. */
function die(fault: Fault, exitCode: number): void {
  if (!current) process.exit(exitCode);
  const { requestId } = current;
  current = null;
  const peakMemoryMb = peakMemoryBytes() / MIB;
  send({ kind: 'fault', fatal: true, requestId, peakMemoryMb, ...fault }, () => process.exit(exitCode));
}

function faultOf(error: unknown): Fault {
  if (error instanceof Error) return { errorType: error.name, errorMessage: error.message };
  return { errorType: typeof error, errorMessage: String(error) };
}

function loadFaultOf(error: unknown): Fault {
  const fault = faultOf(error);
  if (error instanceof SyntaxError) return { ...fault, errorType: 'Runtime.UserCodeSyntaxError' };
  const { code } = (error ?? {}) as { code?: unknown };
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    return { ...fault, errorType: 'Runtime.ImportModuleError' };
  }
  return fault;
}

/** The peak of the resident size. Not `resourceUsage().maxRSS` on Linux: a child starts with its parent's peak in it. */
function peakMemoryBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const kibibytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
  return Number(kibibytes) * 1024;
}

function send(message: EnvironmentMessage, sent: () => void = () => {}): void {
  process.send?.(message, undefined, undefined, sent);
}
