/**
 * Keeps the access tokens known to this node up to date.
 *
 * Trigger: a change that the registry tells, and five seconds. Bound: one read of all tokens, which creation
 * bounds. Concurrency: one read at a time. Back-off: doubling with jitter while the registry does not answer; what is
 * known goes on being good. Stop: the signal.
 */
import { backoffMs } from '../base/backoff.ts';
import type { BackoffSettings } from '../base/backoff.ts';
import { Latch } from '../base/latch.ts';
import type { Random } from '../base/random.ts';
import type { KnownTokens, KnownTokensDeps } from './known-tokens.ts';

/** How long a token that was revoked elsewhere may still be taken here, where a watch stays silent. */
const READ_INTERVAL_MS = 5_000;
const BACKOFF: BackoffSettings = { firstMs: 200, maxMs: READ_INTERVAL_MS };

/** Reads until the signal aborts. Never rejects. */
export async function keepTokensKnown(
  known: Pick<KnownTokens, 'read'>,
  deps: KnownTokensDeps & { readonly random: Pick<Random, 'fraction'> },
  signal: AbortSignal,
): Promise<void> {
  const { registry, clock, observe, random } = deps;
  const latch = new Latch(clock, signal);
  const unwatch = registry.watch(() => {
    latch.set();
  });
  let failureCount = 0;
  while (!signal.aborted) {
    let waitMs = READ_INTERVAL_MS;
    try {
      await known.read();
      failureCount = 0;
    } catch (err) {
      failureCount += 1;
      waitMs = backoffMs(BACKOFF, failureCount, random.fraction());
      observe({ event: 'loop.failed', loop: 'access tokens', err, retryInMs: waitMs });
    }
    await latch.wait(waitMs);
  }
  unwatch();
}
