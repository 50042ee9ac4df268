/** The client that asks both servers, with the same number of connections. */
import { Pool } from 'undici';
import type { BenchRequest } from './operation.ts';
import type { Turn } from './share.ts';

/** Connections, each with one request at a time. */
export const CONNECTIONS = 16;

/** What was answered. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A server and the connections to it. */
export interface Server {
  readonly name: string;
  readonly pool: Pool;
}

/** Names a server and connects to it when it is first asked. */
export function serverAt(name: string, url: string): Server {
  return { name, pool: new Pool(url, { connections: CONNECTIONS, pipelining: 1 }) };
}

/** Asks once. */
export async function ask({ pool }: Server, request: BenchRequest): Promise<Answer> {
  const { statusCode, body } = await pool.request(sent(request));
  return { status: statusCode, text: await body.text() };
}

/** What is asked for in a turn, of whom, and what has to come of it. */
export interface TurnPlan {
  readonly forMs: number;
  /** How many requests are made in any case, however long that takes. */
  readonly requestsMin: number;
  readonly status: number;
  /** The next request, each time. */
  readonly next: () => BenchRequest;
}

/** Asks on every connection, one request after the other, until the turn is over. Rejects with the first answer of another status. */
export async function takeTurn(server: Server, plan: TurnPlan): Promise<Turn> {
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + plan.forMs;
  const lane = async (): Promise<void> => {
    for (let sentAt = startedAt; sentAt < endsAt || latenciesMs.length < plan.requestsMin;) {
      await askOnce(server, plan);
      const answeredAt = performance.now();
      latenciesMs.push(answeredAt - sentAt);
      sentAt = answeredAt;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, lane));
  return { seconds: (performance.now() - startedAt) / 1_000, latenciesMs };
}

async function askOnce({ name, pool }: Server, { next, status }: TurnPlan): Promise<void> {
  const request = next();
  const { statusCode, body } = await pool.request(sent(request));
  // Every byte is read, as any client does it.
  const bytes = await body.arrayBuffer();
  if (statusCode === status) return;
  const { method, path } = request;
  const said = Buffer.from(bytes).toString('utf8').slice(0, SHOWN_CHARACTERS);
  throw new Error(
    `${name} answered ${method} ${path} with ${String(statusCode)}, not ${String(status)}: ${said}`,
  );
}

const SHOWN_CHARACTERS = 500;

function sent({ method, path, body }: BenchRequest): Parameters<Pool['request']>[0] {
  if (body === undefined) return { method, path };
  return { method, path, body, headers: { 'content-type': 'application/json' } };
}
