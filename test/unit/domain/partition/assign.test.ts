import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';

import type { NodeId, PartitionId } from '../../../../src/domain/ids.ts';
import { assignPartitions } from '../../../../src/domain/partition/assign.ts';
import type { AssignmentInput, Candidate } from '../../../../src/domain/partition/assign.ts';
import { allPartitions } from '../../../../src/domain/partition/partition-of.ts';

type Owners = ReadonlyMap<PartitionId, NodeId>;

const layout = { regions: ['north', 'south', 'west'], count: 16 };
const partitions = allPartitions(layout);

function aCandidate(name: string, facts: Partial<Candidate> = {}): Candidate {
  return { node: name as NodeId, region: 'north', isDraining: false, unfitFor: [], ...facts };
}

function anInput(facts: Partial<AssignmentInput>): AssignmentInput {
  const candidates = facts.candidates ?? [];
  const homes = new Set(candidates.filter((one) => !one.isDraining).map(({ region }) => region));
  return { layout, candidates, homes, owners: new Map(), ...facts };
}

function regionOf(partition: PartitionId): string {
  return partition.split('/')[0] ?? '';
}

function loads(assigned: Owners, region: string): readonly number[] {
  const counts = new Map<NodeId, number>();
  for (const [partition, node] of assigned) {
    if (regionOf(partition) === region) counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  return [...counts.values()];
}

function movesBetween(owners: Owners, assigned: Owners): readonly PartitionId[] {
  return [...assigned].flatMap(([partition, node]) =>
    owners.get(partition) === node ? [] : [partition],
  );
}

/** Nodes of three regions, some on their way out, some unfit. */
const candidatesArbitrary = fc
  .uniqueArray(
    fc.record({
      node: fc.integer({ min: 0, max: 30 }).map((index) => `node-${String(index)}` as NodeId),
      region: fc.constantFrom(...layout.regions),
      isDraining: fc.boolean().map((flag) => flag),
      unfitFor: fc.subarray(layout.regions, { maxLength: 1 }),
    }),
    { selector: ({ node }) => node, maxLength: 9 },
  )
  .map((candidates): readonly Candidate[] => candidates);

const inputArbitrary = fc
  .tuple(
    candidatesArbitrary,
    fc.array(fc.integer({ min: -1, max: 8 }), { minLength: 48, maxLength: 48 }),
  )
  .map(([candidates, picks]) => {
    const owners = new Map<PartitionId, NodeId>();
    for (const [index, partition] of partitions.entries()) {
      const node = candidates[picks[index] ?? -1]?.node;
      if (node !== undefined) owners.set(partition, node);
    }
    return anInput({ candidates, owners });
  });

describe('assignPartitions', () => {
  it("gives a region's partitions to its own nodes", () => {
    const assigned = assignPartitions(
      anInput({ candidates: [aCandidate('n'), aCandidate('s', { region: 'south' })] }),
    );

    expect(assigned.get('north/3' as PartitionId)).to.equal('n');
    expect(assigned.get('south/3' as PartitionId)).to.equal('s');
  });

  it('gives the partitions of a vacant region to the first other region that has fit nodes', () => {
    const assigned = assignPartitions(
      anInput({
        candidates: [aCandidate('w', { region: 'west' }), aCandidate('s', { region: 'south' })],
      }),
    );

    expect(loads(assigned, 'north')).to.deep.equal([16]);
    expect(assigned.get('north/0' as PartitionId)).to.equal('s');
  });

  it('waits for the nodes of a region that vanished while their home key is there', () => {
    const assigned = assignPartitions(
      anInput({
        candidates: [aCandidate('s', { region: 'south' })],
        homes: new Set(['north', 'south', 'west']),
      }),
    );

    expect(loads(assigned, 'north')).to.deep.equal([]);
  });

  it('takes a region none of whose nodes is fit for vacant, though its home key is there', () => {
    const assigned = assignPartitions(
      anInput({
        candidates: [
          aCandidate('n', { unfitFor: ['north'] }),
          aCandidate('s', { region: 'south' }),
        ],
        homes: new Set(['north', 'south']),
      }),
    );

    expect(loads(assigned, 'north')).to.deep.equal([16]);
    expect(assigned.get('north/0' as PartitionId)).to.equal('s');
  });

  it('gives nothing to a node that is draining', () => {
    const assigned = assignPartitions(
      anInput({ candidates: [aCandidate('a', { isDraining: true }), aCandidate('b')] }),
    );

    expect([...assigned.values()]).not.to.include('a');
  });

  it('leaves out what nobody can take, so that its owner keeps it', () => {
    expect(assignPartitions(anInput({ candidates: [] })).size).to.equal(0);
  });

  it('keeps loads within one', () => {
    fc.assert(
      fc.property(inputArbitrary, (input) => {
        const assigned = assignPartitions(input);
        for (const region of layout.regions) {
          const counts = loads(assigned, region);
          if (counts.length > 0) {
            expect(Math.max(...counts) - Math.min(...counts)).to.be.at.most(1);
          }
        }
      }),
    );
  });

  it('assigns all partitions of a region or none', () => {
    fc.assert(
      fc.property(inputArbitrary, (input) => {
        const assigned = assignPartitions(input);
        for (const region of layout.regions) {
          const count = [...assigned.keys()].filter((one) => regionOf(one) === region).length;
          expect(count).to.be.oneOf([0, 16]);
        }
      }),
    );
  });

  it('moves no more partitions than the balance needs', () => {
    fc.assert(
      fc.property(inputArbitrary, (input) => {
        const assigned = assignPartitions(input);
        for (const region of layout.regions) {
          const takers = new Set(
            [...assigned].filter(([one]) => regionOf(one) === region).map(([, node]) => node),
          );
          if (takers.size === 0) continue;
          const moved = movesBetween(input.owners, assigned).filter(
            (one) => regionOf(one) === region,
          );
          expect(moved.length).to.equal(fewestMoves(input.owners, region, takers));
        }
      }),
    );
  });

  it('settles at once: carried out, it changes nothing more', () => {
    fc.assert(
      fc.property(inputArbitrary, (input) => {
        const assigned = assignPartitions(input);
        const owners = new Map([...input.owners, ...assigned]);
        expect(movesBetween(owners, assignPartitions({ ...input, owners }))).to.deep.equal([]);
      }),
    );
  });

  it('is not changed by carrying out a part of it', () => {
    fc.assert(
      fc.property(inputArbitrary, fc.infiniteStream(fc.boolean()), (input, coins) => {
        const assigned = assignPartitions(input);
        const owners = new Map(input.owners);
        for (const partition of movesBetween(input.owners, assigned)) {
          const node = assigned.get(partition);
          if (coins.next().value === true && node !== undefined) owners.set(partition, node);
        }
        const again = assignPartitions({ ...input, owners });
        expect([...again].sort()).to.deep.equal([...assigned].sort());
      }),
    );
  });

  it('does not depend on the order in which nodes are listed', () => {
    fc.assert(
      fc.property(inputArbitrary, (input) => {
        const reversed = { ...input, candidates: input.candidates.toReversed() };
        expect([...assignPartitions(reversed)].sort()).to.deep.equal(
          [...assignPartitions(input)].sort(),
        );
      }),
    );
  });
});

/** By counting: every taker may keep as many as its share, and the shares that are one larger go where they save a move. */
function fewestMoves(owners: Owners, region: string, takers: ReadonlySet<NodeId>): number {
  const held = [...takers].map(
    (node) =>
      partitions.filter((one) => regionOf(one) === region && owners.get(one) === node).length,
  );
  const floor = Math.floor(16 / takers.size);
  const extra = 16 % takers.size;
  const keptAtFloor = held.reduce((sum, count) => sum + Math.min(count, floor), 0);
  const keptBeyond = Math.min(held.filter((count) => count > floor).length, extra);
  return 16 - keptAtFloor - keptBeyond;
}
