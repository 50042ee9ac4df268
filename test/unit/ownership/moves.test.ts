import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { FencingToken, NodeId, PartitionId } from '../../../src/domain/ids.ts';
import { nextMoves } from '../../../src/ownership/moves.ts';
import type { MovesInput } from '../../../src/ownership/moves.ts';
import type { CoordinationView, Member } from '../../../src/ports/coordination.ts';

const P0 = 'north/0' as PartitionId;
const P1 = 'north/1' as PartitionId;
const TOKEN: FencingToken = { epoch: 1, revision: 7, claimId: 'mine' };

function aMember(name: string, facts: Partial<Member> = {}): Member {
  return {
    ...{ node: name as NodeId, region: 'north', address: `http://${name}`, version: '1' },
    ...{ isDraining: false, unfitFor: [] },
    ...facts,
  };
}

function owned(partition: PartitionId, name: string, token = TOKEN): CoordinationView['owners'][0] {
  return { partition, node: name as NodeId, token };
}

function anInput(
  facts: Partial<Omit<MovesInput, 'view'>> & { readonly view?: Partial<CoordinationView> },
): MovesInput {
  const me = facts.me ?? aMember('me');
  return {
    layout: { regions: ['north', 'south'], count: 2 },
    running: new Map(),
    keylessMs: new Map(),
    strayAfterMs: 2_000,
    quietMs: 10_000,
    quietMinMs: 5_000,
    handOverMax: 1,
    ...facts,
    me,
    view: {
      members: [me],
      owners: [],
      homes: new Set(['north', 'south']),
      drains: new Set(),
      epoch: 1,
      ...facts.view,
    },
  };
}

const running = new Map([
  [P0, TOKEN],
  [P1, TOKEN],
]);
const mine = [owned(P0, 'me'), owned(P1, 'me')];

describe('nextMoves', () => {
  it('campaigns for what nobody holds and this node should', () => {
    expect(nextMoves(anInput({}))).to.deep.equal([
      { kind: 'campaign', partition: P0 },
      { kind: 'campaign', partition: P1 },
    ]);
  });

  it('takes up a key of its own that it does not work on', () => {
    const view = { owners: [owned(P0, 'me'), owned(P1, 'other')] };

    expect(nextMoves(anInput({ view }))).to.deep.equal([
      { kind: 'take-up', partition: P0, token: TOKEN },
    ]);
  });

  it('gives back a key of its own that it is not to work on, where another node can', () => {
    for (const facts of [{ unfitFor: ['north'] }, { isDraining: true }]) {
      const me = aMember('me', facts);
      const view = { members: [me, aMember('other')], owners: [owned(P0, 'me')] };

      expect(nextMoves(anInput({ me, view }))).to.deep.include({
        ...{ kind: 'give-back', partition: P0, token: TOKEN },
      });
    }
  });

  it('leaves a key of its own alone under which it cannot work, where nobody else can either', () => {
    const me = aMember('me', { unfitFor: ['north'] });

    expect(nextMoves(anInput({ me, view: { members: [me], owners: mine } }))).to.deep.equal([]);
  });

  it('takes up a key of its own that nobody else can, though it is draining', () => {
    const me = aMember('me', { isDraining: true });
    const moves = nextMoves(anInput({ me, view: { members: [me], owners: mine } }));

    expect(moves.map(({ kind }) => kind)).to.deep.equal(['take-up', 'take-up']);
  });

  it("ends a term whose key is gone, another node's, or of another claim", () => {
    const newer = { ...TOKEN, revision: 8 };

    expect(nextMoves(anInput({ running }))).to.deep.equal([
      { kind: 'end', partition: P0 },
      { kind: 'end', partition: P1 },
    ]);
    const view = { owners: [owned(P0, 'other'), owned(P1, 'me', newer)] };
    expect(nextMoves(anInput({ running, view }))).to.deep.equal([
      { kind: 'end', partition: P0 },
      { kind: 'end', partition: P1 },
    ]);
  });

  describe('handing over', () => {
    const members = [aMember('me'), aMember('other')];

    it('gives a node that joined its share', () => {
      const moves = nextMoves(anInput({ running, view: { members, owners: mine } }));

      expect(moves.map(({ kind }) => kind)).to.deep.equal(['hand-over']);
    });

    it('waits until members have settled', () => {
      const input = anInput({ running, quietMs: 4_999, view: { members, owners: mine } });

      expect(nextMoves(input)).to.deep.equal([]);
    });

    it('gives away no more at once than it may', () => {
      const others = ['a', 'b', 'c'].map((name) => aMember(name));
      const me = aMember('me', { region: 'south' });
      const view = { members: [me, ...others], owners: mine };

      const moves = nextMoves(anInput({ me, running, view }));

      expect(moves.filter(({ kind }) => kind === 'hand-over')).to.have.length(1);
    });

    it('gives away everything at once when it is draining', () => {
      const me = aMember('me', { isDraining: true });
      const view = { members: [me, aMember('other')], owners: mine };

      expect(nextMoves(anInput({ me, running, quietMs: 0, view }))).to.have.length(2);
    });

    it('gives away everything at once of a region whose store it cannot reach', () => {
      const me = aMember('me', { unfitFor: ['north'] });
      const view = { members: [me, aMember('other')], owners: mine };

      expect(nextMoves(anInput({ me, running, quietMs: 0, view }))).to.have.length(2);
    });

    it('keeps what nobody else can take, though it is unfit or draining', () => {
      for (const facts of [{ unfitFor: ['north'] }, { isDraining: true }]) {
        const me = aMember('me', facts);
        const input = anInput({ me, running, view: { members: [me], owners: mine } });

        expect(nextMoves(input)).to.deep.equal([]);
      }
    });
  });

  describe('what is assigned to a node that does not come', () => {
    const members = [aMember('me'), aMember('absent')];

    function movesAfter(ms: number, me = aMember('me')): readonly string[] {
      const keylessMs = new Map([
        [P0, ms],
        [P1, ms],
      ]);
      const view = { members: [me, ...members.slice(1)] };
      return nextMoves(anInput({ me, keylessMs, view })).map(({ partition }) => partition);
    }

    it('is left to it for as long as it may be on its way', () => {
      expect(movesAfter(1_999)).to.have.length(1);
    });

    it('is campaigned for after that', () => {
      expect(movesAfter(2_000)).to.deep.equal([P0, P1]);
    });

    it('is campaigned for by a node that drains only where there is no other', () => {
      const me = aMember('me', { isDraining: true });
      const keylessMs = new Map([[P0, 2_000]]);

      const moves = nextMoves(anInput({ me, keylessMs, view: { members: [me] } }));

      expect(moves).to.deep.equal([{ kind: 'campaign', partition: P0 }]);
    });

    it('is not campaigned for by a node that is draining or unfit', () => {
      expect(movesAfter(2_000, aMember('me', { isDraining: true }))).to.deep.equal([]);
      expect(movesAfter(2_000, aMember('me', { unfitFor: ['north'] }))).to.deep.equal([]);
    });

    it('is not campaigned for by a node of another region while its own has fit nodes', () => {
      const me = aMember('me', { region: 'south' });

      expect(
        movesAfter(2_000, me).filter((partition) => partition.startsWith('north')),
      ).to.deep.equal([]);
    });
  });
});
