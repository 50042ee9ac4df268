/** What users asked for, and whether a commit is what becomes of it. */
import { isAlike } from './alike.ts';
import type { EntryOf } from './entries.ts';
import type { Facts } from './facts.ts';
import type { StateSince } from './locks.ts';
import { readState } from './records.ts';
import type { OverrideRecord } from './records.ts';
import { regionOf } from './disturbances.ts';

type Asked = EntryOf<'user.asked'>;
export type Applied = EntryOf<'store.applied'>;

/** A request, and what was answered. */
export interface Request {
  readonly asked: Asked;
  /** Undefined where nobody answered. */
  readonly answer: string | undefined;
  /** Infinity where nobody did. */
  readonly answeredAt: number;
  /** Undefined of a group that was to be made, where nobody answered. */
  readonly groupId: string | undefined;
}

/** All that users asked for. */
export function requestsOf({ byKind }: Facts): readonly Request[] {
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

/** Requests that have not been seen to be granted, each of which is granted once at the most. */
export class OpenRequests {
  readonly #byProcess = new Map<string, Request[]>();

  constructor(requests: readonly Request[]) {
    for (const request of requests) {
      const { process } = request.asked;
      const known = this.#byProcess.get(process);
      if (known === undefined) this.#byProcess.set(process, [request]);
      else known.push(request);
    }
  }

  /** The one that a commit grants; undefined where there is none. Of several it is the one that is answered first. */
  take(entry: Applied, grants: (request: Request) => boolean): Request | undefined {
    const open = this.#byProcess.get(entry.process ?? '') ?? [];
    const own = soonest(
      open.filter(
        (request) =>
          (request.groupId === undefined || request.groupId === entry.groupId) && grants(request),
      ),
      entry.t,
    );
    if (own !== undefined) open.splice(open.indexOf(own), 1);
    return own;
  }
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

/** Whether a commit is what was asked for, to the last field; `states`: those that the group has had. */
export function isGranted(asked: Asked, entry: Applied, states: readonly StateSince[]): boolean {
  return entry.token === undefined && GRANTS[asked.what](asked, entry, states);
}

type Grants = (asked: Asked, entry: Applied, states: readonly StateSince[]) => boolean;

/** What a wish becomes in a commit. */
const GRANTS: Readonly<Record<Asked['what'], Grants>> = {
  'create-group': (asked, entry) =>
    tells(entry, 'group.created') &&
    regionOf(entry.partition) === asked.region &&
    isSet(entry, 'limits', asked.limits) &&
    isSet(entry, 'launch', asked.launch) &&
    areMade(asked, entry),
  'create-policies': (asked, entry) => !tells(entry, 'group.created') && areMade(asked, entry),
  'change-policy': (asked, entry) =>
    tells(entry, 'policy.changed', { policyId: asked.policyId }) &&
    isSet(entry, `policy:${asked.policyId ?? ''}`, asked.policies?.[0]),
  'delete-policy': ({ policyId }, entry) =>
    tells(entry, 'policy.deleted', { policyId }) &&
    entry.remove.includes(`policy:${policyId ?? ''}`),
  execute: ({ policyId }, entry) => tells(entry, 'policy.executed', { policyId }),
  'change-config': (asked, entry) =>
    tells(entry, 'group.changed', { what: 'config' }) && isSet(entry, 'limits', asked.limits),
  'change-launch': (asked, entry) =>
    tells(entry, 'group.changed', { what: 'launch' }) && isSet(entry, 'launch', asked.launch),
  pause: ({ until }, entry) => {
    const state = readState(entry.set['state']);
    const isTold = tells(entry, 'group.changed', { what: 'paused' });
    return isTold && state?.isPaused === true && state.pausedUntil === until;
  },
  'set-override': ({ override = {} }, entry) => {
    const kept = readState(entry.set['state'])?.override;
    return tells(entry, 'override.set') && isAlike(kept && capacityOf(kept), override);
  },
  'remove-override': (_, entry) => {
    const state = readState(entry.set['state']);
    return tells(entry, 'override.removed') && state !== undefined && state.override === undefined;
  },
  skip: ({ policyId }, entry) => tells(entry, 'policy.skipped', { policyId }),
  resume: (_, entry, states) =>
    entry.isMarked &&
    (isBare(entry)
      ? wasResumed(states, entry.t)
      : tells(entry, 'group.changed', { what: 'resumed' }) &&
        readState(entry.set['state'])?.isPaused === false),
  converge: (_, entry) => entry.isMarked && isBare(entry),
  'delete-group': (_, entry) =>
    tells(entry, 'group.deleted') && readState(entry.set['state'])?.isDeleting === true,
  'put-calendar': () => false,
  'delete-calendar': () => false,
};

/** What an override says of the group, and up to when. */
function capacityOf({ min, max, desired, until }: OverrideRecord): OverrideRecord {
  return {
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(desired === undefined ? {} : { desired }),
    until,
  };
}

/** Whether the group was not paused at that instant, be it before or after something else that happened then. */
function wasResumed(states: readonly StateSince[], instant: number): boolean {
  const before = states.findLast(({ t }) => t < instant);
  const then = states.filter(({ t }) => t === instant);
  return [before, ...then].some((since) => since?.state?.isPaused === false);
}

/** Whether the commit makes exactly the policies that were asked for, in their order. */
function areMade({ policies = [] }: Asked, entry: Applied): boolean {
  const made = entry.events.filter(({ event }) => event === 'policy.created');
  return (
    made.length === policies.length &&
    made.every(({ policyId }, index) => isSet(entry, `policy:${String(policyId)}`, policies[index]))
  );
}

/** Whether the commit writes this value, and nothing besides, into a field. */
function isSet({ set }: Applied, name: string, value: object | undefined): boolean {
  const text = set[name];
  if (text === undefined || value === undefined) return false;
  const written: unknown = JSON.parse(text);
  return isAlike(written, value);
}

/** Whether nothing but a mark, which is told, comes of it. */
function isBare({ set, remove, events }: Applied): boolean {
  const isToldAlone = events.length === 1 && events[0]?.event === 'group.marked';
  return Object.keys(set).length + remove.length === 0 && isToldAlone;
}

function tells(
  { events }: Applied,
  name: string,
  about: Readonly<Record<string, string | undefined>> = {},
): boolean {
  return events.some(
    (event) =>
      event.event === name && Object.entries(about).every(([key, value]) => event[key] === value),
  );
}
