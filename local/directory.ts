import { directoryParameterName } from '../contract/directory.ts';
import {
  type DatabaseUrl,
  directoryKey,
  expandCellUrl,
  parseDatabaseUrl,
  withoutCredentials,
} from '../domain/database-url.ts';
import { openMysql } from './data-api/mysql.ts';
import { openPostgresql } from './data-api/postgresql.ts';
import type { Value } from './data-api/session.ts';

/** The path of the local run's SSM parameters. */
export const DIRECTORY_PREFIX = '/cellmap/directory';

const ARN = (service: string, rest: string) => `arn:aws:${service}:us-east-1:000000000000:${rest}`;

/** The API database's place in the local AWS. */
export const API_CLUSTER_ARN = ARN('rds', 'cluster:api');

/** The API database's login in the local AWS. */
export const API_SECRET_ARN = ARN('secretsmanager', 'secret:api');

/** The database directory and the secrets of a local run: all that a deployed stack is configured with. */
export interface Directory {
  /** The value of an SSM parameter. */
  parameter: (name: string) => Promise<string | undefined>;
  /** The login that a cluster ARN and a secret ARN stand for. */
  login: (clusterArn: string, secretArn: string) => DatabaseUrl | undefined;
}

/**
 * Makes the directory from the cells' own URLs in `cell_mappings`, as no operator configures one at home. They are
 * read when an entry is asked for that is not known yet.
 */
export function openDirectory(apiDatabase: DatabaseUrl, mainDatabaseUrl: string | null): Directory {
  const logins = new Map([[`${API_CLUSTER_ARN} ${API_SECRET_ARN}`, apiDatabase]]);
  const parameters = new Map<string, string>();

  const read = async () => {
    const places = new Set<string>();
    for (const connection of await readConnections(apiDatabase)) {
      const url = parseOrNull(connection, mainDatabaseUrl);
      // The functions fill templates without the logins, and look up what comes of that.
      const bare = parseOrNull(connection, mainDatabaseUrl === null ? null : withoutCredentials(mainDatabaseUrl));
      if (url === null || bare === null) continue;
      const place = directoryKey(bare);
      // A disabled cell may have an old login for a database that another cell has taken over: the first one counts.
      if (places.has(place)) continue;
      places.add(place);
      const clusterArn = ARN('rds', `cluster:${place}`);
      const secretArn = ARN('secretsmanager', `secret:${place}`);
      logins.set(`${clusterArn} ${secretArn}`, url);
      parameters.set(directoryParameterName(DIRECTORY_PREFIX, place), JSON.stringify({ clusterArn, secretArn }));
    }
  };
  return {
    parameter: async (name) => {
      if (!parameters.has(name)) await read();
      return parameters.get(name);
    },
    login: (clusterArn, secretArn) => logins.get(`${clusterArn} ${secretArn}`),
  };
}

async function readConnections(apiDatabase: DatabaseUrl): Promise<string[]> {
  const open = apiDatabase.dialect === 'mysql' ? openMysql : openPostgresql;
  try {
    const session = await open(apiDatabase);
    try {
      const rows: Value[][] = [];
      const sink = { columns: () => {}, row: (values: Value[]) => void rows.push(values) };
      await session.run('SELECT database_connection FROM cell_mappings ORDER BY disabled, id', [], sink);
      return rows.flatMap(([value]) => (typeof value === 'string' ? [value] : []));
    } finally {
      session.close();
    }
  } catch {
    return []; // The machine's own steps meet the same error and say why.
  }
}

function parseOrNull(connection: string, mainDatabaseUrl: string | null): DatabaseUrl | null {
  try {
    return parseDatabaseUrl(expandCellUrl(connection, mainDatabaseUrl));
  } catch {
    return null; // OpenCell meets the same error and fails that cell with it.
  }
}
