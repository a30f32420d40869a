/**
 * Nova's API at work, in a process of its own: the one that measures also plays the Data API, and would be late.
 *
 * So many times a second it writes the mapping of a new instance, and then the cell into it, each in autocommit. The
 * times are set beforehand, so that one that waits does not keep the others from coming, and how long each took is
 * counted from when it was to begin: what a stall does to everybody behind it is in the figures.
 */
import { randomUUID } from 'node:crypto';
import { bootSql } from '../test/end-to-end/live-nova.ts';
import { openSql } from '../test/servers/sql.ts';
import { latencies } from './latencies.ts';
import type { LiveOrder, LiveReport } from './live.ts';

/** More than are ever in use at once unless the server stands still; beyond that they wait, and their time runs. */
const CONNECTIONS = 64;

const PROJECT = '0'.repeat(32);

process.once('message', (order: LiveOrder) => void work(order));
process.once('disconnect', () => process.exit());

async function work({ login, database, cellId, perSecond }: LiveOrder): Promise<void> {
  const sql = await openSql({ ...login, url: (name) => `${login.urlPrefix}${name}` }, database, CONNECTIONS);
  await Promise.all(Array.from({ length: CONNECTIONS }, () => sql.query('SELECT 1')));
  const inserts: number[] = [];
  const updates: number[] = [];
  const failed = { inserts: 0, updates: 0 };
  const open = new Set<Promise<void>>();

  const boot = async (due: number) => {
    const uuid = randomUUID();
    try {
      await sql.query(bootSql.insertMapping, [uuid, PROJECT, PROJECT, false]);
      inserts.push(performance.now() - due);
    } catch (error) {
      failed.inserts += 1;
      process.stderr.write(`an insert failed: ${(error as Error).message}\n`);
      return;
    }
    const began = performance.now();
    try {
      await sql.query(bootSql.placeMapping, [cellId, uuid]);
      updates.push(performance.now() - began);
    } catch (error) {
      failed.updates += 1;
      process.stderr.write(`an update failed: ${(error as Error).message}\n`);
    }
  };

  const began = performance.now();
  let number = 0;
  const timer = setInterval(() => {
    for (; began + (number * 1000) / perSecond <= performance.now(); number += 1) {
      const booting: Promise<void> = boot(began + (number * 1000) / perSecond).finally(() => open.delete(booting));
      open.add(booting);
    }
  }, 1);
  process.once('message', async () => {
    clearInterval(timer);
    await Promise.all(open);
    await sql.close();
    const report: LiveReport = {
      inserts: latencies(inserts, failed.inserts),
      updates: latencies(updates, failed.updates),
    };
    process.send?.(report, undefined, undefined, () => process.exit());
  });
  process.send?.('working');
}
