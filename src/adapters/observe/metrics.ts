import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { LutraEvent, Observe } from '../../ports/observe.ts';

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
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const instruments = { ...firingInstruments(registry), ...convergenceInstruments(registry) };
  const { requests, events } = requestInstruments(registry);
  const measure: Measures = { ...measuresOf(instruments), ...requestMeasure(requests) };
  return {
    observe: (event) => {
      events.inc({ event: event.event });
      // The table is keyed by the event's own name, which the compiler cannot follow through the look-up.
      const take = measure[event.event] as ((event: LutraEvent) => void) | undefined;
      take?.(event);
    },
    text: () => registry.metrics(),
  };
}

/** What an event adds to the instruments; events without an entry are only counted by name. */
type Measures = {
  readonly [Name in LutraEvent['event']]?: (
    event: Extract<LutraEvent, { readonly event: Name }>,
  ) => void;
};

interface Instruments {
  readonly claims: Counter<'outcome'>;
  readonly lateness: Histogram;
  readonly partitions: Gauge;
  readonly fenced: Counter;
  readonly passes: Counter<'result'>;
  readonly passDuration: Histogram;
  readonly failures: Counter<'loop'>;
}

function measuresOf(instruments: Instruments): Measures {
  const { claims, lateness, partitions, fenced, passes, passDuration, failures } = instruments;
  return {
    'policy.fired': ({ outcome, latenessMs }) => {
      claims.inc({ outcome });
      lateness.observe(latenessMs / 1_000);
    },
    'policy.missed': () => claims.inc({ outcome: 'missed' }),
    'policy.parked': () => claims.inc({ outcome: 'parked' }),
    'partition.acquired': () => partitions.inc(),
    'partition.released': () => partitions.dec(),
    'partition.fenced': () => fenced.inc(),
    'group.converged': ({ durationMs }) => {
      passes.inc({ result: 'converged' });
      passDuration.observe(durationMs / 1_000);
    },
    'group.pass-unfinished': () => passes.inc({ result: 'unfinished' }),
    'loop.failed': ({ loop }) => failures.inc({ loop }),
  };
}

type RequestHistogram = Histogram<'method' | 'route' | 'status'>;

function requestMeasure(requests: RequestHistogram): Measures {
  return {
    'request.answered': ({ method, route, status, durationMs }) => {
      const statusClass = `${String(Math.floor(status / 100))}xx`;
      requests.observe({ method, route, status: statusClass }, durationMs / 1_000);
    },
  };
}

function firingInstruments(
  registry: Registry,
): Pick<Instruments, 'claims' | 'lateness' | 'partitions' | 'fenced'> {
  const registers = [registry];
  return {
    claims: new Counter({
      name: 'lutra_claims_total',
      help: 'Occurrences claimed, by outcome; a run of missed ones counts once',
      labelNames: ['outcome'],
      registers,
    }),
    lateness: new Histogram({
      name: 'lutra_claim_lateness_seconds',
      help: "Claim by the store's clock minus the due time",
      buckets: LATENESS_BUCKETS,
      registers,
    }),
    partitions: new Gauge({
      name: 'lutra_owned_partitions_count',
      help: 'Partitions that this node owns',
      registers,
    }),
    fenced: new Counter({
      name: 'lutra_fenced_total',
      help: 'Terms that ended because a newer owner had written',
      registers,
    }),
  };
}

function convergenceInstruments(
  registry: Registry,
): Pick<Instruments, 'passes' | 'passDuration' | 'failures'> {
  const registers = [registry];
  return {
    passes: new Counter({
      name: 'lutra_convergence_passes_total',
      help: 'Convergence passes, by how they ended',
      labelNames: ['result'],
      registers,
    }),
    passDuration: new Histogram({
      name: 'lutra_convergence_duration_seconds',
      help: 'How long passes took that reached the desired capacity',
      buckets: DURATION_BUCKETS,
      registers,
    }),
    failures: new Counter({
      name: 'lutra_loop_failures_total',
      help: 'Passes of a loop that ended in an error and were tried again',
      labelNames: ['loop'],
      registers,
    }),
  };
}

function requestInstruments(registry: Registry): {
  readonly requests: RequestHistogram;
  readonly events: Counter<'event'>;
} {
  const registers = [registry];
  return {
    requests: new Histogram({
      name: 'lutra_request_duration_seconds',
      help: 'HTTP requests, by method, route and class of status',
      labelNames: ['method', 'route', 'status'],
      buckets: DURATION_BUCKETS,
      registers,
    }),
    events: new Counter({
      name: 'lutra_events_total',
      help: 'Every event that the log knows, by name',
      labelNames: ['event'],
      registers,
    }),
  };
}
