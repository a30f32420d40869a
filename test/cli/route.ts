import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to an endpoint that can be cut: as when a network, or a service, goes away. */
export interface Route {
  url: string;
  /** Ends every connection and listens no more. */
  cut(): Promise<void>;
  /** Listens again, on the same port. */
  mend(): Promise<void>;
}

/** Below the ports that a system gives out by itself, so that nobody takes this one while the way is cut. */
const PORTS = { from: 20_000, to: 32_000 };

/** Starts one in front of an endpoint on this computer. */
export async function startRoute(endpoint: string): Promise<Route> {
  const target = Number(new URL(endpoint).port);
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const serve = (client: Socket) => {
    const server = connect(target, '127.0.0.1');
    for (const socket of [client, server]) keep(socket);
    client.pipe(server).pipe(client);
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  };
  let { listener, port } = await listenSomewhere(serve);
  return {
    url: `http://127.0.0.1:${port}`,
    cut: async () => {
      const closed = once(listener, 'close');
      listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    mend: async () => {
      listener = await listen(port, serve);
    },
  };
}

async function listenSomewhere(serve: (client: Socket) => void): Promise<{ listener: Server; port: number }> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    try {
      return { listener: await listen(port, serve), port };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

async function listen(port: number, serve: (client: Socket) => void): Promise<Server> {
  const server = createServer(serve).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
