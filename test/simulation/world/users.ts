/** People who create, change, execute, pause and delete while everything else goes on. */
import type { Random } from '../../../src/base/random.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import type { SimNode, NodeSurroundings } from './node.ts';
import type { Requests } from './requests.ts';
import { oneOf, wholeBetween } from './settings.ts';
import { knownGroups, Wishes } from './wishes.ts';
import type { KnownGroup, What, Wish } from './wishes.ts';

const MINUTE_MS = 60_000;
/** How many wishes are the first of many, and for how long those keep coming. */
const BURST_SHARE = 0.15;
const BURST_LASTS_MS = 8_000;
/** How many of those who scale a group delete it at once. */
const HASTE_SHARE = 0.05;
const HASTE_LASTS_MS = 10_000;
/** Within which all groups are created at the start. */
const CREATED_WITHIN_MS = 4 * MINUTE_MS;

/** How often each is wished for, in proportion. */
const WISHES: readonly (readonly [What, number])[] = [
  ['execute', 8],
  ['change-policy', 3],
  ['create-policies', 2],
  ['delete-policy', 1],
  ['change-config', 2],
  ['change-launch', 1],
  ['pause', 1.5],
  ['resume', 3],
  ['converge', 1],
  ['delete-group', 0.8],
  ['create-group', 0.9],
];

export class Users {
  readonly #around: NodeSurroundings;
  readonly #nodes: readonly SimNode[];
  readonly #random: Random;
  readonly #wishes: Wishes;
  readonly #requests: Requests;

  constructor(
    around: NodeSurroundings,
    people: { readonly nodes: readonly SimNode[]; readonly requests: Requests },
    random: Random,
  ) {
    this.#around = around;
    this.#nodes = people.nodes;
    this.#requests = people.requests;
    this.#random = random;
    this.#wishes = new Wishes(around, random);
  }

  /** Creates the world's groups, and then wishes for something now and then until `untilMs` have passed. */
  begin(untilMs: number): void {
    const { time, settings } = this.#around;
    const { groupCount, policyCount } = settings;
    for (let number = 0; number < groupCount; number += 1) {
      const share = Math.ceil((policyCount * (number + 1)) / groupCount);
      const before = Math.ceil((policyCount * number) / groupCount);
      time.after(2_000 + this.#random.fraction() * CREATED_WITHIN_MS, () => {
        this.#ask('create-group', share - before);
      });
    }
    this.#wishAgain(CREATED_WITHIN_MS, untilMs);
  }

  #wishAgain(fromMs: number, untilMs: number): void {
    const { time, settings } = this.#around;
    const gapMs = settings.wishEveryMs * 2 * this.#random.fraction();
    if (fromMs + gapMs > untilMs) return;
    time.after(fromMs === CREATED_WITHIN_MS ? fromMs + gapMs : gapMs, () => {
      const drawn = this.#random.fraction();
      if (drawn < BURST_SHARE) this.#burst();
      else if (drawn < BURST_SHARE + HASTE_SHARE) this.#haste();
      else this.#ask(this.#drawWish(), wholeBetween(this.#random, 1, 3));
      this.#wishAgain(fromMs + gapMs, untilMs);
    });
  }

  /** Several people want something of one group at about the same time, through different nodes. */
  #burst(): void {
    const { time } = this.#around;
    const known = this.#known();
    if (known.length === 0) return;
    const { groupId } = oneOf(this.#random, known);
    for (let count = wholeBetween(this.#random, 4, 9); count > 0; count -= 1) {
      time.after(BURST_LASTS_MS * this.#random.fraction() ** 2, () => {
        this.#ask(this.#drawWish(), 1, groupId);
      });
    }
  }

  /** Somebody has a group without servers scaled, and deletes it while these are on their way. */
  #haste(): void {
    const known = this.#known().filter(({ wantsNone }) => wantsNone);
    if (known.length === 0) return;
    const { groupId } = oneOf(this.#random, known);
    this.#ask('execute', 1, groupId);
    this.#around.time.after(HASTE_LASTS_MS * this.#random.fraction(), () => {
      this.#ask('delete-group', 1, groupId);
    });
  }

  #drawWish(): What {
    const total = WISHES.reduce((sum, [, weight]) => sum + weight, 0);
    let drawn = this.#random.fraction() * total;
    for (const [what, weight] of WISHES) {
      drawn -= weight;
      if (drawn < 0) return what;
    }
    return 'execute';
  }

  /** Sends one request to some node that answers, about some group unless one is named. */
  #ask(what: What, policyCount: number, about?: GroupId): void {
    const node = oneOf(this.#random, this.#nodes);
    if (node.scaling === undefined) return;
    const known = this.#known().filter(({ groupId }) => about === undefined || groupId === about);
    const group = known.length === 0 ? undefined : oneOf(this.#random, known);
    const wish = this.#wish(what, group, policyCount);
    if (wish === undefined) return;
    this.#requests.send(node, what === 'create-group' ? undefined : group?.groupId, wish);
  }

  #wish(what: What, group: KnownGroup | undefined, policyCount: number): Wish | undefined {
    if (what === 'create-group') return this.#wishes.newGroup(policyCount);
    if (group === undefined) return undefined;
    // What is planned there is nothing of theirs.
    const policies = group.policies.filter(({ isPlanned }) => !isPlanned);
    return this.#wishes.ofGroup(what, { ...group, policies });
  }

  #known(): readonly KnownGroup[] {
    return knownGroups(this.#around.stores.values());
  }
}
