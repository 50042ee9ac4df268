import { plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import { hasCode, messageOf } from '../../base/errors.ts';
import { Gate } from '../../base/gate.ts';
import type { Policy, Schedule } from '../../domain/group/policy.ts';
import { cronWords } from '../../domain/schedule/cron-words.ts';
import { isoOf } from '../../domain/schedule/iso.ts';
import { dueInstants } from '../../domain/schedule/jitter.ts';
import { localTimesOf } from '../../domain/schedule/local-times.ts';
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
        occurrences:
          unfit === undefined ? await occurrencesOf(deps, call, { policy, from, count }) : [],
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
  return schedule.kind === 'at' ? { timezone: 'UTC' } : cronFacts(schedule);
}

function cronFacts(schedule: Extract<Schedule, { kind: 'cron' }>): object {
  const { cron, dialect, timezone = 'UTC', jitterSeconds } = schedule;
  const words = cronWords(cron, dialect);
  return {
    timezone,
    ...(words === undefined ? {} : { words }),
    ...(jitterSeconds === undefined ? {} : { jitter: jitterSeconds }),
  };
}

async function occurrencesOf(
  { scaling, zones }: PreviewDeps,
  { signal }: Call,
  asked: { readonly policy: Policy; readonly from: EpochMs; readonly count: number },
): Promise<readonly object[]> {
  const { policy, from, count } = asked;
  const { schedule } = policy.definition;
  if (schedule === undefined) return [];
  const occurrences = scaling.occurrencesOf(schedule);
  const localTimeAt = localTimesOf(schedule, zones);
  const dueOf = dueInstants(policy.id, schedule, occurrences);
  const last = plusMs(from, REACH_MS);
  const listed: object[] = [];
  const { clock } = scaling;
  let turnAt = clock.monotonicMs();
  for (const at of occurrencesAfter(occurrences, from, count)) {
    if (listed.length > 0 && at > last) break;
    const dueAt = dueOf(at);
    listed.push({
      at: isoOf(at),
      ...localTimeAt?.(at),
      ...(dueAt === at ? {} : { dueAt: isoOf(dueAt) }),
    });
    if (clock.monotonicMs() - turnAt < TURN_MS) continue;
    await clock.sleep(0, signal);
    signal.throwIfAborted();
    turnAt = clock.monotonicMs();
  }
  return listed;
}
