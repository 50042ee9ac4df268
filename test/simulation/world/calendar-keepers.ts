/**
 * People who keep calendars, and have policies go by them. All of it is drawn apart from everything else.
 */
import type { Random } from '../../../src/base/random.ts';
import { COPIES_FIELD } from '../../../src/domain/calendar/copies.ts';
import type { GroupId, TenantId } from '../../../src/domain/ids.ts';
import { deleteCalendar, putCalendar } from '../../../src/scaling/change-calendars.ts';
import { changePolicy, createPolicies } from '../../../src/scaling/change-policies.ts';
import { seededRandom } from '../../support/random.ts';
import { CALENDAR_NAMES, drawEntries, drawUnderCalendars } from './drawn-calendars.ts';
import type { NodeSurroundings, SimNode } from './node.ts';
import { nightOf, plannersRandom } from './nights.ts';
import type { Drawing } from './planned-policies.ts';
import type { Requests } from './requests.ts';
import { oneOf, wholeBetween } from './settings.ts';
import { nextWishMs } from './wish-times.ts';
import type { WishTimes } from './wish-times.ts';
import { knownGroups, TENANTS, wish } from './wishes.ts';
import type { KnownGroup, Wish } from './wishes.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** Every tenant has calendars before the first policies name some, which planners have made by then. */
const CALENDARS_FROM_MS = 2 * MINUTE_MS;
const POLICIES_FROM_MS = 7 * MINUTE_MS;
const FIRST_WITHIN_MS = 3 * MINUTE_MS;
/** Most occurrences are due at a full minute. */
const TIMES: WishTimes = {
  ...{ everyMs: 14 * MINUTE_MS, busyShare: 0.6, busyFromMs: -300, busyForMs: 1_200 },
};
/** How many of the changes are about calendars that some group goes by. */
const IN_USE_SHARE = 0.7;
/** How often somebody looks whether anything is overdue, since when, and how often that has a calendar changed. */
const LOOKS_EVERY_MS = MINUTE_MS;
const OVERDUE_MS = 2 * SECOND_MS;
const OVERDUE_SHARE = 0.3;
const BY = { by: 'somebody' };
/** Streams of chance of a seed lie below this one. */
const STREAM = 2 ** 31;

/** How often each is wished for, in proportion. */
const TASKS = [
  ...(['put-calendar', 'put-calendar', 'put-calendar', 'put-calendar', 'put-calendar'] as const),
  ...(['put-calendar', 'put-calendar', 'put-calendar', 'put-calendar'] as const),
  ...(['delete-calendar', 'create-policies', 'change-policy', 'change-policy'] as const),
] as const;

type Task = (typeof TASKS)[number];

/** The chance that decides all that these people do. No other draw depends on it. */
export function keepersRandom(seed: number): Random {
  return seededRandom(STREAM + seed);
}

export class CalendarKeepers {
  readonly #around: NodeSurroundings;
  readonly #nodes: readonly SimNode[];
  readonly #requests: Requests;
  readonly #random: Random;
  readonly #night: Drawing['night'];

  constructor(
    around: NodeSurroundings,
    people: { readonly nodes: readonly SimNode[]; readonly requests: Requests },
    { random, seed }: { readonly random: Random; readonly seed: number },
  ) {
    this.#around = around;
    this.#nodes = people.nodes;
    this.#requests = people.requests;
    this.#random = random;
    this.#night = nightOf(plannersRandom(seed));
  }

