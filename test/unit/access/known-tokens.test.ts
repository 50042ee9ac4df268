import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import {
  createMemoryTokenState,
  MemoryTokenRegistry,
} from '../../../src/adapters/memory/token-registry.ts';
import type { MemoryTokenState } from '../../../src/adapters/memory/token-registry.ts';
import { KnownTokens } from '../../../src/access/known-tokens.ts';
import { keepTokensKnown } from '../../../src/access/run.ts';
import { digestOf } from '../../../src/access/secret.ts';
import { plusMs } from '../../../src/base/clock.ts';
import { LutraError } from '../../../src/base/errors.ts';
import type { AccessToken } from '../../../src/domain/access/access-token.ts';
import type { LutraEvent } from '../../../src/ports/observe.ts';
import type { TokenList } from '../../../src/ports/token-registry.ts';
import { anAccessToken } from '../../support/access-tokens.ts';
import { START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { seededRandom } from '../../support/random.ts';

const SECRET = 'lutra_one';
const AWAY = new LutraError('coordination-unavailable', 'no answer');

function tokenFor(secret: string, fields: Partial<AccessToken> = {}): AccessToken {
  return anAccessToken({ id: secret, digest: digestOf(secret), ...fields });
}

describe('KnownTokens', () => {
  let state: MemoryTokenState;
  let registry: MemoryTokenRegistry;
  let clock: FakeClock;
  let events: LutraEvent[];
  /** What is put in the way of the next lists. */
  let onList: () => Promise<void>;
  beforeEach(() => {
    state = createMemoryTokenState();
    registry = new MemoryTokenRegistry(state);
    clock = new FakeClock(START);
    events = [];
    onList = () => Promise.resolve();
  });

  function deps() {
    return {
      registry: {
        list: async (): Promise<TokenList> => {
          const found = await registry.list();
          await onList();
          return found;
        },
        watch: (onChange: () => void) => registry.watch(onChange),
      },
      clock,
      observe: (event: LutraEvent) => void events.push(event),
      random: seededRandom(1),
    };
  }

  it('knows the bearer of a token that is stored, and nobody else', async () => {
    await registry.put(tokenFor(SECRET, { name: 'ci', role: 'operator' }), 9);
    const known = await KnownTokens.open(deps());

    expect(await known.check(SECRET)).to.deep.equal({
      kind: 'known',
      principal: {
        ...{ name: 'ci', role: 'operator', tenants: 'all' },
        credential: { kind: 'token', id: tokenFor(SECRET).id },
      },
    });
    expect(await known.check('lutra_two')).to.deep.equal({ kind: 'unknown' });
    expect(await known.check(digestOf(SECRET))).to.deep.equal({ kind: 'unknown' });
  });

  it('refuses a token from the instant on at which it ends', async () => {
    await registry.put(tokenFor(SECRET, { expiresAt: plusMs(START, 1_000) }), 9);
    const known = await KnownTokens.open(deps());

    await clock.advance(999);
    expect((await known.check(SECRET)).kind).to.equal('known');
    await clock.advance(1);
    expect((await known.check(SECRET)).kind).to.equal('expired');
  });

  it('rejects where there is none to be read at the start', async () => {
    onList = () => Promise.reject(AWAY);

    const error = await KnownTokens.open(deps()).catch((thrown: unknown) => thrown);

    expect(error).to.equal(AWAY);
  });

  it('keeps what it did itself through a list that was read before', async () => {
    await registry.put(tokenFor('lutra_revoked'), 9);
    const known = await KnownTokens.open(deps());
    const added = tokenFor('lutra_added');
    onList = async () => {
      onList = () => Promise.resolve();
      await registry.put(added, 9);
      known.add(added);
      await registry.remove('lutra_revoked');
      known.remove('lutra_revoked');
    };

    await known.read();

    expect((await known.check('lutra_added')).kind).to.equal('known');
    expect((await known.check('lutra_revoked')).kind).to.equal('unknown');
  });

  it('tells once of a record that it cannot read, and knows the others', async () => {
    state.records.set('x', 'no token');
    await registry.put(tokenFor(SECRET), 9);
    const known = await KnownTokens.open(deps());
    await known.read();

    expect((await known.check(SECRET)).kind).to.equal('known');
    expect(events.map(({ event }) => event)).to.deep.equal(['loop.failed']);
  });

  describe('kept up to date', () => {
    it('hears of tokens that others make and revoke', async () => {
      const known = await KnownTokens.open(deps());
      const end = new AbortController();
      const running = keepTokensKnown(known, deps(), end.signal);

      await new MemoryTokenRegistry(state).put(tokenFor(SECRET), 9);
      await clock.advance(0);
      expect((await known.check(SECRET)).kind).to.equal('known');

      await new MemoryTokenRegistry(state).remove(SECRET);
      await clock.advance(0);
      expect((await known.check(SECRET)).kind).to.equal('unknown');
      end.abort();
      await running;
    });

    it('finds within five seconds what no watch told', async () => {
      const known = await KnownTokens.open(deps());
      const end = new AbortController();
      const running = keepTokensKnown(known, deps(), end.signal);
      await clock.advance(0);
      await registry.put(tokenFor(SECRET), 9);
      state.changes.tell('change', undefined);
      await clock.advance(0);
      state.records.clear();

      await clock.advance(4_999);
      expect((await known.check(SECRET)).kind).to.equal('known');
      await clock.advance(1);
      expect((await known.check(SECRET)).kind).to.equal('unknown');
      end.abort();
      await running;
    });

    it('goes on taking what it knows while the registry is away, and catches up after', async () => {
      await registry.put(tokenFor(SECRET), 9);
      const known = await KnownTokens.open(deps());
      onList = () => Promise.reject(AWAY);
      const end = new AbortController();
      const running = keepTokensKnown(known, deps(), end.signal);

      await clock.advance(3_600_000);
      expect((await known.check(SECRET)).kind).to.equal('known');
      expect(events.some(({ event }) => event === 'loop.failed')).to.equal(true);

      state.records.clear();
      onList = () => Promise.resolve();
      await clock.advance(5_000);
      expect((await known.check(SECRET)).kind).to.equal('unknown');
      end.abort();
      await running;
    });
  });
});
