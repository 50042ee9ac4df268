import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import type { DispatchResult } from '../../../src/convergence/dispatch.ts';
import { ANSWER_KEPT_MS, encodeCreation } from '../../../src/domain/group/answers.ts';
import { UNOBSERVED } from '../../../src/domain/group/group.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import type { OwnerTerm } from '../../../src/ports/owner-term.ts';
import type { CapacityProvider } from '../../../src/ports/provider.ts';
import { rejectWith } from '../../support/faulty-store.ts';
import { after, CONVERGER, PARTITION, World } from '../../support/world.ts';
import type { GroupSpec } from '../../support/world.ts';

const NEVER = new AbortController().signal;

describe('dispatch', () => {
  let world: World;
  let term: OwnerTerm;

  beforeEach(async () => {
    world = new World();
    term = await world.newTerm(NEVER);
  });

  /** A group that wants three servers and has none. */
  function addGroup(spec: GroupSpec = {}): Promise<GroupId> {
    return world.addGroup({ isDivergent: true, ...spec, state: { desired: 3, ...spec.state } });
  }

  function pass(
    groupId: GroupId,
    providers: readonly CapacityProvider[] = [world.provider],
  ): Promise<DispatchResult> {
    return world.pass(term, groupId, providers);
  }
  it('dates what it saw by the clock of the store', async () => {
    const groupId = await addGroup();
    await world.clock.advance(1_000);
    world.provider.during('observe', 1, () => world.clock.sleep(2_000, NEVER));
    const passing = pass(groupId);
    world.clock.stepWall(-500_000);
    await world.clock.advance(2_000);

    await passing;

    expect(await world.observationOf(groupId)).to.include({ observedAt: after(-497_000) });
    expect(world.told('group.converged')[0]).to.include({ durationMs: 2_000 });
  });

  it('looks again soon at a provider that accepts and lags', async () => {
    const groupId = await addGroup();
    world.provider.lags = true;

    await pass(groupId);

    expect(world.checkAt(groupId)).to.be.within(500, 1_000);
    expect(await world.observationOf(groupId)).to.include({ actual: 0, failureCount: 1 });
    expect(world.told('group.pass-unfinished')[0]).to.include({
      ...{ reason: 'the provider has 0 of 3', failureCount: 1 },
    });
  });

  it('does not clear a mark that came at the end of the pass', async () => {
    const groupId = await addGroup();
    world.provider.during('observe', 2, () => world.writeState(groupId, { desired: 7 }));

    await pass(groupId);

    expect(world.checkAt(groupId)).to.equal(0);
    expect(world.provider.orders()).to.have.length(1);
    await pass(groupId);
    expect(world.provider.actual.get(groupId)).to.equal(7);
  });

  it('makes no call where another pass holds the lock, and waits for its end', async () => {
    const groupId = await addGroup();
    const request = { groupId, holder: 'another pass', ttlMs: 5_000 };
    await world.truth.lock(PARTITION, term.token, request);

    expect(await pass(groupId)).to.deep.equal({ kind: 'done' });
    expect(world.provider.calls).to.deep.equal([]);
    expect(world.checkAt(groupId)).to.equal(5_000);
  });

  it('is done with a group that is not there any more', async () => {
    const groupId = '0000000a-0000-4000-8000-000000000000' as GroupId;

    expect(await pass(groupId)).to.deep.equal({ kind: 'done' });
  });

  it('makes no call where a newer owner has the partition', async () => {
    const groupId = await addGroup();
    const newer = await world.newTerm(NEVER);

    expect(await pass(groupId)).to.deep.equal({ kind: 'fenced', newest: newer.token });

    expect(world.provider.calls).to.deep.equal([]);
  });

  for (const reason of ['isPaused', 'isSuspended'] as const) {
    it(`makes no call for a group that ${reason}, and does not look at it again`, async () => {
      const groupId = await addGroup({ state: { [reason]: true } });

      await pass(groupId);

      expect(world.provider.calls).to.deep.equal([]);
      expect((await world.stored(groupId)).isDivergent).to.be.false;
      expect(world.events).to.deep.equal([]);
    });

    it(`converges a group that ${reason} and is being deleted`, async () => {
      const groupId = await addGroup({ state: { [reason]: true, isDeleting: true } });
      world.provider.actual.set(groupId, 2);

      await pass(groupId);

      expect(world.provider.actual.get(groupId)).to.equal(0);
      expect(await world.find(groupId)).to.be.undefined;
    });
  }

  describe('where the provider lets it down', () => {
    it('comes back later and later after transient failures, and keeps the status', async () => {
      const groupId = await addGroup();
      world.provider.behave = () => 'provider-transient';

      for (let count = 1; count <= 3; count += 1) await pass(groupId);

      expect(await world.observationOf(groupId)).to.deep.equal({ ...UNOBSERVED, failureCount: 3 });
      expect(world.checkAt(groupId)).to.be.within(2_000, 4_000);
      expect(world.told('group.pass-unfinished').at(-1)).to.include({
        ...{ reason: 'the provider was made to say provider-transient', failureCount: 3 },
      });
      expect(await world.history(groupId)).to.deep.equal([]);
    });

    it('takes what a provider throws otherwise for transient', async () => {
      const groupId = await addGroup();
      world.provider.behave = () => 'internal';

      await pass(groupId);

      expect(await world.observationOf(groupId)).to.include({ status: 'ACTIVE', failureCount: 1 });
    });

    it('puts the group in ERROR after a fatal failure, and in ACTIVE when it is served again', async () => {
      const groupId = await addGroup();
      world.provider.behave = () => 'provider-fatal';
      const reasons = ['the provider was made to say provider-fatal'];

      await pass(groupId);

      expect(await world.observationOf(groupId)).to.include({ status: 'ERROR' });
      expect(world.checkAt(groupId)).to.be.within(150_000, 300_000);
      expect(world.told('group.failed')[0]).to.deep.include({ groupId, reasons });

      world.provider.behave = () => 'prompt';
      await pass(groupId);

      expect(await world.observationOf(groupId)).to.deep.include({ status: 'ACTIVE', reasons: [] });
      expect(await world.history(groupId)).to.deep.equal([
        { event: 'group.failed', reasons },
        { event: 'group.converged', desired: 3, actual: 3 },
      ]);
    });
  });

  it('leaves a group without a provider ACTIVE and divergent, and says why, once', async () => {
    const groupId = await addGroup({ launchType: 'nova' });
    const reasons = [
      'no provider on this node serves launch type "nova" (it serves: fake)',
      'no provider on this node serves launch type "nova" (it serves: none)',
    ];

    await pass(groupId);
    await pass(groupId);

    expect(await world.observationOf(groupId)).to.deep.equal({
      ...UNOBSERVED,
      reasons: [reasons[0]],
      failureCount: 2,
    });
    expect(world.checkAt(groupId)).to.be.within(150_000, 300_000);
    expect(world.told('group.failed')).to.deep.equal([]);

    await pass(groupId, []);

    expect(await world.history(groupId)).to.deep.equal(
      reasons.map((reason) => ({ event: 'group.waiting', reasons: [reason] })),
    );
  });

  describe('for a group that is being deleted', () => {
    it('takes its servers away, then the group', async () => {
      const groupId = await addGroup({ state: { isDeleting: true } });
      world.provider.actual.set(groupId, 2);
      world.provider.lags = true;

      await pass(groupId);
      expect(world.provider.orders().map(({ desired }) => desired)).to.deep.equal([0]);
      expect(await world.find(groupId)).to.not.be.undefined;
      world.provider.catchUp();
      await pass(groupId);

      expect(await world.find(groupId)).to.be.undefined;
      const where = { partition: PARTITION, tenantId: 'tenant', groupId };
      expect(world.events.at(-1)).to.deep.equal({ event: 'group.removed', ...where });
    });

    it('takes back an order that is still on its way, before it removes the group', async () => {
      const groupId = await addGroup({ state: { desired: 2 } });
      world.provider.lags = true;
      await pass(groupId);
      await world.writeState(groupId, { desired: 2, isDeleting: true });

      await pass(groupId);

      expect(await world.find(groupId)).to.be.undefined;
      world.provider.catchUp();
      expect(world.provider.actual.get(groupId)).to.equal(0);
    });

    it('removes one that no pass has looked at although nothing serves it', async () => {
      const groupId = await addGroup({ state: { isDeleting: true }, launchType: 'nova' });

      await pass(groupId);

      expect(await world.find(groupId)).to.be.undefined;
    });

    it('keeps one that was looked at, as long as nothing serves it', async () => {
      const groupId = await addGroup({
        ...{ state: { isDeleting: true }, launchType: 'nova' },
        observed: { ...UNOBSERVED, actual: 0 },
      });

      await pass(groupId);

      expect((await world.stored(groupId)).isDivergent).to.be.true;
    });

    it('keeps one that a request with a key created, for a day, without servers', async () => {
      const deletedAt = after(-1_000);
      const creation = encodeCreation({ fingerprint: 'f', policyIds: [], deletedAt });
      const groupId = await addGroup({ state: { isDeleting: true }, fields: { creation } });
      world.provider.actual.set(groupId, 2);

      await pass(groupId);

      expect(world.provider.actual.get(groupId)).to.equal(0);
      expect(world.checkAt(groupId)).to.equal(ANSWER_KEPT_MS - 1_000);
      world.clock.stepWall(ANSWER_KEPT_MS - 1_000);
      await pass(groupId);
      expect(await world.find(groupId)).to.be.undefined;
    });

    it('keeps nothing of it for that day but the key and what the repeat is told', async () => {
      const deletedAt = after(-1_000);
      const creation = encodeCreation({ fingerprint: 'f', policyIds: [], deletedAt });
      const large = 'x'.repeat(10_000);
      const groupId = await addGroup({
        ...{ state: { desired: 3, isDeleting: true, changedBy: 'execution:1' } },
        fields: { creation, labels: large, 'policy:p': large, 'answer:k': large },
      });
      await world.write(groupId, { events: [{ event: 'group.deleted', by: 'tester' }] });

      await pass(groupId);

      const { fields, isDivergent } = await world.stored(groupId);
      expect(Object.keys(fields).sort()).to.deep.equal(['creation', 'state']);
      expect(fields['creation']).to.equal(creation);
      expect(fields['state']).to.have.length.below(120);
      expect(isDivergent).to.be.true;
      expect(await world.history(groupId)).to.deep.equal([]);

      // A mark of whoever was overtaken, or of a sweep, must neither end it nor look for servers.
      await world.write(groupId, { divergence: 'mark' });
      const callCount = world.provider.calls.length;
      await pass(groupId);

      expect(world.provider.calls).to.have.length(callCount);
      expect((await world.stored(groupId)).fields).to.deep.equal(fields);
      expect(world.checkAt(groupId)).to.equal(ANSWER_KEPT_MS - 1_000);
    });

    it('removes it after a long look too, and although the clock was set back a little', async () => {
      const groupId = await addGroup({ state: { isDeleting: true } });
      world.provider.during('observe', 1, () => world.clock.sleep(20_000, NEVER));
      const passing = pass(groupId);
      await world.clock.advance(0);
      world.clock.stepWall(-3);
      await world.clock.advance(20_000);

      await passing;

      expect(await world.find(groupId)).to.be.undefined;
    });

    it('looks again at one that was marked during the pass', async () => {
      const groupId = await addGroup({ state: { isDeleting: true } });
      world.provider.during('observe', 1, () => world.write(groupId, { divergence: 'mark' }));

      await pass(groupId);

      expect(await world.find(groupId)).to.not.be.undefined;
      expect(world.checkAt(groupId)).to.equal(0);
      expect(world.told('group.removed')).to.deep.equal([]);
    });

    it('removes nothing where a newer owner has the partition', async () => {
      const groupId = await addGroup({ state: { isDeleting: true } });
      world.provider.during('observe', 1, () => world.newTerm(NEVER));

      expect((await pass(groupId)).kind).to.equal('fenced');

      expect(await world.stored(groupId)).to.include({ generation: 1 });
    });
  });

  it('reports an observation that cannot be read, and writes it anew', async () => {
    const groupId = await addGroup({ fields: { observed: '[]' } });

    await pass(groupId);

    expect(world.told('group.record-malformed')).to.have.length(1);
    expect((await world.observationOf(groupId)).actual).to.equal(3);
  });

  for (const field of ['state', 'launch']) {
    it(`reports a group whose ${field} cannot be read, and looks again much later`, async () => {
      const groupId = await addGroup({ fields: { [field]: '[]' } });

      expect(await pass(groupId)).to.deep.equal({ kind: 'done' });

      expect(world.provider.calls).to.deep.equal([]);
      expect(world.events).to.deep.equal([
        {
          event: 'group.record-malformed',
          ...{ partition: PARTITION, tenantId: 'tenant', groupId },
          reason: `cannot read the stored field "${field}": it is not an object: []`,
        },
      ]);
      expect(world.checkAt(groupId)).to.be.within(150_000, 300_000);
      expect(world.isLocked(groupId)).to.be.false;
    });
  }

  it('rejects where the store does not answer, and leaves the group to be looked at again', async () => {
    const groupId = await addGroup();
    world.store.plan = ({ method }) =>
      method === 'settle' ? rejectWith('store-unavailable') : undefined;

    const outcome = await pass(groupId).catch((error: unknown) => error);

    expect(outcome).to.have.property('code', 'store-unavailable');
    expect(world.checkAt(groupId)).to.equal(CONVERGER.lockTtlMs);
  });
});
