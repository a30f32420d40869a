import { afterAll, beforeAll, describe } from '@jest/globals';
import type { Dialect } from '../../domain/database-url.ts';
import { startPostgres } from '../../local/postgres.ts';
import { describeMariadb, startMariadb } from './mariadb.ts';
import { startMysql } from './mysql.ts';
import type { SqlServer } from './sql.ts';

/** What a suite is told of the server that it runs on. */
export interface TestServer {
  name: 'PostgreSQL' | 'MariaDB' | 'MySQL';
  dialect: Dialect;
  /** The collations that Nova's tables may have there; undefined stands for the server's own. */
  collations: (string | undefined)[];
  /** The running server; only within hooks and tests. */
  get: () => SqlServer;
}

/**
 * Runs one suite on every server: the embedded PostgreSQL and MariaDB always (MariaDB is skipped loudly where it is not
 * installed, but never in CI), or on a genuine MySQL alone, with CELLMAP_TEST_SERVER=mysql (npm run test:mysql).
 */
export function describeOnEachServer(title: string, suite: (server: TestServer) => void): void {
  const on = (name: TestServer['name'], dialect: Dialect, start: () => Promise<SqlServer>) => () => {
    let running: SqlServer | undefined;
    beforeAll(async () => {
      running = await start();
    }, 120_000);
    suite({
      name,
      dialect,
      collations: collationsOn(name),
      get: () => {
        if (running === undefined) throw new Error(`${name} has not been started yet`);
        return running;
      },
    });
    // After the suite's own, which still need the server: Jest calls these hooks in the order in which they are given.
    afterAll(async () => running?.stop());
  };
  if (process.env.CELLMAP_TEST_SERVER === 'mysql') {
    describe(
      `${title} on MySQL`,
      on('MySQL', 'mysql', () => startMysql()),
    );
    return;
  }
  describe(
    `${title} on PostgreSQL`,
    on('PostgreSQL', 'postgresql', () => startPostgres()),
  );
  describeMariadb(
    `${title} on MariaDB`,
    on('MariaDB', 'mysql', () => startMariadb()),
  );
}

function collationsOn(server: TestServer['name']): (string | undefined)[] {
  if (server === 'PostgreSQL') return [undefined];
  const both = ['utf8mb3_general_ci', 'utf8mb3_unicode_ci', 'utf8mb4_general_ci', 'utf8mb4_unicode_ci', 'utf8mb4_bin'];
  return server === 'MySQL' ? [...both, 'utf8mb4_0900_ai_ci'] : both;
}
