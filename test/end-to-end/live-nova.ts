import { percentile } from '../../bench/statistics.ts';
import { openSql, type Sql, type SqlServer } from '../servers/sql.ts';
import { type Cloud, cells } from './cloud.ts';

/** A statement of the live Nova that ended. */
export interface LiveStatement {
  what: string;
  milliseconds: number;
}

/** The services of a Nova at work on the databases of a cloud, each in a loop of its own, one statement at a time. */
export interface LiveNova {
  /** What has ended so far. */
  statements: LiveStatement[];
  /** What the server has refused so far. */
  errors: { what: string; error: unknown }[];
  /** Resolves when every loop has gone so many more rounds, or one has failed. */
  rounds(number: number): Promise<void>;
  /** Ends the loops after their current round. */
  stop(): Promise<void>;
}

/** What the live Nova works on. */
export interface LiveNovaOptions {
  /** Instances of cell1, which are being mapped; touched only where that changes nothing that a mapping says. */
  kept: readonly string[];
  /** Instances of cell1 that are archived one after the other: each goes from the cell, and then its mapping. */
  archived: readonly string[];
  /** Instances of cell2, which have mappings already. */
  others: readonly string[];
  /** A new uuid for each number. */
  uuidOf: (number: number) => string;
}

type Execute = (what: string, database: 'api' | 'cell', sql: string, parameters: unknown[]) => Promise<void>;

const PROJECT = 'live-project';
const USER = 'live-user';

/** What booting an instance writes into `instance_mappings`: its mapping without a cell, and the cell once it has one. */
export const bootSql = {
  insertMapping: `INSERT INTO instance_mappings (created_at, instance_uuid, project_id, user_id, queued_for_delete)
    VALUES ('2024-05-06 07:08:09', ?, ?, ?, ?)`,
  placeMapping: 'UPDATE instance_mappings SET cell_id = ? WHERE instance_uuid = ?',
};

/** What each service does in one round, as nova/conductor, nova/compute/api and archive_deleted_rows do it. */
function services({ kept, archived, others, uuidOf }: LiveNovaOptions) {
  const at = <Item>(items: readonly Item[], round: number) => items[round % items.length] as Item;
  return {
    /** The API writes the mapping before the conductor makes the instance in the cell and points the mapping at it. */
    boot: async (execute: Execute, round: number) => {
      const uuid = uuidOf(2 * round);
      const request = 'INSERT INTO build_requests (project_id, instance_uuid, instance) VALUES (?, ?, ?)';
      await execute('insert a build request', 'api', request, [PROJECT, uuid, '{}']);
      await execute('insert a mapping', 'api', bootSql.insertMapping, [uuid, PROJECT, USER, false]);
      const instance =
        'INSERT INTO instances (uuid, project_id, user_id, deleted, vm_state, hidden) VALUES (?, ?, ?, 0, ?, ?)';
      await execute('insert an instance', 'cell', instance, [uuid, PROJECT, USER, 'building', false]);
      await execute('place a mapping', 'api', bootSql.placeMapping, [cells.cell1.id, uuid]);
      await execute('delete a build request', 'api', 'DELETE FROM build_requests WHERE instance_uuid = ?', [uuid]);
    },
    /** The owner deletes an instance of another cell. */
    delete: async (execute: Execute, round: number) => {
      const sql = 'UPDATE instance_mappings SET queued_for_delete = ? WHERE instance_uuid = ?';
      await execute('queue for delete', 'api', sql, [round % 2 === 0, at(others.slice(0, others.length / 2), round)]);
    },
    /** An instance of another cell is archived, and a new one made there. */
    replace: async (execute: Execute, round: number) => {
      const old = at(others.slice(others.length / 2), round);
      await execute('delete a mapping', 'api', 'DELETE FROM instance_mappings WHERE instance_uuid = ?', [old]);
      const sql = `INSERT INTO instance_mappings (instance_uuid, cell_id, project_id, user_id, queued_for_delete)
        VALUES (?, ?, ?, ?, ?)`;
      const uuid = uuidOf(2 * round + 1);
      await execute('insert a mapping', 'api', sql, [uuid, cells.cell2.id, PROJECT, USER, false]);
    },
    /** Instances that are just being mapped, in the opposite order: sometimes the mapping is there, sometimes not yet. */
    touch: async (execute: Execute, round: number) => {
      const uuid = at(kept, kept.length - 1 - (round % kept.length));
      const sql = `UPDATE instance_mappings SET updated_at = '2024-05-06 07:08:09', queued_for_delete = ? WHERE instance_uuid = ?`;
      await execute('touch a mapping', 'api', sql, [false, uuid]);
    },
    archive: async (execute: Execute, round: number) => {
      const uuid = at(archived, round);
      await execute('archive an instance', 'cell', 'DELETE FROM instances WHERE uuid = ?', [uuid]);
      await execute('delete a mapping', 'api', 'DELETE FROM instance_mappings WHERE instance_uuid = ?', [uuid]);
    },
  };
}

/** Starts the loops. */
export async function startLiveNova(server: SqlServer, cloud: Cloud, options: LiveNovaOptions): Promise<LiveNova> {
  const statements: LiveStatement[] = [];
  const errors: LiveNova['errors'] = [];
  const waiting = new Set<() => void>();
  let stopped = false;

  const loop = async (service: (execute: Execute, round: number) => Promise<void>, counter: { rounds: number }) => {
    const sql: Record<'api' | 'cell', Sql> = {
      api: await openSql(server, cloud.api.name),
      cell: await openSql(server, cloud.databases.cell1.name),
    };
    const execute: Execute = async (what, database, text, parameters) => {
      const began = performance.now();
      try {
        await sql[database].query(text, parameters);
        statements.push({ what, milliseconds: performance.now() - began });
      } catch (error) {
        errors.push({ what, error });
      }
    };
    for (; !stopped; counter.rounds += 1) {
      await service(execute, counter.rounds);
      for (const check of waiting) check();
    }
    await sql.api.close();
    await sql.cell.close();
  };

  const counters: { rounds: number }[] = [];
  const loops = Object.values(services(options)).map((service) => {
    const counter = { rounds: 0 };
    counters.push(counter);
    return loop(service, counter);
  });
  return {
    statements,
    errors,
    rounds: (number) =>
      new Promise((resolve) => {
        const goals = counters.map(({ rounds }) => rounds + number);
        const check = () => {
          const reached = counters.every(({ rounds }, index) => rounds >= (goals[index] ?? 0));
          if (!reached && errors.length === 0) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
      }),
    stop: async () => {
      stopped = true;
      await Promise.all(loops);
    },
  };
}

/** How long all but the slowest hundredth of the statements took at most, in milliseconds. */
export function p99Milliseconds(statements: readonly LiveStatement[]): number {
  return percentile(
    statements.map(({ milliseconds }) => milliseconds),
    0.99,
  );
}
