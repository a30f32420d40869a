import { createBenchCloud } from './cloud.ts';
import { startBenchMachine } from './machine.ts';
import type { Keep, Say } from './part.ts';
import type { GrowthResult, ServerFacts } from './results.ts';
import { partFacts, type ServerName, serverFacts, startServer, tablesMib } from './servers.ts';

/** The tables, all mapped, take some 1,300 MiB a million instances. */
const POOL_MIB_PER_MILLION = 2_048;

/** Where it is full, whoever inserts waits for room in it. */
const REDO_MIB_PER_MILLION = 3_276;

/**
 * A server in proportion to the cell. InnoDB writes pages out by the share of its buffer pool that is dirty, and of its
 * redo log that is used, and whoever inserts waits where it does: with equal settings for both sizes only the larger
 * cell would meet that.
 */
function sizesFor(instances: number): { bufferPoolMib: number; redoLogMib: number } {
  const millions = Math.max(instances / 1_000_000, 0.05);
  return {
    bufferPoolMib: Math.round(POOL_MIB_PER_MILLION * millions),
    redoLogMib: Math.round(REDO_MIB_PER_MILLION * millions),
  };
}

/**
 * Maps one cell of each of two sizes, beside the floor of that size, each on a server of its own. The floor's statements
 * have as many rows at both sizes, so that only the tables grow, and not a transaction.
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
    const { bufferPoolMib, redoLogMib } = sizesFor(instances);
    // A binary log would hold each of the floor's transactions until its commit, and write it then as a whole.
    const server = await startServer(order.server, { bufferPoolMib, redoLogMib, withoutBinaryLog: true });
    try {
      say(`makes ${instances.toLocaleString('en')} instances`);
      const cloud = await createBenchCloud(server, [instances]);
      result ??= {
        kind: 'growth',
        ...part,
        floorRows,
        server: withoutSizes(await serverFacts(order.server, server)),
        sizes: [],
      };
      const size: GrowthResult['sizes'][number] = { instances, bufferPoolMib, redoLogMib, tablesMib: 0, rounds: [] };
      result.sizes.push(size);
      // A round of the smaller size is short, and varies by more.
      const rounds = instances === floorRows ? 2 * order.rounds : order.rounds;
      for (let round = 0; round < rounds; round += 1) {
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

/** The settings that are alike for both sizes. */
function withoutSizes(facts: ServerFacts): ServerFacts {
  const { innodb_buffer_pool_size, innodb_log_file_size, innodb_redo_log_capacity, ...settings } = facts.settings;
  return { ...facts, settings };
}
