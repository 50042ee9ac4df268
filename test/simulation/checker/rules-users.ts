/** Whether what users were told was done is there, as they asked for it, and once. */
import type { EntryOf, Violation } from './entries.ts';
import type { Facts } from './facts.ts';
import type { StateSince } from './locks.ts';
import { isGranted, OpenRequests, requestsOf } from './wishes.ts';
import type { Applied, Request } from './wishes.ts';

type Found = Omit<Violation, 'rule'>;
type What = EntryOf<'user.asked'>['what'];

/** The answers that say that a commit was made. */
const DONE: Readonly<Record<What, readonly string[]>> = {
  'create-group': ['created'],
  'create-policies': ['created'],
  'change-policy': ['changed'],
  'delete-policy': ['deleted'],
  // `skipped` may also be said of a policy that does not exist.
  execute: ['scaled', 'refused'],
  'change-config': ['changed'],
  'change-launch': ['changed'],
  pause: ['paused'],
  resume: ['resumed'],
  converge: ['marked'],
  'set-override': ['set'],
  'remove-override': ['removed'],
  skip: ['skipped'],
  'delete-group': ['deleted'],
  // No commit of a store is what becomes of these: another rule looks at them.
  'put-calendar': [],
  'delete-calendar': [],
};

/** A user was told that something was done, and no commit did just that. */
export function lostAcknowledgement(facts: Facts): readonly Found[] {
  const applied = appliedBy(facts);
  return requestsOf(facts).flatMap((request): Found[] => {
    const { asked, answer, answeredAt, groupId } = request;
    if (answer === undefined || !DONE[asked.what].includes(answer)) return [];
    const states = statesOf(facts, request);
    if (asked.what === 'pause' && wasPaused(states, request)) return [];
    const isDone = between(applied.get(asked.process) ?? [], asked.t, answeredAt).some(
      (entry) => entry.groupId === groupId && isGranted(asked, entry, states),
    );
    if (isDone) return [];
    const what = `request ${asked.request} (${asked.what}) was answered ${answer}, and nothing of the kind was written`;
    return [{ t: answeredAt, what, ...(groupId === undefined ? {} : { groupId }) }];
  });
}

/** A request to execute a policy executed it twice, or nobody had asked. */
export function executedTwice(facts: Facts): readonly Found[] {
  const open = new OpenRequests(requestsOf(facts).filter(({ asked }) => asked.what === 'execute'));
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
      const own = open.take(entry, ({ asked }) => asked.policyId === policyId);
      return own === undefined ? tell(`nobody asked for execution ${String(id)}`) : [];
    }),
  );
}

/** One request made groups or policies twice, or others than were asked for, or nobody had asked. */
export function createdTwice(facts: Facts): readonly Found[] {
  const open = new OpenRequests(
    requestsOf(facts).filter(({ asked }) => asked.what.startsWith('create-')),
  );
  return facts.ledger.commits.flatMap(({ entry }): Found[] => {
    const made = entry.events.filter(
      ({ event }) => event === 'group.created' || event === 'policy.created',
    );
    if (made.length === 0) return [];
    if (open.take(entry, ({ asked }) => isGranted(asked, entry, [])) !== undefined) return [];
    const { t, groupId, partition } = entry;
    const what = `nobody asked, or not once more, for ${made.map(({ event }) => event).join(' and ')}`;
    return [{ t, what, groupId, partition }];
  });
}

/**
 * A group was deleted that nobody asked to delete, or that was meant to have servers and nobody said that this does
 * not matter; or one that was to have none was not deleted for its servers.
 */
export function deletedUnasked(facts: Facts): readonly Found[] {
  const requests = requestsOf(facts).filter(({ asked }) => asked.what === 'delete-group');
  const open = new OpenRequests(requests);
  const deleted = facts.ledger.commits.flatMap(({ entry, before }): Found[] => {
    if (!entry.events.some(({ event }) => event === 'group.deleted')) return [];
    const desired = before.state?.desired ?? 0;
    const grants = ({ asked }: Request): boolean => asked.isForced === true || desired === 0;
    if (open.take(entry, grants) !== undefined) return [];
    const { t, groupId, partition } = entry;
    const what = `it was deleted with ${desired} servers wanted, and nobody asked for that`;
    return [{ t, what, groupId, partition }];
  });
  const refused = requests.flatMap((request): Found[] => {
    const { asked, answer, answeredAt: t, groupId } = request;
    if (answer !== 'not-empty' || groupId === undefined) return [];
    const met = statesMet(statesOf(facts, request), request);
    const mayBeEmpty = met.every(({ state }) => state?.desired === 0);
    if (asked.isForced !== true && !mayBeEmpty) return [];
    return [{ t, what: `request ${asked.request} was answered ${answer}, and it was`, groupId }];
  });
  return [...deleted, ...refused];
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

function statesOf({ telltales }: Facts, { groupId }: Request): readonly StateSince[] {
  return telltales.states.get(groupId ?? '') ?? [];
}

/** The states that the group had between the request and its answer. */
function statesMet(
  states: readonly StateSince[],
  { asked, answeredAt }: Request,
): readonly StateSince[] {
  return states.filter(
    ({ t }, index) => t <= answeredAt && (states[index + 1]?.t ?? Infinity) >= asked.t,
  );
}

/** One that is paused already, and for as long, is answered so without a commit. */
function wasPaused(states: readonly StateSince[], request: Request): boolean {
  const { until } = request.asked;
  return statesMet(states, request).some(
    ({ state }) => state?.isPaused === true && state.pausedUntil === until,
  );
}
