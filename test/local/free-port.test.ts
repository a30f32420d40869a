import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { freePort, startOnFreePort } from '../../local/free-port.ts';

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('startOnFreePort', () => {
  test('takes another port where another process was faster, whatever the server says of it', async () => {
    for (const words of ['Bind on TCP/IP port: Address already in use', 'could not bind IPv4 address "127.0.0.1"']) {
      const ports: number[] = [];
      const server = await startOnFreePort(async (port) => {
        ports.push(port);
        if (ports.length < 3) throw new Error(`The server did not start: ${words}`);
        return listen(port);
      });
      server.close();
      expect(new Set(ports).size).toBe(3);
    }
  });

  test('gives up with what the server said last, after five ports', async () => {
    let tries = 0;
    const start = startOnFreePort(async () => {
      tries += 1;
      throw new Error(`Address already in use, ${tries}`);
    });
    await expect(start).rejects.toThrow('Address already in use, 5');
  });

  test('does not try again what another port would not mend', async () => {
    let tries = 0;
    const start = startOnFreePort(async () => {
      tries += 1;
      throw new Error('The data folder is not writable');
    });
    await expect(start).rejects.toThrow('not writable');
    expect(tries).toBe(1);
  });
});

test('a free port can be listened on', async () => {
  const server = await listen(await freePort());
  server.close();
});
