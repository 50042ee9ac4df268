/** An event of a group's history as a row for people. */
import { epochMs } from '../base/clock.ts';
import type { EpochMs } from '../base/clock.ts';
import { parseAt } from '../domain/schedule/at.ts';
import { isoOf } from '../domain/schedule/iso.ts';
import { plain } from './output.ts';
import type { WireEvent } from './wire.ts';

/** The columns of `historyRow`. */
export const HISTORY_HEADING = ['AT', 'EVENT', 'POLICY', 'DESIRED', 'DETAIL'];

/** `policyNames` has what people call each policy; others are shown by id. */
export function historyRow(
  event: WireEvent,
  policyNames: ReadonlyMap<string, string>,
): readonly string[] {
  const { policyId } = event;
  const policy = typeof policyId === 'string' ? (policyNames.get(policyId) ?? policyId) : '-';
  return [instantText(event.at), event.event, policy, desired(event), details(event)].map(plain);
}

function desired(event: WireEvent): string {
  const { desiredBefore, desiredAfter, desired: wanted } = event;
  if (typeof desiredAfter !== 'number') return typeof wanted === 'number' ? String(wanted) : '-';
  return typeof desiredBefore === 'number' && desiredBefore !== desiredAfter
    ? `${String(desiredBefore)} → ${String(desiredAfter)}`
    : String(desiredAfter);
}

/** What is worth saying besides, in the order in which a reader asks for it. Every field may be absent. */
function details(event: WireEvent): string {
  const { outcome, reason, what, webhookId, actualBefore, actual, reasons, by } = event;
  const parts = [
    event.event === 'group.marked' ? 'to be looked at' : '',
    texts([outcome]),
    texts([reason]),
    texts([what]),
    typeof webhookId === 'string' ? `webhook ${webhookId}` : '',
    servers(event),
    Array.isArray(event['names']) ? `calendars ${event['names'].join(', ')}` : '',
    planned(event),
    run(event),
    moved(event),
    reach(event),
    spanText(event),
    typeof actual === 'number'
      ? `actual ${typeof actualBefore === 'number' ? `${String(actualBefore)} → ` : ''}${String(actual)}`
      : '',
    Array.isArray(reasons) ? texts(reasons) : '',
    typeof by === 'string' ? `by ${by}` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function texts(values: readonly unknown[]): string {
  return values.filter((value) => typeof value === 'string').join('; ');
}

function servers({ serverId, serverIds, isPurged }: WireEvent): string {
  const ids = texts(Array.isArray(serverIds) ? serverIds : [serverId]);
  if (ids === '') return '';
  return `server ${ids}${isPurged === false ? ', left running' : ''}`;
}

function planned({ at, event, plannedAt, dueAt }: WireEvent): string {
  const plannedMs = instantOf(plannedAt);
  if (plannedMs === undefined) return '';
  // Somebody had it left out, and it is still to come.
  if (event === 'policy.skipped') return `planned ${isoOf(plannedMs)}`;
  const lateMs = (instantOf(at) ?? plannedMs) - (instantOf(dueAt) ?? plannedMs);
  return `planned ${isoOf(plannedMs)}, ${String(lateMs)} ms late`;
}

function run({ first, last, count }: WireEvent): string {
  const [from, to] = [instantOf(first), instantOf(last)];
  if (from === undefined || to === undefined) return '';
  const span = from === to ? isoOf(from) : `${isoOf(from)} to ${isoOf(to)}`;
  return `planned ${span}${typeof count === 'number' ? `, ${String(count)} in all` : ''}`;
}

function moved({ event, from, to, timeZones }: WireEvent): string {
  if (event !== 'policy.moved') return '';
  const there = to === undefined ? 'nothing' : instantText(to);
  return `planned ${instantText(from)} → ${there}, time zones ${texts([timeZones])}`;
}

/** What holds, or held, from when and until when. */
function spanText({ opensAt, closesAt, until }: WireEvent): string {
  if (opensAt !== undefined) return `open ${instantText(opensAt)} to ${instantText(closesAt)}`;
  return until === undefined ? '' : `until ${instantText(until)}`;
}

function reach({ event, since, afterMs }: WireEvent): string {
  if (event === 'group.overdue') return `wanted since ${instantText(since)}`;
  if (event !== 'group.reached' || typeof afterMs !== 'number') return '';
  return `after ${String(Math.round(afterMs / 1_000))} s`;
}

function instantText(value: unknown): string {
  const instant = instantOf(value);
  return instant === undefined ? '-' : isoOf(instant);
}

function instantOf(value: unknown): EpochMs | undefined {
  if (typeof value === 'number') return epochMs(value);
  return typeof value === 'string' ? parseAt(value) : undefined;
}
