/** Carries a plan of faults out. */
import type { Random } from '../../../src/base/random.ts';
import { seededRandom } from '../../support/random.ts';
import type { FaultKind } from '../faults.ts';
import { PHASES } from './ambush.ts';
import type { PassingCall } from './ambush.ts';
import { ETCD } from './etcd-client.ts';
import type { EtcdCopy } from './etcd-server.ts';
import { drift, strikeRecord } from './hands.ts';
import type { LinkFault } from './network.ts';
import type { NodeSurroundings, SimNode } from './node.ts';
import { isNodeFault, strikeNode } from './node-faults.ts';
import { WAITS_MAX_MS } from './plan.ts';
import type { PlannedFault } from './plan.ts';
import { oneOf } from './settings.ts';
import type { StoreServer } from './store-server.ts';
import { stepMs } from './strike.ts';
import type { Begun, Strike } from './strike.ts';

type EtcdFault = Extract<FaultKind, `etcd-${string}`>;
type StoreFault = Extract<FaultKind, `store-${string}`>;
type LinkKind = Extract<FaultKind, `link-${string}` | 'requests-lost' | 'replies-lost'>;

function isLinkFault(what: FaultKind): what is LinkKind {
  return what.startsWith('link-') || what === 'requests-lost' || what === 'replies-lost';
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

  #schedule(fault: number, { what, beginsAtMs, lastsMs, waitsFor, seed }: PlannedFault): void {
    const { time } = this.#around;
    const random = seededRandom(seed);
    const prepared = this.#prepare(what, beginsAtMs, random);
    const strike = (call: PassingCall | undefined): void => {
      this.#begin(fault, { what, random, lastsMs, call, copy: prepared.copy });
    };
    time.after(beginsAtMs, () => {
      if (waitsFor === undefined) strike(undefined);
      else this.#await(waitsFor, { what, random, strike });
    });
  }

  /** Strikes when such a call has come to some point: a link before the message that it is to take, all else after it. */
  #await(
    operation: string,
    fault: {
      readonly what: FaultKind;
      readonly random: Random;
      readonly strike: (call: PassingCall | undefined) => void;
    },
  ): void {
    const { time, ambushes } = this.#around;
    const { what, random, strike } = fault;
    const phase = isLinkFault(what) ? 'leaving' : oneOf(random, PHASES);
    const giveUp = time.after(WAITS_MAX_MS, () => {
      callOff();
      strike(undefined);
    });
    const callOff = ambushes.lay(operation, phase, (call) => {
      giveUp.cancel();
      if (isLinkFault(what)) strike(call);
      else
        time.after(0, () => {
          strike(call);
        });
    });
  }

  #begin(fault: number, strike: Strike): void {
    const { time, log } = this.#around;
    const { what, lastsMs } = strike;
    const begun = this.#strike(strike);
    if (begun === undefined) return; // there is nothing left that it could strike
    const { end, ...about } = begun;
    log.add({ kind: 'fault.began', fault, what, ...about });
    const uncount = this.#count(what, begun);
    time.after(lastsMs, () => {
      end();
      uncount();
      log.add({ kind: 'fault.ended', fault, what, ...about });
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

  #strike({ what, random, lastsMs, copy, call }: Strike): Begun | undefined {
    if (isNodeFault(what)) return strikeNode(this.#around, this.#nodes, { what, random, call });
    if (isEtcdFault(what)) return this.#strikeEtcd(what, copy);
    if (isStoreFault(what)) return this.#strikeStore(what, { random, lastsMs, call });
    if (isLinkFault(what)) return this.#strikeLink(what, random, call);
    switch (what) {
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
      case 'provider-forgetful':
        return { end: this.#around.fleet.disturb(what) };
    }
  }

  #strikeLink(what: LinkKind, random: Random, call: PassingCall | undefined): Begun {
    const node = call?.node ?? oneOf(random, this.#nodes).name;
    const server = call?.server ?? oneOf(random, [ETCD, ...this.#around.stores.keys()]);
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

  #strikeStore(
    what: StoreFault,
    { random, lastsMs, call }: Pick<Strike, 'random' | 'lastsMs' | 'call'>,
  ): Begun | undefined {
    const { stores } = this.#around;
    const server = stores.get(call?.server ?? '') ?? oneOf(random, [...stores.values()]);
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
    // A replica of a store that is empty for now would come back empty, and for good.
    if (!server.isUp || !server.isReplicated || !server.isWhole) return undefined;
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
