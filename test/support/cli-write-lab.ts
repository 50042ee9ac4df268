/** Commands that change something, against a fake node with three groups, and what they sent to it. */
import { runIn } from './cli-world.ts';
import type { Ended, WorldOptions } from './cli-world.ts';
import { FakeNodeApi } from './fake-node-api.ts';

/** A request that changes something, as it was sent. */
export interface Sent {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const CONFIG = { cooldown: 5, minEntities: 1, maxEntities: 5, metadata: { a: 'b' } };
const POLICY = { type: 'webhook', cooldown: 0 };

export class WriteLab {
  readonly api: FakeNodeApi;
  readonly sent: Sent[] = [];
  readonly #answers = new Map<string, Answer | Error>();
  readonly #seeded: Promise<unknown>;

  /** A node whose clock says `nowMs`. */
  constructor(nowMs: number) {
    this.api = new FakeNodeApi(nowMs);
    this.#seeded = this.#seed();
  }

  /** Answers so to what a method changes, in place of the node. */
  answer(method: string, answer: Answer): void {
    this.#answers.set(method, answer);
  }

  /** Answers so to what is changed at a path, in place of the node. */
  refuseAt(path: string, answer: Answer): void {
    this.#answers.set(path, answer);
  }

  /** Breaks the connection when it is asked for a change by this method. */
  breakOn(method: string, cause?: Error): void {
    this.#answers.set(method, new TypeError('fetch failed', { cause }));
  }

  async run(...words: readonly string[]): Promise<Ended> {
    return this.runWith({}, ...words);
  }

  /** The same with files or an environment. */
  async runWith(options: WorldOptions, ...words: readonly string[]): Promise<Ended> {
    await this.#seeded;
    return runIn({ fetch: this.#fetch, ...options }, ...words, '--url', 'http://127.0.0.1:1');
  }

  readonly #fetch: typeof fetch = async (input, init = {}) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    const { method = 'GET', body, headers } = init;
    if (method === 'GET') {
      const response = await this.api.fetch(input, init);
      response.headers.set('etag', `"tag of ${pathname}"`);
      return response;
    }
    this.sent.push({
      ...{ method, path: `${pathname}${search}` },
      headers: headers as Readonly<Record<string, string>>,
      ...(typeof body === 'string' ? { body: JSON.parse(body) as unknown } : {}),
    });
    const answer = this.#answers.get(pathname) ?? this.#answers.get(method);
    if (answer instanceof Error) throw answer;
    return answer === undefined ? this.api.fetch(input, init) : responseOf(answer);
  };

  async #seed(): Promise<void> {
    const create = (groupConfiguration: object, scalingPolicies: readonly object[]): unknown =>
      this.api.fetch('http://127.0.0.1:1/v1.0/default/groups', {
        method: 'POST',
        body: JSON.stringify({
          groupConfiguration: { ...CONFIG, ...groupConfiguration },
          launchConfiguration: { type: 'x', args: {} },
          scalingPolicies,
        }),
      });
    await create({ name: 'The web', key: 'web' }, [
      { ...POLICY, name: 'Up', key: 'up', change: 2 },
      { ...POLICY, name: 'Twin', change: 1 },
      { ...POLICY, name: 'Twin', change: 2 },
      {
        ...{ name: 'Nightly', key: 'nightly', type: 'schedule', cooldown: 1.5 },
        ...{ changePercent: -50, args: { cron: '0 1 * * *' } },
      },
    ]);
    await create({ name: 'Twins' }, []);
    await create({ name: 'Twins' }, []);
  }
}

function responseOf({ status, body, headers = {} }: Answer): Response {
  const text = body === undefined ? null : JSON.stringify(body);
  return new Response(text, { status, headers });
}
