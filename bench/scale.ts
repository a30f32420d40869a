import { createBenchCloud } from './cloud.ts';
import { cellSizes, type LARGE_CLOUD } from './large-cloud.ts';
import { startBenchMachine } from './machine.ts';
import type { Keep, Say } from './part.ts';
import type { ScaleResult } from './results.ts';
import { partFacts, serverFacts, startServer, tablesMib } from './servers.ts';

/** Larger than all tables of the cloud. */
const SIZE = { bufferPoolMib: 14_336, redoLogMib: 2048 };

/** Maps a large cloud, all of it on one MariaDB. */
export async function measureScale(
  order: { cloud: typeof LARGE_CLOUD; rounds: number },
  keep: Keep<ScaleResult>,
  say: Say,
): Promise<void> {
  const part = partFacts();
  const server = await startServer('MariaDB', SIZE);
  try {
    const sizes = cellSizes(order.cloud);
    say(`makes ${order.cloud.instances.toLocaleString('en')} instances in ${sizes.length} cells`);
    const cloud = await createBenchCloud(server, sizes);
    say('measures the floor');
    await cloud.settle();
    const began = performance.now();
    await cloud.floor();
    const floorMs = performance.now() - began;
    say(`floor: ${(floorMs / 1000).toFixed(1)} s`);
    const facts = await serverFacts('MariaDB', server);
    const result: ScaleResult = {
      kind: 'scale',
      ...part,
      server: { ...facts, tablesMib: await tablesMib(server, cloud.databases) },
      sizes,
      floorMs,
      startUpMs: 0,
      rounds: [],
    };
    for (let round = 0; round < order.rounds; round += 1) {
      await cloud.clear();
      await cloud.settle();
      const machine = await startBenchMachine(cloud);
      try {
        const start = performance.now();
        const run = await machine.map(cloud.instances);
        const milliseconds = performance.now() - start;
        const events = await machine.childEvents(run);
        result.rounds.push({ milliseconds, mapped: run.mapped, ...events, peaks: machine.peaks() });
        result.startUpMs = machine.startUpMs;
        say(
          `round ${round + 1}: ${(milliseconds / 1000).toFixed(1)} s, events: parent ${events.parentEvents}, ` +
            `children up to ${Math.max(...events.childEvents)}`,
        );
      } finally {
        await machine.stop();
      }
      keep(result);
    }
    await cloud.close();
  } finally {
    await server.stop();
  }
}
