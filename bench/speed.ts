import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchCloud, createBenchCloud, installBenchCloud } from './cloud.ts';
import { measure, untilCounted } from './counters.ts';
import { type BenchMachine, type BenchRun, startBenchMachine } from './machine.ts';
import { type NovaManage, novaOn, novaVersion } from './nova.ts';
import type { Keep, Say } from './part.ts';
import type { RowName, Sample, SpeedResult } from './results.ts';
import { partFacts, type ServerName, serverFacts, startServer, tablesMib } from './servers.ts';

/** Larger than all tables that are measured here. */
const BUFFER_POOL_MIB = 1024;

/** What is asked of nova-manage beside its default: all in one page. */
const ONE_PAGE = ['--max-count', '50000'];

/** What is to be measured of one cell. */
export interface SpeedOrder {
  server: ServerName;
  instances: number;
  rounds: number;
  /** Rounds of nova-manage; 0 leaves it out. */
  novaRounds: number;
}

/**
 * Maps one cell in each round: first, a second time, and after a stop at about half; with the real nova-manage, by the
 * floor, and with the whole machine on this computer. All on one server, in the same tables.
 */
export async function measureSpeed(order: SpeedOrder, keep: Keep<SpeedResult>, say: Say): Promise<void> {
  const { instances, rounds, novaRounds } = order;
  const part = partFacts();
  const folder = mkdtempSync(join(tmpdir(), 'cellmap-bench-'));
  const server = await startServer(order.server, { bufferPoolMib: BUFFER_POOL_MIB });
  try {
    const version = novaRounds > 0 ? novaVersion() : null;
    if (novaRounds > 0 && version === null) say('nova-manage is not installed here: it is left out');
    say(`makes ${instances.toLocaleString('en')} instances`);
    const installed = version === null ? null : await installBenchCloud(server, folder, instances);
    const cloud = installed?.cloud ?? (await createBenchCloud(server, [instances]));
    const nova = installed && novaOn(installed.nova, cloud);
    await untilCounted(cloud.sql);
    const facts = await serverFacts(order.server, server);
    const result: SpeedResult = {
      kind: 'speed',
      ...part,
      server: facts,
      instances,
      nova: version,
      rounds: [],
    };
    for (let round = 0; round < rounds; round += 1) {
      const rows: Partial<Record<RowName, Sample>> = {};
      const done = (name: RowName, sample: Sample) => {
        rows[name] = sample;
        say(`round ${round + 1}, ${name}: ${(sample.milliseconds / 1000).toFixed(2)} s`);
      };
      if (nova && round < novaRounds) await measureNova(nova, cloud, done);
      await cloud.clear();
      done('floor', { ...(await measure(cloud, cloud.floor)), mapped: instances });
      const machine = await startBenchMachine(cloud);
      try {
        await measureOurs(machine, cloud, done);
        facts.tablesMib = await tablesMib(server, cloud.databases);
        result.rounds.push({ rows, startUpMs: machine.startUpMs, peaks: machine.peaks() });
      } finally {
        await machine.stop();
      }
      keep(result);
    }
    await cloud.close();
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Done = (name: RowName, sample: Sample) => void;

async function measureNova(nova: NovaManage, cloud: BenchCloud, done: Done): Promise<void> {
  const all = cloud.instances;
  await cloud.clear();
  done('nova first', { ...(await measure(cloud, () => nova.map())), mapped: all });
  done('nova second', { ...(await measure(cloud, () => nova.map())), mapped: 0 });
  await cloud.clear();
  done('nova first, one page', { ...(await measure(cloud, () => nova.map(...ONE_PAGE))), mapped: all });
  await cloud.clear();
  await nova.mapUntil(async () => (await cloud.mappings()) >= all / 2);
  const left = all - (await realMappings(cloud));
  done('nova after a kill', { ...(await measure(cloud, () => nova.map())), mapped: left });
}

/** Without nova-manage's marker. */
async function realMappings(cloud: BenchCloud): Promise<number> {
  const [row] = await cloud.sql.query<{ number: string | number }>(
    'SELECT COUNT(*) AS number FROM instance_mappings WHERE cell_id IS NOT NULL',
  );
  return Number(row?.number);
}

async function measureOurs(machine: BenchMachine, cloud: BenchCloud, done: Done): Promise<void> {
  const all = cloud.instances;
  const measured = async (name: RowName, work: () => Promise<BenchRun>) => {
    let run: BenchRun | undefined;
    const sample = await measure(cloud, async () => {
      run = await work();
    });
    if (run !== undefined) done(name, { ...sample, mapped: run.mapped, machine: await machine.facts(run) });
  };
  await cloud.clear();
  await measured('first, cold', () => machine.map(all));
  await cloud.clear();
  await measured('first', () => machine.map(all));
  // Each of these calls functions that no run before has called.
  await measured('second, cold', () => machine.map(0));
  await measured('second', () => machine.map(0));
  await measured('verify, cold', () => machine.verify(all));
  await measured('verify', () => machine.verify(all));
  await cloud.clear();
  await machine.mapUntil(async () => (await cloud.mappings()) >= all / 2);
  await untilCounted(cloud.sql);
  const left = all - (await cloud.mappings());
  await measured('after a stop', () => machine.map(left));
}
