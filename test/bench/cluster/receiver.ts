/** What groups order their capacity from: it keeps what was ordered, and how late each order came. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Receiver {
  /** Where a group finds its capacity. */
  readonly urlOf: (groupId: string) => string;
  /** How long after its planned instant each order came that named its occurrence, in ms. Forgets them. */
  readonly takeLatenesses: () => readonly number[];
  readonly close: () => Promise<void>;
}

/** Listens on a free port. */
export async function startCapacityReceiver(): Promise<Receiver> {
  const actual = new Map<string, number>();
  let latenesses: number[] = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = request.url ?? '';
    if (request.method === 'GET') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ actual: actual.get(name) ?? 0 }));
      return;
    }
    // policy@plannedAt
    const occurrence = String(request.headers['lutra-occurrence'] ?? '');
    const plannedAt = Number(occurrence.split('@')[1]);
    if (plannedAt > 0) latenesses.push(Date.now() - plannedAt);
    const body = await textOf(request).catch(() => undefined);
    if (body === undefined) return; // whoever sent it is gone before all of it came
    actual.set(name, (JSON.parse(body) as { readonly desired: number }).desired);
    response.writeHead(204).end();
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    urlOf: (groupId) => `http://127.0.0.1:${String(port)}/${groupId}`,
    takeLatenesses: () => {
      const taken = latenesses;
      latenesses = [];
      return taken;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
