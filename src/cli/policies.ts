/** How commands find the policy of a group that a person means. */
import { CommandError, EXIT } from './exit.ts';
import { groupPath, segment } from './groups.ts';
import { plain } from './output.ts';
import { nameOf } from './wire.ts';
import type { WireGroup, WirePolicy } from './wire.ts';

/**
 * The policy of a group with this id, key or name. Throws a `CommandError` where there is none, or where several
 * have the name.
 */
export function findPolicy(group: WireGroup, word: string): WirePolicy {
  const { scalingPolicies } = group;
  const called = plain(JSON.stringify(nameOf(group.groupConfiguration)));
  const [byId, byKey, byName] = (['id', 'key', 'name'] as const).map((field) =>
    scalingPolicies.filter((one) => one[field] === word),
  );
  const [found, another] = [byId, byKey, byName].find((some) => some?.length !== 0) ?? [];
  if (found === undefined) {
    throw new CommandError(
      EXIT.error,
      `group ${called} has no policy with the id, key or name ${JSON.stringify(word)}; ` +
        `"lutra policies ${group.id}" lists those it has`,
    );
  }
  if (another !== undefined) {
    const message = `group ${called} has several policies with the name ${JSON.stringify(word)}; use the id of one`;
    throw new CommandError(EXIT.usage, message);
  }
  return found;
}

/** The path of a policy. */
export function policyPath(tenant: string, groupId: string, policyId: string): string {
  return `${groupPath(tenant, groupId)}/policies/${segment(policyId, 'policy')}`;
}
