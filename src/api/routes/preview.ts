import { epochMs, plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import { hasCode, messageOf } from '../../base/errors.ts';
import { Gate } from '../../base/gate.ts';
import type { Policy, Schedule } from '../../domain/group/policy.ts';
import { leftOutAfter, nextBesides, skippedRunsOf } from '../../domain/plan/left-out.ts';
import { windowAt } from '../../domain/plan/window.ts';
import { cronWords } from '../../domain/schedule/cron-words.ts';
import { isoOf } from '../../domain/schedule/iso.ts';
import { dueInstants } from '../../domain/schedule/jitter.ts';
import { localTimesOf } from '../../domain/schedule/local-times.ts';
import type { Occurrences } from '../../domain/schedule/occurrences.ts';
import {
  occurrencesAfter,
  PREVIEW_COUNT_DEFAULT,
  PREVIEW_COUNT_MAX,
} from '../../domain/schedule/preview.ts';
import type { Zone } from '../../domain/schedule/zone.ts';
import { createZones } from '../../domain/schedule/zones.ts';
import { tagged } from '../entity-tag.ts';
import { selfLink } from '../links.ts';
import { instantOf, wholeNumberOf } from '../query.ts';
import { inTurn } from './in-turn.ts';
import { needs } from './route.ts';
import type { Call, Reply, Route, RouteDeps } from './route.ts';
import { groupNowOf, policyIn, wordingOf } from './targets.ts';

/** Zones that are remembered; each takes up to 160 kB. */
const ZONES_MAX = 50;
/**
 * How far ahead occurrences are listed, in ms: 100 mean years. The offsets of a zone are read a year at a time, so
 * that a thousand occurrences of a schedule that fires once a year take seconds.
 */
const REACH_MS = 100 * 31_556_952_000;
/** How long others wait for their turn, in ms: schedules fire on the same thread. */
const TURN_MS = 5;

/** Previews that are made at once; each holds the thread for a few ms at a time, and the others wait. */
const PREVIEWS_MAX = 2;

/** What comes next of the schedules of policies. */
export function previewRoutes(deps: RouteDeps): readonly Route[] {
  const zones = createZones(ZONES_MAX);
  const waiting = { gate: new Gate(PREVIEWS_MAX), turns: deps.scaling.turns };
  return [
    {
      path: '/v1.0/:tenantId/groups/:groupId/policies/:policyId/preview',
      methods: {
        GET: needs(
          'read',
          tagged((call) => inTurn(waiting, call, () => preview({ ...deps, zones }, call))),
        ),
      },
    },
  ];
}

interface PreviewDeps extends RouteDeps {
  readonly zones: (name: string) => Zone | undefined;
}

/**
 * The next occurrences of a policy, as its schedule has them. A policy without a schedule is none that cannot be
 * asked: nothing comes of it by itself, and whoever goes through all policies of a group need not know which
 * ones have a schedule.
 */
async function preview(deps: PreviewDeps, call: Call): Promise<Reply> {
  const count = wholeNumberOf(call.query, 'count', {
    ...{ min: 1, max: PREVIEW_COUNT_MAX, fallback: PREVIEW_COUNT_DEFAULT },
  });
  const asked = instantOf(call.query, 'from');
  const { now, group } = await groupNowOf(deps, call);
  const policy = policyIn(group, call);
  const from = asked ?? now;
  const unfit = policy.progress.parked ?? unreadableReason(deps, policy);
  const { links, tenantId } = wordingOf(deps, call);
  return {
    status: 200,
    body: {
      policy: { id: policy.id, links: selfLink(links.policy(tenantId, group.id, policy.id)) },
      preview: {
        from: isoOf(from),
        ...scheduleFacts(policy),
        ...(unfit === undefined ? {} : { parked: unfit }),
        ...(unfit === undefined
          ? await listsOf(deps, call, { policy, from, now, count })
          : { occurrences: [] }),
      },
    },
  };
}

/** Why the schedule will park its policy when it is next due: the zone data of this node may not have its zone. */
function unreadableReason({ scaling }: RouteDeps, policy: Policy): string | undefined {
  const { schedule } = policy.definition;
  if (schedule === undefined) return undefined;
  try {
    scaling.occurrencesOf(schedule);
    return undefined;
  } catch (error) {
    if (hasCode(error, 'record-malformed')) return messageOf(error);
    throw error;
  }
}

function scheduleFacts({ definition: { schedule } }: Policy): object {
  if (schedule === undefined) return {};
  return schedule.kind === 'at' ? { timezone: schedule.timezone ?? 'UTC' } : cronFacts(schedule);
}

function cronFacts(schedule: Extract<Schedule, { kind: 'cron' }>): object {
  const { cron, dialect, timezone = 'UTC', jitterSeconds, exclude, only } = schedule;
  const words = cronWords(cron, dialect);
  return {
    timezone,
    ...(words === undefined ? {} : { words }),
    ...(jitterSeconds === undefined ? {} : { jitter: jitterSeconds }),
    ...(exclude === undefined ? {} : { exclude }),
    ...(only === undefined ? {} : { only }),
  };
}

/** What takes place, and what does not of all that lies between. */
async function listsOf(
  deps: PreviewDeps,
  call: Call,
  asked: {
    readonly policy: Policy;
    readonly from: EpochMs;
    readonly now: EpochMs;
    readonly count: number;
  },
): Promise<object> {
  const { scaling, zones } = deps;
  const { policy, from, now, count } = asked;
  const { schedule } = policy.definition;
  if (schedule === undefined) return { occurrences: [] };
  const all = scaling.occurrencesOf(schedule);
  const runs = skippedRunsOf(policy, now);
  const taking = { next: (after: EpochMs) => nextBesides(all, runs, after) };
  const localTimeAt = localTimesOf(schedule, zones);
  const dueOf = dueInstants(policy.id, schedule, all);
  const reach = plusMs(from, REACH_MS);
  const instants = untilReach(occurrencesAfter(taking, from, count), reach);
  const occurrences = await inTurns(scaling, call, instants, (at) => {
    const dueAt = dueOf(at);
    const besides = dueAt === at ? {} : { dueAt: isoOf(dueAt) };
    return { at, shown: { ...localTimeAt?.(at), ...besides, ...closingOf(policy, all, at) } };
  });
  // Where nothing more takes place, something may still be left out.
  const lastAt = occurrences.at(-1)?.at ?? from;
  const notAfter = occurrences.length === count ? lastAt : epochMs(Math.max(lastAt, reach));
  const besides = leftOutAfter(all, runs, { after: from, notAfter, count: count + 1 });
  const leftOut = await inTurns(scaling, call, besides, ({ at, ...why }) => {
    return { at, shown: { ...localTimeAt?.(at), ...why } };
  });
  return {
    occurrences: occurrences.map(listed),
    ...(leftOut.length === 0 ? {} : { leftOut: leftOut.slice(0, count).map(listed) }),
    ...(leftOut.length > count ? { leftOutTruncated: true } : {}),
  };
}

interface Listed {
  readonly at: EpochMs;
  readonly shown: object;
}

function listed({ at, shown }: Listed): object {
  return { at: isoOf(at), ...shown };
}

/** The first, and the others up to an instant. */
function* untilReach(instants: Iterable<EpochMs>, reach: EpochMs): Generator<EpochMs> {
  let isFirst = true;
  for (const at of instants) {
    if (!isFirst && at > reach) return;
    yield at;
    isFirst = false;
  }
}

/** Lists what is looked for one by one; others have their turns in between. */
async function inTurns<Found>(
  { clock }: RouteDeps['scaling'],
  { signal }: Call,
  found: Iterable<Found>,
  show: (each: Found) => Listed,
): Promise<readonly Listed[]> {
  const all: Listed[] = [];
  let turnAt = clock.monotonicMs();
  for (const each of found) {
    all.push(show(each));
    if (clock.monotonicMs() - turnAt < TURN_MS) continue;
    await clock.sleep(0, signal);
    signal.throwIfAborted();
    turnAt = clock.monotonicMs();
  }
  return all;
}

/** When a window closes that opens then. */
function closingOf({ id, definition }: Policy, openings: Occurrences, at: EpochMs): object {
  const { adjustment } = definition;
  if (adjustment.kind !== 'window') return {};
  const open = windowAt({ policyId: id, capacity: adjustment, openings }, at);
  return open === undefined ? {} : { closesAt: isoOf(open.closesAt) };
}
