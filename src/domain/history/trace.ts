/**
 * What events tell of a change besides that it was made: who made it from where, and what was there before and
 * after. Both are found in the fields that the change writes, in one place, so that no use case can forget them
 * or show a secret.
 */
import { epochMs } from '../../base/clock.ts';
import { isJsonObject } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { definitionField, webhookField } from '../group/fields.ts';
import { isoOf } from '../schedule/iso.ts';
import type { Caller } from './caller.ts';
import type { HistoryEvent, WantedChange } from './event.ts';
import { showLaunchValue } from './launch-values.ts';
import { changesBetween } from './value-change.ts';
import type { ShowLeaf, ValueChanges } from './value-change.ts';

/** A group's fields before a change, and what the change does to them. */
export interface FieldChange {
  readonly fields: Readonly<Record<string, string>>;
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[] | 'content' | 'group';
}

/** The events of a change with what is to be told of it. Those that nobody caused stay as they are. */
export function traced(
  events: readonly HistoryEvent[],
  change: FieldChange,
  caller: Caller | undefined,
): readonly HistoryEvent[] {
  return events.map((event) => {
    if (!('by' in event)) return event;
    return { ...event, ...callerFacts(caller), ...valuesOf(event, change) };
  });
}

/** The name is in the event already. */
function callerFacts(caller: Caller | undefined): object {
  if (caller === undefined) return {};
  const { kind, id, from, responseId } = caller;
  return {
    caller: {
      kind,
      ...(id === undefined ? {} : { id }),
      ...(from === undefined ? {} : { from }),
      ...(responseId === undefined ? {} : { responseId }),
    },
  };
}

const showAll: ShowLeaf = (_path, leaf) => leaf;

function valuesOf(event: HistoryEvent, change: FieldChange): Partial<ValueChanges> {
  const subject: Subject = event;
  const name = event.event === 'change.refused' ? event.wanted : event.event;
  const view = name === undefined ? undefined : viewOf(name, subject);
  if (view === undefined) return {};
  const values = differ(change, view);
  return view.isOftenEmpty === true && values.changes.length === 0 ? {} : values;
}

/** What an event is about, where it says so. */
type Subject = object & Partial<Pick<WantedChange, 'what' | 'policyId' | 'webhookId'>>;

/** Reads what an event is about from a group's fields, in the words of the API. */
interface View {
  readonly read: (fieldOf: FieldOf) => JsonObject | undefined;
  readonly show: ShowLeaf;
  /** Mostly the event says it all: no changes are told then, rather than none. */
  readonly isOftenEmpty?: true;
}

function viewOf(name: HistoryEvent['event'], subject: Subject): View | undefined {
  if (name === 'group.created') return { read: groupOf, show: showInGroup };
  if (name === 'group.changed') return viewOfGroup(subject);
  if (/^override\.(?:set|removed)$/.test(name)) return { read: overrideOf, show: showAll };
  if (/^policy\.(?:created|changed|deleted)$/.test(name)) return viewOfPolicy(subject);
  return /^webhook\.(?:created|changed|deleted)$/.test(name) ? viewOfWebhook(subject) : undefined;
}

function viewOfGroup({ what }: Subject): View | undefined {
  if (what === 'config') return { read: configOf, show: showAll };
  if (what === 'paused' || what === 'resumed') {
    return { read: pauseOf, show: showAll, isOftenEmpty: true };
  }
  return what === 'launch' ? { read: launchOf, show: showLaunchValue } : undefined;
}

function viewOfPolicy({ policyId }: Subject): View | undefined {
  if (policyId === undefined) return undefined;
  const field = definitionField(policyId);
  return { read: (fieldOf) => policyOf(parsed(fieldOf(field))), show: showAll };
}

function viewOfWebhook({ policyId, webhookId }: Subject): View | undefined {
  if (policyId === undefined || webhookId === undefined) return undefined;
  const field = webhookField(policyId, webhookId);
  return { read: (fieldOf) => webhookOf(parsed(fieldOf(field))), show: showAll };
}

/** What a field of a group holds; undefined where there is none of that name. */
type FieldOf = (name: string) => string | undefined;

function differ({ fields, set, remove }: FieldChange, { read, show }: View): ValueChanges {
  const areKept = typeof remove !== 'string';
  const after: FieldOf = (name) => {
    if (remove === 'group') return undefined;
    return set[name] ?? (areKept && !remove.includes(name) ? fields[name] : undefined);
  };
  return changesBetween(
    read((name) => fields[name]),
    read(after),
    show,
  );
}

