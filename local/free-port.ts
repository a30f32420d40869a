import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port of 127.0.0.1 that was free a moment ago, for a server that cannot pick one by itself. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('The system gave no port');
  return address.port;
}

/** How many ports are tried, should other processes keep taking the one that was free. */
const PORT_TRIES = 5;

/** What PostgreSQL, MySQL and MariaDB say of a port that is taken. */
const TAKEN = /could not bind|address already in use/i;

/**
 * Starts a server on a free port, and on another one where a process was faster: between the look and the start the
 * system may give the port to anybody.
 * @param start throws an error whose message has the server's own words
 */
export async function startOnFreePort<Server>(start: (port: number) => Promise<Server>): Promise<Server> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (tries === PORT_TRIES || !(error instanceof Error) || !TAKEN.test(error.message)) throw error;
    }
  }
}
