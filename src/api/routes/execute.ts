import { executeCapability } from '../../scaling/execute-capability.ts';
import { needs } from './route.ts';
import type { Route, RouteDeps } from './route.ts';

/**
 * What the capability of a webhook executes, without a word of who calls: it comes after the routes of tenants, for
 * one of them may be called `execute`.
 *
 * The answer is 202 whatever was decided, so that nobody learns from it which capabilities there are. It is sent
 * once the decision is committed, and not sent where that cannot be known.
 */
export function executeRoutes(deps: Pick<RouteDeps, 'scaling' | 'observe'>): readonly Route[] {
  return [
    {
      path: '/v1.0/execute/:version/:hash',
      methods: {
        POST: needs('open', async (call) => {
          const { scaling, observe } = deps;
          const { caller, signal } = call;
          await executeCapability(
            { ...scaling, observe },
            { version: call.param('version'), hash: call.param('hash'), signal, caller },
          );
          return { status: 202 };
        }),
      },
    },
  ];
}