/** The configuration in the words of the API. */
function configOf(fieldOf: FieldOf): JsonObject | undefined {
  const labels = parsed(fieldOf('labels'));
  const limits = parsed(fieldOf('limits'));
  if (labels === undefined && limits === undefined) return undefined;
  const { cooldownSeconds, reachedBySeconds, ...bounds } = limits ?? {};
  const seconds = { ...some('cooldown', cooldownSeconds), ...some('reachedBy', reachedBySeconds) };
  return { ...labels, ...bounds, ...seconds };
}

/** What a group keeps to for a while. Who says so, and since when, is in the event. */
function overrideOf(fieldOf: FieldOf): JsonObject | undefined {
  const override = parsed(fieldOf('state'))?.['override'];
  if (!isJsonObject(override)) return undefined;
  const { min, max, desired, until, reason } = override;
  return {
    ...{ ...some('min', min), ...some('max', max), ...some('desired', desired) },
    ...{ ...some('until', instantOf(until)), ...some('reason', reason) },
  };
}

/** That it is paused is what the event says; when that ends may not be. */
function pauseOf(fieldOf: FieldOf): JsonObject {
  return some('until', instantOf(parsed(fieldOf('state'))?.['pausedUntil']));
}

function instantOf(value: Json | undefined): string | undefined {
  return typeof value === 'number' ? isoOf(epochMs(value)) : undefined;
}

function launchOf(fieldOf: FieldOf): JsonObject | undefined {
  return parsed(fieldOf('launch'));
}

function groupOf(fieldOf: FieldOf): JsonObject | undefined {
  const [config, launch] = [configOf(fieldOf), launchOf(fieldOf)];
  if (config === undefined && launch === undefined) return undefined;
  return { ...some('config', config), ...some('launch', launch) };
}

const showInGroup: ShowLeaf = (path, leaf) =>
  path[0] === 'launch' ? showLaunchValue(path.slice(1), leaf) : leaf;

/** A policy in the words of the API. */
function policyOf(definition: JsonObject | undefined): JsonObject | undefined {
  if (definition === undefined) return undefined;
  const { name, key, cooldownSeconds, adjustment, schedule, misfire } = definition;
  return {
    ...some('name', name),
    ...some('cooldown', cooldownSeconds),
    ...(isJsonObject(adjustment) ? adjustmentOf(adjustment) : {}),
    ...(isJsonObject(schedule) ? { args: argsOf(schedule, misfire) } : {}),
    ...some('key', key),
  };
}

function adjustmentOf(adjustment: JsonObject): JsonObject {
  const { kind, amount, percent } = adjustment;
  if (kind === 'window') return { window: windowOf(adjustment) };
  return typeof kind === 'string' ? some(kind, amount ?? percent) : {};
}

function windowOf(window: JsonObject): JsonObject {
  const asWritten = Object.entries(window).filter(
    ([key]) => key !== 'kind' && key !== 'durationSeconds',
  );
  return { ...Object.fromEntries(asWritten), ...some('duration', window['durationSeconds']) };
}

function argsOf(schedule: JsonObject, misfire: Json | undefined): JsonObject {
  const { jitterSeconds } = schedule;
  const asWritten = Object.entries(schedule).filter(
    ([key]) => key !== 'kind' && key !== 'jitterSeconds',
  );
  return {
    ...Object.fromEntries(asWritten),
    ...some('jitter', jitterSeconds),
    ...(isJsonObject(misfire) ? { misfire: misfireOf(misfire) } : {}),
  };
}

function misfireOf({ policy, withinSeconds }: JsonObject): JsonObject {
  return { ...some('policy', policy), ...some('within', withinSeconds) };
}

/** Never with the secret, which is all that its capability takes. */
function webhookOf(record: JsonObject | undefined): JsonObject | undefined {
  return record && { ...some('name', record['name']), ...some('metadata', record['metadata']) };
}

function some(name: string, value: Json | undefined): JsonObject {
  return value === undefined ? {} : { [name]: value };
}

/** Undefined where there is nothing that can be read: writing it anew mends it, and is told as if it were new. */
function parsed(text: string | undefined): JsonObject | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined; // as above
  }
}
