import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs } from '../../../src/base/clock.ts';
import { encodeField } from '../../../src/domain/group/fields.ts';
import type { ScalingState } from '../../../src/domain/group/group.ts';
import type { HistoryEvent } from '../../../src/domain/history/event.ts';
import type { StoredGroup } from '../../../src/ports/store.ts';
import {
  changeConfig,
  changeLaunch,
  convergeGroup,
  deleteGroup,
  pauseGroup,
  resumeGroup,
} from '../../../src/scaling/change-group.ts';
import type { ConfigRequest } from '../../../src/scaling/change-group.ts';
import {
  aGroup,
  aPolicy,
  aScaling,
  commitDirectly,
  groupOf,
  historyOf,
  storedGroupOf,
  unversioned,
} from '../../support/scaling.ts';
import { TENANT } from '../../support/builders.ts';
import type { CreatedGroup, ScalingFixture } from '../../support/scaling.ts';

const BY = { by: 'tester' };

interface Subject extends ScalingFixture, CreatedGroup {
  stored(): Promise<StoredGroup>;
  unversioned(): ReturnType<typeof unversioned>;
  state(): Promise<ScalingState>;
  lastEvent(): Promise<HistoryEvent | undefined>;
}

/** A group of 0 to 10 in the given state. */
async function aSubject(
  state: Partial<ScalingState> = {},
  request: Parameters<typeof aGroup>[1] = {},
): Promise<Subject> {
  const fixture = aScaling();
  const { store } = fixture;
  const group = await aGroup(fixture.deps, request);
  const before = await groupOf(store, group.groupId);
  await commitDirectly(store, group.groupId, {
    set: { state: encodeField({ ...before.state, ...state }) },
  });
  return {
    ...fixture,
    ...group,
    stored: () => storedGroupOf(store, group.groupId),
    unversioned: () => unversioned(store, group.groupId),
    state: async () => (await groupOf(store, group.groupId)).state,
    lastEvent: async () => (await historyOf(store, group.groupId)).at(-1),
  };
}

/** A configuration request with these bounds. */
function limits(minEntities: number, maxEntities: number): ConfigRequest {
  return {
    ...BY,
    labels: { name: 'renamed', metadata: { a: 'b' } },
    limits: { minEntities, maxEntities, cooldownSeconds: 7 },
  };
}

