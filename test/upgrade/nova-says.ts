import type { Printed } from '../end-to-end/command.ts';
import type { InstalledNova } from './installed-nova.ts';
import { novaManage, novaScript } from './nova-manage.ts';

/** The exit code of `nova-manage cell_v2 verify_instance` for an instance. */
export async function verifyInstance({ configFile }: InstalledNova, uuid: string): Promise<number | null> {
  return (await novaManage(configFile, 'cell_v2', 'verify_instance', '--uuid', uuid)).code;
}

/** The same for many instances, by uuid, with nova-manage's own code in one process. */
export async function verifyInstances(
  { configFile }: InstalledNova,
  uuids: readonly string[],
): Promise<Record<string, number>> {
  return answerOf(await novaScript('nova-verify-instance.py', configFile, ...uuids));
}

/** How many instances a project has, by Nova's two ways of counting. */
export interface Quota {
  /** From `instance_mappings`. */
  mappings: number;
  /** In the cells. */
  instances: number;
  /** Whether Nova trusts the project's mappings: none lacks `queued_for_delete`, nor a live one its user. */
  populated: boolean;
}

/** What Nova's own quota code counts, by project. */
export async function quotas(
  { configFile }: InstalledNova,
  projectIds: readonly string[],
): Promise<Record<string, Quota>> {
  return answerOf(await novaScript('nova-quota.py', configFile, ...projectIds));
}

function answerOf<Answer>({ code, stdout, stderr }: Printed): Answer {
  if (code !== 0) throw new Error(`Nova's own code failed (${code}):\n${stdout}\n${stderr}`);
  return JSON.parse(stdout) as Answer;
}
