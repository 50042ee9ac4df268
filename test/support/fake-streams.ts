/** The streams of histories that a fake node sends, over responses of their own. */

interface Numbered {
  readonly sequence: number;
}

/** A connection that a stream is sent over. */
interface Connection {
  readonly groupId: string;
  readonly passes: (event: object) => boolean;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
}

/** What is asked for. */
interface Asked {
  readonly groupId: string;
  /** Whether an event passes the filter of the query. */
  readonly passes: (event: object) => boolean;
  readonly init: RequestInit;
}

export class FakeStreams {
  /** What each connection said that it has, in the order of their beginnings. */
  readonly lastEventIds: string[] = [];
  readonly #connections = new Set<Connection>();

  /** How many connections are open. */
  get openCount(): number {
    return this.#connections.size;
  }

  /** Whether a request asks for a stream. */
  isAskedFor(init: RequestInit): boolean {
    return new Headers(init.headers).get('accept') === 'text/event-stream';
  }

  /** A connection that begins with those of the events that its client does not have. */
  open({ init, ...asked }: Asked, events: readonly object[]): Response {
    init.signal?.throwIfAborted();
    const lastEventId = new Headers(init.headers).get('last-event-id') ?? '';
    this.lastEventIds.push(lastEventId);
    let leave = (): void => undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const connection: Connection = { ...asked, controller };
        leave = () => void this.#connections.delete(connection);
        this.#connections.add(connection);
        init.signal?.addEventListener('abort', () => {
          if (this.#connections.delete(connection)) controller.error(new Error('aborted'));
        });
        sendTo(connection, `retry: 1000\n\nid: ${lastEventId}\n\n`);
        this.#tell(connection, events, Number(lastEventId));
      },
      cancel: () => leave(),
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  }

  /** Tells all who follow the group of these events. */
  tell(groupId: string, events: readonly object[]): void {
    for (const connection of this.#connections) {
      if (connection.groupId === groupId) this.#tell(connection, events, 0);
    }
  }

  /** Sends this text to all. */
  send(text: string): void {
    for (const connection of this.#connections) sendTo(connection, text);
  }

  /** Ends all connections, as a node does that has a reason. */
  end(reason: string): void {
    this.send(`event: end\ndata: ${JSON.stringify({ reason })}\n\n`);
    for (const { controller } of this.#connections) controller.close();
    this.#connections.clear();
  }

  /** Breaks all connections. */
  break(): void {
    for (const { controller } of this.#connections) controller.error(new Error('ECONNRESET'));
    this.#connections.clear();
  }

  #tell(connection: Connection, events: readonly object[], after: number): void {
    for (const event of events as readonly Numbered[]) {
      const { sequence } = event;
      if (sequence <= after) continue;
      const data = connection.passes(event) ? `data: ${JSON.stringify(event)}\n` : '';
      sendTo(connection, `id: ${String(sequence)}\n${data}\n`);
    }
  }
}

function sendTo({ controller }: Connection, text: string): void {
  controller.enqueue(new TextEncoder().encode(text));
}
