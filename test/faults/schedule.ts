/** Which fault strikes what, and when: all of it from one seed. */
import type { Random } from '../../src/base/random.ts';
import { seededRandom } from '../support/random.ts';
import type { ProxyMode } from '../support/tcp-proxy.ts';
import type { FaultKind } from './kinds.ts';

/** What a fault does to one node. */
export type NodeBlow =
  | { readonly kind: NodeKind; readonly node: string }
  | { readonly kind: 'clock-shifted'; readonly node: string; readonly byMs: number };

/** What a fault does to the links of one node. */
export type LinkBlow =
  | { readonly kind: CutKind; readonly node: string; readonly how: Cut }
  | { readonly kind: 'etcd-slow' | 'store-slow'; readonly node: string; readonly delayMs: number };

/** What a fault does to servers, and to a node at the same time. */
export type ServerBlow =
  | { readonly kind: 'member-killed'; readonly member: number | 'leader' }
  | { readonly kind: 'owner-and-leader'; readonly node: string }
  | { readonly kind: ServerKind };

/** What a fault does. */
export type Blow = NodeBlow | LinkBlow | ServerBlow;

type NodeKind = 'node-killed' | 'node-paused' | 'node-restarted' | 'loop-blocked';
type CutKind = 'etcd-cut' | 'store-cut';
type ServerKind = 'etcd-down' | 'etcd-wiped' | 'store-restarted' | 'store-failed-over';

/** A fault at its place in the schedule. */
export type Strike<Struck extends Blow = Blow> = Struck & Place;

interface Place {
  /** From 1. */
  readonly number: number;
  /** Since the start of the schedule. */
  readonly atMs: number;
  /** How long it lasts; 0 where it is over by itself. */
  readonly forMs: number;
}

/** How a link is cut. */
type Cut = Exclude<ProxyMode, 'pass'>;

const CUTS: readonly Cut[] = [
  ...(['hole', 'hold', 'refuse', 'cut replies'] as const),
  ...(['lose requests', 'lose replies', 'hold requests', 'hold replies'] as const),
];

/** What a schedule is made from. */
export interface SchedulePlan {
  readonly seed: number;
  readonly forMs: number;
  readonly ttlMs: number;
  readonly kinds: readonly FaultKind[];
  /** The names of all nodes. */
  readonly nodes: readonly string[];
  /** The node whose clock can be set. */
  readonly clockNode: string;
  /** A node that is to live on: it is neither killed nor restarted. */
  readonly spared?: string;
  /** From the start of one fault to that of the next; else as soon as what came before may be over. */
  readonly everyMs?: number;
}

/** Before the first fault, and after what may be left of one. */
const CALM_MIN_MS = 1_000;
const CALM_RANGE_MS = 2_000;
const MEMBERS = 3;
/** What a schedule is made longer by after the end of a fault: sessions may have to end. */
const RECOVERY_TTLS = 1;

/**
 * The faults of a run in their order. Kinds come in rounds: all of them once, in an order of its own, before
 * any comes again. The machine may take longer to recover than planned; whoever carries the schedule out
 * waits for that and goes on in the same order.
 */
export function planStrikes(plan: SchedulePlan): readonly Strike[] {
  const { forMs, ttlMs, everyMs } = plan;
  const drawn = new Drawn(plan);
  const strikes: Strike[] = [];
  let atMs = everyMs ?? drawn.calmMs();
  while (plan.kinds.length > 0) {
    const strike = { ...drawn.blow(), number: strikes.length + 1, atMs };
    const endsAtMs = atMs + strike.forMs;
    if (endsAtMs > forMs) return strikes;
    strikes.push(strike);
    const restedAtMs = endsAtMs + RECOVERY_TTLS * ttlMs + drawn.calmMs();
    atMs = everyMs === undefined ? restedAtMs : Math.max(atMs + everyMs, endsAtMs);
  }
  return strikes;
}

/** The least and the most that each lasts, in TTLs; what is over by itself lasts 0. */
const TTLS: Readonly<Record<FaultKind, readonly [number, number]>> = {
  'node-killed': [0.1, 1.5],
  'node-paused': [0.2, 4],
  'node-restarted': [0, 0],
  'loop-blocked': [0.2, 2],
  'clock-shifted': [0.6, 2],
  'etcd-cut': [0.2, 4],
  'etcd-slow': [0.5, 2],
  'store-cut': [0.2, 4],
  'store-slow': [0.5, 2],
  'member-killed': [0.2, 2],
  'etcd-down': [0.2, 4],
  'etcd-wiped': [0, 0],
  'store-restarted': [0.05, 1],
  'owner-and-leader': [0.1, 1.5],
  'store-failed-over': [0.2, 1.2],
};
const DELAY_MIN_MS = 10;
const ETCD_DELAY_MAX_MS = 400;
const STORE_DELAY_MAX_MS = 150;