describe('changeConfig', () => {
  it('replaces names and bounds', async () => {
    const subject = await aSubject();

    const result = await changeConfig(subject.deps, subject.target, limits(0, 4));

    expect(result).to.deep.equal({ kind: 'changed' });
    expect(await groupOf(subject.store, subject.groupId)).to.deep.include({
      labels: { name: 'renamed', metadata: { a: 'b' } },
      limits: { minEntities: 0, maxEntities: 4, cooldownSeconds: 7 },
    });
  });

  const bounds: readonly {
    readonly name: string;
    readonly min: number;
    readonly max: number;
    readonly desired: number;
  }[] = [
    { name: 'a minimum above it raises', min: 6, max: 9, desired: 6 },
    { name: 'a minimum below it leaves', min: 1, max: 9, desired: 5 },
    { name: 'a maximum below it lowers', min: 0, max: 3, desired: 3 },
    { name: 'a maximum above it leaves', min: 0, max: 100, desired: 5 },
  ];
  for (const { name, min, max, desired } of bounds) {
    it(`with ${name} the desired capacity, and records it`, async () => {
      const subject = await aSubject({ desired: 5 });

      await changeConfig(subject.deps, subject.target, limits(min, max));

      expect((await subject.state()).desired).to.equal(desired);
      expect(await subject.lastEvent()).to.deep.equal({
        ...{ event: 'group.changed', what: 'config', by: 'tester' },
        ...{ desiredBefore: 5, desiredAfter: desired },
      });
    });
  }

  it('keeps cooldowns going, and names no execution as the cause of a capacity that it changed', async () => {
    const touchedAt = epochMs(1_000);
    const subject = await aSubject({ desired: 5, touchedAt, changedBy: 'execution:1' });

    await changeConfig(subject.deps, subject.target, limits(6, 9));

    expect(await subject.state()).to.deep.equal({
      ...{ desired: 6, touchedAt },
      ...{ isPaused: false, isSuspended: false, isDeleting: false },
    });
  });

  it('keeps the cause of a capacity that it leaves alone', async () => {
    const subject = await aSubject({ desired: 5, changedBy: 'execution:1' });

    await changeConfig(subject.deps, subject.target, limits(0, 9));

    expect((await subject.state()).changedBy).to.equal('execution:1');
  });

  it('has the group looked at even where nothing changed', async () => {
    const subject = await aSubject();
    const { generation } = await subject.stored();

    await changeConfig(subject.deps, subject.target, limits(0, 10));

    expect((await subject.stored()).generation).to.equal(generation + 1);
  });

  it('only records the change while the group is paused', async () => {
    const subject = await aSubject({ desired: 5, isPaused: true });
    const { generation } = await subject.stored();

    await changeConfig(subject.deps, subject.target, limits(0, 3));

    expect((await subject.stored()).generation).to.equal(generation);
    expect((await subject.state()).desired).to.equal(3);
  });

  it('changes nothing of a suspended group', async () => {
    const subject = await aSubject({ isSuspended: true });
    const before = await subject.unversioned();

    const result = await changeConfig(subject.deps, subject.target, limits(0, 3));

    expect(result).to.deep.equal({ kind: 'suspended' });
    expect(await subject.unversioned()).to.deep.equal(before);
  });

  describe('and the key', () => {
    const keyed = (key: string): ConfigRequest => {
      const request = limits(0, 10);
      return { ...request, labels: { ...request.labels, key } };
    };

    it('keeps it where the request leaves it out or repeats it', async () => {
      const labels = { name: 'web', metadata: {}, key: 'a' };
      const subject = await aSubject({}, { labels });

      const results = [
        await changeConfig(subject.deps, subject.target, limits(0, 10)),
        await changeConfig(subject.deps, subject.target, keyed('a')),
      ];

      expect(results).to.deep.equal([{ kind: 'changed' }, { kind: 'changed' }]);
      expect((await groupOf(subject.store, subject.groupId)).labels.key).to.equal('a');
    });

    it('refuses another one, and one for a group that was created without', async () => {
      const withKey = await aSubject({}, { labels: { name: 'web', metadata: {}, key: 'a' } });
      const without = await aSubject();

      expect(await changeConfig(withKey.deps, withKey.target, keyed('b'))).to.deep.equal({
        kind: 'key-differs',
        key: 'a',
      });
      expect(await changeConfig(without.deps, without.target, keyed('b'))).to.deep.equal({
        kind: 'key-differs',
        key: undefined,
      });
    });
  });
});

describe('changeConfig and the region', () => {
  const request = (region: string): ConfigRequest => ({ ...limits(0, 10), region });

  it('takes the one that the group is in', async () => {
    const subject = await aSubject({}, { region: 'there' });

    expect(await changeConfig(subject.deps, subject.target, request('there'))).to.deep.equal({
      kind: 'changed',
    });
  });

  it('refuses another one, and changes nothing', async () => {
    const subject = await aSubject({}, { region: 'there' });
    const before = await subject.unversioned();

    const results = [
      await changeConfig(subject.deps, subject.target, request('here')),
      await changeConfig(subject.deps, subject.target, request('nowhere')),
    ];

    expect(results).to.deep.equal([
      { kind: 'region-differs', region: 'there' },
      { kind: 'region-differs', region: 'there' },
    ]);
    expect(await subject.unversioned()).to.deep.equal(before);
  });
});

describe('changeLaunch', () => {
  it('replaces the launch configuration without having the group looked at', async () => {
    const subject = await aSubject({ desired: 5 });
    const launch = { type: 'process', args: { command: ['true'] } };
    const { generation } = await subject.stored();

    const result = await changeLaunch(subject.deps, subject.target, { ...BY, launch });

    expect(result).to.deep.equal({ kind: 'changed' });
    expect((await groupOf(subject.store, subject.groupId)).launch).to.deep.equal(launch);
    expect((await subject.stored()).generation).to.equal(generation);
    expect(await subject.lastEvent()).to.deep.equal({
      ...{ event: 'group.changed', what: 'launch', by: 'tester' },
      ...{ desiredBefore: 5, desiredAfter: 5 },
    });
  });
});

