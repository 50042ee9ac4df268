import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/**
 * What stands between a client and a server, and may come between them:
 * - `pass` lets everything through;
 * - `hole` takes bytes and connections and lets nothing through, as a cable that was cut does;
 * - `refuse` ends connections, those that are there and those that come;
 * - `cut replies` lets requests through, and ends the connection where a reply should come.
 */
type ProxyMode = 'pass' | 'hole' | 'refuse' | 'cut replies';

export interface TcpProxy {
  readonly port: number;
  readonly url: string;
  readonly setMode: (mode: ProxyMode) => void;
  /** Leads new connections to another server, and ends those that are there. */
  readonly setTarget: (port: number) => void;
  readonly close: () => Promise<void>;
}

/** Listens on a free port for connections to the server on `target` of this machine. */
export async function startProxy(firstTarget: number): Promise<TcpProxy> {
  let mode: ProxyMode = 'pass';
  let target = firstTarget;
  const sockets = new Set<Socket>();

  function add(socket: Socket): Socket {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    return socket.setNoDelay(true);
  }

  const server = createServer((client) => {
    add(client);
    if (mode === 'refuse') {
      client.destroy();
      return;
    }
    const upstream = add(connect(target, '127.0.0.1'));
    client.on('data', (bytes) => {
      if (mode !== 'hole') upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (mode === 'pass') client.write(bytes);
      if (mode === 'cut replies') client.destroy();
    });
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => {
      if (mode !== 'hole') client.destroy();
    });
  });
  function endAll(): void {
    for (const socket of sockets) socket.destroy();
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port

  return {
    port,
    url: `redis://127.0.0.1:${String(port)}`,
    setMode: (next) => {
      mode = next;
      if (next === 'refuse') endAll();
    },
    setTarget: (next) => {
      target = next;
      endAll();
    },
    close: async () => {
      endAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
