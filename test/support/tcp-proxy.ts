import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/**
 * What stands between a client and a server, and may come between them:
 * - `pass` lets everything through;
 * - `hole` takes bytes and connections and lets nothing through, as a cable that was cut does; `lose requests`
 *   and `lose replies` do so one way;
 * - `hold` keeps bytes until something else is set, and lets them through then, as a network does that sends
 *   again; also those of a client that has given up by then. `hold requests` and `hold replies` one way;
 * - `refuse` ends connections, those that are there and those that come;
 * - `cut replies` lets requests through, and ends the connection where a reply should come.
 */
export type ProxyMode =
  | 'pass'
  | 'hole'
  | 'lose requests'
  | 'lose replies'
  | 'hold'
  | 'hold requests'
  | 'hold replies'
  | 'refuse'
  | 'cut replies';

export interface TcpProxy {
  readonly port: number;
  readonly url: string;
  readonly setMode: (mode: ProxyMode) => void;
  /** How long bytes take, each way, in ms. */
  readonly setDelay: (ms: number) => void;
  /** Leads new connections to another server, and ends those that are there. */
  readonly setTarget: (port: number) => void;
  readonly close: () => Promise<void>;
}

/** What becomes of bytes that go one way. */
type Fate = 'pass' | 'lose' | 'hold' | 'end';

const FATES: Readonly<Record<ProxyMode, { readonly requests: Fate; readonly replies: Fate }>> = {
  pass: { requests: 'pass', replies: 'pass' },
  hole: { requests: 'lose', replies: 'lose' },
  'lose requests': { requests: 'lose', replies: 'pass' },
  'lose replies': { requests: 'pass', replies: 'lose' },
  hold: { requests: 'hold', replies: 'hold' },
  'hold requests': { requests: 'hold', replies: 'pass' },
  'hold replies': { requests: 'pass', replies: 'hold' },
  refuse: { requests: 'end', replies: 'end' },
  'cut replies': { requests: 'pass', replies: 'end' },
};

/** Listens on a free port for connections to the server on `target` of this machine. */
export async function startProxy(firstTarget: number): Promise<TcpProxy> {
  let mode: ProxyMode = 'pass';
  let delayMs = 0;
  let target = firstTarget;
  const sockets = new Set<Socket>();
  const ways = new Set<Way>();

  function add(socket: Socket): Socket {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    return socket.setNoDelay(true);
  }

  /** Leads what comes from one socket to the other, and its end as well. */
  function lead(from: Socket, to: Socket, name: 'requests' | 'replies'): void {
    const way = new Way(to, { fate: () => FATES[mode][name], delayMs: () => delayMs });
    ways.add(way);
    from.on('data', (bytes: Buffer) => {
      way.take(bytes);
    });
    from.once('close', () => {
      // Whoever waits behind a cut cable does not hear that the other side is gone.
      if (name === 'requests' || FATES[mode].replies !== 'lose') way.end();
    });
    to.once('close', () => ways.delete(way));
  }

  const server = createServer((client) => {
    add(client);
    if (mode === 'refuse') {
      client.destroy();
      return;
    }
    const upstream = add(connect(target, '127.0.0.1'));
    lead(client, upstream, 'requests');
    lead(upstream, client, 'replies');
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
      for (const way of ways) way.move();
    },
    setDelay: (ms) => {
      delayMs = ms;
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

interface WayRules {
  readonly fate: () => Fate;
  readonly delayMs: () => number;
}

/** One way of one connection: bytes leave in the order in which they came, however long each may take. */
class Way {
  readonly #to: Socket;
  readonly #rules: WayRules;
  readonly #underWay: { readonly atMs: number; readonly bytes: Buffer }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isEnded = false;

  constructor(to: Socket, rules: WayRules) {
    this.#to = to;
    this.#rules = rules;
    to.once('close', () => {
      clearTimeout(this.#timer);
    });
  }

  take(bytes: Buffer): void {
    const fate = this.#rules.fate();
    if (fate === 'lose') return;
    if (fate === 'end') {
      this.#to.destroy();
      return;
    }
    this.#underWay.push({ atMs: performance.now() + this.#rules.delayMs(), bytes });
    this.move();
  }

  /** Says that nothing more will come: the other side hears of it after everything that did. */
  end(): void {
    this.#isEnded = true;
    this.move();
  }

  /** Lets out what may leave by now. */
  move(): void {
    clearTimeout(this.#timer);
    if (this.#rules.fate() === 'hold' && this.#underWay.length > 0) return;
    for (let [next] = this.#underWay; next !== undefined; [next] = this.#underWay) {
      const leftMs = next.atMs - performance.now();
      if (leftMs > 0) {
        this.#timer = setTimeout(() => {
          this.move();
        }, Math.ceil(leftMs));
        return;
      }
      this.#underWay.shift();
      if (this.#rules.fate() !== 'lose') this.#to.write(next.bytes);
    }
    if (this.#isEnded) this.#to.destroy();
  }
}
