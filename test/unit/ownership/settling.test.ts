import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { FencingToken, NodeId, PartitionId } from '../../../src/domain/ids.ts';
import { assignPartitions } from '../../../src/domain/partition/assign.ts';
import { allPartitions, regionOf } from '../../../src/domain/partition/partition-of.ts';
import { nextMoves } from '../../../src/ownership/moves.ts';
import type { CoordinationView, Member, OwnerKey } from '../../../src/ports/coordination.ts';

const layout = { regions: ['north', 'south', 'west'], count: 7 };
const partitions = allPartitions(layout);
const HAND_OVER_MAX = 2;
/** Rounds in which moves are carried out in part, and enough further ones for all partitions, two at a time. */
const ROUNDS = { partly: 3, fully: 13 };

type Change =
  | { readonly kind: 'join'; readonly name: number; readonly region: string }
  /** Dies, with what it owns; `isForgotten`: its region does not count as inhabited any more for it. */
  | { readonly kind: 'die'; readonly name: number; readonly isForgotten: boolean }
  | { readonly kind: 'drain'; readonly name: number }
  | { readonly kind: 'fitness'; readonly name: number; readonly unfitFor: readonly string[] };

const nameArbitrary = fc.nat(6);
const changeArbitrary: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constant('join' as const),
    name: nameArbitrary,
    region: fc.constantFrom(...layout.regions),
  }),
  fc.record({ kind: fc.constant('die' as const), name: nameArbitrary, isForgotten: fc.boolean() }),
  fc.record({ kind: fc.constant('drain' as const), name: nameArbitrary }),
  fc.record({
    kind: fc.constant('fitness' as const),
    name: nameArbitrary,
    unfitFor: fc.subarray(layout.regions),
  }),
);

/** A cluster whose nodes do what `nextMoves` says, one at a time, each on what it sees then. */
class Cluster {
  members = new Map<NodeId, Member>();
  homes = new Map<NodeId, string>();
  owners = new Map<PartitionId, OwnerKey>();
  #revision = 0;

  apply(change: Change): void {
    const node = `node-${change.name}` as NodeId;
    const member = this.members.get(node);
    switch (change.kind) {
      case 'join':
        if (member !== undefined) return;
        this.members.set(node, {
          ...{ node, region: change.region, address: 'http://host', version: '1' },
          ...{ isDraining: false, unfitFor: [] },
        });
        this.homes.set(node, change.region);
        return;
      case 'die':
        this.#end(node);
        if (change.isForgotten) this.homes.delete(node);
        return;
      case 'drain':
        if (member === undefined) return;
        this.members.set(node, { ...member, isDraining: true });
        this.homes.delete(node);
        return;
      case 'fitness':
        if (member !== undefined) this.members.set(node, { ...member, ...change });
    }
  }

  #end(node: NodeId): void {
    this.members.delete(node);
    for (const [partition, owner] of this.owners) {
      if (owner.node === node) this.owners.delete(partition);
    }
  }

  view(): CoordinationView {
    return {
      members: [...this.members.values()],
      owners: [...this.owners.values()],
      ...{ homes: new Set(this.homes.values()), drains: new Set<NodeId>(), epoch: 0 },
    };
  }

  /** Each node in turn reads and carries out; those whose coin says so carry out the first of their moves only. */
  round(isPartly: () => boolean): readonly PartitionId[] {
    const begun: PartitionId[] = [];
    for (const me of this.members.values()) {
      const moves = nextMoves({
        ...{ layout, view: this.view(), me, running: this.#termsOf(me.node) },
        ...{ keylessMs: new Map<PartitionId, number>(), strayAfterMs: 1 },
        ...{ quietMs: 1, quietMinMs: 0 },
        handOverMax: HAND_OVER_MAX,
      });
      expect(
        moves.filter(
          ({ kind, partition }) =>
            kind === 'hand-over' && !me.isDraining && !me.unfitFor.includes(regionOf(partition)),
        ).length,
      ).to.be.at.most(HAND_OVER_MAX);
      for (const { kind, partition } of isPartly() ? moves.slice(0, 1) : moves) {
        if (kind === 'hand-over' || kind === 'give-back') this.owners.delete(partition);
        if (kind !== 'campaign' || this.owners.has(partition)) continue;
        this.#revision += 1;
        const token = { epoch: 0, revision: this.#revision, claimId: 'claim' };
        this.owners.set(partition, { partition, node: me.node, token });
        begun.push(partition);
      }
    }
    return begun;
  }

  /** What the present members and owners come to in the end. */
  assigned(): ReadonlyMap<PartitionId, NodeId> {
    const { members: candidates, homes } = this.view();
    return assignPartitions({ layout, candidates, homes, owners: this.ownedBy() });
  }

  ownedBy(): ReadonlyMap<PartitionId, NodeId> {
    return new Map([...this.owners].map(([partition, { node }]) => [partition, node]));
  }

  #termsOf(node: NodeId): ReadonlyMap<PartitionId, FencingToken> {
    return new Map(
      [...this.owners.values()]
        .filter((owner) => owner.node === node)
        .map(({ partition, token }) => [partition, token]),
    );
  }
}

