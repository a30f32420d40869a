import type { Settings } from '../contract/payloads.ts';
import { DataApiChangeStore } from '../data-api/change-store.ts';
import type { DatabaseAddress } from '../data-api/database.ts';
import { readUuidRules } from '../data-api/uuid-rules.ts';
import { DataApiVerifiedInstances } from '../data-api/verified-instances.ts';
import { DataApiVerifiedMappings } from '../data-api/verified-mappings.ts';
import type { Cell } from '../domain/cell.ts';
import type { ChangeStore } from '../domain/change.ts';
import type { UuidRules, VerifiedInstances, VerifiedMappings } from '../domain/verification-stores.ts';
import { apiDatabase, cellDatabase, repairDatabase } from './databases.ts';

let uuidRules: UuidRules | undefined;

/** How the API database compares uuids. It does not change while an environment lives. */
export async function readUuidRulesOnce(deadline: AbortSignal): Promise<UuidRules> {
  uuidRules ??= await readUuidRules(apiDatabase(deadline));
  return uuidRules;
}

/** A cell's instances, for comparing. */
export async function verifiedInstances(
  cell: Pick<Cell, 'name' | 'uuid'>,
  source: DatabaseAddress,
  { bucketLength }: Pick<Settings, 'bucketLength'>,
  deadline: AbortSignal,
): Promise<VerifiedInstances> {
  const { exactCase } = await readUuidRulesOnce(deadline);
  return new DataApiVerifiedInstances(cellDatabase(cell, source, deadline), { exactCase, bucketLength });
}

/** All mappings, for comparing. */
export async function verifiedMappings(
  { bucketLength }: Pick<Settings, 'bucketLength'>,
  deadline: AbortSignal,
): Promise<VerifiedMappings> {
  const { exactCase } = await readUuidRulesOnce(deadline);
  return new DataApiVerifiedMappings(apiDatabase(deadline), { exactCase, bucketLength });
}

/**
 * All mappings, for changing.
 * @throws NamedError where nobody may change any
 */
export function changeStore(deadline: AbortSignal): ChangeStore {
  return new DataApiChangeStore(repairDatabase(deadline));
}
