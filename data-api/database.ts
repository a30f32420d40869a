import type {
  ExecuteStatementCommandInput,
  ExecuteStatementCommandOutput,
  SqlParameter,
} from '@aws-sdk/client-rds-data';
import type { Dialect } from '../domain/database-url.ts';
import { toFault } from './faults.ts';

/** Where a database is reached through the Data API. */
export interface DatabaseAddress {
  clusterArn: string;
  secretArn: string;
  database: string;
  dialect: Dialect;
}

/** Sends one ExecuteStatement; the SDK's client in the functions, a fake in tests. */
export type Send = (
  input: ExecuteStatementCommandInput,
  options: { abortSignal: AbortSignal },
) => Promise<ExecuteStatementCommandOutput>;

/** What a statement's named parameters hold. */
export type Parameters = Record<string, string | number | null>;

/** One database behind the Data API. All SQL of the product goes through here. */
export class Database {
  readonly address: DatabaseAddress;
  /** How people know it, at the beginning of a sentence: `The API database`. */
  readonly label: string;
  readonly #send: Send;
  readonly #signal: AbortSignal;

  /** @param signal aborts every statement, when the function is about to run out of time */
  constructor(address: DatabaseAddress, label: string, send: Send, signal: AbortSignal) {
    this.address = address;
    this.label = label;
    this.#send = send;
    this.#signal = signal;
  }

  /**
   * Runs a SELECT. Rows come as one JSON text, which is smaller and faster to read than typed fields.
   * @throws NamedError, ContentionError or PageTooLargeError
   */
  async query<Row>(sql: string, parameters: Parameters = {}): Promise<Row[]> {
    const { formattedRecords } = await this.#execute(sql, parameters, true);
    return JSON.parse(formattedRecords ?? '[]') as Row[];
  }

  /**
   * Runs a statement that writes, and returns how many rows it wrote.
   * @throws NamedError, ContentionError or PageTooLargeError
   */
  async write(sql: string, parameters: Parameters): Promise<number> {
    const { numberOfRecordsUpdated } = await this.#execute(sql, parameters, false);
    return numberOfRecordsUpdated ?? 0;
  }

  async #execute(sql: string, parameters: Parameters, reads: boolean): Promise<ExecuteStatementCommandOutput> {
    const { clusterArn, secretArn, database } = this.address;
    try {
      return await this.#send(
        {
          resourceArn: clusterArn,
          secretArn,
          database,
          sql,
          parameters: Object.entries(parameters).map(toParameter),
          ...(reads ? { formatRecordsAs: 'JSON' } : {}),
        },
        { abortSignal: this.#signal },
      );
    } catch (error) {
      throw toFault(error, this.label);
    }
  }
}

function toParameter([name, value]: [string, string | number | null]): SqlParameter {
  if (value === null) return { name, value: { isNull: true } };
  return { name, value: typeof value === 'number' ? { longValue: value } : { stringValue: value } };
}
