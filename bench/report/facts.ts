import type { PartFacts, Peaks } from '../results.ts';

/** Which computer and server a table was measured on. */
export function factsText({ date, computer, server, writers }: PartFacts): string {
  const settings = Object.entries(server.settings).map(([name, value]) => `\`${name}\` ${readable(name, value)}`);
  const tables = server.tablesMib === null ? '' : ` The tables, all mapped, take ${mib(server.tablesMib)}.`;
  return (
    `${date.slice(0, 10)}, ${computer.cores} × ${computer.cpu}, ${computer.memoryGib} GiB, ${computer.system}, ` +
    `Node ${computer.node.replace('v', '')}, ${server.name} ${server.version}: ${settings.join(', ')}.${tables} cellmap worked with ${writers} writers, its default then.`
  );
}

/** MySQL gives sizes in bytes. */
function readable(name: string, value: string): string {
  return /size|capacity/.test(name) && Number(value) >= 2 ** 20 ? mib(Number(value) / 2 ** 20) : value;
}

/** A size, as in `1,024 MiB`. */
export function mib(value: number): string {
  return `${Math.round(value).toLocaleString('en')} MiB`;
}

/** The most that each function took in any round, the largest first. */
export function peaksText(rounds: readonly { peaks: Peaks }[]): string {
  const most = new Map<string, number>();
  for (const { peaks } of rounds)
    for (const [name, peak] of Object.entries(peaks)) most.set(name, Math.max(most.get(name) ?? 0, peak ?? 0));
  const sorted = [...most].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, peak]) => `${name} ${Math.round(peak)} MiB`).join(', ');
}
