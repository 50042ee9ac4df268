/**
 * Executing a policy by the capability of one of its webhooks.
 *
 * Whoever calls has no account: the capability is all that is known of them, and what became of the execution
 * is in the group's history and told to nobody else. The group is read to find the webhook, and decided about as it
 * was read, unless it moves meanwhile: then the webhook may have been deleted or given another capability, so the
 * decision looks for it again. Wrong capabilities never get as far as the line of a group's writers.
 */
import { timingSafeEqual } from 'node:crypto';
import { hasCode, messageOf } from '../base/errors.ts';
import { CAPABILITY_VERSION, parseCapability } from '../domain/group/webhook.ts';
import type { Capability, Webhook } from '../domain/group/webhook.ts';
import type { Caller } from '../domain/history/caller.ts';
import type { WebhookId } from '../domain/ids.ts';
import type { Observe } from '../ports/observe.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import type { StoredGroup } from '../ports/store.ts';
import { decideExecution } from './execute-policy.ts';
import type { ExecutePolicyResult } from './execute-policy.ts';
import { reportMalformed, webhookIn, webhooksIn } from './read-webhooks.ts';
import type { NoSuchWebhook, PlacedWebhook } from './read-webhooks.ts';
import type { ScalingDeps } from './scaling-deps.ts';
import { changeGroup, partitionOfTarget } from './write-group.ts';
import type { GroupTarget } from './write-group.ts';

/** What executing by capability is made of. */
export interface CapabilityDeps extends ScalingDeps {
  readonly observe: Observe;
  /** Counts the executions of each group; undefined where there is no limit. */
  readonly groupLimiter: RateLimiter | undefined;
}

/** The two segments of the address that somebody called. */
export interface CapabilityRequest {
  readonly version: string;
  readonly hash: string;
  readonly signal: AbortSignal;
  /** Where they called from; who they are is not asked. */
  readonly caller?: Pick<Caller, 'from' | 'responseId'>;
}

export type ExecuteCapabilityResult =
  | ExecutePolicyResult
  /** No webhook of any group has this capability, or it is of a version that was never given out. */
  | NoSuchWebhook
  /** The group's policies are executed more often than they may be. Nothing was executed. */
  | { readonly kind: 'over-rate'; readonly retryInMs: number }
  /** What the decision needs cannot be read. Nothing was executed, and it is reported. */
  | { readonly kind: 'record-malformed' };

const NO_SUCH_WEBHOOK: NoSuchWebhook = { kind: 'no-such-webhook' };

/**
 * Executes the policy of the webhook that has the capability, as if by hand. What it answers with is committed.
 * Throws `store-unavailable` where that cannot be known.
 */
export async function executeCapability(
  deps: CapabilityDeps,
  request: CapabilityRequest,
): Promise<ExecuteCapabilityResult> {
  const capability = parseCapability(request.hash);
  if (request.version !== CAPABILITY_VERSION || capability === undefined) return NO_SUCH_WEBHOOK;
  const seen = await groupWith(deps, capability);
  if (seen === undefined) return NO_SUCH_WEBHOOK;
  const { group } = seen;
  const webhook = webhookWith(deps, group, capability);
  if (webhook === undefined) return NO_SUCH_WEBHOOK;
  // Not before: whoever knows the group's id alone must not use up what its capabilities may do.
  const verdict = await deps.groupLimiter?.take(group.groupId);
  if (verdict?.kind === 'over') return { kind: 'over-rate', retryInMs: verdict.retryInMs };
  try {
    return await execute(deps, { seen, webhook, capability, request });
  } catch (error) {
    if (!hasCode(error, 'record-malformed')) throw error;
    const where = `policy ${webhook.policyId}, executed by webhook ${webhook.id}`;
    reportMalformed(deps, group, `${where}: ${messageOf(error)}`);
    return { kind: 'record-malformed' };
  }
}

/** A group as it was read. */
type SeenGroup = NonNullable<GroupTarget['seen']> & { readonly group: StoredGroup };

/** The group that the capability names; undefined where there is none. */
async function groupWith(
  { store }: CapabilityDeps,
  { groupId }: Capability,
): Promise<SeenGroup | undefined> {
  if (partitionOfTarget(store, groupId) === undefined) return undefined;
  const { now, group } = await store.group(groupId);
  return group && { now, group };
}

function execute(
  deps: CapabilityDeps,
  found: {
    readonly seen: SeenGroup;
    readonly webhook: PlacedWebhook;
    readonly capability: Capability;
    readonly request: CapabilityRequest;
  },
): Promise<ExecuteCapabilityResult> {
  const { seen, webhook, capability, request } = found;
  const { groupId, tenantId } = found.seen.group;
  const by = executor(webhook.id);
  const execution = { executionId: deps.random.uuid(), by };
  const { from, responseId } = request.caller ?? {};
  const caller: Caller = {
    ...{ by, kind: 'capability' },
    ...(from === undefined ? {} : { from }),
    ...(responseId === undefined ? {} : { responseId }),
  };
  const target = { groupId, tenantId, signal: request.signal, caller, seen };
  const { policyId, id: webhookId } = webhook;
  return changeGroup<ExecuteCapabilityResult>(deps, target, (group) => {
    const current = webhookIn(deps, group.stored, { policyId, webhookId });
    if (current === undefined || !hasSecret(current, capability)) {
      return { kind: 'leave', answer: NO_SUCH_WEBHOOK };
    }
    return decideExecution(group, policyId, execution);
  });
}

/** How a history names the webhook that executed a policy. */
function executor(webhookId: WebhookId): string {
  return `webhook:${webhookId}`;
}

/** The webhook that has the secret. All are compared, so that it does not matter where in the group one is. */
function webhookWith(
  deps: CapabilityDeps,
  stored: StoredGroup,
  capability: Capability,
): PlacedWebhook | undefined {
  return webhooksIn(deps, stored).filter((webhook) => hasSecret(webhook, capability))[0];
}

/** Takes the same time whatever is compared, so that nobody finds a secret digit by digit. */
function hasSecret(webhook: Webhook, { secret }: Capability): boolean {
  // Both are 32 ASCII characters: the one was parsed, and so was the other when it was read.
  return timingSafeEqual(Buffer.from(webhook.secret), Buffer.from(secret));
}