  /** Makes the first calendars and policies, and wishes for others now and then until `untilMs` have passed. */
  begin(untilMs: number): void {
    const { time } = this.#around;
    for (const tenantId of TENANTS) {
      for (const name of CALENDAR_NAMES) {
        time.after(CALENDARS_FROM_MS + this.#random.fraction() * MINUTE_MS, () => {
          this.#put(tenantId as string as TenantId, name);
        });
      }
    }
    for (let count = wholeBetween(this.#random, 3, 4); count > 0; count -= 1) {
      time.after(POLICIES_FROM_MS + this.#random.fraction() * FIRST_WITHIN_MS, () => {
        this.#ask('change-policy');
      });
    }
    this.#wishAgain(POLICIES_FROM_MS + FIRST_WITHIN_MS, untilMs);
    for (let atMs = POLICIES_FROM_MS; atMs < untilMs; atMs += LOOKS_EVERY_MS) {
      time.after(atMs + SECOND_MS, () => {
        this.#lookForOverdue();
      });
    }
  }

  /** What is due and not claimed is where a change of a calendar could lose something. */
  #lookForOverdue(): void {
    const overdue = this.#inUse(({ due }, now) =>
      [...due.values()].some((dueAt) => dueAt < now - OVERDUE_MS),
    );
    if (overdue.length === 0 || this.#random.fraction() >= OVERDUE_SHARE) return;
    const { tenantId, name } = oneOf(this.#random, overdue);
    this.#put(tenantId, name);
  }

  #wishAgain(fromMs: number, untilMs: number): void {
    const { time } = this.#around;
    const begunMs = time.nowMs - this.#night.startsAt;
    const atMs = nextWishMs(this.#random, fromMs, TIMES);
    if (atMs + TIMES.busyForMs > untilMs) return;
    time.after(atMs - begunMs, () => {
      this.#ask(oneOf(this.#random, TASKS));
      this.#wishAgain(atMs, untilMs);
    });
  }

  #ask(what: Task): void {
    const node = oneOf(this.#random, this.#nodes);
    const groups = knownGroups(this.#around.stores.values());
    const { tenantId, name } = this.#calendar();
    if (what === 'put-calendar') {
      this.#put(tenantId, name);
      return;
    }
    if (what === 'delete-calendar') {
      const wanted = wish({ what, tenantId, calendar: name }, (scaling, signal) =>
        deleteCalendar(scaling, { tenantId, name, signal, ...BY }, {}),
      );
      this.#requests.send(node, undefined, wanted);
      return;
    }
    const meant = what === 'change-policy' ? groups.filter(hasPlanned) : groups;
    if (meant.length === 0) return;
    const group = oneOf(this.#random, meant);
    const wanted = this.#ofGroup(what, group);
    if (wanted !== undefined) this.#requests.send(node, group.groupId, wanted);
  }

  /** Mostly one that groups have copies of. */
  #calendar(): { readonly tenantId: TenantId; readonly name: string } {
    const any = {
      tenantId: oneOf(this.#random, TENANTS) as string as TenantId,
      name: oneOf(this.#random, CALENDAR_NAMES),
    };
    const inUse = this.#inUse(() => true);
    const isInUse = this.#random.fraction() < IN_USE_SHARE;
    return isInUse && inUse.length > 0 ? oneOf(this.#random, inUse) : any;
  }

  /** The calendars of which these groups have copies, once for each. */
  #inUse(
    isMeant: (group: { readonly due: ReadonlyMap<string, number> }, now: number) => boolean,
  ): readonly { readonly tenantId: TenantId; readonly name: string }[] {
    return [...this.#around.stores.values()].flatMap((server) =>
      [...server.groups.values()].flatMap((group) => {
        const copies = group.fields.get(COPIES_FIELD);
        if (copies === undefined || !isMeant(group, server.now())) return [];
        const names = CALENDAR_NAMES.filter((name) => copies.includes(JSON.stringify(name)));
        return names.map((name) => ({ tenantId: group.tenantId, name }));
      }),
    );
  }

  #put(tenantId: TenantId, name: string): void {
    const node = oneOf(this.#random, this.#nodes);
    const entries = drawEntries(this.#drawing(), name);
    const told = { what: 'put-calendar', tenantId, calendar: name, entries } as const;
    const wanted = wish(told, (scaling, signal) =>
      putCalendar(scaling, { tenantId, name, signal, ...BY }, { entries }),
    );
    this.#requests.send(node, undefined, wanted);
  }

  #ofGroup(what: 'create-policies' | 'change-policy', group: KnownGroup): Wish | undefined {
    const { tenantId, groupId } = group;
    const at: { readonly tenantId: TenantId; readonly groupId: GroupId } = { tenantId, groupId };
    if (what === 'create-policies') {
      const definitions = Array.from({ length: wholeBetween(this.#random, 1, 2) }, () =>
        drawUnderCalendars(this.#drawing(), this.#random.fraction() < 0.35),
      );
      return wish({ what, policies: definitions }, (scaling, signal) =>
        createPolicies(scaling, { ...at, signal }, { definitions, ...BY }),
      );
    }
    const own = group.policies.filter(({ isPlanned }) => isPlanned);
    if (own.length === 0) return undefined;
    const { policyId, isWindow } = oneOf(this.#random, own);
    const definition = drawUnderCalendars(this.#drawing(), isWindow);
    return wish({ what, policyId, policies: [definition] }, (scaling, signal) =>
      changePolicy(scaling, { ...at, policyId, signal }, { definition, ...BY }),
    );
  }

  #drawing(): Drawing {
    return { random: this.#random, night: this.#night, nowMs: this.#around.time.nowMs };
  }
}

function hasPlanned({ policies }: KnownGroup): boolean {
  return policies.some(({ isPlanned }) => isPlanned);
}
