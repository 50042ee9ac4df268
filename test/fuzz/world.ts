/** The node that is fuzzed: everything of its API, on a store that can be looked at, with chance that a seed replays. */
import type { GroupId } from '../../src/domain/ids.ts';
import { allPartitions } from '../../src/domain/partition/partition-of.ts';
import type { Store } from '../../src/ports/store.ts';
import { startApi, STORE_KINDS } from '../support/api-server.ts';
import type { ApiFixture, ApiOptions } from '../support/api-server.ts';
import type { Json } from '../support/json-schema.ts';
import { seededRandom } from '../support/random.ts';
import { ADMIN_SECRET, bearer, startSecuredApi } from '../support/secured-api.ts';
import type { Place, Target } from './generator.ts';

/** All that can be changed over HTTP, by what it belongs to. */
export type Snapshot = ReadonlyMap<string, Kept>;

interface Kept {
  /** Changes with every commit, also with one that adds to the history, or asks for a look at the servers. */
  readonly version: string;
  /** What commits of another kind change. */
  readonly content: string;
  /** Whether the latest event tells that somebody was refused something. */
  readonly isRefusal: boolean;
}

/** Small, so that every limit is reached. */
const LIMITS = { maxGroups: 12, maxPoliciesPerGroup: 12, maxWebhooksPerPolicy: 8 };
const BODY_MAX_BYTES = 65_536;
const PAGE_MAX = 5;

/** What is there before anything is created. Ids of tenants are texts of any kind. */
const FIRST_PLACES: readonly Place[] = [
  ...['000000', 'tenant \u00e9/\u{1f9a6}', 'execute'].map((tenantId) => ({ tenantId })),
  { node: 'node-1' },
];

export class FuzzWorld {
  readonly #api: ApiFixture;
  readonly #isSecured: boolean;
  readonly #patterns: readonly RegExp[];
  readonly #places: Place[] = [...FIRST_PLACES];
  readonly #seen = new Set<string>();
  readonly document: Json;

  private constructor(api: ApiFixture, isSecured: boolean, document: Json) {
    this.#api = api;
    this.#isSecured = isSecured;
    this.document = document;
    this.#patterns = Object.keys(document['paths'] as Json).map(
      (path) => new RegExp(`^${path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}/?$`),
    );
  }

  /** Starts one: in memory and with tokens for an even seed, in a file and open to all for an odd one. */
  static async start(seed: number): Promise<FuzzWorld> {
    const options: ApiOptions = {
      ...{ limits: LIMITS, bodyMaxBytes: BODY_MAX_BYTES, pageMax: PAGE_MAX },
      random: seededRandom(seed),
      // The port differs from run to run.
      urlRoot: 'http://127.0.0.1',
    };
    const [inMemory, inFile] = STORE_KINDS;
    const isSecured = seed % 2 === 0;
    const kind = isSecured ? inMemory : inFile;
    if (kind === undefined) throw new Error('there is no such kind of store');
    const api = isSecured
      ? await startSecuredApi({ ...options, kind })
      : await startApi({ ...options, kind });
    const { body } = await api.call('GET', '/openapi.json');
    return new FuzzWorld(api, isSecured, body as Json);
  }

  get port(): number {
    return Number(new URL(this.#api.url).port);
  }

  /** What requests are made for now. */
  get target(): Target {
    return {
      host: '127.0.0.1',
      bodyMaxBytes: BODY_MAX_BYTES,
      headers: this.#headers,
      places: this.#places,
    };
  }

  get #headers(): readonly (readonly [name: string, value: string])[] {
    return this.#isSecured ? [['Authorization', bearer(ADMIN_SECRET).Authorization]] : [];
  }

  /** Remembers what a reply leads to: what its links are of, and access tokens. */
  learn(text: string): void {
    for (const [, href = ''] of text.matchAll(/"href":"([^"]+)"/g)) {
      const { pathname } = new URL(href);
      for (const pattern of this.#patterns) {
        const { groups } = pattern.exec(pathname) ?? {};
        if (groups !== undefined) this.#add(groups);
      }
    }
    const [, tokenId] = /^\{"token":\{"id":"([^"]+)"/.exec(text) ?? [];
    if (tokenId !== undefined) this.#add({ tokenId });
  }

  #add(encoded: Place): void {
    const place = Object.fromEntries(
      Object.entries(encoded).map(([name, segment]) => [name, decodeURIComponent(segment)]),
    );
    const key = JSON.stringify(place);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#places.push(place);
  }

  /** Asks in an ordinary way, as whoever may do everything. */
  async get(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
    return this.#api.call('GET', path, { headers: Object.fromEntries(this.#headers) });
  }

  /** What there is now; `before` saves looking at what has not changed since. */
  async snapshot(before: Snapshot): Promise<Snapshot> {
    const kept = new Map<string, Kept>();
    for (const group of await groupsOf(this.#api.store)) {
      const { groupId, version, tenantId } = group;
      // Answers to requests that were refused are kept beside what the history says of them.
      const fields = Object.entries(group.fields).filter(([name]) => !name.startsWith('answer:'));
      const content = JSON.stringify({ tenantId, fields, due: [...group.due] });
      const name = `group ${groupId}`;
      const old = before.get(name);
      const isRefusal =
        old?.version === version ? old.isRefusal : await this.#isLatestRefusal(groupId);
      kept.set(name, { version, content, isRefusal });
    }
    if (this.#isSecured) {
      const { body } = await this.get('/lutra/v1/tokens');
      kept.set('tokens', { version: '', content: JSON.stringify(body), isRefusal: false });
    }
    return kept;
  }

  async #isLatestRefusal(groupId: GroupId): Promise<boolean> {
    const latest = { from: undefined, order: 'newest-first', limit: 1 } as const;
    const [recorded] = await this.#api.store.history(groupId, latest);
    const event = recorded?.event;
    return event !== undefined && 'outcome' in event && event.outcome !== 'scaled';
  }

  close(): Promise<void> {
    return this.#api.close(0);
  }
}

type StoredGroups = Awaited<ReturnType<Store['walk']>>['groups'];

async function groupsOf(store: Store): Promise<StoredGroups> {
  const pages = await Promise.all(
    allPartitions(store.layout).map((partition) =>
      store.walk(partition, { after: undefined, limit: 10_000 }),
    ),
  );
  return pages.flatMap(({ groups }) => groups);
}
