/**
 * Follows the history of a group as it grows, on any node: the store is asked, whoever owns the group.
 *
 * Trigger: an interval, or a full page. Bound: a page of events at a time. Concurrency: one loop per follower.
 * Back-off: jittered, while the store does not answer. Stop: the signal, or the end of the group. What is told is
 * read by its number, so that whoever knows the last number that they were told can go on from there.
 */
import { backoffMs } from '../base/backoff.ts';
import type { BackoffSettings } from '../base/backoff.ts';
import { hasCode } from '../base/errors.ts';
import type { RecordedEvent } from '../domain/history/event.ts';
import { passes } from '../domain/history/filter.ts';
import type { HistoryFilter } from '../domain/history/filter.ts';
import type { ScalingDeps } from './scaling-deps.ts';
import { visibleTo } from './write-group.ts';
import type { GroupTarget } from './write-group.ts';

/** What a follower is told. */
export type HistoryNews =
  /** Those of some events that pass the filter, perhaps none; all up to `last` have been looked at. */
  | { readonly kind: 'events'; readonly events: readonly RecordedEvent[]; readonly last: number }
  /** Events between these two numbers are not there any more: they were too old, or the store lost them. */
  | { readonly kind: 'gap'; readonly after: number; readonly next: number }
  | { readonly kind: 'nothing-new' }
  /** The group is deleted. There is no more news after this. */
  | { readonly kind: 'gone' };

/** How long after its commit an event is told at the latest, besides what the store takes to answer. */
export const POLL_MS = 500;
/** How often it is looked whether the group is there: the event that ends it may go away with its history. */
const LOOK_MS = 5_000;
const PAGE_EVENTS = 100;
const AWAY_BACKOFF: BackoffSettings = { firstMs: POLL_MS, maxMs: 5_000 };

type Deps = Pick<ScalingDeps, 'store' | 'clock' | 'random' | 'observe'>;

/** News of the group from the event numbered `after` on, until the signal aborts or the group is gone. */
export async function* followHistory(
  deps: Deps,
  target: GroupTarget,
  from: { readonly after: number; readonly filter: HistoryFilter },
): AsyncGenerator<HistoryNews, void, undefined> {
  const { clock, random, observe } = deps;
  const { signal } = target;
  const reader = new Reader(deps, target, from);
  let failureCount = 0;
  while (!signal.aborted) {
    let pauseMs = POLL_MS;
    let isMoreThere = false;
    try {
      const { news, isMore } = await reader.read();
      failureCount = 0;
      yield* news;
      if (news.some(({ kind }) => kind === 'gone')) return;
      isMoreThere = isMore;
    } catch (err) {
      if (!hasCode(err, 'store-unavailable')) throw err;
      failureCount += 1;
      pauseMs = backoffMs(AWAY_BACKOFF, failureCount, random.fraction());
      // Once: followers are many, and the store says so itself.
      if (failureCount === 1) {
        observe({ event: 'loop.failed', loop: 'history stream', err, retryInMs: pauseMs });
      }
      yield { kind: 'nothing-new' };
    }
    if (!isMoreThere) await clock.sleep(pauseMs, signal);
  }
}

/** How far a follower has come. */
class Reader {
  readonly #deps: Deps;
  readonly #target: GroupTarget;
  readonly #filter: HistoryFilter;
  #position: number;
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(
    deps: Deps,
    target: GroupTarget,
    from: { readonly after: number; readonly filter: HistoryFilter },
  ) {
    this.#deps = deps;
    this.#target = target;
    this.#filter = from.filter;
    this.#position = from.after;
  }

  /** What there is to tell now; `isMore` where there may be more at once. */
  async read(): Promise<{ readonly news: readonly HistoryNews[]; readonly isMore: boolean }> {
    const { store } = this.#deps;
    const page = await store.history(this.#target.groupId, {
      ...{ from: this.#position, order: 'oldest-first', limit: PAGE_EVENTS },
    });
    const [first] = page;
    if (first === undefined) return { news: await this.#look(), isMore: false };
    const news: HistoryNews[] = [];
    if (first.sequence > this.#position + 1) {
      news.push({ kind: 'gap', after: this.#position, next: first.sequence });
    }
    const last = page.at(-1)?.sequence ?? this.#position;
    const events = page.filter((event) => passes(this.#filter, event));
    news.push({ kind: 'events', events, last });
    this.#position = last;
    if (page.some(({ event }) => event.event === 'group.deleted')) news.push({ kind: 'gone' });
    return { news, isMore: page.length === PAGE_EVENTS };
  }

  /** Whether anything is amiss, where there are no events: the group is gone, or the store went back. */
  async #look(): Promise<readonly HistoryNews[]> {
    const { store, clock } = this.#deps;
    if (clock.monotonicMs() - this.#lookedMs < LOOK_MS) return [{ kind: 'nothing-new' }];
    this.#lookedMs = clock.monotonicMs();
    const { tenantId, groupId } = this.#target;
    if (visibleTo(tenantId, await store.group(groupId)) === undefined) return [{ kind: 'gone' }];
    const [newest] = await store.history(groupId, {
      ...{ from: undefined, order: 'newest-first', limit: 1 },
    });
    const sequence = newest?.sequence ?? 0;
    if (sequence >= this.#position) return [{ kind: 'nothing-new' }];
    const gap: HistoryNews = { kind: 'gap', after: this.#position, next: sequence + 1 };
    this.#position = sequence;
    return [gap];
  }
}
