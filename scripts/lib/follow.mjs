import { setTimeout as sleep } from 'node:timers/promises';

import { NodeApi } from './node-api.mjs';

const POLL_MS = 250;
/** After the end of a timed run, groups get this long to reach what they were last told. */
const CONVERGE_LIMIT_MS = 20_000;
const LAST_CLAIMS_MS = 1_000;

/**
 * Prints a node's events as they come, until `untilMs` have passed or the signal aborts. Resolves with what
 * was seen between `from` and `to` (epoch ms): per group its policies, its events and its last state.
 */
export async function followNode({ url, tenant, untilMs, signal }) {
  const api = new NodeApi(url, tenant);
  const from = Date.now();
  const endsAt = untilMs === undefined ? Infinity : from + untilMs;
  const followed = [];
  for (const group of await api.groups()) {
    // The receiver of an earlier run is gone, and with it what its group had.
    await api.converge(group.id);
    const earlier = await api.eventsAfter(group.id, 0);
    const known = earlier.filter(({ at }) => Date.parse(at) < from);
    followed.push({
      group,
      name: nameOf(group.groupConfiguration),
      seen: earlier,
      last: known.at(-1)?.sequence ?? 0,
    });
  }
  while (Date.now() < endsAt && !signal.aborted) {
    await tellNews(api, followed);
    await sleep(Math.min(POLL_MS, Math.max(endsAt - Date.now(), 1)), undefined, { signal }).catch(
      () => undefined, // interrupted: the loop ends
    );
  }
  const to = Math.min(Date.now(), endsAt);
  if (!signal.aborted && untilMs !== undefined) await untilConverged(api, followed, signal);
  return { from, to, isComplete: !signal.aborted, groups: await lastStates(api, followed) };
}

async function tellNews(api, followed) {
  for (const entry of followed) {
    const seenUpTo = entry.last;
    for (const event of await api.eventsAfter(entry.group.id, seenUpTo)) {
      entry.last = event.sequence;
      if (!entry.seen.some(({ sequence }) => sequence === event.sequence)) entry.seen.push(event);
      console.log(lineOf(event, entry));
    }
  }
}

async function untilConverged(api, followed, signal) {
  await sleep(LAST_CLAIMS_MS); // what was planned for the last instant is claimed just after it
  const endsAt = Date.now() + CONVERGE_LIMIT_MS;
  while (Date.now() < endsAt && !signal.aborted) {
    await tellNews(api, followed);
    const states = await Promise.all(followed.map(({ group }) => api.state(group.id)));
    const isConverged = (state) => state.activeCapacity === state.desiredCapacity;
    if (states.every(isConverged)) return;
    await sleep(POLL_MS);
  }
}

async function lastStates(api, followed) {
  return Promise.all(
    followed.map(async ({ group, name, seen }) => ({
      name,
      policies: group.scalingPolicies,
      events: seen,
      state: await api.state(group.id),
    })),
  );
}

function lineOf(event, { group, name }) {
  const policy = group.scalingPolicies.find(({ id }) => id === event.policyId);
  const subject = policy === undefined ? name : `${name}/${nameOf(policy)}`;
  return `${timeOf(event.at)}  ${subject.padEnd(18)}  ${wordsOf(event)}`;
}

function wordsOf(event) {
  const desired = `desired ${event.desiredBefore} → ${event.desiredAfter}`;
  switch (event.event) {
    case 'policy.fired': {
      const lateness = Date.parse(event.at) - Date.parse(event.plannedAt);
      const reason = event.reason === undefined ? '' : ` (${event.outcome}: ${event.reason})`;
      return `fired: planned ${timeOf(event.plannedAt)}, ${lateness} ms late, ${desired}${reason}`;
    }
    case 'policy.missed':
      return `missed ${event.count}, from ${event.first} to ${event.last} (${event.reason})`;
    case 'group.converged':
      return `actual ${event.actualBefore ?? '?'} → ${event.actual}, as desired`;
    case 'group.failed':
    case 'group.waiting':
      return `${event.event}: ${event.reasons.join('; ')}`;
    default:
      return event.event;
  }
}

function timeOf(iso) {
  return iso.slice(11, 23);
}

function nameOf({ key, name }) {
  return key ?? name;
}
