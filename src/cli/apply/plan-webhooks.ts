/**
 * What has to be done about the webhooks of one policy. A webhook has no key: within its policy its name counts.
 *
 * Where a file says nothing of the webhooks of a policy they are somebody else's, since the address of one that is
 * deleted never comes back.
 */
import { shown } from '../../config/problem.ts';
import type { Problem } from '../../config/problem.ts';
import type { ValueChanges } from '../../domain/history/value-change.ts';
import type { WirePolicy } from '../wire.ts';
import type { DesiredPolicy, DesiredWebhook } from './desired.ts';
import { changesOf, isSameJson, showAll } from './plan-policy.ts';

/** A webhook that the node has and the file does not. */
interface LeftWebhook {
  readonly webhookId: string;
  readonly name: string;
}

/** A webhook that is to be written, and what that changes. */
interface WebhookWrite {
  readonly webhookId: string;
  readonly webhook: DesiredWebhook;
  readonly changes: ValueChanges;
}

/** How the webhooks of a stored policy compare with what the file wants. */
export interface WebhookPlan {
  readonly left: readonly LeftWebhook[];
  readonly changed: readonly WebhookWrite[];
  readonly created: readonly DesiredWebhook[];
  readonly unchangedCount: number;
  readonly problems: readonly Problem[];
}

/** Compares the webhooks of a stored policy with what the file wants. */
export function compareWebhooks(policy: DesiredPolicy, stored: WirePolicy): WebhookPlan {
  const { webhooks: wanted } = policy;
  const present = stored.webhooks ?? [];
  if (wanted === undefined) {
    return { left: [], changed: [], created: [], unchangedCount: 0, problems: [] };
  }
  const called = (name: string): typeof present => present.filter((one) => one.name === name);
  const kept = wanted.flatMap((webhook) =>
    called(webhook.name)
      .slice(0, 1)
      .map((before) => ({ webhook, before })),
  );
  const changed = kept.filter(
    ({ webhook, before }) => !isSameJson(webhook.metadata, before.metadata),
  );
  return {
    left: present
      .filter(({ name }) => !wanted.some((webhook) => webhook.name === name))
      .map(({ id: webhookId, name }) => ({ webhookId, name })),
    changed: changed.map(({ webhook, before }) => ({
      webhookId: before.id,
      webhook,
      changes: changesOf({ metadata: before.metadata }, { metadata: webhook.metadata }, showAll),
    })),
    created: wanted.filter(({ name }) => called(name).length === 0),
    unchangedCount: kept.length - changed.length,
    problems: wanted.flatMap((webhook) => ambiguity(webhook, called(webhook.name))),
  };
}

/** A node lets several webhooks have one name; which of them is meant only a person knows. */
function ambiguity(
  { name, place }: DesiredWebhook,
  present: readonly { readonly id: string }[],
): readonly Problem[] {
  if (present.length <= 1) return [];
  const ids = present.map(({ id }) => id).join(', ');
  const text = `the node has several of this name, received ${shown(name)} for ${ids}; delete all but one with "lutra webhooks delete"`;
  return [{ at: place, key: `webhook ${shown(name)}`, text }];
}
