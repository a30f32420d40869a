import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DatabaseUrl, parseDatabaseUrl } from '../../../domain/database-url.ts';
import { describeOnEachServer } from '../../servers/each-server.ts';
import { type Caller, callDataApi } from './caller.ts';
import { KINDS } from './kinds.ts';

describeOnEachServer('the Data API', ({ dialect, get }) => {
  const kind = KINDS[dialect];
  let login: DatabaseUrl;
  let api: Caller;

  beforeAll(async () => {
    login = parseDatabaseUrl(get().url(kind.database));
    api = await callDataApi(login);
  });
  afterAll(() => api?.close());

  describe('a statement that nobody waits for', () => {
    const hold = `SELECT ${kind.lock} AS taken, ${kind.busy} AS done`;

    const held = async () => {
      await until(async () => Boolean((await api.rows(kind.isLocked))[0]?.locked));
    };

    it('is stopped on the server after the time limit', async () => {
      const impatient = await callDataApi(login, { statementTimeoutMs: 300 });
      await expect(impatient.run(hold)).rejects.toMatchObject({
        name: 'StatementTimeoutException',
        $metadata: { httpStatusCode: 400 },
      });
      await freed();
      await impatient.close();
    });

    it('is stopped on the server when the caller goes away', async () => {
      const caller = new AbortController();
      const call = api.run(hold, {}, {}, caller.signal);
      await held();
      caller.abort();
      await expect(call).rejects.toMatchObject({ name: 'AbortError' });
      await freed();
    });

    it('is stopped on the server when the endpoint closes', async () => {
      const brief = await callDataApi(login);
      const call = brief.run(hold).catch((error) => error);
      await held();
      await brief.close();
      expect(await call).toBeInstanceOf(Error);
      await freed();
    });

    it('goes on after the time limit when the request says so', async () => {
      await api.run('CREATE TABLE t_late (id INT)');
      const impatient = await callDataApi(login, { statementTimeoutMs: 200 });
      const slow = `INSERT INTO t_late SELECT 1 FROM (SELECT ${kind.sleep('0.6')} AS slept) x WHERE slept IS NOT NULL`;
      await expect(impatient.run(slow, {}, { continueAfterTimeout: true })).rejects.toMatchObject({
        name: 'StatementTimeoutException',
      });
      await until(async () => (await api.rows('SELECT id FROM t_late')).length > 0);
      await impatient.close();
    });

    /** Waits in the server for the lock, with a session of its own that then goes. */
    async function freed(): Promise<void> {
      const waiting = await callDataApi(login);
      // MySQL answers 0 where it has waited in vain, PostgreSQL waits on.
      expect((await waiting.run(`SELECT ${kind.lock} AS taken`)).records).not.toEqual([[{ longValue: 0 }]]);
      await waiting.close();
    }
  });

  it('runs at most so many statements in one database at once, and keeps its connections', async () => {
    const narrow = await callDataApi(login, { connectionsPerDatabase: 2 });
    const sleeps = Array.from({ length: 6 }, async () => {
      const { records } = await narrow.run(`SELECT ${kind.connection} AS id, ${kind.sleep('0.05')} AS slept`);
      return records?.[0]?.[0]?.longValue;
    });
    // Six statements on just two connections: no more at once, and each used again.
    expect(new Set(await Promise.all(sleeps)).size).toBe(2);
    await narrow.close();
  });
});

/** Asks again until it is so; the servers answer at their own pace, so there is no need to sleep. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 20_000;
  while (!(await isSo())) if (Date.now() > giveUpAt) throw new Error(`It never became so: ${isSo}`);
}