/** Whom or what each kind strikes. */
const BLOWS: Readonly<Record<FaultKind, (drawn: Drawn) => Blow>> = {
  'node-killed': (drawn) => ({ kind: 'node-killed', node: drawn.mortal() }),
  'node-paused': (drawn) => ({ kind: 'node-paused', node: drawn.node() }),
  'node-restarted': (drawn) => ({ kind: 'node-restarted', node: drawn.mortal() }),
  'loop-blocked': (drawn) => ({ kind: 'loop-blocked', node: drawn.node() }),
  'clock-shifted': (drawn) => ({
    kind: 'clock-shifted',
    ...{ node: drawn.plan.clockNode, byMs: drawn.shiftMs() },
  }),
  'etcd-cut': (drawn) => ({ kind: 'etcd-cut', node: drawn.node(), how: drawn.any(CUTS) }),
  'etcd-slow': (drawn) => ({
    kind: 'etcd-slow',
    ...{ node: drawn.node(), delayMs: drawn.delayMs(ETCD_DELAY_MAX_MS) },
  }),
  'store-cut': (drawn) => ({ kind: 'store-cut', node: drawn.node(), how: drawn.any(CUTS) }),
  'store-slow': (drawn) => ({
    kind: 'store-slow',
    ...{ node: drawn.node(), delayMs: drawn.delayMs(STORE_DELAY_MAX_MS) },
  }),
  'member-killed': (drawn) => ({ kind: 'member-killed', member: drawn.member() }),
  'etcd-down': () => ({ kind: 'etcd-down' }),
  'etcd-wiped': () => ({ kind: 'etcd-wiped' }),
  'store-restarted': () => ({ kind: 'store-restarted' }),
  'owner-and-leader': (drawn) => ({ kind: 'owner-and-leader', node: drawn.mortal() }),
  'store-failed-over': () => ({ kind: 'store-failed-over' }),
};

/** Everything that a seed decides. */
class Drawn {
  readonly plan: SchedulePlan;
  readonly #random: Pick<Random, 'fraction'>;
  #round: FaultKind[] = [];

  constructor(plan: SchedulePlan) {
    this.plan = plan;
    this.#random = seededRandom(plan.seed);
  }

  calmMs(): number {
    return Math.round(CALM_MIN_MS + this.#random.fraction() * CALM_RANGE_MS);
  }

  blow(): Blow & { readonly forMs: number } {
    const kind = this.#kind();
    return { ...BLOWS[kind](this), forMs: this.#forMs(kind) };
  }

  node(): string {
    return this.any(this.plan.nodes);
  }

  /** A node that may end. */
  mortal(): string {
    return this.any(this.plan.nodes.filter((name) => name !== this.plan.spared));
  }

  /** The leader half of the time. */
  member(): number | 'leader' {
    const isLeader = this.#random.fraction() < 0.5;
    return isLeader ? 'leader' : Math.floor(this.#random.fraction() * MEMBERS);
  }

  delayMs(mostMs: number): number {
    return Math.round(DELAY_MIN_MS + this.#random.fraction() * (mostMs - DELAY_MIN_MS));
  }

  /** Half of the time less than is tolerated (2 s by default), else from a little more to a minute. */
  shiftMs(): number {
    const isSmall = this.#random.fraction() < 0.5;
    const share = this.#random.fraction();
    const byMs = Math.round(isSmall ? 200 + share * 1_300 : 3_000 * 20 ** share);
    return this.#random.fraction() < 0.5 ? -byMs : byMs;
  }

  any<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.#random.fraction() * items.length)];
    if (item === undefined) throw new Error('there is nothing to choose from');
    return item;
  }

  #kind(): FaultKind {
    if (this.#round.length === 0) this.#round = this.#shuffled(this.plan.kinds);
    const kind = this.#round.pop();
    if (kind === undefined) throw new Error('there is no kind of fault to choose from');
    return kind;
  }

  #shuffled(kinds: readonly FaultKind[]): FaultKind[] {
    return kinds
      .map((kind) => ({ kind, place: this.#random.fraction() }))
      .sort((a, b) => a.place - b.place)
      .map(({ kind }) => kind);
  }

  /** Mostly short: what is shorter than a session and what is longer are both to be met. */
  #forMs(kind: FaultKind): number {
    const [least, most] = TTLS[kind];
    return Math.round((least + (most - least) * this.#random.fraction() ** 2) * this.plan.ttlMs);
  }
}

/** A fault in a few words, for people. */
export function labelOf(strike: Blow & { readonly forMs: number }): string {
  const seconds = `${(strike.forMs / 1000).toFixed(1)} s`;
  const facts = [
    'node' in strike ? strike.node : '',
    'member' in strike ? memberText(strike.member) : '',
    'how' in strike ? strike.how : '',
    'delayMs' in strike ? `${strike.delayMs} ms` : '',
    'byMs' in strike ? `by ${(strike.byMs / 1000).toFixed(1)} s` : '',
    strike.forMs > 0 ? seconds : '',
  ];
  return [strike.kind, ...facts.filter((fact) => fact !== '')].join(' ');
}

function memberText(member: number | 'leader'): string {
  return member === 'leader' ? 'leader' : `m${member + 1}`;
}
