/** How a table shows policies. */
import { isJsonObject } from '../base/json.ts';
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
    scheduleText(policy),
    `${String(policy.cooldown)} s`,
  ].map(plain);
}

/** What `scheduleText` says. */
const IN_WHEN = new Set(['at', 'cron', 'timezone']);

/** A policy, whole: what a line of a table has no room for, too. */
export function policyFacts(policy: WirePolicy): readonly (readonly [string, string])[] {
  const others = Object.entries(policy.args ?? {}).filter(([name]) => !IN_WHEN.has(name));
  return [
    ['id', policy.id],
    ...(policy.key === undefined ? [] : [['key', policy.key] as const]),
    ['name', policy.name],
    ['change', adjustment(policy)],
    ['when', scheduleText(policy)],
    ...others.map(([name, value]) => [name, memberText(value)] as const),
    ['cooldown', `${String(policy.cooldown)} s`],
  ];
}

/** When it fires by itself, without what may stand beside that. */
function scheduleText({ args }: WirePolicy): string {
  const text = args?.cron ?? args?.at ?? 'on demand';
  return args?.timezone === undefined ? text : `${text} (${args.timezone})`;
}

/** `30`, `extended`, `gap: skip, overlap: both`. */
function memberText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!isJsonObject(value)) return JSON.stringify(value);
  return Object.entries(value)
    .map(([name, part]) => `${name}: ${memberText(part)}`)
    .join(', ');
}

function adjustment({ change, changePercent, desiredCapacity }: WirePolicy): string {
  if (change !== undefined) return signed(change);
  if (changePercent !== undefined) return `${signed(changePercent)} %`;
  return desiredCapacity === undefined ? '-' : `to ${String(desiredCapacity)}`;
}

function signed(amount: number): string {
  return amount > 0 ? `+${String(amount)}` : String(amount);
}
