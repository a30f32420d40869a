import { createBenchCloud } from './cloud.ts';
import { startBenchMachine } from './machine.ts';
import type { Keep, Say } from './part.ts';
import type { GrowthResult } from './results.ts';
import { partFacts, type ServerName, type ServerSize, serverFacts, startServer, tablesMib } from './servers.ts';

/**
 * The buffer pool is larger than the tables of the larger size, and so is the redo log: a server that has to make room in
 * it slows down whoever writes, and only the larger size would meet that. A binary log would hold each of the floor's
 * transactions until its commit, and write it then as a whole.
 */
const SIZE: ServerSize = { bufferPoolMib: 8192, redoLogMib: 16_384, withoutBinaryLog: true };

/**
 * Maps one cell of each of two sizes, beside the floor of that size, each on a server of its own with equal settings. The
 * floor's statements have as many rows at both sizes, so that only the tables grow, and not a transaction.
 */
export async function measureGrowth(
  order: { server: ServerName; sizes: readonly number[]; rounds: number },
  keep: Keep<GrowthResult>,
  say: Say,
): Promise<void> {
  const part = partFacts();
  const floorRows = Math.min(...order.sizes);
  let result: GrowthResult | undefined;
  for (const instances of order.sizes) {
    const server = await startServer(order.server, SIZE);
    try {
      say(`makes ${instances.toLocaleString('en')} instances`);
      const cloud = await createBenchCloud(server, [instances]);
      result ??= {
        kind: 'growth',
        ...part,
        floorRows,
        server: await serverFacts(order.server, server),
        sizes: [],
      };
      const size: GrowthResult['sizes'][number] = { instances, tablesMib: 0, rounds: [] };
      result.sizes.push(size);
      for (let round = 0; round < order.rounds; round += 1) {
        await cloud.clear();
        await cloud.settle();
        let began = performance.now();
        await cloud.floor(floorRows);
        const floorMs = performance.now() - began;
        const machine = await startBenchMachine(cloud);
        try {
          // So that all functions are warm: those that close a cell over what the floor has mapped, and those that map.
          await machine.map(0);
          await cloud.clear();
          await machine.mapUntil(async () => (await cloud.progress()) >= instances / 10);
          await cloud.clear();
          await cloud.settle();
          began = performance.now();
          const run = await machine.map(instances);
          const firstMs = performance.now() - began;
          const { childEvents } = await machine.facts(run);
          size.rounds.push({ floorMs, firstMs, childEvents });
          say(
            `${instances.toLocaleString('en')}, round ${round + 1}: floor ${(floorMs / 1000).toFixed(1)} s, ` +
              `first run ${(firstMs / 1000).toFixed(1)} s, ${Math.round((floorMs / firstMs) * 100)} %`,
          );
        } finally {
          await machine.stop();
        }
        size.tablesMib = await tablesMib(server, cloud.databases);
        keep(result);
      }
      await cloud.close();
    } finally {
      await server.stop();
    }
  }
}
