/**
 * What groups of the launch type `webhook` order their capacity from: a receiver in the test's own process,
 * which no fault of the nodes reaches. It keeps what was ordered, and writes down by whom.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One order, as it came. */
export interface ReceivedOrder {
  readonly name: string;
  readonly desired: number;
  /** `group:generation`. */
  readonly key: string;
  readonly epoch: number;
  readonly revision: number;
  readonly claimId: string;
}

export interface CapacityReceiver {
  /** Everything that was ordered, in the order in which it came. */
  readonly orders: readonly ReceivedOrder[];
  /** Where the group of this name finds its capacity. */
  readonly urlOf: (name: string) => string;
  /** What was ordered last for it; 0 before. */
  readonly actualOf: (name: string) => number;
  readonly close: () => Promise<void>;
}

/** Listens on a free port. `take` is given each order and what caused it (`policy@plannedAt`), instead of `orders`. */
export async function startReceiver(
  take?: (order: ReceivedOrder, occurrence: string) => void,
): Promise<CapacityReceiver> {
  const orders: ReceivedOrder[] = [];
  const actual = new Map<string, number>();
  const server = createServer((request, response) => {
    void answer(request, response);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = decodeURIComponent(request.url?.slice(1) ?? '');
    if (request.method === 'GET') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ actual: actual.get(name) ?? 0 }));
      return;
    }
    const body = await textOf(request).catch(() => undefined);
    if (body === undefined) return; // whoever sent it is gone before all of it came
    const order = orderIn(name, request, body);
    if (take === undefined) orders.push(order);
    else take(order, headerOf(request, 'lutra-occurrence'));
    actual.set(name, order.desired);
    response.writeHead(204).end();
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    orders,
    urlOf: (name) => `http://127.0.0.1:${String(port)}/${encodeURIComponent(name)}`,
    actualOf: (name) => actual.get(name) ?? 0,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * What is wrong with orders in the order in which they came:
 * - a token lower than one before it, for the same group. Successors wait for the lock of a pass before they
 *   order, so not even the one call that a frozen node may have under way comes after theirs, as long as
 *   nothing stands still for longer than a lock lasts;
 * - one key with two numbers, which would make it worthless to a receiver that drops repeats.
 */
export function orderFaults(orders: readonly ReceivedOrder[]): readonly string[] {
  const newest = new Map<string, ReceivedOrder>();
  const desiredOf = new Map<string, number>();
  const faults: string[] = [];
  for (const order of orders) {
    const { name, key, desired } = order;
    const before = newest.get(name);
    if (before !== undefined && isLower(order, before)) {
      faults.push(`${name}: ${tokenOf(order)} ordered ${key} after ${tokenOf(before)}`);
    } else newest.set(name, order);
    const told = desiredOf.get(key) ?? desired;
    if (told !== desired) {
      faults.push(`${name}: ${key} was ${String(told)} once, and ${String(desired)} another time`);
    }
    desiredOf.set(key, desired);
  }
  return faults;
}

/** Whether the order carries a lower token than the other one. */
export function isLower(order: ReceivedOrder, than: ReceivedOrder): boolean {
  if (order.epoch !== than.epoch) return order.epoch < than.epoch;
  return order.revision < than.revision;
}

function tokenOf({ epoch, revision, claimId }: ReceivedOrder): string {
  return `${String(epoch)}.${String(revision)}.${claimId}`;
}

function orderIn(name: string, request: IncomingMessage, body: string): ReceivedOrder {
  const { desired } = JSON.parse(body) as { readonly desired: number };
  const [epoch = '', revision = '', claimId = ''] = headerOf(request, 'lutra-fencing-token').split(
    '.',
  );
  return {
    ...{ name, desired, key: headerOf(request, 'idempotency-key') },
    ...{ epoch: Number(epoch), revision: Number(revision), claimId },
  };
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
