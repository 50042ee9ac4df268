import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { Rate, RateLimiter, RateVerdict } from '../../src/ports/rate-limiter.ts';

/** One way of counting. */
export interface RateLimiterSubject {
  readonly name: string;
  /** Nothing has been counted yet. */
  open(rate: Rate): Promise<RateLimiterFixture>;
}

interface RateLimiterFixture {
  readonly limiter: RateLimiter;
  /** Lets time pass. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Every rate limiter passes this suite. */
export function rateLimiterContract(subject: RateLimiterSubject): void {
  describe(`RateLimiter contract: ${subject.name}`, () => {
    let fixture: RateLimiterFixture;
    beforeEach(async () => {
      fixture = await subject.open({ requests: 3, perSeconds: 1 });
    });
    afterEach(() => fixture.close());

    async function take(count: number, key = 'a'): Promise<readonly RateVerdict['kind'][]> {
      const kinds: RateVerdict['kind'][] = [];
      for (let taken = 0; taken < count; taken += 1) {
        kinds.push((await fixture.limiter.take(key)).kind);
      }
      return kinds;
    }

    it('says what its rate is', () => {
      expect(fixture.limiter.rate).to.deep.equal({ requests: 3, perSeconds: 1 });
    });

    it('lets as many pass as the rate says, and no more', async () => {
      expect(await take(5)).to.deep.equal(['within', 'within', 'within', 'over', 'over']);
    });

    it('judges requests that come at once one after the other', async () => {
      const verdicts = await Promise.all(
        Array.from({ length: 10 }, () => fixture.limiter.take('a')),
      );

      expect(verdicts.filter(({ kind }) => kind === 'within')).to.have.length(3);
    });

    it('counts each key by itself', async () => {
      await take(4, 'a');

      expect(await take(4, 'b')).to.deep.equal(['within', 'within', 'within', 'over']);
    });

    it('tells without counting whether one more would be too many', async () => {
      expect(fixture.limiter.look('a')).to.deep.equal({ kind: 'within' });
      await take(2);
      expect(fixture.limiter.look('a')).to.deep.equal({ kind: 'within' });
      await take(1);

      const used = fixture.limiter.look('a');

      expect(used).to.have.property('retryInMs').within(1, 1_000);
      expect(fixture.limiter.look('b')).to.deep.equal({ kind: 'within' });
      await fixture.pass('retryInMs' in used ? used.retryInMs + 1 : 0);
      expect(fixture.limiter.look('a')).to.deep.equal({ kind: 'within' });
      expect(await take(4)).to.deep.equal(['within', 'within', 'within', 'over']);
    });

    it('says how long it will take, and begins anew then, however many were refused', async () => {
      await take(3);
      const first = await fixture.limiter.take('a');
      await fixture.pass(300);
      const later = await fixture.limiter.take('a');

      expect(first).to.have.property('retryInMs').within(1, 1_000);
      expect(later).to.have.property('retryInMs').within(1, 700);
      await fixture.pass('retryInMs' in later ? later.retryInMs + 1 : 0);
      expect(await take(4)).to.deep.equal(['within', 'within', 'within', 'over']);
    });
  });
}
