/** What a new environment is started with: its one argument, as JSON. */
export interface EnvironmentStart {
  /** The function's bundle, and what it exports. */
  file: string;
  handler: string;
  functionName: string;
  functionArn: string;
  memoryMb: number;
  /** The process whose end ends the environment too. */
  parentPid: number;
  /** The folder in which to keep what Node compiles of the bundle, for the next one; null to compile it each time. */
  compiled: string | null;
}

/** An event for the environment to handle; the next one follows only after its answer. */
export interface Invocation {
  requestId: string;
  /** JSON text. */
  payload: string;
  /** When the environment will be killed, in milliseconds since 1970. */
  deadlineMs: number;
}

/** What Lambda reports of a failed call. */
export interface Fault {
  errorType: string;
  errorMessage: string;
}

/** What an environment says: once that it is ready or that it failed to start, then one answer to each event. */
export type EnvironmentMessage =
  | { kind: 'ready' }
  | ({ kind: 'failed-to-start' } & Fault)
  | { kind: 'answer'; requestId: string; payload: string; peakMemoryMb: number }
  /** `fatal` where the process ends with this. */
  | ({ kind: 'fault'; requestId: string; fatal: boolean; peakMemoryMb: number } & Fault);
