import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { Database } from '../../data-api/database.ts';
import { parseDatabaseUrl } from '../../domain/database-url.ts';
import { startDataApi } from '../../local/data-api/endpoint.ts';

/** Databases behind a local Data API, reached with the SDK's own client. */
export interface LocalDatabases {
  open(url: string, label?: string): Database;
  close(): Promise<void>;
}

/** Starts a local Data API whose cluster ARNs are simply the databases' URLs. */
export async function startLocalDatabases(): Promise<LocalDatabases> {
  const key = 'the key of the test';
  const api = await startDataApi({ key, login: (resourceArn) => parseDatabaseUrl(resourceArn) });
  const client = new RDSDataClient({
    endpoint: api.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local', sessionToken: key },
  });
  const never = new AbortController().signal;
  return {
    open: (url, label = 'The database') => {
      const { database, dialect } = parseDatabaseUrl(url);
      const address = { clusterArn: url, secretArn: 'secret', database, dialect };
      const send: ConstructorParameters<typeof Database>[2] = (input, options) =>
        client.send(new ExecuteStatementCommand(input), options);
      return new Database(address, label, send, never);
    },
    close: async () => {
      client.destroy();
      await api.close();
    },
  };
}
