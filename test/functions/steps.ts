import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { type FunctionName, functionFacts, functionNames } from '../../contract/bundling.ts';
import { LONGEST_TURN_MS } from '../../contract/defaults.ts';
import { toVariables } from '../../contract/environment.ts';
import { NamedError } from '../../contract/errors.ts';
import type {
  CaughtError,
  ExecutionInput,
  FoundSuspects,
  ListedCells,
  Opened,
  RunEnd,
} from '../../contract/payloads.ts';
import { resultKeys } from '../../contract/results.ts';
import type { ChangeProgress } from '../../domain/change.ts';
import type { CompareProgress } from '../../domain/compare.ts';
import { parseDatabaseUrl } from '../../domain/database-url.ts';
import type { DigestProgress } from '../../domain/digest-range.ts';
import type { ExamineProgress } from '../../domain/examine.ts';
import { DEFAULT_PRICES, noUsage } from '../../domain/usage.ts';
import { startDataApi } from '../../local/data-api/endpoint.ts';
import { API_CLUSTER_ARN, API_SECRET_ARN, DIRECTORY_PREFIX, openDirectory } from '../../local/directory.ts';
import { startS3 } from '../../local/s3.ts';
import { startSsm } from '../../local/ssm.ts';

/** Step Functions' limit on what a step is given and answers. */
const MAX_PAYLOAD_BYTES = 262_144;

/** The functions, called one by one in this process as the machine would call them, on real databases. */
export interface Steps {
  /** Calls a function as Lambda does: its task and its answer travel as JSON, within the limit of a payload. */
  call<Answer>(name: FunctionName, task: unknown): Promise<Answer>;
  /** How often SSM was asked since the last time. */
  countLookups(): number;
  read<Value>(key: string): Promise<Value | undefined>;
  write(key: string, value: unknown): Promise<void>;
  /** The names of all objects that a run has left. */
  objects(run: string): Promise<string[]>;
  stop(): Promise<void>;
}

/** Starts what the functions call: the Data API in front of the databases, SSM and S3. */
export async function startSteps(apiUrl: string): Promise<Steps> {
  const key = 'the key of the test';
  const api = parseDatabaseUrl(apiUrl);
  const directory = openDirectory(api, null);
  let lookups = 0;
  const parameter = (name: string) => {
    lookups += 1;
    return directory.parameter(name);
  };
  const folder = await mkdtemp(join(tmpdir(), 'cellmap-steps-'));
  const [dataApi, ssm, s3] = await Promise.all([
    startDataApi({ key, login: directory.login }),
    startSsm({ key, parameter }),
    startS3({ key, directory: folder, bucket: 'results' }),
  ]);
  const address = {
    clusterArn: API_CLUSTER_ARN,
    secretArn: API_SECRET_ARN,
    database: api.database,
    dialect: api.dialect,
  };
  Object.assign(process.env, {
    ...toVariables({
      api: address,
      repair: address,
      directoryPrefix: DIRECTORY_PREFIX,
      mainDatabaseUrl: null,
      resultsBucket: 'results',
      prices: DEFAULT_PRICES,
    }),
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: key,
    AWS_ENDPOINT_URL_RDS_DATA: dataApi.url,
    AWS_ENDPOINT_URL_SSM: ssm.url,
    AWS_ENDPOINT_URL_S3: s3.url,
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
  });
  // Only now: the clients belong to the modules.
  const { readResult, writeResult } = await import('../../functions/clients.ts');
  const handlers = new Map<FunctionName, (task: unknown, context: Context) => Promise<unknown>>();
  for (const name of functionNames) {
    handlers.set(name, (await import(`../../${functionFacts[name].entry}`)).handler);
  }
  const forever = new AbortController().signal;
  return {
    call: async (name, task) => {
      const { memoryMb, timeoutSeconds } = functionFacts[name];
      const context = {
        functionName: name,
        memoryLimitInMB: String(memoryMb),
        getRemainingTimeInMillis: () => timeoutSeconds * 1000,
      };
      const answer = await handlers.get(name)?.(asPayload(task), context as Context);
      return asPayload(answer) as never;
    },
    countLookups: () => {
      const count = lookups;
      lookups = 0;
      return count;
    },
    read: (object) => readResult(object, forever),
    write: (object, value) => writeResult(object, value, forever),
    objects: async (run) => {
      const files = await readdir(join(folder, 'runs', run), { recursive: true, withFileTypes: true });
      return files.filter((file) => file.isFile()).map(({ name }) => name);
    },
    stop: async () => {
      await Promise.all([dataApi.close(), ssm.close(), s3.close()]);
      await rm(folder, { recursive: true });
    },
  };
}

function asPayload(value: unknown): unknown {
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > MAX_PAYLOAD_BYTES) throw new Error(`A payload of ${text.length} characters`);
  return JSON.parse(text);
}

/**
 * Makes each look at the clock find a turn to be over, so that every turn does the least that it can.
 * @returns makes the clock go right again
 */
export function hurry(): () => void {
  const now = Date.now.bind(Date);
  let ahead = 0;
  const spy = jest.spyOn(Date, 'now').mockImplementation(() => {
    ahead += 2 * LONGEST_TURN_MS;
    return now() + ahead;
  });
  return () => spy.mockRestore();
}

