import type { Database } from './database.ts';
import { findBuildRequests, named } from './verify-sql.ts';

/** How many uuids one statement asks for. */
const UUIDS_A_STATEMENT = 1_000;

/** Which of the instances Nova's API is still building; a plain SELECT, so that it takes no locks. */
export async function buildingAmong(api: Database, uuids: readonly string[]): Promise<Set<string>> {
  const keyOf = (uuid: string) => (api.address.dialect === 'postgresql' ? uuid : uuid.toLowerCase());
  const found = new Set<string>();
  for (let begin = 0; begin < uuids.length; begin += UUIDS_A_STATEMENT) {
    const { list, parameters } = named('u', uuids.slice(begin, begin + UUIDS_A_STATEMENT));
    const rows = await api.query<{ u: string }>(findBuildRequests(list), parameters);
    // On MySQL the table's collation has decided whether letter case matters.
    for (const { u } of rows) found.add(keyOf(u));
  }
  return new Set(uuids.filter((uuid) => found.has(keyOf(uuid))));
}
