import type { Observe } from '../../ports/observe.ts';
import type { RateLimiters } from '../../ports/rate-limiter.ts';
import { executeCapability } from '../../scaling/execute-capability.ts';
import type { ExecuteCapabilityResult } from '../../scaling/execute-capability.ts';
import type { ScalingDeps } from '../../scaling/scaling-deps.ts';
import type { Guesses } from '../guesses.ts';
import { refuseOver } from '../rate-limits.ts';
import { needs } from './route.ts';
import type { Call, Route } from './route.ts';

/** What executing by capability is made of. */
interface ExecuteRouteDeps {
  readonly scaling: ScalingDeps;
  readonly observe: Observe;
  readonly rateLimiters: RateLimiters;
  readonly guesses: Guesses;
}

const PATH = '/v1.0/execute/:version/:hash';

/**
 * What the capability of a webhook executes, without a word of who calls: it comes after the routes of tenants, for
 * one of them may be called `execute`.
 *
 * The answer is 202 whatever was decided, so that nobody learns from it which capabilities there are. It is sent
 * once the decision is committed, and not sent where that cannot be known. A capability that is not known counts
 * against the address that it came from: its next ones are refused before they are looked up, where it has too many.
 */
export function executeRoutes(deps: ExecuteRouteDeps): readonly Route[] {
  const { scaling, observe, rateLimiters } = deps;
  return [
    {
      path: PATH,
      methods: {
        POST: needs('open', async (call) => {
          const { caller, signal } = call;
          const result = await executeCapability(
            { ...scaling, observe, groupLimiter: rateLimiters.group },
            { version: call.param('version'), hash: call.param('hash'), signal, caller },
          );
          await tellGuesses(deps, call, result);
          if (result.kind === 'over-rate') {
            const { responseId = '' } = caller;
            const rate = rateLimiters.group?.rate;
            refuseOver(
              deps,
              { scope: 'group', rate, route: PATH, responseId },
              { kind: 'over', retryInMs: result.retryInMs },
            );
          }
          return { status: 202 };
        }),
      },
    },
  ];
}

/** Whether this one was too many is for the next to feel: a refusal now would tell that it was wrong. */
async function tellGuesses(
  { guesses }: ExecuteRouteDeps,
  call: Call,
  { kind }: ExecuteCapabilityResult,
): Promise<void> {
  const { from } = call.caller;
  const guess = { scope: 'unknown-capability', from, secret: call.param('hash') } as const;
  if (kind === 'no-such-webhook') await guesses.wrong(guess);
  else guesses.right(guess);
}
