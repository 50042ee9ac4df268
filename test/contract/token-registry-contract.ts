import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { plusMs } from '../../src/base/clock.ts';
import type { TenantId } from '../../src/domain/ids.ts';
import type { TokenRegistry } from '../../src/ports/token-registry.ts';
import { anAccessToken } from '../support/access-tokens.ts';
import { START } from '../support/builders.ts';
import { Told } from './coordination/world.ts';

/** One implementation of the registry. */
export interface TokenRegistrySubject {
  readonly name: string;
  /** Whether watching tells of what other processes do. */
  readonly hearsOthers: boolean;
  open(): Promise<TokenRegistryFixture>;
}

/** One place where tokens are kept. */
interface TokenRegistryFixture {
  /** Another process that uses it. */
  process(): Promise<TokenRegistry>;
  /** Puts a record there that is not of our making. */
  spoil(): Promise<void>;
  close(): Promise<void>;
}

/** Every registry passes this suite. A behaviour that is not here is not part of the port. */
export function tokenRegistryContract(subject: TokenRegistrySubject): void {
  describe(`Token registry contract: ${subject.name}`, () => {
    let fixture: TokenRegistryFixture;
    let registry: TokenRegistry;
    beforeEach(async () => {
      fixture = await subject.open();
      registry = await fixture.process();
    });
    afterEach(() => fixture.close());

    async function ids(from = registry): Promise<readonly string[]> {
      return (await from.list()).tokens.map(({ id }) => id).sort();
    }

    it('holds nothing at first', async () => {
      expect(await registry.list()).to.deep.equal({ tokens: [], malformed: [] });
    });

    it('keeps every field of a token, and shows it to other processes', async () => {
      const token = anAccessToken({
        ...{ name: 'Ådå 😀', role: 'operator', tenants: ['a', 'ü/b'] as TenantId[] },
        ...{ expiresAt: plusMs(START, 1), createdBy: 'eve' },
      });

      expect(await registry.put(token, 9)).to.equal('stored');

      expect((await registry.list()).tokens).to.deep.equal([token]);
      expect((await (await fixture.process()).list()).tokens).to.deep.equal([token]);
    });

    it('refuses one more than there may be, until one is removed', async () => {
      await registry.put(anAccessToken({ id: 'a' }), 2);
      await registry.put(anAccessToken({ id: 'b' }), 2);

      expect(await registry.put(anAccessToken({ id: 'c' }), 2)).to.equal('full');
      expect(await ids()).to.deep.equal(['a', 'b']);
      await registry.remove('a');
      expect(await registry.put(anAccessToken({ id: 'c' }), 2)).to.equal('stored');
      expect(await ids()).to.deep.equal(['b', 'c']);
    });

    it('takes a token again that it has, whether there is room or not, and changes nothing', async () => {
      await registry.put(anAccessToken({ id: 'a' }), 1);

      const again = anAccessToken({ id: 'a', name: 'another' });

      expect(await registry.put(again, 1)).to.equal('stored');
      expect((await registry.list()).tokens).to.deep.equal([anAccessToken({ id: 'a' })]);
    });

    it('never holds more than there may be, however many add at the same time', async () => {
      const processes = await Promise.all([fixture.process(), fixture.process()]);
      await registry.put(anAccessToken({ id: 'first' }), 3);

      const results = await Promise.all(
        ['a', 'b', 'c', 'd'].map((id, index) =>
          (processes[index % 2] ?? registry).put(anAccessToken({ id }), 3),
        ),
      );

      expect(results.filter((result) => result === 'stored')).to.have.length(2);
      expect(await ids()).to.have.length(3);
    });

    it('removes a token, and says whether it was there', async () => {
      await registry.put(anAccessToken({ id: 'a' }), 9);
      await registry.put(anAccessToken({ id: 'b' }), 9);

      expect(await registry.remove('a')).to.equal(true);
      expect(await registry.remove('a')).to.equal(false);
      expect(await ids()).to.deep.equal(['b']);
      expect(await ids(await fixture.process())).to.deep.equal(['b']);
    });

    it('reads the others where a record is not of its making, and says where that is', async () => {
      await registry.put(anAccessToken({ id: 'a' }), 9);
      await fixture.spoil();

      const { tokens, malformed } = await registry.list();

      expect(tokens.map(({ id }) => id)).to.deep.equal(['a']);
      expect(malformed.map(({ code }) => code)).to.deep.equal(['record-malformed']);
    });

    it(`tells of changes${subject.hearsOthers ? ', also of those that others make' : ' that it makes'}`, async () => {
      const told = new Told();
      const stop = registry.watch(told.onChange);
      const other = subject.hearsOthers ? await fixture.process() : registry;

      // A watch says once that it has begun, which may be before or after the first change.
      await other.put(anAccessToken({ id: 'a' }), 9);
      await told.after(0);
      const before = told.count;
      await other.remove('a');
      await told.after(before);
      stop();
    });

    it('tells nothing after it was asked to stop', async () => {
      const told = new Told();
      registry.watch(told.onChange)();

      await registry.put(anAccessToken({ id: 'a' }), 9);
      await registry.list();

      expect(told.count).to.equal(0);
    });
  });
}
