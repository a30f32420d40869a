import { cpus, totalmem } from 'node:os';
import { functionNames } from '../contract/bundling.ts';
import { startMariadb } from '../test/servers/mariadb.ts';
import { createBenchCloud } from './cloud.ts';
import { startBenchMachine } from './machine.ts';

/*
 * npm run bench [-- INSTANCES [ROUNDS]]: maps and verifies one MariaDB cell end to end on this computer, beside the
 * floor, an INSERT … SELECT of the same rows on the same server. The server's durability is at its defaults.
 */

const instances = Number(process.argv[2] ?? 500_000);
const rounds = Number(process.argv[3] ?? 3);
const BUFFER_POOL_MB = 1024;

const server = await startMariadb([
  '--innodb-flush-log-at-trx-commit=1',
  '--innodb-doublewrite=ON',
  `--innodb-buffer-pool-size=${BUFFER_POOL_MB}M`,
]);
try {
  const cloud = await createBenchCloud(server, instances);
  const columns = {
    floor: [] as number[],
    cold: [] as number[],
    first: [] as number[],
    second: [] as number[],
    verifyCold: [] as number[],
    verify: [] as number[],
  };
  const peaks = new Map<string, number>();
  for (let round = 0; round < rounds; round += 1) {
    await cloud.clear();
    columns.floor.push(await cloud.floor());
    await cloud.clear();
    const machine = await startBenchMachine(cloud.api.url, ['cell1']);
    try {
      columns.cold.push(await machine.map(instances));
      await cloud.clear();
      columns.first.push(await machine.map(instances));
      columns.second.push(await machine.map(0));
      columns.verifyCold.push(await machine.verify(instances));
      columns.verify.push(await machine.verify(instances));
      for (const name of functionNames) peaks.set(name, Math.max(peaks.get(name) ?? 0, machine.aws.peakMemoryMb(name)));
    } finally {
      await machine.stop();
    }
  }
  const floor = median(columns.floor);
  const lines = [
    ['', 'seconds', 'spread', 'instances/s', 'of the floor'],
    line('INSERT … SELECT (the floor)', columns.floor, floor),
    line('first run, functions warm', columns.first, floor),
    line('first run, functions cold', columns.cold, floor),
    line('second run, nothing to do', columns.second, floor),
    line('verify, functions warm', columns.verify, floor),
    line('verify, functions cold', columns.verifyCold, floor),
  ];
  const [cpu] = cpus();
  write(`${instances.toLocaleString('en')} instances in one MariaDB cell, median of ${rounds}, four writers;`);
  write(
    `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ` +
      `buffer pool ${BUFFER_POOL_MB} MB. The database, the Data API and the functions share the computer.`,
  );
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  for (const cells of lines)
    write(
      cells
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    );
  write(`first run / second run: ${(median(columns.first) / median(columns.second)).toFixed(1)}`);
  write(
    `verify / first run: ${share(columns.verify, columns.first)} warm, ${share(columns.verifyCold, columns.cold)} cold`,
  );
  write(`peak memory of a function: ${[...peaks].map(([name, mb]) => `${name} ${Math.round(mb)} MB`).join(', ')}`);
} finally {
  await server.stop();
}

function line(label: string, milliseconds: number[], floor: number): string[] {
  const seconds = median(milliseconds) / 1000;
  const [low, high] = [Math.min(...milliseconds), Math.max(...milliseconds)].map((each) => (each / 1000).toFixed(1));
  return [
    label,
    seconds.toFixed(1),
    `${low}–${high}`,
    Math.round(instances / seconds).toLocaleString('en'),
    `${Math.round((floor / (seconds * 1000)) * 100)} %`,
  ];
}

function share(part: number[], whole: number[]): string {
  return `${Math.round((median(part) / median(whole)) * 100)} %`;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function write(text: string): void {
  process.stdout.write(`${text}\n`);
}
