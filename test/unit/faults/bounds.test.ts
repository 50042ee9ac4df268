import { expect } from 'chai';
import { describe, it } from 'mocha';
import { boundOf, NORMAL, whileMoving } from '../../faults/bounds.ts';
import { EVERY_KIND, isFaultKind } from '../../faults/kinds.ts';

describe('boundOf', () => {
  it('lets nothing be later than without a fault where claims need the store alone', () => {
    for (const kind of ['etcd-cut', 'etcd-down', 'etcd-slow', 'member-killed'] as const) {
      const { maxMs, mayMiss } = boundOf({ kind, forMs: 60_000 }, 5_000);
      expect({ kind, maxMs, mayMiss }).to.deep.equal({ kind, maxMs: NORMAL.maxMs, mayMiss: false });
    }
  });

  const bounds = {
    'node-killed': 6_000,
    'node-paused': 6_000,
    'owner-and-leader': 11_000,
    'store-restarted': 13_000,
  } as const;
  for (const [kind, maxMs] of Object.entries(bounds)) {
    it(`lets ${kind} of 3 s cost ${maxMs} ms where sessions last 5 s`, () => {
      if (!isFaultKind(kind)) throw new Error(`there is no ${kind}`);
      expect(boundOf({ kind, forMs: 3_000 }, 5_000).maxMs).to.equal(maxMs);
    });
  }

  it('lets occurrences be missed where the store itself was away, and nowhere else', () => {
    const missing = EVERY_KIND.filter((kind) => boundOf({ kind, forMs: 1_000 }, 5_000).mayMiss);

    expect(missing).to.deep.equal(['store-restarted']);
  });

  it('knows what each bound comes from', () => {
    for (const kind of EVERY_KIND) {
      const { maxMs, why } = boundOf({ kind, forMs: 1_000 }, 5_000);
      expect(maxMs, kind).to.be.greaterThan(0);
      expect(why, kind).not.to.equal('');
    }
  });
});

describe('whileMoving', () => {
  it('lets a partition be without an owner until others have found it so twice', () => {
    const strike = { kind: 'etcd-cut', forMs: 20_000 } as const;

    const { maxMs, mayMiss } = whileMoving(boundOf(strike, 5_000), strike);

    expect({ maxMs, mayMiss }).to.deep.equal({ maxMs: 6_500, mayMiss: false });
  });

  it('lets it be so for as long as nobody can find it', () => {
    const strike = { kind: 'etcd-down', forMs: 20_000 } as const;

    const { maxMs, mayMiss } = whileMoving(boundOf(strike, 5_000), strike);

    expect({ maxMs, mayMiss }).to.deep.equal({ maxMs: 26_500, mayMiss: true });
  });

  it('changes nothing of what may cost more anyway', () => {
    const strike = { kind: 'owner-and-leader', forMs: 1_000 } as const;
    const bound = boundOf(strike, 5_000);

    expect(whileMoving(bound, strike)).to.equal(bound);
  });
});
