/** What an apply says about its actions. */
import { HIDDEN } from '../../domain/history/value-change.ts';
import type { ValueChange } from '../../domain/history/value-change.ts';
import { plain } from '../output.ts';
import { WRITTEN_CALENDAR_REPLY } from '../calendar-wire.ts';
import { readReply } from '../wire.ts';
import { isAboutCalendar, isAboutWebhooks } from './plan.ts';
import type { Action, CalendarAction, Plan, WebhookAction } from './plan.ts';

/** What became of the calendars, groups, policies and webhooks of the files. */
export interface Summary {
  readonly created: number;
  readonly changed: number;
  readonly deleted: number;
  readonly unchanged: number;
}

/** An action in a word and what it is about, such as `create` and `group workers with up, down`. */
export function describeAction(action: Action): { readonly verb: string; readonly what: string } {
  if (isAboutWebhooks(action)) return describeWebhooks(action);
  if (isAboutCalendar(action)) return describeCalendar(action);
  const group = `group ${action.group.key}`;
  switch (action.kind) {
    case 'create-group': {
      const keys = keysOf(action);
      return { verb: 'create', what: plain(keys === '' ? group : `${group} with ${keys}`) };
    }
    case 'put-config':
      return { verb: 'change', what: plain(`${group}: configuration`) };
    case 'put-launch':
      return { verb: 'change', what: plain(`${group}: launch configuration`) };
    case 'create-policies':
      return { verb: 'create', what: plain(`${group}: ${keysOf(action)}`) };
    case 'put-policy':
      return { verb: 'change', what: plain(`${group}: policy ${action.policy.body.key}`) };
    case 'delete-policy':
      return { verb: 'delete', what: plain(`${group}: policy ${action.key}`) };
  }
}

function describeCalendar(action: CalendarAction): {
  readonly verb: string;
  readonly what: string;
} {
  const verb = action.kind === 'create-calendar' ? 'create' : 'change';
  return { verb, what: plain(`calendar ${action.calendar.name}`) };
}

function describeWebhooks(action: WebhookAction): { readonly verb: string; readonly what: string } {
  const names = namesOf(action);
  const what = plain(
    `group ${action.group.key}: ${names.length === 1 ? 'webhook' : 'webhooks'} ${names.join(', ')} of policy ${action.policyKey}`,
  );
  return { verb: WEBHOOK_VERBS[action.kind], what };
}

const WEBHOOK_VERBS = {
  'create-webhooks': 'create',
  'put-webhook': 'change',
  'delete-webhook': 'delete',
} as const;

function namesOf(action: WebhookAction): readonly string[] {
  switch (action.kind) {
    case 'create-webhooks':
      return action.webhooks.map(({ name }) => name);
    case 'put-webhook':
      return [action.webhook.name];
    case 'delete-webhook':
      return [action.name];
  }
}

/** The fields that an action changes, a line each such as `maxEntities: 5 -> 6`; none where it creates or deletes. */
export function changeLines(action: Action): readonly string[] {
  if (!('changes' in action)) return [];
  const { changes, omittedCount } = action.changes;
  return [
    ...changes.map(({ path, before, after }) =>
      plain(`${path}: ${valueText(before)} -> ${valueText(after)}`),
    ),
    ...(omittedCount === undefined ? [] : [`and ${String(omittedCount)} more`]),
  ];
}

function valueText(value: ValueChange['before']): string {
  if (value === undefined) return 'nothing';
  return value === HIDDEN ? value : JSON.stringify(value);
}

/** Where the addresses of webhooks are shown: an apply does not, for its output is kept in logs. */
export function addressHint(action: Action, tenant: string): string | undefined {
  if (action.kind !== 'create-webhooks') return undefined;
  const { group, policyKey, webhooks } = action;
  const option = group.tenant === tenant ? '' : ` --tenant ${word(group.tenant)}`;
  const command = `lutra webhooks list ${word(group.key)} ${word(policyKey)}${option}`;
  return plain(`"${command}" shows ${webhooks.length === 1 ? 'its address' : 'their addresses'}`);
}