describe('deleteGroup', () => {
  it('takes the group off the list, disarms its policies and leaves its servers to the converger', async () => {
    const schedule = { kind: 'cron', cron: '* * * * *' } as const;
    const subject = await aSubject(
      {},
      { policies: [aPolicy({ schedule }), aPolicy({ schedule })] },
    );
    const { generation } = await subject.stored();

    const result = await deleteGroup(subject.deps, subject.target, { ...BY, isForced: false });

    expect(result).to.deep.equal({ kind: 'deleted' });
    expect(await subject.store.countGroups(TENANT)).to.equal(0);
    const stored = await subject.stored();
    expect([...stored.due]).to.deep.equal([]);
    expect(stored).to.include({ generation: generation + 1, isDivergent: true });
    expect((await subject.state()).isDeleting).to.be.true;
    expect(await subject.lastEvent()).to.deep.equal({ event: 'group.deleted', by: 'tester' });
  });

  it('refuses a group whose desired capacity is not 0, unless it is forced', async () => {
    const subject = await aSubject({ desired: 1, isPaused: true });

    const results = [
      await deleteGroup(subject.deps, subject.target, { ...BY, isForced: false }),
      await deleteGroup(subject.deps, subject.target, { ...BY, isForced: true }),
    ];

    expect(results).to.deep.equal([{ kind: 'not-empty' }, { kind: 'deleted' }]);
  });
});

describe('pauseGroup', () => {
  it('pauses once, however often it is asked to', async () => {
    const subject = await aSubject({ desired: 2 });
    const { generation } = await subject.stored();

    const results = [
      await pauseGroup(subject.deps, subject.target, BY),
      await pauseGroup(subject.deps, subject.target, BY),
    ];

    expect(results).to.deep.equal([{ kind: 'paused' }, { kind: 'paused' }]);
    expect((await subject.state()).isPaused).to.be.true;
    expect((await subject.stored()).generation).to.equal(generation);
    const history = await historyOf(subject.store, subject.groupId);
    expect(history.filter(({ event }) => event === 'group.changed')).to.deep.equal([
      {
        ...{ event: 'group.changed', what: 'paused', by: 'tester' },
        ...{ desiredBefore: 2, desiredAfter: 2 },
      },
    ]);
  });
});

describe('resumeGroup', () => {
  it('resumes and has the group looked at', async () => {
    const subject = await aSubject({ isPaused: true });
    const { generation } = await subject.stored();

    const result = await resumeGroup(subject.deps, subject.target, BY);

    expect(result).to.deep.equal({ kind: 'resumed' });
    expect((await subject.state()).isPaused).to.be.false;
    expect((await subject.stored()).generation).to.equal(generation + 1);
    expect(await subject.lastEvent()).to.include({ event: 'group.changed', what: 'resumed' });
  });

  it('has a group looked at that was not paused, and records just that', async () => {
    const subject = await aSubject();
    const { generation } = await subject.stored();

    const result = await resumeGroup(subject.deps, subject.target, BY);

    expect(result).to.deep.equal({ kind: 'resumed' });
    expect((await subject.stored()).generation).to.equal(generation + 1);
    expect(await subject.lastEvent()).to.deep.equal({ event: 'group.marked', ...BY });
  });
});

describe('convergeGroup', () => {
  it('has the group looked at, records that, and changes nothing else', async () => {
    const subject = await aSubject({ desired: 3 });
    const before = await subject.stored();

    const result = await convergeGroup(subject.deps, subject.target, BY);

    expect(result).to.deep.equal({ kind: 'marked' });
    const stored = await subject.stored();
    expect(stored).to.deep.equal({
      ...before,
      version: stored.version,
      generation: before.generation + 1,
    });
    expect(await subject.lastEvent()).to.deep.equal({ event: 'group.marked', ...BY });
  });

  it('does not touch a paused or suspended group, and calls one that is both suspended', async () => {
    const paused = await aSubject({ isPaused: true });
    const both = await aSubject({ isPaused: true, isSuspended: true });
    const before = [await paused.unversioned(), await both.unversioned()];

    expect(await convergeGroup(paused.deps, paused.target, BY)).to.deep.equal({ kind: 'paused' });
    expect(await convergeGroup(both.deps, both.target, BY)).to.deep.equal({ kind: 'suspended' });
    expect([await paused.unversioned(), await both.unversioned()]).to.deep.equal(before);
  });
});

describe('a group that its tenant does not have', () => {
  it('is told apart by every use case', async () => {
    const subject = await aSubject({ isDeleting: true });
    const { deps, target } = subject;
    const launch = { type: 'process', args: {} };

    const results = [
      await changeConfig(deps, target, limits(0, 1)),
      await changeLaunch(deps, target, { ...BY, launch }),
      await deleteGroup(deps, target, { ...BY, isForced: true }),
      await pauseGroup(deps, target, BY),
      await resumeGroup(deps, target, BY),
      await convergeGroup(deps, target, BY),
    ];

    expect(results.map(({ kind }) => kind)).to.deep.equal(results.map(() => 'no-such-group'));
  });
});
