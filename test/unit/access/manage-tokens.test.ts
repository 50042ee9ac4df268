import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import {
  createMemoryTokenState,
  MemoryTokenRegistry,
} from '../../../src/adapters/memory/token-registry.ts';
import type { MemoryTokenState } from '../../../src/adapters/memory/token-registry.ts';
import { KnownTokens } from '../../../src/access/known-tokens.ts';
import { createToken, listTokens, revokeToken } from '../../../src/access/manage-tokens.ts';
import type { TokenDeps, TokenRequest } from '../../../src/access/manage-tokens.ts';
import { digestOf } from '../../../src/access/secret.ts';
import { plusMs } from '../../../src/base/clock.ts';
import { encodeToken, TOKENS_MAX } from '../../../src/domain/access/access-token.ts';
import type { TenantId } from '../../../src/domain/ids.ts';
import type { LutraEvent } from '../../../src/ports/observe.ts';
import { anAccessToken } from '../../support/access-tokens.ts';
import { START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { seededRandom } from '../../support/random.ts';

const REQUEST: TokenRequest = {
  ...{ name: 'ci', role: 'operator', tenants: ['a', 'b'] as TenantId[] },
  ...{ expiresInSeconds: 60, by: 'ada' },
};

describe('managing access tokens', () => {
  let state: MemoryTokenState;
  let known: KnownTokens;
  let deps: TokenDeps;
  let events: LutraEvent[];
  beforeEach(async () => {
    state = createMemoryTokenState();
    events = [];
    const parts = {
      registry: new MemoryTokenRegistry(state),
      clock: new FakeClock(START),
      observe: (event: LutraEvent) => void events.push(event),
    };
    known = await KnownTokens.open(parts);
    deps = { ...parts, known, random: seededRandom(1) };
  });

  async function created(request = REQUEST) {
    const result = await createToken(deps, request);
    if (result.kind !== 'created') throw new Error(`it was answered ${result.kind}`);
    return result;
  }

  it('gives out a secret that is good at once, and keeps its digest alone', async () => {
    const { token, secret } = await created();

    expect(secret).to.match(/^lutra_[\w-]{43}$/);
    expect(token).to.deep.include({
      ...{ name: 'ci', role: 'operator', tenants: ['a', 'b'], createdBy: 'ada' },
      ...{ digest: digestOf(secret), createdAt: START, expiresAt: plusMs(START, 60_000) },
    });
    expect((await known.check(secret)).kind).to.equal('known');
    expect(JSON.stringify([...state.records])).not.to.include(secret.slice('lutra_'.length));
    expect(JSON.stringify(events)).not.to.include(secret.slice('lutra_'.length));
  });

  it('gives two tokens two secrets, and tells of both by whom they were made', async () => {
    const [one, two] = [
      await created(),
      await created({ ...REQUEST, expiresInSeconds: undefined }),
    ];

    expect(one.secret).not.to.equal(two.secret);
    expect(two.token.expiresAt).to.equal(undefined);
    const told = { event: 'token.created', name: 'ci', role: 'operator', by: 'ada' };
    expect(events).to.deep.equal([
      { ...told, tokenId: one.token.id },
      { ...told, tokenId: two.token.id },
    ]);
  });

  it('refuses one whose record is too long, and keeps nothing of it', async () => {
    const tenants = Array.from(
      { length: 60 },
      (_, index) => `tenant-${String(index)}-${'x'.repeat(30)}`,
    );

    const result = await createToken(deps, { ...REQUEST, tenants: tenants as TenantId[] });

    expect(result.kind).to.equal('too-long');
    expect(state.records.size).to.equal(0);
  });

  it('refuses one more than there can be', async () => {
    for (let count = 0; count < TOKENS_MAX; count += 1) {
      const token = anAccessToken({ id: String(count) });
      state.records.set(token.id, encodeToken(token));
    }

    expect(await createToken(deps, REQUEST)).to.deep.equal({ kind: 'full', max: TOKENS_MAX });
    expect(state.records.size).to.equal(TOKENS_MAX);
    expect(events).to.deep.equal([]);
  });

  it('ends a token at once, and says so where there was one', async () => {
    const { token, secret } = await created();
    events.length = 0;

    expect(await revokeToken(deps, { id: token.id, by: 'eve' })).to.equal(true);
    expect((await known.check(secret)).kind).to.equal('unknown');
    expect(await revokeToken(deps, { id: token.id, by: 'eve' })).to.equal(false);
    expect(events).to.deep.equal([{ event: 'token.revoked', tokenId: token.id, by: 'eve' }]);
  });

  it('lists them by their age', async () => {
    const tokens = [
      anAccessToken({ id: 'b', createdAt: plusMs(START, 1) }),
      anAccessToken({ id: 'c' }),
      anAccessToken({ id: 'a', createdAt: plusMs(START, 1) }),
    ];
    for (const token of tokens) await deps.registry.put(token, 9);

    expect((await listTokens(deps)).map(({ id }) => id)).to.deep.equal(['c', 'a', 'b']);
  });
});
