import type { DatabaseUrl } from '../../domain/database-url.ts';
import { AwsFault, type EndpointRequest, type EndpointResponse, startEndpoint } from '../endpoint.ts';
import { connectFault, statementFault } from './faults.ts';
import { MAX_REQUEST_BYTES, requestTooLarge, STATEMENT_TIMEOUT_MS, statementTimedOut } from './limits.ts';
import { openMysql } from './mysql.ts';
import { SessionPool } from './pool.ts';
import { openPostgresql } from './postgresql.ts';
import { RecordWriter } from './records.ts';
import { parseRequest, type StatementRequest, valuesFor } from './request.ts';
import type { Session } from './session.ts';
import { toDriverStatement } from './statement.ts';

/** What the local Data API needs to know. */
export interface DataApiOptions {
  /** The login that a cluster ARN and a secret ARN stand for, or undefined. */
  login: (resourceArn: string, secretArn: string) => DatabaseUrl | undefined;
  /** How many statements may run in one database at once; more wait for their turn. 8 by default. */
  connectionsPerDatabase?: number;
  /** The Data API's 45 s by default. */
  statementTimeoutMs?: number;
}

const CONNECTIONS_PER_DATABASE = 8;
const MAX_IDLE_CONNECTIONS = 16;

/** The operations of the service that are refused, by the path of each. */
const REFUSED_OPERATIONS: Record<string, string> = {
  '/BatchExecute': 'BatchExecuteStatement',
  '/BeginTransaction': 'BeginTransaction',
  '/CommitTransaction': 'CommitTransaction',
  '/RollbackTransaction': 'RollbackTransaction',
  '/ExecuteSql': 'ExecuteSql',
};

/**
 * The RDS Data API on the loopback address, in front of real databases: ExecuteStatement, in autocommit, with the
 * service's limits, value types and error names. Everything else is refused by name.
 */
export async function startDataApi(
  options: DataApiOptions & { key: string },
): Promise<{ url: string; close(): Promise<void> }> {
  const dataApi = new DataApi(options);
  const endpoint = await startEndpoint({
    key: options.key,
    maxRequestBytes: MAX_REQUEST_BYTES,
    tooLarge: requestTooLarge,
    handle: (request) => dataApi.handle(request),
  });
  return {
    url: endpoint.url,
    close: async () => {
      await Promise.all([endpoint.close(), dataApi.close()]);
    },
  };
}

/** The service itself, without the HTTP server. */
class DataApi {
  readonly #login: DataApiOptions['login'];
  readonly #timeoutMs: number;
  readonly #pool: SessionPool;
  readonly #closing = new AbortController();

  constructor({ login, connectionsPerDatabase, statementTimeoutMs }: DataApiOptions) {
    this.#login = login;
    this.#timeoutMs = statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
    this.#pool = new SessionPool({
      perDatabase: connectionsPerDatabase ?? CONNECTIONS_PER_DATABASE,
      maxIdle: MAX_IDLE_CONNECTIONS,
    });
  }

  /**
   * Answers one HTTP request. Its statement is stopped on the server when the time is over, the result is too large,
   * or `signal` says that the caller has gone; `continueAfterTimeout` lets it go on after the first and the last of these.
   * @throws {AwsFault} the service's fault
   */
  async handle({ method, url, headers, body, signal }: EndpointRequest): Promise<EndpointResponse> {
    const refused = REFUSED_OPERATIONS[url];
    if (refused) throw new AwsFault('BadRequestException', `${refused} is not supported by the local Data API`);
    if (method !== 'POST' || url !== '/Execute') {
      throw new AwsFault('UnknownOperationException', 'No such operation', 404);
    }
    if (body.length + headerBytes(headers) > MAX_REQUEST_BYTES) throw requestTooLarge();
    return { status: 200, body: await this.#execute(parseRequest(body), signal) };
  }

  /** Stops every running statement on its server and closes the connections. */
  async close(): Promise<void> {
    this.#closing.abort(gone());
    await this.#pool.close();
  }

  async #execute(request: StatementRequest, caller: AbortSignal): Promise<string> {
    const login = this.#loginOf(request);
    const { sql, names } = toDriverStatement(request.sql, login.dialect);
    const values = valuesFor(names, request.parameters);

    const stop = new AbortController();
    const onGone = () => stop.abort(gone());
    const timer = setTimeout(() => stop.abort(statementTimedOut()), this.#timeoutMs);
    const watched = request.continueAfterTimeout ? [this.#closing.signal] : [this.#closing.signal, caller];
    for (const signal of watched) signal.addEventListener('abort', onGone);
    if (watched.some((signal) => signal.aborted)) onGone();
    try {
      const writer = new RecordWriter(request.formatRecordsAs, (fault) => stop.abort(fault));
      const key = JSON.stringify([request.resourceArn, request.secretArn, login.database]);
      const session = await this.#pool.acquire(key, () => openSession(login), stop.signal);
      if (stop.signal.aborted) {
        this.#pool.release(session);
        throw stop.signal.reason;
      }
      const running = session.run(sql, values, writer).catch((error) => {
        throw statementFault(error, login);
      });
      const updated = await this.#finish(session, running, request.continueAfterTimeout, stop.signal);
      return writer.answer(updated, request.includeResultMetadata);
    } finally {
      clearTimeout(timer);
      for (const signal of watched) signal.removeEventListener('abort', onGone);
    }
  }

  /** Waits for the statement, or for the reason to stop it, and gives the session back as that leaves it. */
  async #finish(session: Session, running: Promise<number>, mayContinue: boolean, stop: AbortSignal): Promise<number> {
    try {
      return await abortable(running, stop);
    } finally {
      const isTimeout = (stop.reason as Error | undefined)?.name === statementTimedOut().name;
      if (!stop.aborted) this.#pool.release(session);
      else if (isTimeout && mayContinue) running.catch(() => {}).finally(() => this.#pool.release(session));
      else this.#pool.discard(session);
    }
  }

  #loginOf({ resourceArn, secretArn, database }: StatementRequest): DatabaseUrl {
    const login = this.#login(resourceArn, secretArn);
    // The service documents NotFoundException for a resourceArn or a secretArn that cannot be found.
    if (!login) {
      throw new AwsFault('NotFoundException', 'No database of this run has this resourceArn and secretArn', 404);
    }
    return { ...login, database: database ?? login.database };
  }
}

async function openSession(login: DatabaseUrl): Promise<Session> {
  try {
    return await (login.dialect === 'mysql' ? openMysql(login) : openPostgresql(login));
  } catch (error) {
    throw connectFault(error, login);
  }
}

/** The promise's outcome, or the signal's reason if that comes first. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function gone(): AwsFault {
  return new AwsFault('InternalServerErrorException', 'The request was given up', 500);
}

function headerBytes(headers: EndpointRequest['headers']): number {
  return Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + String(value).length + 4, 0);
}