/** What is left to do of a calendar that was written; undefined where nothing is, or where it was none. */
export function pendingHint(action: Action, body: unknown): string | undefined {
  if (!isAboutCalendar(action)) return undefined;
  const { pending } = readReply(WRITTEN_CALENDAR_REPLY, body).groups;
  if (pending === 0) return undefined;
  return plain(
    `calendar ${action.calendar.name}: ${String(pending)} groups could not be changed yet: a sweep does it within minutes, and "lutra calendars put" at once`,
  );
}

/** A text as a shell takes it for one word. */
function word(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function keysOf({ policies }: Extract<Action, { readonly policies: unknown }>): string {
  const keys = policies.map(({ body }) => body.key).join(', ');
  if (keys === '') return '';
  return `${policies.length === 1 ? 'policy' : 'policies'} ${keys}`;
}

/** Counts calendars, groups, policies and webhooks: a group whose two configurations change is one that changed. */
export function summaryOf(actions: readonly Action[], { unchangedCount }: Plan): Summary {
  const changedGroups = new Set<unknown>();
  let [created, changed, deleted] = [0, 0, 0];
  for (const action of actions) {
    if (isAboutWebhooks(action) || isAboutCalendar(action)) continue;
    switch (action.kind) {
      case 'create-group':
        created += 1 + action.policies.length;
        break;
      case 'create-policies':
        created += action.policies.length;
        break;
      case 'put-config':
      case 'put-launch':
        changedGroups.add(action.group);
        break;
      case 'put-policy':
        changed += 1;
        break;
      case 'delete-policy':
        deleted += 1;
        break;
    }
  }
  const webhooks = actions.filter(isAboutWebhooks);
  const webhookCount = (kind: WebhookAction['kind']): number =>
    webhooks.filter((action) => action.kind === kind).flatMap(namesOf).length;
  const calendarCount = (kind: CalendarAction['kind']): number =>
    actions.filter((action) => action.kind === kind).length;
  created += webhookCount('create-webhooks') + calendarCount('create-calendar');
  changed += changedGroups.size + webhookCount('put-webhook') + calendarCount('put-calendar');
  deleted += webhookCount('delete-webhook');
  return { created, changed, deleted, unchanged: unchangedCount };
}

/** The closing line. */
export function summaryLine({ created, changed, deleted, unchanged }: Summary): string {
  return [
    `${String(created)} created`,
    `${String(changed)} changed`,
    `${String(deleted)} deleted`,
    `${String(unchanged)} unchanged`,
  ].join(', ');
}

/** An action as data, for `-o json`. */
export function actionJson(action: Action): Readonly<Record<string, unknown>> {
  const { kind } = action;
  if (isAboutWebhooks(action)) return webhookJson(action);
  if (isAboutCalendar(action)) {
    const { tenant, name } = action.calendar;
    const changes = 'changes' in action ? action.changes : {};
    return { action: kind, tenant, calendar: name, ...changes };
  }
  const { group } = action;
  return {
    action: kind,
    tenant: group.tenant,
    group: group.key,
    ...('groupId' in action ? { groupId: action.groupId } : {}),
    ...('policies' in action ? { policies: action.policies.map(({ body }) => body.key) } : {}),
    ...(kind === 'put-policy' ? { policy: action.policy.body.key } : {}),
    ...(kind === 'delete-policy' ? { policy: action.key } : {}),
    ...('changes' in action ? action.changes : {}),
  };
}

/** Names, and never addresses. */
function webhookJson(action: WebhookAction): Readonly<Record<string, unknown>> {
  const { kind, group, policyKey } = action;
  const groupId = kind === 'create-webhooks' ? action.ids?.groupId : action.groupId;
  return {
    action: kind,
    tenant: group.tenant,
    group: group.key,
    ...(groupId === undefined ? {} : { groupId }),
    policy: policyKey,
    webhooks: namesOf(action),
    ...('changes' in action ? action.changes : {}),
  };
}
