import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { assert } from '../../src/base/assert.ts';
import { hasCode } from '../../src/base/errors.ts';
import type {
  CapacityOrder,
  CapacityProvider,
  ProviderObservation,
  ProviderTarget,
} from '../../src/ports/provider.ts';

interface ProviderFixture {
  readonly provider: CapacityProvider;
  /** A group that has no servers yet. */
  readonly target: ProviderTarget;
  /** Another group with the same arguments. */
  readonly otherTarget: ProviderTarget;
  close(): Promise<void>;
}

export interface ProviderSubject {
  readonly name: string;
  open(): Promise<ProviderFixture>;
}

const NEVER = new AbortController().signal;
/** How often a provider that accepted an order is looked at before it counts as stuck. */
const LOOKS_MAX = 200;

/** An order with ordinary values. */
export function anOrder(desired: number, changes: Partial<CapacityOrder> = {}): CapacityOrder {
  return {
    desired,
    evicting: [],
    idempotencyKey: `group:${String(desired)}`,
    cause: undefined,
    token: { epoch: 1, revision: 7, claimId: 'claim' },
    ...changes,
  };
}

/** What a promise was rejected with; an error of its own where it was not. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error('was not rejected'),
    (error: unknown) => error,
  );
}

/** Every capacity provider passes this suite. A behaviour that is not here is not part of the port. */
export function providerContract(subject: ProviderSubject): void {
  describe(`CapacityProvider contract: ${subject.name}`, function () {
    this.timeout(30_000);
    let fixture: ProviderFixture;
    let provider: CapacityProvider;
    let target: ProviderTarget;
    beforeEach(async () => {
      fixture = await subject.open();
      ({ provider, target } = fixture);
    });
    afterEach(() => fixture.close());

    /** Looks until there are `count`, as the port lets an order be carried out after it was accepted. */
    async function reaches(count: number, of = target): Promise<ProviderObservation> {
      let seen = await provider.observe(of, NEVER);
      for (let looks = 1; seen.actual !== count && looks < LOOKS_MAX; looks += 1) {
        seen = await provider.observe(of, NEVER);
      }
      expect(seen.actual).to.equal(count);
      return seen;
    }

    it('finds nothing wrong with arguments that it can use', () => {
      expect(provider.check(target.args)).to.deep.equal([]);
    });

    it('says what is wrong with arguments that it cannot use', () => {
      expect(provider.check({})).to.have.lengthOf.above(0);
      expect(provider.check({ ...target.args, unheardOf: 1 })).to.deep.equal([
        { path: 'unheardOf', message: 'is not known' },
      ]);
    });

    it('counts nothing in a group that nothing was ordered for', async () => {
      expect(await provider.observe(target, NEVER)).to.deep.equal({ actual: 0, servers: [] });
    });

    it('reaches what is ordered, up and down and to nothing', async () => {
      for (const desired of [2, 3, 1, 0, 1]) {
        await provider.setCapacity(target, anOrder(desired), NEVER);

        await reaches(desired);
      }
    });

    it('names no server twice and none that it does not count', async () => {
      await provider.setCapacity(target, anOrder(3), NEVER);

      const { actual, servers } = await reaches(3);

      expect(new Set(servers.map(({ id }) => id)).size).to.equal(servers.length);
      expect(servers.length).to.be.at.most(actual);
    });

    describe('told that a server is to leave', () => {
      /** Has three servers, and gives their ids. */
      async function three(): Promise<readonly [string, string, string]> {
        await provider.setCapacity(target, anOrder(3), NEVER);
        const [a, b, c] = (await reaches(3)).servers.map(({ id }) => id);
        assert(a !== undefined && b !== undefined && c !== undefined, 'it names its servers');
        return [a, b, c];
      }

      async function idsAt(count: number): Promise<readonly string[]> {
        return (await reaches(count)).servers.map(({ id }) => id).sort();
      }

      const evicting = (...ids: readonly string[]): Partial<CapacityOrder> => ({
        evicting: ids.map((id) => ({ id, isPurged: true })),
      });

      it('says that it can', () => {
        expect(provider.evicts?.(target.args)).to.be.oneOf(['purged', 'any']);
      });

      it('has another in its place where as many are wanted', async () => {
        const [a, b, c] = await three();

        await provider.setCapacity(target, anOrder(3, evicting(b)), NEVER);

        const ids = await idsAt(3);
        expect(ids).to.include.members([a, c]).and.to.not.include(b);
      });

      it('keeps the others where one less is wanted', async () => {
        const [a, b, c] = await three();

        await provider.setCapacity(target, anOrder(2, evicting(c)), NEVER);

        expect(await idsAt(2)).to.deep.equal([a, b].sort());
      });

      it('stops others as well where fewer still are wanted', async () => {
        const [a, b, c] = await three();

        await provider.setCapacity(target, anOrder(1, evicting(c)), NEVER);

        expect([a, b]).to.include.members([...(await idsAt(1))]);
      });

      it('changes nothing when that is repeated, or it is told of one that is not there', async () => {
        const [, b] = await three();
        await provider.setCapacity(target, anOrder(3, evicting(b)), NEVER);
        const before = await reaches(3);

        await provider.setCapacity(target, anOrder(3, evicting(b)), NEVER);
        await provider.setCapacity(target, anOrder(3, evicting(b, 'nobody')), NEVER);

        expect(await provider.observe(target, NEVER)).to.deep.equal(before);
      });

      it('leaves servers of other groups alone', async () => {
        await provider.setCapacity(fixture.otherTarget, anOrder(1), NEVER);
        const other = await reaches(1, fixture.otherTarget);
        const ids = other.servers.map(({ id }) => id);

        await provider.setCapacity(target, anOrder(1, evicting(...ids)), NEVER);

        await reaches(1);
        expect(await provider.observe(fixture.otherTarget, NEVER)).to.deep.equal(other);
      });
    });

    it('changes nothing when an order is repeated', async () => {
      await provider.setCapacity(target, anOrder(2), NEVER);
      const before = await reaches(2);

      await provider.setCapacity(target, anOrder(2), NEVER);

      expect(await provider.observe(target, NEVER)).to.deep.equal(before);
    });

    it('ends at the last of orders that overtake one another', async () => {
      const orders = [3, 1, 4, 2].map((desired) =>
        provider.setCapacity(target, anOrder(desired), NEVER),
      );

      await Promise.all(orders);

      await reaches(2);
    });

    it('keeps groups apart', async () => {
      await Promise.all([
        provider.setCapacity(target, anOrder(2), NEVER),
        provider.setCapacity(fixture.otherTarget, anOrder(1), NEVER),
      ]);
      await provider.setCapacity(target, anOrder(0), NEVER);

      await reaches(0);
      await reaches(1, fixture.otherTarget);
    });

    it('rejects at once, and does nothing, where the signal has aborted', async () => {
      const gone = AbortSignal.abort(new Error('the term is over'));

      const rejections = await Promise.all([
        rejectionOf(provider.observe(target, gone)),
        rejectionOf(provider.setCapacity(target, anOrder(1), gone)),
      ]);

      for (const rejection of rejections) {
        expect(hasCode(rejection, 'provider-transient'), String(rejection)).to.equal(true);
        expect(String(rejection)).to.include('the term is over');
      }
      await reaches(0);
    });

    it('lets go of an order whose turn has not come when its signal aborts', async () => {
      const waiting = new AbortController();
      const first = provider.setCapacity(target, anOrder(2), NEVER);
      const second = rejectionOf(provider.setCapacity(target, anOrder(5), waiting.signal));

      waiting.abort(new Error('the term is over'));

      expect(hasCode(await second, 'provider-transient')).to.equal(true);
      await first;
      await reaches(2);
    });

    it('rejects as fatal what its arguments make impossible', async () => {
      const malformed = { ...target, args: { unheardOf: 1 } };

      const rejection = await rejectionOf(provider.setCapacity(malformed, anOrder(1), NEVER));

      expect(hasCode(rejection, 'provider-fatal'), String(rejection)).to.equal(true);
      expect(String(rejection)).to.include('args.unheardOf');
    });
  });
}
