import { isoOf } from '../../domain/schedule/iso.ts';
import type { NodeStatus } from '../../ports/status.ts';
import type { ScalingDeps } from '../../scaling/scaling-deps.ts';
import { checkHealth } from '../health.ts';
import type { Route } from './route.ts';

/** What a node says about itself. */
export interface NodeRouteDeps {
  readonly scaling: Pick<ScalingDeps, 'store' | 'clock'>;
  readonly status: () => NodeStatus;
  /** In the text format of Prometheus. */
  readonly metrics: () => Promise<string>;
}

/** The root, and what operators and their monitors look at. */
export function nodeRoutes(deps: NodeRouteDeps): readonly Route[] {
  return [
    { path: '/', methods: { GET: () => Promise.resolve({ status: 200 }) } },
    {
      path: '/health',
      methods: {
        // 200 even when unhealthy, with a fixed response id and indented by four: Otter's monitors expect that.
        GET: async () => ({
          status: 200,
          headers: { 'X-Response-Id': 'health_check' },
          body: JSON.stringify(await checkHealth(deps.scaling), undefined, 4),
        }),
      },
    },
    {
      path: '/metrics',
      methods: {
        GET: async () => ({
          status: 200,
          headers: { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' },
          body: await deps.metrics(),
        }),
      },
    },
    {
      path: '/lutra/v1/status',
      methods: {
        GET: () => {
          const status = deps.status();
          const body = { ...status, startedAt: isoOf(status.startedAt) };
          return Promise.resolve({ status: 200, body });
        },
      },
    },
  ];
}
