import { directoryParameterName } from '../contract/directory.ts';
import { NamedError } from '../contract/errors.ts';
import type { OpenedCell } from '../contract/payloads.ts';
import type { CellRow } from '../data-api/cells.ts';
import { Database, type DatabaseAddress } from '../data-api/database.ts';
import type { ComparedColumns } from '../data-api/sql.ts';
import { DataApiInstanceStore, DataApiMappingStore, readComparedColumns } from '../data-api/stores.ts';
import { type Cell, cellLabel } from '../domain/cell.ts';
import { expandCellUrl } from '../domain/cell-url.ts';
import { type DatabaseUrl, describeDatabase, directoryKeys, parseDatabaseUrl } from '../domain/database-url.ts';
import type { InstanceStore, MappingStore } from '../domain/stores.ts';
import { environment, readParameter, sendStatement } from './clients.ts';

/** The API database. */
export function apiDatabase(deadline: AbortSignal): Database {
  return new Database(environment.api, 'The API database', sendStatement, deadline);
}

/**
 * The API database with the login that may change and remove mappings.
 * @throws NamedError AccessDenied where the stack has none
 */
export function repairDatabase(deadline: AbortSignal): Database {
  return new Database(addressForRepair(), 'The API database', sendStatement, deadline);
}

/**
 * Refuses changes of mappings where the stack has no login for them.
 * @throws NamedError AccessDenied
 */
export function addressForRepair(): DatabaseAddress {
  if (environment.repair !== null) return environment.repair;
  throw new NamedError(
    'AccessDenied',
    'This stack may not change or remove mappings. ' +
      "Set apiDatabase.repairSecretArn in the stack's configuration and deploy again.",
  );
}

/** A cell's own database. */
export function cellDatabase(
  cell: Pick<Cell, 'name' | 'uuid'>,
  source: DatabaseAddress,
  deadline: AbortSignal,
): Database {
  return new Database(source, `The database of cell ${cellLabel(cell)}`, sendStatement, deadline);
}

let comparedColumns: ComparedColumns | undefined;

/** How the columns are declared that pages are compared with. They do not change while an environment lives. */
export async function readColumnsOnce(deadline: AbortSignal): Promise<ComparedColumns> {
  comparedColumns ??= await readComparedColumns(apiDatabase(deadline));
  return comparedColumns;
}

/** A cell's instances, page by page. */
export function instanceStore(cell: OpenedCell, deadline: AbortSignal): InstanceStore {
  return new DataApiInstanceStore(cellDatabase(cell, cell.source, deadline));
}

/** The mappings as seen from a cell. */
export async function mappingStore(cell: Pick<Cell, 'id'>, deadline: AbortSignal): Promise<MappingStore> {
  return new DataApiMappingStore(apiDatabase(deadline), cell.id, await readColumnsOnce(deadline));
}

/**
 * The cell's database as its row names it, the template filled in.
 * @throws NamedError BadDatabaseUrl, which quotes nothing of the URL
 */
export function databaseOf(cell: CellRow): DatabaseUrl {
  const { mainDatabaseUrl } = environment;
  const remedy =
    mainDatabaseUrl === null && cell.databaseConnection?.includes('{')
      ? 'It is a template: give the main database, [database] connection, from which it is filled.'
      : "Correct the cell's database_connection (nova-manage cell_v2 update_cell), then run again.";
  if (cell.databaseConnection === null) {
    throw new NamedError('BadDatabaseUrl', `Cell ${cellLabel(cell)} has no database_connection. ${remedy}`);
  }
  try {
    return parseDatabaseUrl(expandCellUrl(cell.databaseConnection, mainDatabaseUrl));
  } catch (error) {
    const reason =
      error instanceof Error && error.name === 'DatabaseUrlError' ? `${error.message}.` : 'It is not a URL.';
    throw new NamedError('BadDatabaseUrl', `The database_connection of cell ${cellLabel(cell)}: ${reason} ${remedy}`);
  }
}

/**
 * Looks a cell's database up in the database directory, the most exact entry first.
 * @throws NamedError UnknownDatabase when no entry fits
 */
export async function findDatabase(cell: CellRow, deadline: AbortSignal): Promise<DatabaseAddress> {
  const url = databaseOf(cell);
  for (const key of directoryKeys(url)) {
    const entry = await readParameter(directoryParameterName(environment.directoryPrefix, key), deadline);
    if (entry !== undefined) {
      const { clusterArn, secretArn } = JSON.parse(entry) as { clusterArn: string; secretArn: string };
      return { clusterArn, secretArn, database: url.database, dialect: url.dialect };
    }
  }
  throw new NamedError(
    'UnknownDatabase',
    `The database of cell ${cellLabel(cell)}, ${describeDatabase(url)}, is not in the database directory. ` +
      "Add its host to `directory` in the stack's configuration and deploy again.",
  );
}
