import { assert } from '../../../base/assert.ts';
import type { Clock } from '../../../base/clock.ts';
import { LutraError, messageOf } from '../../../base/errors.ts';
import type { JsonObject } from '../../../base/json.ts';
import { Turns } from '../../../base/turns.ts';
import type { FencingToken } from '../../../domain/ids.ts';
import type {
  ArgsProblem,
  CapacityOrder,
  CapacityProvider,
  EvictionScope,
  ProviderObservation,
  ProviderTarget,
} from '../../../ports/provider.ts';
import { parseAddress, parseCidr } from './address.ts';
import type { Cidr } from './address.ts';
import { WebhookClient } from './client.ts';
import { resolveAll } from './connect.ts';
import type { Lookup } from './connect.ts';
import { refusalOf } from './guard.ts';
import { nameOf, parseArgs, toObservation } from './translate.ts';
import type { LaunchArgs } from './translate.ts';

export interface WebhookProviderOptions {
  /** Shared with receivers, who check the `Lutra-Signature` header with it. */
  readonly signingKey: Buffer | string;
  /** Blocks of addresses (`10.0.0.0/8`, `::1`) that may be called although they are not public. */
  readonly allow: readonly string[];
  /** Lutra's own, for the `User-Agent` header. */
  readonly version: string;
  readonly clock: Clock;
  /** How names are resolved; as the system does, unless given. */
  readonly lookup?: Lookup;
}

/**
 * Hands capacity to whatever answers at a URL: GET tells how many servers there are, PUT says how many
 * there should be. It makes one attempt, follows no redirect and tells no drift.
 */
export class WebhookProvider implements CapacityProvider {
  readonly type = 'webhook';
  readonly isLocal = false;
  readonly #allowed: readonly Cidr[];
  readonly #client: WebhookClient;
  /** On two connections the earlier of two orders for a group might arrive last. */
  readonly #turns = new Turns();

  constructor(options: WebhookProviderOptions) {
    const { signingKey, version, clock, lookup = resolveAll } = options;
    assert(signingKey.length > 0, 'webhooks are signed with a key');
    this.#allowed = options.allow.map((text) => {
      const block = parseCidr(text);
      assert(block !== undefined, `"${text}" is a block of addresses, as the configuration checks`);
      return block;
    });
    this.#client = new WebhookClient({
      ...{ signingKey, version, clock, lookup },
      allowed: this.#allowed,
    });
  }

  /** Refused addresses are reported here where the URL holds one; a name is checked at each connection. */
  check(args: JsonObject): readonly ArgsProblem[] {
    const parsed = parseArgs(args);
    if (parsed.kind === 'malformed') return parsed.problems;
    const host = parsed.args.url.hostname.replace(/^\[(.*)\]$/, '$1');
    const refusal = parseAddress(host) === undefined ? undefined : refusalOf(host, this.#allowed);
    if (refusal === undefined) return [];
    const message = `must not lead to ${refusal} unless the configuration allows it`;
    return [{ path: 'url', message }];
  }

  /** Only the receiver can know whether it does, so whoever sets up the group says so. */
  evicts(args: JsonObject): EvictionScope {
    const parsed = parseArgs(args);
    return parsed.kind === 'args' && parsed.args.canEvict ? 'any' : 'none';
  }

  async observe(target: ProviderTarget, signal: AbortSignal): Promise<ProviderObservation> {
    const receiver = launchOf(target);
    return interruptible(signal, async () => {
      const headers = { accept: 'application/json' };
      const call = { method: 'GET', receiver, headers, body: undefined } as const;
      return toObservation(await this.#client.send(call, signal), nameOf(receiver.url));
    });
  }

  async setCapacity(
    target: ProviderTarget,
    order: CapacityOrder,
    signal: AbortSignal,
  ): Promise<void> {
    const receiver = launchOf(target);
    const { groupId } = target;
    const call = {
      method: 'PUT',
      receiver,
      headers: {
        'content-type': 'application/json',
        'idempotency-key': order.idempotencyKey,
        'lutra-fencing-token': tokenText(order.token),
        ...(order.cause === undefined ? {} : { 'lutra-occurrence': order.cause }),
      },
      body: bodyOf(target, order),
    } as const;
    await interruptible(signal, () =>
      this.#turns.take(groupId, signal, () => this.#client.send(call, signal)),
    );
  }

  /** A receiver has no way to tell. */
  watchDrift(): void {
    return undefined;
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

/** `evict` is there only where servers are to leave: receivers that know nothing of it get what they always got. */
function bodyOf(
  { groupId, tenantId }: ProviderTarget,
  { desired, evicting }: CapacityOrder,
): string {
  const evict = evicting.map(({ id, isPurged }) => ({ id, purge: isPurged }));
  return JSON.stringify({ groupId, tenantId, desired, ...(evict.length === 0 ? {} : { evict }) });
}

/** The three parts in order: numbers to compare, then the claim that tells equal ones apart. */
function tokenText({ epoch, revision, claimId }: FencingToken): string {
  return `${String(epoch)}.${String(revision)}.${claimId}`;
}

function launchOf(target: ProviderTarget): LaunchArgs {
  const parsed = parseArgs(target.args);
  if (parsed.kind === 'args') return parsed.args;
  const problems = parsed.problems.map(({ path, message }) => `args.${path} ${message}`);
  throw new LutraError(
    'provider-fatal',
    `the launch configuration is malformed: ${problems.join('; ')}`,
  );
}

/** Puts an interruption into the words of the port: whoever aborts may try again later. */
async function interruptible<Result>(
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (!signal.aborted || cause !== signal.reason) throw cause;
    const message = `the call was interrupted: ${messageOf(cause)}`;
    throw new LutraError('provider-transient', message, { cause });
  }
}
