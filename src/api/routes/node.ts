import { isoOf } from '../../domain/schedule/iso.ts';
import type { NodeStatus, Readiness } from '../../ports/status.ts';
import type { ScalingDeps } from '../../scaling/scaling-deps.ts';
import { checkHealth } from '../health.ts';
import { needs } from './route.ts';
import type { Route } from './route.ts';

/** What a node says about itself. */
export interface NodeRouteDeps {
  readonly scaling: Pick<ScalingDeps, 'store' | 'clock'>;
  readonly status: () => NodeStatus;
  /** Whether the node can do its work now: `judgeReadiness` of what it knows of itself. Never rejects. */
  readonly readiness: () => Promise<Readiness>;
  /** The release of the time zone data in use, such as `2025c`. */
  readonly zonesVersion: string;
  /** In the text format of Prometheus. */
  readonly metrics: () => Promise<string>;
}

/** Where the API is described, for programs and for people. */
const LINKS =
  '</openapi.json>; rel="service-desc"; type="application/json", </docs>; rel="service-doc"; type="text/html"';

/** The root, and what operators and their monitors look at. */
export function nodeRoutes(deps: NodeRouteDeps): readonly Route[] {
  return [
    {
      path: '/',
      methods: {
        // No body, as Otter has it: what whoever comes by wants to know is where these are.
        GET: needs('open', () => Promise.resolve({ status: 200, headers: { Link: LINKS } })),
      },
    },
    ...healthRoutes(deps),
    {
      path: '/metrics',
      methods: {
        GET: needs('node', async () => ({
          status: 200,
          headers: { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' },
          body: await deps.metrics(),
        })),
      },
    },
    {
      path: '/lutra/v1/status',
      methods: {
        GET: needs('node', () => Promise.resolve({ status: 200, body: statusBody(deps.status()) })),
      },
    },
  ];
}

function healthRoutes(deps: NodeRouteDeps): readonly Route[] {
  return [
    {
      path: '/health',
      methods: {
        // 200 even when unhealthy, with a fixed response id and indented by four: Otter's monitors expect that.
        GET: needs('open', async () => ({
          status: 200,
          headers: { 'X-Response-Id': 'health_check' },
          body: JSON.stringify(await checkHealth(deps.scaling, ownOf(deps)), undefined, 4),
        })),
      },
    },
    {
      path: '/health/live',
      // Nothing is asked for: a process that can say this is not helped by a restart.
      methods: {
        GET: needs('open', () => Promise.resolve({ status: 200, body: { healthy: true } })),
      },
    },
    {
      path: '/health/ready',
      methods: {
        GET: needs('open', async () => {
          const readiness = await deps.readiness();
          return { status: readiness.isReady ? 200 : 503, body: readiness };
        }),
      },
    },
  ];
}

/** What a node answers for: in a cluster, the partitions of others are theirs to look at. */
function ownOf({ status, zonesVersion }: NodeRouteDeps): Parameters<typeof checkHealth>[1] {
  const { region, partitions } = status();
  const owned = partitions.filter(({ token }) => token !== undefined);
  return { region, partitions: owned.map(({ partition }) => partition), zonesVersion };
}

function statusBody(status: NodeStatus): object {
  return {
    ...status,
    startedAt: isoOf(status.startedAt),
    partitions: status.partitions.map(({ since, ...owned }) => ({
      ...owned,
      since: since === undefined ? undefined : isoOf(since),
    })),
  };
}
