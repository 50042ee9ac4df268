/** What has to be done about one policy. */
import { isDeepStrictEqual } from 'node:util';

import { plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { Json } from '../../base/json.ts';
import { shown } from '../../config/problem.ts';
import type { Problem } from '../../config/problem.ts';
import { changesBetween } from '../../domain/history/value-change.ts';
import type { ShowLeaf, ValueChanges } from '../../domain/history/value-change.ts';
import { parseAt } from '../../domain/schedule/at.ts';
import { isoOf } from '../../domain/schedule/iso.ts';
import { instantOfAt, parseLocalAt } from '../../domain/schedule/local-at.ts';
import { zoneOf } from '../../domain/schedule/zone.ts';
import type { TimingArgs } from '../schedule-shape.ts';
import type { WirePolicy } from '../wire.ts';
import type { DesiredPolicy, WireAdjustment } from './desired.ts';

/** A policy as it is sent. */
interface PolicyBody extends WireAdjustment {
  readonly key: string;
  readonly name: string;
  readonly cooldown: number;
  readonly type: 'schedule' | 'webhook' | 'window';
  readonly args?: ScheduleArgs;
}

type ScheduleArgs = ({ readonly cron: string } | { readonly at: string }) & TimingArgs;

/** A policy to be written, and where its file has it. */
export interface PolicyWrite {
  readonly body: PolicyBody;
  readonly place: string;
}

/** How a stored policy compares with what the file wants. */
export type PolicyComparison =
  | { readonly kind: 'same' }
  | { readonly kind: 'changed'; readonly write: PolicyWrite; readonly changes: ValueChanges }
  /** It would have to change its type, which the API does not allow: another one has to take its place. */
  | { readonly kind: 'retyped'; readonly write: PolicyWrite };

/** The policy as it is created. A relative time counts from `now`. */
export function newPolicy(policy: DesiredPolicy, now: EpochMs): PolicyWrite {
  return write(policy, newArgs(policy, now));
}

/** Compares a stored policy with what the file wants. */
export function comparePolicy(
  policy: DesiredPolicy,
  stored: WirePolicy,
  now: EpochMs,
): PolicyComparison {
  const wanted = write(policy, keptArgs(policy, stored) ?? newArgs(policy, now));
  if (wanted.body.type !== stored.type) return { kind: 'retyped', write: newPolicy(policy, now) };
  const { name, cooldown, type, change, changePercent, desiredCapacity, window, args } = stored;
  const before = { name, cooldown, type, change, changePercent, desiredCapacity, window, args };
  const after = { ...wanted.body, key: undefined };
  if (isSameJson(after, before)) return { kind: 'same' };
  return { kind: 'changed', write: wanted, changes: changesOf(before, after, showAll) };
}

/** Shows every value. */
export const showAll: ShowLeaf = (_, leaf) => leaf;

/** The values that differ between two things as they are sent. */
export function changesOf(before: object, after: object, show: ShowLeaf): ValueChanges {
  return changesBetween(asSent(before), asSent(after), show);
}

/** Whether both are the same JSON: what is undefined is not sent, and -0 is sent as 0. */
export function isSameJson(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(asSent(a), asSent(b));
}

/** Whether a policy keeps the schedule that it has, be there anything to come of it or not. */
export function keepsSchedule({ body }: PolicyWrite, stored: WirePolicy): boolean {
  const withoutMisfire = (args: object | undefined): object => ({ ...args, misfire: undefined });
  return isSameJson(withoutMisfire(body.args), withoutMisfire(stored.args));
}

/** Why a policy cannot be written now, though its file is right: its only time, or its last one, is over. */
export function pastProblems(
  policy: DesiredPolicy,
  { body, place }: PolicyWrite,
  now: EpochMs,
): readonly Problem[] {
  const text = body.args === undefined ? undefined : pastText(body.args, now);
  return text === undefined ? [] : [{ at: place, key: `policy ${shown(policy.key)}`, text }];
}

function pastText(args: ScheduleArgs, now: EpochMs): string | undefined {
  const right = 'write a later instant, or take the policy out of the file';
  if ((parseAt(args.end ?? '') ?? Infinity) <= now) {
    return `end is in the past, received ${shown(args.end)}; ${right}`;
  }
  if (!('at' in args)) return undefined;
  const read = instantOfAt(args, zoneOf);
  const isPast = read.kind === 'instant' && read.at <= now;
  return isPast ? `at is in the past, received ${shown(args)}; ${right}` : undefined;
}

function write(policy: DesiredPolicy, args: ScheduleArgs | undefined): PolicyWrite {
  const { key, name, cooldown, adjustment, place } = policy;
  const body = { key, name, cooldown, ...adjustment };
  if (args === undefined) return { body: { ...body, type: 'webhook' }, place };
  const type = adjustment.window === undefined ? 'schedule' : 'window';
  return { body: { ...body, type, args }, place };
}

function newArgs({ schedule, timing }: DesiredPolicy, now: EpochMs): ScheduleArgs | undefined {
  switch (schedule?.kind) {
    case undefined:
      return undefined;
    case 'cron':
      return { cron: schedule.cron, ...timing };
    case 'at':
      return { at: schedule.at, ...timing };
    case 'after':
      return { at: isoOf(plusMs(now, schedule.ms)), ...timing };
  }
}

/** The stored time, where the file still means it: the same time of the same zone in other letters, or any that a relative time led to. */
function keptArgs(
  { schedule, timing }: DesiredPolicy,
  stored: WirePolicy,
): ScheduleArgs | undefined {
  const { at, timezone } = stored.args ?? {};
  if (at === undefined || timezone !== timing?.timezone) return undefined;
  const isMeant =
    schedule?.kind === 'after' || (schedule?.kind === 'at' && schedule.instant === timeOf(at));
  return isMeant ? { at, ...timing } : undefined;
}

function timeOf(at: string): EpochMs | undefined {
  return parseAt(at) ?? parseLocalAt(at);
}

function asSent(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json; // what JSON.parse gives is JSON
}
