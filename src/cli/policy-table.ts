/** How a table shows policies. */
import { isJsonObject } from '../base/json.ts';
import { SECOND_MS } from '../domain/schedule/civil.ts';
import { formatSpan } from './instant.ts';
import { plain } from './output.ts';
import { WINDOW_SIZES } from './window-shape.ts';
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
    policy.window === undefined ? `${String(policy.cooldown)} s` : '-',
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
    policy.window === undefined
      ? ['change', adjustment(policy)]
      : ['window', sizesText(policy.window)],
    ['when', scheduleText(policy)],
    ...others.map(([name, value]) => [name, memberText(value)] as const),
    ...(policy.window === undefined
      ? [['cooldown', `${String(policy.cooldown)} s`] as const]
      : windowFacts(policy.window)),
  ];
}

/** When it fires by itself, without what may stand beside that. */
function scheduleText({ args, window }: WirePolicy): string {
  const text = args?.cron ?? args?.at ?? 'on demand';
  const when = args?.timezone === undefined ? text : `${text} (${args.timezone})`;
  return window === undefined ? when : `${when} for ${formatSpan(window.duration * SECOND_MS)}`;
}

type Window = NonNullable<WirePolicy['window']>;

/** `min 5, max 20`. */
function sizesText(window: Window): string {
  const given = WINDOW_SIZES.filter((name) => window[name] !== undefined);
  return given.map((name) => `${name} ${String(window[name])}`).join(', ');
}

function windowFacts({ measured, priority }: Window): readonly (readonly [string, string])[] {
  return [
    ...(measured === undefined ? [] : [['measured', measured] as const]),
    ...(priority === undefined ? [] : [['priority', String(priority)] as const]),
  ];
}

/** `30`, `extended`, `gap: skip, overlap: both`, `holidays, weekends`. */
function memberText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(memberText).join(', ');
  if (!isJsonObject(value)) return JSON.stringify(value);
  return Object.entries(value)
    .map(([name, part]) => `${name}: ${memberText(part)}`)
    .join(', ');
}

function adjustment({ change, changePercent, desiredCapacity, window }: WirePolicy): string {
  if (window !== undefined) return `window ${sizesText(window)}`;
  if (change !== undefined) return signed(change);
  if (changePercent !== undefined) return `${signed(changePercent)} %`;
  return desiredCapacity === undefined ? '-' : `to ${String(desiredCapacity)}`;
}

function signed(amount: number): string {
  return amount > 0 ? `+${String(amount)}` : String(amount);
}
