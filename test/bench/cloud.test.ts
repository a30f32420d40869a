import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type BenchCloud, createBenchCloud } from '../../bench/cloud.ts';
import { serverFacts, tablesMib } from '../../bench/servers.ts';
import { describeOnEachServer } from '../servers/each-server.ts';

const INSTANCES = 200;

describeOnEachServer('a cloud to be measured', ({ name, dialect, get }) => {
  let cloud: BenchCloud;
  beforeAll(async () => {
    cloud = await createBenchCloud(get(), [INSTANCES]);
  }, 60_000);
  afterAll(() => cloud.close());

  it('is mapped by the floor, once after each clearing', async () => {
    for (const _round of ['first', 'second']) {
      await cloud.clear();
      expect([await cloud.mappings(), await cloud.progress()]).toEqual([0, 0]);
      await cloud.settle();
      await cloud.floor();
      expect([await cloud.mappings(), await cloud.progress()]).toEqual([INSTANCES, INSTANCES]);
    }
  });

  it('is mapped by a floor of several statements just as well', async () => {
    await cloud.clear();
    await cloud.floor(INSTANCES / 2 - 30);
    expect(await cloud.mappings()).toBe(INSTANCES);
  });

  it('tells the settings of its server, and the size of its tables', async () => {
    const facts = await serverFacts(name, get());
    expect(facts).toMatchObject({ name, version: expect.stringMatching(/^\d+\.\d+/) });
    expect(Object.keys(facts.settings)).toContain(
      dialect === 'mysql' ? 'innodb_flush_log_at_trx_commit' : 'synchronous_commit',
    );
    expect(await tablesMib(get(), cloud.databases)).toBeGreaterThan(0);
  });
});
