/** What an apply says about its actions. */
import { plain } from '../output.ts';
import type { Action, Plan } from './plan.ts';

/** What became of the groups and policies of the files. */
export interface Summary {
  readonly created: number;
  readonly changed: number;
  readonly deleted: number;
  readonly unchanged: number;
}

/** An action in a word and what it is about, such as `create` and `group workers with up, down`. */
export function describeAction(action: Action): { readonly verb: string; readonly what: string } {
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

function keysOf({ policies }: Extract<Action, { readonly policies: unknown }>): string {
  const keys = policies.map(({ body }) => body.key).join(', ');
  if (keys === '') return '';
  return `${policies.length === 1 ? 'policy' : 'policies'} ${keys}`;
}

/** Counts groups and policies: a group whose two configurations change is one that changed. */
export function summaryOf(actions: readonly Action[], { unchangedCount }: Plan): Summary {
  const changedGroups = new Set<unknown>();
  let [created, changed, deleted] = [0, 0, 0];
  for (const action of actions) {
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
  changed += changedGroups.size;
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
  const { kind, group } = action;
  return {
    action: kind,
    tenant: group.tenant,
    group: group.key,
    ...('groupId' in action ? { groupId: action.groupId } : {}),
    ...('policies' in action ? { policies: action.policies.map(({ body }) => body.key) } : {}),
    ...(kind === 'put-policy' ? { policy: action.policy.body.key } : {}),
    ...(kind === 'delete-policy' ? { policy: action.key } : {}),
  };
}
