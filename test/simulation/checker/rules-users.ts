/** Whether what users were told was done is there, and once. */
import type { EntryOf, Violation } from './entries.ts';
import type { Facts } from './facts.ts';

type Found = Omit<Violation, 'rule'>;
type Asked = EntryOf<'user.asked'>;
type Applied = EntryOf<'store.applied'>;

interface Request {
  readonly asked: Asked;
  readonly answer: string | undefined;
  readonly answeredAt: number;
  readonly groupId: string | undefined;
}

/** What a wish leaves in a commit when it was granted. */
const TRACES: Readonly<Record<Asked['what'], (entry: Applied) => boolean>> = {
  'create-group': tells('group.created'),
  'create-policy': tells('policy.created'),
  'change-policy': tells('policy.changed'),
  'delete-policy': tells('policy.deleted'),
  execute: tells('policy.executed'),
  'change-config': tells('group.changed', 'config'),
  pause: tells('group.changed', 'paused'),
  resume: ({ isMarked }) => isMarked,
  converge: ({ isMarked }) => isMarked,
  'delete-group': tells('group.deleted'),
};

/** The answers that say that a commit was made. */
const DONE: Readonly<Record<Asked['what'], readonly string[]>> = {
  'create-group': ['created'],
  'create-policy': ['created'],
  'change-policy': ['changed'],
  'delete-policy': ['deleted'],
  // `skipped` may also be said of a policy that does not exist.
  execute: ['scaled', 'refused'],
  'change-config': ['changed'],
  pause: ['paused'],
  resume: ['resumed'],
  converge: ['marked'],
  'delete-group': ['deleted'],
};

/** A user was told that something was done, and no commit did it. */
export function lostAcknowledgement(facts: Facts): readonly Found[] {
  const applied = appliedBy(facts);
  return requestsOf(facts).flatMap((request): Found[] => {
    const { asked, answer, answeredAt, groupId } = request;
    if (answer === undefined || !DONE[asked.what].includes(answer)) return [];
    if (asked.what === 'pause' && wasPaused(facts, request)) return [];
    const isDone = between(applied.get(asked.process) ?? [], asked.t, answeredAt).some(
      (entry) => entry.groupId === groupId && TRACES[asked.what](entry),
    );
    if (isDone) return [];
    const what = `request ${asked.request} (${asked.what}) was answered ${answer}, and nothing was written`;
    return [{ t: answeredAt, what, ...(groupId === undefined ? {} : { groupId }) }];
  });
}

/** A request to execute a policy executed it twice, or nobody had asked. */
export function executedTwice(facts: Facts): readonly Found[] {
  const open = new Map<string, Request[]>();
  for (const request of requestsOf(facts)) {
    if (request.asked.what !== 'execute') continue;
    const name = `${request.asked.process} ${request.groupId ?? ''}`;
    open.set(name, [...(open.get(name) ?? []), request]);
  }
  const ids = new Set<unknown>();
  return facts.ledger.commits.flatMap(({ entry }) =>
    entry.events.flatMap((event): Found[] => {
      if (event.event !== 'policy.executed') return [];
      const { t, groupId, partition } = entry;
      const id = event['executionId'];
      const policyId = String(event['policyId']);
      const tell = (what: string): Found[] => [{ t, what, groupId, partition, policyId }];
      if (ids.has(id)) return tell(`execution ${String(id)} is there twice`);
      ids.add(id);
      const requests = open.get(`${entry.process ?? ''} ${groupId}`) ?? [];
      const own = soonest(requests, t);
      if (own === undefined) return tell(`nobody asked for execution ${String(id)}`);
      requests.splice(requests.indexOf(own), 1);
      return [];
    }),
  );
}

/** The request that was open at `t` and is answered first. */
function soonest(requests: readonly Request[], t: number): Request | undefined {
  let best: Request | undefined;
  for (const request of requests) {
    const until = mayStillCome(request) ? Infinity : request.answeredAt;
    if (request.asked.t > t || until < t) continue;
    const bestUntil = best === undefined || mayStillCome(best) ? Infinity : best.answeredAt;
    if (best === undefined || until < bestUntil) best = request;
  }
  return best;
}

/** What nobody answered, or nobody knows the outcome of, may be done later. */
function mayStillCome({ answer }: Request): boolean {
  return answer === undefined || answer.startsWith('rejected');
}

function requestsOf({ byKind }: Facts): readonly Request[] {
  const answers = new Map(byKind.of('user.answered').map((entry) => [entry.request, entry]));
  return byKind.of('user.asked').map((asked) => {
    const answered = answers.get(asked.request);
    return {
      asked,
      answer: answered?.answer,
      answeredAt: answered?.t ?? Infinity,
      groupId: answered?.groupId ?? asked.groupId,
    };
  });
}

/** The commits of each process, those that a roll-back removed too: they had been made. */
function appliedBy({ byKind }: Facts): ReadonlyMap<string, readonly Applied[]> {
  const applied = new Map<string, Applied[]>();
  for (const entry of byKind.of('store.applied')) {
    if (entry.process === undefined) continue;
    const known = applied.get(entry.process);
    if (known === undefined) applied.set(entry.process, [entry]);
    else known.push(entry);
  }
  return applied;
}

function between(entries: readonly Applied[], from: number, to: number): readonly Applied[] {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.t ?? Infinity) < from) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < entries.length && (entries[end]?.t ?? Infinity) <= to) end += 1;
  return entries.slice(low, end);
}

/** One that is paused already is answered so without a commit. */
function wasPaused({ telltales }: Facts, { asked, answeredAt, groupId }: Request): boolean {
  const states = telltales.states.get(groupId ?? '') ?? [];
  return states.some(
    ({ t, state }, index) =>
      state?.isPaused === true && t <= answeredAt && (states[index + 1]?.t ?? Infinity) >= asked.t,
  );
}

function tells(name: string, what?: string): (entry: Applied) => boolean {
  return ({ events }) =>
    events.some((event) => event.event === name && (what === undefined || event['what'] === what));
}
