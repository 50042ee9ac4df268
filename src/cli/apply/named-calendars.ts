/** Which calendars the policies of a plan name, told before anything is written. Pure. */
import { shown } from '../../config/problem.ts';
import type { Problem } from '../../config/problem.ts';
import type { DesiredCalendar } from './desired.ts';
import type { HeldCalendars } from './plan-calendars.ts';
import type { Action } from './plan.ts';
import type { PolicyWrite } from './plan-policy.ts';

/** A policy that is to be written, and what it names. */
export interface Naming {
  readonly tenant: string;
  readonly names: readonly string[];
  /** `file:line:column`. */
  readonly place: string;
}

/** The policies among what is to be done that name calendars. */
export function namingsOf(actions: readonly Action[]): readonly Naming[] {
  return actions.flatMap((action) =>
    writesOf(action).flatMap(({ tenant, write: { body, place } }) => {
      const { exclude = [], only = [] } = body.args ?? {};
      const names = [...exclude, ...only];
      return names.length === 0 ? [] : [{ tenant, names, place }];
    }),
  );
}

/** What is named and neither in the files nor at the node. */
export function namingProblems(
  namings: readonly Naming[],
  wanted: readonly DesiredCalendar[],
  heldBy: (tenant: string) => HeldCalendars,
): readonly Problem[] {
  return namings.flatMap(({ tenant, names, place }) => {
    const isThere = (name: string): boolean =>
      heldBy(tenant).has(name) ||
      wanted.some((calendar) => calendar.tenant === tenant && calendar.name === name);
    return [...new Set(names)]
      .filter((name) => !isThere(name))
      .map((name) => ({
        at: place,
        key: '',
        text: `names a calendar that there is not, received ${shown(name)}; write that one, too, or leave it out`,
      }));
  });
}

function writesOf(
  action: Action,
): readonly { readonly tenant: string; readonly write: PolicyWrite }[] {
  if ('policies' in action) {
    const { group, policies } = action;
    return policies.map((write) => ({ tenant: group.tenant, write }));
  }
  if (action.kind !== 'put-policy') return [];
  return [{ tenant: action.group.tenant, write: action.policy }];
}
