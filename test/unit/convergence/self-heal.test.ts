import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { selfHealPage } from '../../../src/convergence/self-heal.ts';
import { UNOBSERVED } from '../../../src/domain/group/group.ts';
import type { OwnerTerm } from '../../../src/ports/owner-term.ts';
import type { CommitResult } from '../../../src/ports/store.ts';
import { after, PARTITION, World } from '../../support/world.ts';
import type { GroupSpec } from '../../support/world.ts';

const CHECK_AFTER_MS = 300_000;

const TERM_STARTED_AT = after(-1_000);

/** Looked at so long ago that it is to be looked at again. */
const OLD = { observed: { ...UNOBSERVED, actual: 0, observedAt: after(-CHECK_AFTER_MS) } };

describe('selfHealPage', () => {
  let world: World;
  let term: OwnerTerm;

  beforeEach(async () => {
    world = new World();
    term = await world.newTerm(new AbortController().signal);
  });

  async function heal(): Promise<CommitResult | undefined> {
    const page = await world.truth.walk(PARTITION, { after: undefined, limit: 100 });
    return selfHealPage(term, world.convergerDeps(), {
      ...page,
      checkAfterMs: CHECK_AFTER_MS,
      since: TERM_STARTED_AT,
    });
  }

  it('marks a group of a local provider that no pass has looked at since the term began', async () => {
    world.provider.isLocal = true;
    const groupId = await world.addGroup({
      observed: { ...UNOBSERVED, observedAt: after(-1_001) },
    });

    await heal();

    expect((await world.stored(groupId)).isDivergent).to.be.true;
  });

  it('leaves a group of a local provider alone that was looked at since', async () => {
    world.provider.isLocal = true;
    const groupId = await world.addGroup({
      observed: { ...UNOBSERVED, observedAt: after(-1_000) },
    });

    await heal();

    expect((await world.stored(groupId)).isDivergent).to.be.false;
  });

  for (const { what, spec } of [
    { what: 'was not looked at for the interval', spec: OLD },
    { what: 'was never looked at', spec: {} },
    { what: 'is being deleted', spec: { state: { isDeleting: true } } },
    {
      what: 'is being deleted, though it is paused',
      spec: { state: { isDeleting: true, isPaused: true } },
    },
    {
      what: 'was looked at by a clock that was far ahead',
      spec: { observed: { ...UNOBSERVED, observedAt: after(CHECK_AFTER_MS) } },
    },
  ] satisfies { what: string; spec: GroupSpec }[]) {
    it(`marks a group that ${what}`, async () => {
      const groupId = await world.addGroup(spec);

      const commit = await heal();

      expect(commit).to.deep.equal({ kind: 'answered', at: after(0), results: ['committed'] });
      expect(await world.stored(groupId)).to.include({ isDivergent: true, generation: 1 });
      expect(await world.history(groupId)).to.deep.equal([]);
    });
  }

  it('marks a divergent group again whose next check a clock that was far ahead has put off', async () => {
    const groupId = await world.addGroup({ ...OLD, isDivergent: true });
    const { generation } = await world.stored(groupId);

    await heal();

    expect((await world.stored(groupId)).generation).to.equal(generation + 1);
  });

  for (const { what, spec } of [
    {
      what: 'was looked at within the interval',
      spec: { observed: { ...UNOBSERVED, observedAt: after(1 - CHECK_AFTER_MS) } },
    },
    {
      what: 'is divergent and was looked at within the interval',
      spec: { isDivergent: true, observed: { ...UNOBSERVED, observedAt: after(-1) } },
    },
    { what: 'is paused', spec: { ...OLD, state: { isPaused: true } } },
    { what: 'is suspended', spec: { ...OLD, state: { isSuspended: true } } },
    { what: 'cannot be read', spec: { fields: { state: '{}' } } },
  ] satisfies { what: string; spec: GroupSpec }[]) {
    it(`leaves a group alone that ${what}`, async () => {
      const groupId = await world.addGroup(spec);
      const before = await world.stored(groupId);

      expect(await heal()).to.be.undefined;

      expect(await world.stored(groupId)).to.deep.equal(before);
    });
  }

  it('marks all of a page in one commit', async () => {
    const groupIds = [
      await world.addGroup(OLD),
      await world.addGroup({}),
      await world.addGroup(OLD),
    ];

    await heal();

    expect(world.store.count('commit')).to.equal(1);
    for (const groupId of groupIds) {
      expect((await world.stored(groupId)).isDivergent).to.be.true;
    }
  });

  it('tells where a newer owner has the partition', async () => {
    const groupId = await world.addGroup(OLD);
    const newer = await world.newTerm(new AbortController().signal);

    expect(await heal()).to.deep.equal({ kind: 'fenced', newest: newer.token });

    expect((await world.stored(groupId)).isDivergent).to.be.false;
  });
});
