import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type BenchCloud, createBenchCloud } from './cloud.ts';
import { startBenchMachine } from './machine.ts';
import type { Keep, Say } from './part.ts';
import type { Latencies, LiveResult } from './results.ts';
import { partFacts, type ServerName, serverFacts, startServer, tablesMib } from './servers.ts';

/** What live-api.ts is told. */
export interface LiveOrder {
  login: { host: string; port: number; user: string; password: string; urlPrefix: string };
  database: string;
  cellId: number;
  perSecond: number;
}

/** What it answers when it is told to end. */
export interface LiveReport {
  inserts: Latencies;
  updates: Latencies;
}

const PER_SECOND = 50;

const BUFFER_POOL_MIB = 1024;

/** How long the API works alone, in milliseconds; beside a mapping it is as long as that. */
const ALONE_MS = 20_000;

/** Nova's API books instances at an even pace: alone, and while a cell is mapped at the default settings. */
export async function measureLive(
  order: { server: ServerName; instances: number; rounds: number },
  keep: Keep<LiveResult>,
  say: Say,
): Promise<void> {
  const part = partFacts();
  const server = await startServer(order.server, { bufferPoolMib: BUFFER_POOL_MIB });
  try {
    say(`makes ${order.instances.toLocaleString('en')} instances`);
    const cloud = await createBenchCloud(server, [order.instances]);
    const result: LiveResult = {
      kind: 'live',
      ...part,
      server: await serverFacts(order.server, server),
      instances: order.instances,
      perSecond: PER_SECOND,
      rounds: [],
    };
    for (let round = 0; round < order.rounds; round += 1) {
      await cloud.clear();
      await cloud.settle();
      const alone = await besideApi(cloud, () => delay(ALONE_MS));
      const machine = await startBenchMachine(cloud);
      try {
        // Warm, as it would be on a second call: else the start of processes would be measured.
        await machine.map(order.instances);
        await cloud.clear();
        await cloud.settle();
        let mapMs = 0;
        const beside = await besideApi(cloud, async () => {
          const began = performance.now();
          await machine.map(order.instances);
          mapMs = performance.now() - began;
        });
        result.rounds.push({ alone, beside, mapMs });
        say(
          `round ${round + 1}: p99 of inserts ${Math.round(alone.inserts.p99)} ms alone, ` +
            `${Math.round(beside.inserts.p99)} ms beside a mapping of ${(mapMs / 1000).toFixed(1)} s, ` +
            `${beside.inserts.failed + beside.updates.failed} failed`,
        );
      } finally {
        await machine.stop();
      }
      result.server.tablesMib = await tablesMib(server, cloud.databases);
      keep(result);
    }
    await cloud.close();
  } finally {
    await server.stop();
  }
}

/** Does something while the API works, and says what the API met. */
async function besideApi(cloud: BenchCloud, work: () => Promise<unknown>): Promise<LiveReport> {
  const { host, port, user, password } = cloud.server;
  const api = fork(join(import.meta.dirname, 'live-api.ts'), [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const order: LiveOrder = {
    login: { host, port, user, password, urlPrefix: cloud.server.url('') },
    database: cloud.databases[0] ?? '',
    cellId: cloud.cells[0]?.id ?? 0,
    perSecond: PER_SECOND,
  };
  try {
    api.send(order);
    await once(api, 'message');
    await work();
    api.send('end');
    const [report] = (await once(api, 'message')) as [LiveReport];
    return report;
  } finally {
    api.kill('SIGKILL');
  }
}