/** How a run of the machine goes that calls the functions one by one. */
export interface Course {
  /** Calls every function twice, as where an answer is lost, and goes on with the second answer. */
  twice?: boolean;
  /** Every turn does the least that it can; with `twice`, only the second attempt of each. */
  hurries?: boolean;
  /** Called before the run begins, with its name. */
  prepare?: (run: string) => Promise<void>;
  /** Called before the first call of a function. */
  before?: Partial<Record<FunctionName, () => Promise<void>>>;
  /** A function that fails from a call on, for good. */
  failsFrom?: { name: FunctionName; call: number };
  /** Into how many slices each part of the suspects is divided, as if it had very many. */
  slices?: number;
  /** Cells that fail between their digests and their comparison. */
  failing?: readonly string[];
  /** Cells whose children end without a trace. */
  lost?: readonly string[];
}

/** A run that has ended, and how often each function was called. */
export interface Ended<Document> {
  run: string;
  end: RunEnd;
  document: Document;
  calls: Partial<Record<FunctionName, number>>;
}

/** So few that a range takes several statements. */
const IDS_PER_DIGEST = 6;

let runs = 0;

/** Runs a mode other than `map`, as the machine does, one step after the other. */
export async function play<Document>(
  steps: Steps,
  input: ExecutionInput,
  course: Course = {},
): Promise<Ended<Document>> {
  const run = `run-${++runs}`;
  const calls: Ended<Document>['calls'] = {};
  const call = async <Answer>(name: FunctionName, task: unknown): Promise<Answer> => {
    const goOn = course.hurries && !course.twice ? hurry() : undefined;
    calls[name] = (calls[name] ?? 0) + 1;
    if (calls[name] === 1) await course.before?.[name]?.();
    if (course.failsFrom?.name === name && calls[name] >= course.failsFrom.call) throw lostDatabase();
    try {
      const answer = await steps.call<Answer>(name, task);
      if (!course.twice) return answer;
      const goOnAgain = course.hurries ? hurry() : undefined;
      try {
        return await steps.call<Answer>(name, task);
      } finally {
        goOnAgain?.();
      }
    } finally {
      goOn?.();
    }
  };
  const loop = async <Progress extends { done: boolean }>(name: FunctionName, task: object, progress: Progress) => {
    let now = progress;
    while (!now.done) now = await call<Progress>(name, { ...task, progress: now });
    return now;
  };

  await course.prepare?.(run);
  const listed = await call<ListedCells>('ListCells', { run, startedAt: new Date().toISOString(), input });
  const { settings, cells, usage } = listed;
  let { found, examined } = listed;
  let changed: ChangeProgress[] | undefined;
  let mapError: CaughtError | undefined;
  const verifies = settings.mode === 'verify' || settings.mode === 'repair';
  try {
    if (verifies) {
      const digested: DigestProgress[] = [];
      for (const range of listed.mappingRanges)
        digested.push(await loop('DigestMappings', { settings }, { ...range, ids: IDS_PER_DIGEST }));
      for (const { uuid } of cells) if (!course.lost?.includes(uuid)) await verifyCell(uuid);
      found = await call<FoundSuspects>('FindSuspects', { settings, cells, digested });
    }
    if (found.any) {
      examined = [];
      for (const { slices, ...part } of found.parts) {
        const progress = { ...part, slices: course.slices ?? slices };
        examined.push(await loop<ExamineProgress>('ExamineSuspects', { settings }, progress));
      }
    }
    if (settings.apply || settings.mode === 'undo') {
      changed = [];
      for (const { part, turns } of examined) {
        const begin = { part, files: turns, filesDone: 0, next: 0, turns: 0, done: false, made: {} };
        const progress = { ...begin, leftAlone: { number: 0, samples: [] }, usage: noUsage() };
        changed.push(await loop<ChangeProgress>('ChangeMappings', { settings }, progress));
      }
    }
  } catch (error) {
    mapError = caught(error as Error);
    changed = undefined;
  }
  const end = await call<RunEnd>('CloseRun', { settings, cells, found, examined, changed, mapError, usage });
  const document = await steps.read<Document>(resultKeys.result(run));
  if (document === undefined) throw new Error('The run left no result');
  return { run, end, document, calls };

  async function verifyCell(uuid: string): Promise<void> {
    const opened = await call<Opened>('OpenCell', { settings, uuid });
    const digested: DigestProgress[] = [];
    for (const range of opened.digests)
      digested.push(await loop('DigestInstances', { settings, cell: opened.cell }, { ...range, ids: IDS_PER_DIGEST }));
    if (course.failing?.includes(uuid)) {
      await call('CellFailed', { settings, uuid, opened, error: caught(lostDatabase()) });
      return;
    }
    let compared: CompareProgress | undefined;
    do compared = await call<CompareProgress>('CompareCell', { settings, uuid, opened, digested, compared });
    while (!compared.done);
  }
}

function lostDatabase(): NamedError {
  return new NamedError('DatabaseUnavailable', 'The database did not answer.');
}

/** An error as the machine hands it on. */
function caught({ name, message }: Error): CaughtError {
  return { Error: name, Cause: JSON.stringify({ errorType: name, errorMessage: message }) };
}
