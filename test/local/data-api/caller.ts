import { randomUUID } from 'node:crypto';
import { ExecuteStatementCommand, type ExecuteStatementCommandInput, RDSDataClient } from '@aws-sdk/client-rds-data';
import type { DatabaseUrl } from '../../../domain/database-url.ts';
import { type DataApiOptions, startDataApi } from '../../../local/data-api/endpoint.ts';

type Values = Record<string, string | number | boolean | null>;
type Fields = Partial<ExecuteStatementCommandInput>;

/** The local Data API in front of one login, and a client for it. */
export interface Caller {
  url: string;
  key: string;
  client: RDSDataClient;
  /** Runs a statement; a number is sent as a long. */
  run(sql: string, values?: Values, fields?: Fields, signal?: AbortSignal): ReturnType<typeof send>;
  /** The rows of a query, read from `formatRecordsAs: JSON`. */
  rows(sql: string, values?: Values, fields?: Fields): Promise<Record<string, unknown>[]>;
  /** The answer's body as it travels. */
  raw(sql: string, fields?: Fields): Promise<string>;
  close(): Promise<void>;
}

function send(client: RDSDataClient, input: ExecuteStatementCommandInput, abortSignal?: AbortSignal) {
  return client.send(new ExecuteStatementCommand(input), { abortSignal });
}

export async function callDataApi(login: DatabaseUrl, options: Partial<DataApiOptions> = {}): Promise<Caller> {
  const key = randomUUID();
  const api = await startDataApi({ key, login: (arn) => (arn === 'arn:known' ? login : undefined), ...options });
  const client = new RDSDataClient({
    endpoint: api.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local', sessionToken: key },
    maxAttempts: 1,
  });
  const run: Caller['run'] = (sql, values = {}, fields = {}, signal = undefined) => {
    const parameters = Object.entries(values).map(([name, value]) => ({ name, value: toField(value) }));
    return send(client, { resourceArn: 'arn:known', secretArn: 'secret', sql, parameters, ...fields }, signal);
  };
  return {
    url: api.url,
    key,
    client,
    run,
    rows: async (sql, values, fields) => {
      const { formattedRecords } = await run(sql, values, { formatRecordsAs: 'JSON', ...fields });
      return JSON.parse(formattedRecords ?? 'null');
    },
    raw: async (sql, fields) => {
      const body = JSON.stringify({ resourceArn: 'arn:known', secretArn: 'secret', sql, ...fields });
      const headers = { 'x-amz-security-token': key };
      return (await fetch(`${api.url}/Execute`, { method: 'POST', headers, body })).text();
    },
    close: async () => {
      client.destroy();
      await api.close();
    },
  };
}

function toField(value: string | number | boolean | null) {
  if (value === null) return { isNull: true as const };
  if (typeof value === 'string') return { stringValue: value };
  return typeof value === 'number' ? { longValue: value } : { booleanValue: value };
}
