/** Asks for what a node accepted, and compares. */
import { isUtf8 } from 'node:buffer';
import type { FuzzRequest } from './request.ts';
import { differenceOf, isSameShown } from './read-back.ts';
import type { WireReply } from './wire.ts';

type Get = (path: string) => Promise<{ readonly status: number; readonly body: unknown }>;
type Fields = Readonly<Record<string, unknown>>;

/** What is not as it was sent; empty where everything is, or nothing was to be kept. */
export async function keepingFaults(
  { request, reply }: { readonly request: FuzzRequest; readonly reply: WireReply },
  get: Get,
): Promise<readonly string[]> {
  const { operation, method, body, target } = request;
  if (operation.body === undefined || method !== operation.method || body === undefined) return [];
  if (!isKept(method, reply)) return [];
  if (!isUtf8(body)) return ['it took what is not UTF-8'];
  const sent = JSON.parse(body.toString()) as unknown;
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  if (reply.status === 204) return replacedFaults(sent, await get(path));
  const shown = inside(JSON.parse(reply.text), Array.isArray(sent));
  const difference = differenceOf(sent, shown);
  if (difference !== undefined) return [`the reply does not show what was sent: ${difference}`];
  const faults = await Promise.all([shown].flat().map((thing) => linkFaults(thing as Fields, get)));
  return faults.flat();
}

function isKept(method: string, reply: WireReply): boolean {
  // What was told before may have changed since.
  if (reply.headers.has('idempotency-replayed')) return false;
  // Nothing is told of an act, such as a pause, and there is nothing to be seen of it there.
  return reply.status === 201 || (reply.status === 204 && method !== 'POST');
}

function replacedFaults(sent: unknown, { status, body }: Awaited<ReturnType<Get>>): string[] {
  if (status !== 200) return [`what was replaced is answered with ${String(status)}`];
  const difference = differenceOf(sent, inside(body, Array.isArray(sent)));
  return difference === undefined ? [] : [`what was replaced is not what was sent: ${difference}`];
}

/** What was shown when it was created is shown at its link. */
async function linkFaults(thing: Fields, get: Get): Promise<readonly string[]> {
  const links = (thing['links'] ?? []) as readonly {
    readonly rel: string;
    readonly href: string;
  }[];
  const self = links.find(({ rel }) => rel === 'self');
  if (self === undefined) return [];
  const { status, body } = await get(new URL(self.href).pathname);
  if (status !== 200) return [`${self.href} is answered with ${String(status)}`];
  return isSameShown(thing, inside(body, false))
    ? []
    : [`${self.href} shows ${JSON.stringify(body)}, not ${JSON.stringify(thing)}`];
}

/** The list or the object that a reply is about. */
function inside(body: unknown, isList: boolean): unknown {
  return Object.values(body as Fields).find((value) => Array.isArray(value) === isList);
}
