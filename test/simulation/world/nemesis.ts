/** Carries a plan of faults out. */
import type { Random } from '../../../src/base/random.ts';
import { seededRandom } from '../../support/random.ts';
import type { FaultKind } from '../faults.ts';
import { ETCD } from './etcd-client.ts';
import type { EtcdCopy } from './etcd-server.ts';
import { drift, strikeRecord } from './hands.ts';
import type { LinkFault } from './network.ts';
import type { NodeSurroundings, SimNode } from './node.ts';
import type { PlannedFault } from './plan.ts';
import { oneOf } from './settings.ts';
import type { StoreServer } from './store-server.ts';

/** What a fault has become about, and what ends it. */
interface Begun {
  readonly node?: string;
  readonly store?: string;
  readonly groupId?: string;
  readonly policyId?: string;
  readonly detail?: string;
  readonly end: () => void;
}

type NodeFault = Extract<FaultKind, `node-${string}`>;
type EtcdFault = Extract<FaultKind, `etcd-${string}`>;
type StoreFault = Extract<FaultKind, `store-${string}`>;
type LinkKind = Extract<FaultKind, `link-${string}` | `${string}s-lost`>;

function isNodeFault(what: FaultKind): what is NodeFault {
  return what.startsWith('node-');
}

function isEtcdFault(what: FaultKind): what is EtcdFault {
  return what.startsWith('etcd-');
}

function isStoreFault(what: FaultKind): what is StoreFault {
  return what.startsWith('store-');
}

const COUNTED = { kind: 'counted' } as const;
const NOTHING = (): void => undefined;
/** How far back the copy is from which etcd is restored, at most. */
const BACKUP_AGE_MAX_MS = 600_000;
/** How long it takes until a replica has taken a dead primary's place. */
const PROMOTION_MS = 3_000;

export class Nemesis {
  readonly #around: NodeSurroundings;
  readonly #nodes: readonly SimNode[];

  constructor(around: NodeSurroundings, nodes: readonly SimNode[]) {
    this.#around = around;
    this.#nodes = nodes;
  }

  /** Plans every fault in time. */
  begin(plan: readonly PlannedFault[]): void {
    for (const [fault, planned] of plan.entries()) this.#schedule(fault, planned);
  }

