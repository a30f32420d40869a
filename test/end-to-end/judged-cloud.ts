import type { SqlServer } from '../servers/sql.ts';
import { type Cloud, createCloud } from './cloud.ts';
import { type Machine, startMachine } from './harness.ts';

/** A cloud with the machine on it, and an oracle that judges what the machine does. */
export interface JudgedCloud<Judge> {
  cloud: Cloud;
  oracle: Judge;
  machine: Machine;
  /** Ends the machine, and drops the databases. */
  close(): Promise<void>;
}

/** Makes them on a server; what had been made when one of them failed is ended with the server. */
export async function openJudgedCloud<Judge extends { drop(): Promise<void> }>(
  server: SqlServer,
  openOracle: (server: SqlServer) => Promise<Judge>,
): Promise<JudgedCloud<Judge>> {
  const cloud = await createCloud(server);
  const oracle = await openOracle(server);
  const machine = await startMachine(cloud.api.url);
  return {
    cloud,
    oracle,
    machine,
    close: async () => {
      await machine.stop();
      await oracle.drop();
      await cloud.drop();
    },
  };
}
