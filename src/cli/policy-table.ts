/** How a table shows policies. */
import { plain } from './output.ts';
import type { WirePolicy } from './wire.ts';

/** What a table of policies shows. */
export const POLICY_HEADING = ['ID', 'KEY', 'NAME', 'CHANGE', 'WHEN', 'COOLDOWN'];

/** A policy in a line. */
export function policyRow(policy: WirePolicy): readonly string[] {
  return [
    policy.id,
    policy.key ?? '-',
    policy.name,
    adjustment(policy),
    policy.args?.cron ?? policy.args?.at ?? 'on demand',
    `${String(policy.cooldown)} s`,
  ].map(plain);
}

function adjustment({ change, changePercent, desiredCapacity }: WirePolicy): string {
  if (change !== undefined) return signed(change);
  if (changePercent !== undefined) return `${signed(changePercent)} %`;
  return desiredCapacity === undefined ? '-' : `to ${String(desiredCapacity)}`;
}

function signed(amount: number): string {
  return amount > 0 ? `+${String(amount)}` : String(amount);
}
