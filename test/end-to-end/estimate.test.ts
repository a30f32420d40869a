import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PlanResult } from '../../domain/result.ts';
import { startPostgres } from '../../local/postgres.ts';
import type { SqlServer } from '../servers/sql.ts';
import { type Cloud, createCloud, mapping, rows } from './cloud.ts';
import { type Machine, startMachine } from './harness.ts';

const INSTANCES = 45_000;

/** How far from what was used the estimate may be; time varies with what else the computer does. */
const factors = {
  transitions: 2,
  lambdaRequests: 2,
  dataApiRequests: 2,
  dataApiUnits: 2,
  lambdaGbSeconds: 3,
  estimatedDollars: 2,
};

const onPostgresql = process.env.CELLMAP_TEST_SERVER === 'mysql' ? describe.skip : describe;

onPostgresql('what a plan says that map will use', () => {
  let server: SqlServer;
  let cloud: Cloud;
  let machine: Machine;
  beforeAll(async () => {
    server = await startPostgres();
    cloud = await createCloud(server, 'estimate');
    machine = await startMachine(cloud.api.url);
    await cloud.reset();
    // The first use of each function starts its process.
    await machine.run();
    await machine.run({ mode: 'plan' });
    await cloud.databases.cell1.insertInstances(rows(1, INSTANCES));
  }, 120_000);
  afterAll(async () => {
    await machine?.stop();
    await cloud?.drop();
    await server?.stop();
  });

  it.each([
    ['a new cell', 0],
    ['a cell half of which is mapped', INSTANCES / 2],
  ])(
    'is near what it uses: %s',
    async (_name, mapped) => {
      await cloud.api.query('DELETE FROM instance_mappings');
      await cloud.api.insertMappings(Array.from({ length: mapped }, (_, index) => mapping(index + 1, 'cell1')));
      const { estimate } = (await machine.run({ mode: 'plan' })).document as unknown as PlanResult;
      const { result } = await machine.run();
      expect(result.totals).toMatchObject({ mapped: INSTANCES - mapped, alreadyMapped: mapped });
      for (const [measure, factor] of Object.entries(factors) as [keyof typeof factors, number][]) {
        const ratio = (estimate?.[measure] ?? Number.NaN) / (result.usage?.[measure] ?? Number.NaN);
        expect({ measure, ratio, isNear: ratio > 1 / factor && ratio < factor }).toMatchObject({ isNear: true });
      }
    },
    60_000,
  );
});
