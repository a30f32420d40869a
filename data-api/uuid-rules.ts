import type { UuidRules } from '../domain/verification-stores.ts';
import type { Database } from './database.ts';
import { readComparedColumns } from './stores.ts';

/**
 * Asks the API database how it compares uuids. The answer may be kept while an environment lives.
 * @throws NamedError UnexpectedTables
 */
export async function readUuidRules(api: Database): Promise<UuidRules> {
  if (api.address.dialect === 'postgresql') return { exactCase: true };
  const { instanceMappings } = await readComparedColumns(api);
  return { exactCase: /_(bin|cs)$/.test(instanceMappings.collation) };
}