  #schedule(fault: number, { what, beginsAtMs, lastsMs, seed }: PlannedFault): void {
    const { time, log } = this.#around;
    const random = seededRandom(seed);
    const prepared = this.#prepare(what, beginsAtMs, random);
    time.after(beginsAtMs, () => {
      const begun = this.#strike(what, { random, lastsMs, copy: prepared.copy });
      if (begun === undefined) return; // there is nothing left that it could strike
      const { end, ...about } = begun;
      log.add({ kind: 'fault.began', fault, what, ...about });
      const uncount = this.#count(what, begun);
      time.after(lastsMs, () => {
        end();
        uncount();
        log.add({ kind: 'fault.ended', fault, what, ...about });
      });
    });
  }

  /** Counts the calls to what the fault is about, where it is no link that knows of it. */
  #count(what: FaultKind, { node, store }: Begun): () => void {
    const { network, log } = this.#around;
    if (what.startsWith('etcd-')) {
      return network.disturb({ what, node: undefined, server: ETCD, effect: COUNTED });
    }
    if (what.startsWith('store-')) {
      return network.disturb({ what, node: undefined, server: store, effect: COUNTED });
    }
    if (what.startsWith('node-clock-')) {
      return network.disturb({ what, node, server: undefined, effect: COUNTED });
    }
    if (['due-entry-lost', 'record-poisoned', 'provider-drifted'].includes(what)) {
      log.strike(what, 'data');
    }
    return NOTHING;
  }

  /** What has to be done before the fault strikes. */
  #prepare(what: FaultKind, beginsAtMs: number, random: Random): { copy: EtcdCopy | undefined } {
    const prepared: { copy: EtcdCopy | undefined } = { copy: undefined };
    if (what === 'etcd-restored') {
      const backedUpAtMs = Math.max(60_000, beginsAtMs - random.fraction() * BACKUP_AGE_MAX_MS);
      this.#around.time.after(backedUpAtMs, () => {
        prepared.copy = this.#around.etcd.copy();
      });
    }
    return prepared;
  }

  #strike(
    what: FaultKind,
    how: {
      readonly random: Random;
      readonly lastsMs: number;
      readonly copy: EtcdCopy | undefined;
    },
  ): Begun | undefined {
    const { random, lastsMs, copy } = how;
    if (isNodeFault(what)) return this.#strikeNode(what, random);
    if (isEtcdFault(what)) return this.#strikeEtcd(what, copy);
    if (isStoreFault(what)) return this.#strikeStore(what, random, lastsMs);
    switch (what) {
      case 'link-cut':
      case 'requests-lost':
      case 'replies-lost':
      case 'link-slow':
      case 'link-lossy':
        return this.#strikeLink(what, random);
      case 'watches-silent':
        return { end: this.#silence({ what, server: ETCD, node: undefined }) };
      case 'wakes-silent': {
        const store = oneOf(random, [...this.#around.stores.values()]).name;
        return { store, end: this.#silence({ what, server: store, node: undefined }) };
      }
      case 'due-entry-lost':
      case 'record-poisoned':
        return strikeRecord(this.#around, what, random);
      case 'provider-drifted':
        return drift(this.#around, random);
      case 'provider-down':
      case 'provider-slow':
      case 'provider-ambiguous':
      case 'provider-throttling':
      case 'provider-refusing':
        return { end: this.#around.fleet.disturb(what) };
    }
  }

  #strikeNode(what: NodeFault, random: Random): Begun | undefined {
    const running = this.#nodes.filter(({ process }) => process?.isFrozen === false);
    if (running.length === 0) return undefined;
    const node = oneOf(random, running);
    const { machine, name, process } = node;
    const { network } = this.#around;
    if (process !== undefined && !what.startsWith('node-clock-')) network.befall(what, process);
    switch (what) {
      case 'node-killed':
        node.kill();
        return {
          node: name,
          end: () => {
            node.start();
          },
        };
      case 'node-frozen':
        node.freeze();
        return {
          node: name,
          end: () => {
            node.wake();
          },
        };
      case 'node-suspended':
        node.freeze();
        machine.suspend();
        return {
          node: name,
          end: () => {
            machine.resume();
            node.wake();
          },
        };
      case 'node-restarted': {
        node.leave(() => {
          node.start();
        });
        return { node: name, end: NOTHING };
      }
      case 'node-clock-stepped': {
        const byMs = stepMs(random);
        machine.step(byMs);
        return {
          node: name,
          detail: `${String(byMs)} ms`,
          end: () => {
            machine.step(-byMs);
          },
        };
      }
      case 'node-clock-drifts': {
        const rate = 1 + (random.fraction() - 0.5) / 10;
        machine.drift(rate);
        const skewMs = machine.wallMs() - this.#around.time.nowMs;
        const end = (): void => {
          machine.drift(1);
          machine.step(skewMs - (machine.wallMs() - this.#around.time.nowMs));
        };
        return { node: name, detail: `rate ${String(rate)}`, end };
      }
    }
  }

  #strikeLink(what: LinkKind, random: Random): Begun {
    const node = oneOf(random, this.#nodes).name;
    const server = oneOf(random, [ETCD, ...this.#around.stores.keys()]);
    const effects = {
      'link-cut': { kind: 'lose', direction: 'both' },
      'requests-lost': { kind: 'lose', direction: 'requests' },
      'replies-lost': { kind: 'lose', direction: 'replies' },
      'link-slow': { kind: 'slow', byMs: 200 + random.fraction() * 6_000 },
      'link-lossy': { kind: 'unreliable', share: 0.1 + random.fraction() * 0.3, byMs: 90_000 },
    } as const;
    const end = this.#around.network.disturb({ what, node, server, effect: effects[what] });
    return { node, ...(server === ETCD ? {} : { store: server }), detail: server, end };
  }

  /** Only what servers tell unasked gets lost. */
  #silence(where: Omit<LinkFault, 'effect'>): () => void {
    return this.#around.network.silence(where);
  }

  #strikeEtcd(what: EtcdFault, copy: EtcdCopy | undefined): Begun | undefined {
    const { etcd } = this.#around;
    if (!etcd.isUp) return undefined;
    etcd.stop();
    switch (what) {
      case 'etcd-wiped':
        return {
          end: () => {
            etcd.start();
            etcd.wipe();
          },
        };
      case 'etcd-restored':
        return {
          end: () => {
            etcd.start();
            if (copy !== undefined) etcd.restore(copy);
          },
        };
      case 'etcd-down':
      case 'etcd-election':
        return {
          end: () => {
            etcd.start();
          },
        };
    }
  }

  #strikeStore(what: StoreFault, random: Random, lastsMs: number): Begun | undefined {
    const server = oneOf(random, [...this.#around.stores.values()]);
    const { name: store } = server;
    if (what === 'store-clock-stepped') {
      const byMs = stepMs(random);
      server.clock.step(byMs);
      return {
        store,
        detail: `${String(byMs)} ms`,
        end: () => {
          server.clock.step(-byMs);
        },
      };
    }
    if (!server.isUp || !server.isReplicated) return undefined;
    switch (what) {
      case 'store-failed-over':
        return { store, end: this.#failOver(server, lastsMs) };
      case 'store-emptied': {
        const copy = server.copy();
        server.empty();
        return {
          store,
          end: () => {
            server.replaceBy(copy);
          },
        };
      }
      case 'store-down':
      case 'store-restarted':
        server.isUp = false;
        return {
          store,
          end: () => {
            server.restart();
          },
        };
    }
  }

  /** The replica gets nothing any more, then the primary dies, and then the replica is in its place. */
  #failOver(server: StoreServer, lastsMs: number): () => void {
    const copy = server.copy();
    server.isReplicated = false;
    this.#around.time.after(Math.max(0, lastsMs - PROMOTION_MS), () => {
      server.isUp = false;
    });
    return () => {
      server.isReplicated = true;
      server.replaceBy(copy);
    };
  }
}

/** Small ones, which nobody may notice, as often as large ones. */
function stepMs(random: Random): number {
  const sign = random.fraction() < 0.5 ? -1 : 1;
  const size =
    random.fraction() < 0.5 ? 200 + random.fraction() * 1_000 : 3_000 * 40 ** random.fraction();
  return sign * Math.round(size);
}