/** Changes one after another, each carried out in full or in part before the next. */
const historyArbitrary = fc.array(fc.tuple(changeArbitrary, fc.nat(3)), {
  minLength: 1,
  maxLength: 12,
});

/** Runs a history, and calls `check` after its last change, before anything of that is carried out. */
function run(
  history: readonly (readonly [Change, number])[],
  coins: Iterator<boolean>,
  check: (cluster: Cluster) => void,
): void {
  const cluster = new Cluster();
  for (const [index, [change, roundCount]] of history.entries()) {
    cluster.apply(change);
    if (index === history.length - 1) check(cluster);
    for (let round = 0; round < roundCount; round += 1) {
      cluster.round(() => coins.next().value === true);
    }
  }
}

describe('A cluster whose members come, go, drain and are unfit', () => {
  it('settles in what was assigned after the last change, each partition begun at most once on the way', () => {
    fc.assert(
      fc.property(historyArbitrary, fc.infiniteStream(fc.boolean()), (history, coins) => {
        run(history, coins, (cluster) => {
          const target = cluster.assigned();
          const before = cluster.ownedBy();
          const begun: PartitionId[] = [];
          for (let round = 0; round < ROUNDS.partly + ROUNDS.fully; round += 1) {
            const isPartly = (): boolean => round < ROUNDS.partly && coins.next().value === true;
            begun.push(...cluster.round(isPartly));
            expect([...cluster.assigned()].sort()).to.deep.equal([...target].sort());
          }

          const moved = partitions.filter(
            (partition) => target.has(partition) && target.get(partition) !== before.get(partition),
          );
          expect(begun.sort()).to.deep.equal(moved.sort());
          expect(cluster.round(() => false)).to.deep.equal([]);
          for (const [partition, node] of target) {
            expect(cluster.ownedBy().get(partition)).to.equal(node);
          }
        });
      }),
    );
  });

  it('keeps what nobody should have with whoever has it', () => {
    fc.assert(
      fc.property(historyArbitrary, fc.infiniteStream(fc.boolean()), (history, coins) => {
        run(history, coins, (cluster) => {
          const target = cluster.assigned();
          const before = cluster.ownedBy();
          cluster.round(() => false);
          for (const [partition, node] of before) {
            if (!target.has(partition)) {
              expect(cluster.ownedBy().get(partition)).to.equal(node);
            }
          }
        });
      }),
    );
  });

  it('balances each region within one, and moves no more partitions than that needs', () => {
    fc.assert(
      fc.property(historyArbitrary, fc.infiniteStream(fc.boolean()), (history, coins) => {
        run(history, coins, (cluster) => {
          const target = cluster.assigned();
          const owners = cluster.ownedBy();
          for (const region of layout.regions) {
            const own = partitions.filter((partition) => regionOf(partition) === region);
            const takers = takersOf(cluster, region);
            const counts = takers.map(
              (node) => own.filter((partition) => target.get(partition) === node).length,
            );
            expect(counts.reduce((sum, count) => sum + count, 0)).to.equal(
              takers.length === 0 ? 0 : layout.count,
            );
            if (takers.length === 0) continue;
            expect(Math.max(...counts) - Math.min(...counts)).to.be.at.most(1);
            const held = takers.map(
              (node) => own.filter((partition) => owners.get(partition) === node).length,
            );
            const moved = own.filter(
              (partition) => target.get(partition) !== owners.get(partition),
            );
            expect(moved).to.have.length(layout.count - mostKept(held));
          }
        });
      }),
    );
  });
});

/** Who may have a region's partitions: its own fit nodes or, where it is vacant, those of the first region that has any. */
function takersOf({ members, homes }: Cluster, region: string): readonly NodeId[] {
  const fit = [...members.values()].filter(
    ({ isDraining, unfitFor }) => !isDraining && !unfitFor.includes(region),
  );
  const isAwaited =
    [...homes.values()].includes(region) &&
    ![...members.values()].some((member) => member.region === region);
  const regions = isAwaited
    ? [region]
    : [region, ...layout.regions.filter((one) => one !== region)];
  for (const home of regions) {
    const nodes = fit.filter((member) => member.region === home).map(({ node }) => node);
    if (nodes.length > 0) return nodes;
  }
  return [];
}

/** The most that can stay, over all ways to share out evenly. */
function mostKept(held: readonly number[]): number {
  const floor = Math.floor(layout.count / held.length);
  const extra = layout.count % held.length;
  const beyond = held.filter((count) => count > floor).length;
  const atFloor = held.reduce((sum, count) => sum + Math.min(count, floor), 0);
  return atFloor + Math.min(beyond, extra);
}
