/** Which policies a run created: only then is it known where their webhooks go. */
import { CommandError, EXIT } from '../exit.ts';
import { GROUP_REPLY, POLICIES_REPLY, readReply } from '../wire.ts';
import type { WirePolicy } from '../wire.ts';
import type { DesiredGroup } from './desired.ts';
import { isAboutCalendar } from './plan.ts';
import type { Action, PolicyIds } from './plan.ts';

/** Ids by tenant, group and policy. */
export type CreatedPolicies = Map<string, PolicyIds>;

/**
 * Keeps the ids of the policies that an action created, where webhooks are to follow. Throws a `CommandError` where
 * the reply has another shape.
 */
export function keepCreated(created: CreatedPolicies, action: Action, body: unknown): void {
  if (isAboutCalendar(action)) return;
  const { group } = action;
  if (!group.policies.some(({ webhooks = [] }) => webhooks.length > 0)) return;
  const keep = (groupId: string, policies: readonly WirePolicy[]): void => {
    for (const { id: policyId, key } of policies) {
      if (key !== undefined) created.set(nameOf(group, key), { groupId, policyId });
    }
  };
  if (action.kind === 'create-group') {
    const { id, scalingPolicies } = readReply(GROUP_REPLY, body).group;
    keep(id, scalingPolicies);
  }
  if (action.kind === 'create-policies') {
    keep(action.groupId, readReply(POLICIES_REPLY, body).policies);
  }
}

/** The action with the ids of its policy, where an earlier action created that. Throws a `CommandError` where none did. */
export function withCreated(created: CreatedPolicies, action: Action): Action {
  if (action.kind !== 'create-webhooks' || action.ids !== undefined) return action;
  const ids = created.get(nameOf(action.group, action.policyKey));
  if (ids !== undefined) return { ...action, ids };
  const message = `the node's reply does not tell the id of policy ${JSON.stringify(action.policyKey)}`;
  throw new CommandError(EXIT.error, message);
}

function nameOf({ tenant, key }: DesiredGroup, policyKey: string): string {
  return JSON.stringify([tenant, key, policyKey]);
}
