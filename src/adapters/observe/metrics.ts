import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { LutraEvent, Observe } from '../../ports/observe.ts';
import type { Measures } from './measures.ts';
import { ownershipMeasures, serverMeasures, standingMeasures } from './ownership-metrics.ts';

/** Buckets around the promise of 10 ms, up to the length of an outage. Seconds. */
const LATENESS_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30, 300];
const DURATION_BUCKETS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];

/** Metrics made from events. Labels hold bounded values only: never a tenant, group or policy. */
export interface Metrics {
  readonly observe: Observe;
  /** The metrics in the text format of Prometheus. */
  readonly text: () => Promise<string>;
}

/** A registry of its own, so that two nodes in one process do not mix. */
export function createMetrics(build: { readonly version: string }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  tellBuild(registry, build);
  const count = eventCounter(registry);
  const measure: Measures = {
    ...firingMeasures(registry),
    ...convergenceMeasures(registry),
    ...requestMeasures(registry),
    ...ownershipMeasures(registry),
    ...standingMeasures(registry),
    ...serverMeasures(registry),
  };
  return {
    observe: (event) => {
      count(event.event);
      // The table is keyed by the event's own name, which the compiler cannot follow through the look-up.
      const take = measure[event.event] as ((event: LutraEvent) => void) | undefined;
      take?.(event);
    },
    text: () => registry.metrics(),
  };
}

/** Always 1: the label is what is told. */
function tellBuild(registry: Registry, { version }: { readonly version: string }): void {
  new Gauge({
    name: 'lutra_build_info',
    help: 'The version that runs',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version }, 1);
}

/** Counts in a map and tells the counter when it is read: some events come with every round trip. */
function eventCounter(registry: Registry): (event: LutraEvent['event']) => void {
  const counts = new Map<LutraEvent['event'], number>();
  new Counter({
    name: 'lutra_events_total',
    help: 'Every event that the log knows, by name',
    labelNames: ['event'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [event, count] of counts) this.inc({ event }, count);
    },
  });
  return (event) => {
    counts.set(event, (counts.get(event) ?? 0) + 1);
  };
}

function firingMeasures(registry: Registry): Measures {
  const registers = [registry];
  const claims = new Counter({
    name: 'lutra_claims_total',
    help: 'Occurrences claimed, by outcome; a run of missed ones counts once, and a stale claim is decided again',
    labelNames: ['outcome'],
    registers,
  });
  const lateness = new Histogram({
    name: 'lutra_claim_lateness_seconds',
    help: "Claim by the store's clock minus the due time",
    buckets: LATENESS_BUCKETS,
    registers,
  });
  const moved = new Counter({
    name: 'lutra_moved_occurrences_total',
    help: 'Armed occurrences that the time zone data of this node has at another instant, and that were armed anew',
    registers,
  });
  return {
    'policy.moved': () => moved.inc(),
    'policy.fired': ({ outcome, latenessMs }) => {
      claims.inc({ outcome });
      lateness.observe(latenessMs / 1_000);
    },
    'policy.missed': () => claims.inc({ outcome: 'missed' }),
    'policy.parked': () => claims.inc({ outcome: 'parked' }),
    'group.claim-stale': () => claims.inc({ outcome: 'stale' }),
  };
}

function convergenceMeasures(registry: Registry): Measures {
  const registers = [registry];
  const passes = new Counter({
    name: 'lutra_convergence_passes_total',
    help: 'Convergence passes, by how they ended',
    labelNames: ['result'],
    registers,
  });
  const passDuration = new Histogram({
    name: 'lutra_convergence_duration_seconds',
    help: 'How long passes took that reached the desired capacity',
    buckets: DURATION_BUCKETS,
    registers,
  });
  const failures = new Counter({
    name: 'lutra_loop_failures_total',
    help: 'Passes of a loop that ended in an error and were tried again',
    labelNames: ['loop'],
    registers,
  });
  const overdue = new Counter({
    name: 'lutra_overdue_groups_total',
    help: 'Times that a group had not its servers when its reachedBy was over; one that stays so counts once',
    registers,
  });
  return {
    'group.overdue': () => overdue.inc(),
    'group.converged': ({ durationMs }) => {
      passes.inc({ result: 'converged' });
      passDuration.observe(durationMs / 1_000);
    },
    'group.pass-unfinished': () => passes.inc({ result: 'unfinished' }),
    'loop.failed': ({ loop }) => failures.inc({ loop }),
  };
}

function requestMeasures(registry: Registry): Measures {
  const requests = new Histogram({
    name: 'lutra_request_duration_seconds',
    help: 'HTTP requests, by method, route and class of status',
    labelNames: ['method', 'route', 'status'],
    buckets: DURATION_BUCKETS,
    registers: [registry],
  });
  const strangers = new Counter({
    name: 'lutra_authentication_failures_total',
    help: 'Requests whose caller nobody knows, by what was the matter with their credentials',
    labelNames: ['reason'],
    registers: [registry],
  });
  const refused = new Counter({
    name: 'lutra_rate_limited_requests_total',
    help: 'Requests that were refused because there were too many, by whose they were',
    labelNames: ['scope'],
    registers: [registry],
  });
  const streams = new Gauge({
    name: 'lutra_streams',
    help: 'Streams of events that are sent now',
    registers: [registry],
  });
  const streamsEnded = new Counter({
    name: 'lutra_streams_ended_total',
    help: 'Streams that ended, by why: slow ones were cut off because their clients did not keep up',
    labelNames: ['reason'],
    registers: [registry],
  });
  return {
    'stream.opened': ({ count }) => streams.set(count),
    'stream.ended': ({ reason, count }) => {
      streams.set(count);
      streamsEnded.inc({ reason });
    },
    'request.rate-limited': ({ scope }) => refused.inc({ scope }),
    'request.unauthenticated': ({ reason }) => strangers.inc({ reason }),
    'request.answered': ({ method, route, status, durationMs }) => {
      const statusClass = `${String(Math.floor(status / 100))}xx`;
      requests.observe({ method, route, status: statusClass }, durationMs / 1_000);
    },
  };
}
