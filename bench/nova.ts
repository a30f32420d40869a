import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { InstalledNova } from '../test/upgrade/installed-nova.ts';
import { missingPackages, novaManage, novaManageUntil } from '../test/upgrade/nova-manage.ts';
import type { BenchCloud } from './cloud.ts';

/** The version of nova-common that is installed here; null where the real nova-manage cannot run. */
export function novaVersion(): string | null {
  if (missingPackages().length > 0) return null;
  const version = execFileSync('dpkg-query', ['--show', `--showformat=\${Version}`, 'nova-common'], {
    encoding: 'utf8',
  });
  return /\d+(\.\d+)+/.exec(version)?.[0] ?? null;
}

/** The real `nova-manage cell_v2 map_instances`, on a cloud whose databases it has made. */
export interface NovaManage {
  /** Maps all of cell1. @throws where it exits with anything but 0 */
  map(...options: string[]): Promise<void>;
  /** Begins to map, and kills it (kill -9) when that is so. */
  mapUntil(isTime: () => Promise<boolean>): Promise<void>;
}

/** How often the table is looked at before the kill, in milliseconds. */
const POLL_MS = 250;

/** Makes its command lines. */
export function novaOn(nova: InstalledNova, cloud: BenchCloud): NovaManage {
  const command = ['cell_v2', 'map_instances', '--cell_uuid', nova.cells.cell1.uuid];
  return {
    map: async (...options) => {
      const { code, stdout, stderr } = await novaManage(nova.configFile, ...command, ...options);
      if (code !== 0) throw new Error(`nova-manage ${command.join(' ')} exited ${code}: ${stdout}${stderr}`);
    },
    mapUntil: async (isTime) => {
      const kill = new AbortController();
      const running = novaManageUntil(kill.signal, nova.configFile, ...command);
      let ended = false;
      void running.then(() => {
        ended = true;
      });
      while (!ended && !(await isTime())) await delay(POLL_MS);
      if (ended) throw new Error(`nova-manage had ended before the kill: ${(await running).code}`);
      kill.abort();
      await running;
      // Its connection, and what it was in the middle of, go with it.
      for (let before = -1; before !== (await cloud.mappings()); ) {
        before = await cloud.mappings();
        await delay(500);
      }
    },
  };
}
