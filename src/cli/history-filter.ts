/** The options that narrow a history, and what they are in a request. */
import type { Command } from 'commander';
import type { SpanOptions } from './instant-option.ts';
import { findPolicy } from './policies.ts';
import type { WireGroup } from './wire.ts';

/** As they are written. What a node takes for wrong it says itself, by the same names. */
export interface HistoryFilterOptions extends SpanOptions {
  readonly policy?: string;
  readonly event?: string;
  readonly outcome?: string;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Adds them to a command. */
export function addFilterOptions(command: Command): Command {
  return command
    .option('--policy <policy>', 'only what is about this policy, by id, key or name')
    .option('--event <names>', 'only events of these names, with commas between them')
    .option(
      '--outcome <outcomes>',
      'only what came to: scaled, changed, refused, skipped, missed, failed',
    )
    .option('--from <instant>', 'only from then on, such as 2030-01-01T00:00:00Z')
    .option('--to <instant>', 'only before then');
}

/** The keys of a query, each with an `&` in front. Throws a `CommandError` where the group has no such policy. */
export function filterQuery(options: HistoryFilterOptions, group: WireGroup): string {
  const { policy, event, outcome, from, to } = options;
  const policyId = policy === undefined ? undefined : policyIdOf(policy, group);
  return Object.entries({ policyId, event, outcome, from, to })
    .map(([key, value]) => (value === undefined ? '' : `&${key}=${encodeURIComponent(value)}`))
    .join('');
}

/** An id counts as it is: the policy may have been deleted since. */
function policyIdOf(policy: string, group: WireGroup): string {
  return ID.test(policy) ? policy : findPolicy(group, policy).id;
}
