/** What histories tell of changes that were wanted and not made. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { encodeField } from '../../../src/domain/group/fields.ts';
import type { ScalingState } from '../../../src/domain/group/group.ts';
import type { Caller } from '../../../src/domain/history/caller.ts';
import type { HistoryEvent } from '../../../src/domain/history/event.ts';
import type { PolicyId } from '../../../src/domain/ids.ts';
import type { LutraEvent } from '../../../src/ports/observe.ts';
import type { Store } from '../../../src/ports/store.ts';
import {
  changeConfig,
  changeLaunch,
  convergeGroup,
  deleteGroup,
} from '../../../src/scaling/change-group.ts';
import { changePolicy, createPolicies } from '../../../src/scaling/change-policies.ts';
import { createWebhooks } from '../../../src/scaling/change-webhooks.ts';
import { executePolicy } from '../../../src/scaling/execute-policy.ts';
import { removeServer } from '../../../src/scaling/remove-server.ts';
import type { ScalingDeps } from '../../../src/scaling/scaling-deps.ts';
import type { GroupTarget } from '../../../src/scaling/write-group.ts';
import {
  FaultyStore,
  hangBefore,
  loseReply,
  precededBy,
  rejectWith,
} from '../../support/faulty-store.ts';
import type { Fault } from '../../support/faulty-store.ts';
import {
  aGroup,
  aPolicy,
  aScaling,
  commitDirectly,
  finish,
  groupOf,
  historyOf,
  LIMITS,
} from '../../support/scaling.ts';

const BY = { by: 'ada' };
const NOBODY = 'b1a5e000-0000-4000-8000-000000000000' as PolicyId;
const SHOWN = { kind: 'token', id: 't1', from: '192.0.2.1', responseId: 'r1' } as const;
const CALLER: Caller = { ...BY, ...SHOWN };

interface Subject {
  readonly deps: ScalingDeps;
  readonly target: GroupTarget;
  readonly policyId: PolicyId;
}

/** A group with one policy, of a tenant that may have no more of anything. */
async function aSubject(
  state: Partial<ScalingState> = {},
  changes: Partial<ScalingDeps> = {},
): Promise<Subject & { readonly fixture: ReturnType<typeof aScaling> }> {
  const limits = { ...LIMITS, maxPoliciesPerGroup: 1, maxWebhooksPerPolicy: 0 };
  const fixture = aScaling({ limits, ...changes });
  const { deps, store } = fixture;
  const { groupId, target, policyIds } = await aGroup(deps, { policies: [aPolicy()] });
  const before = await groupOf(store, groupId);
  await commitDirectly(store, groupId, {
    set: {
      state: encodeField({ ...before.state, ...state }),
      observed: encodeField({
        ...{ actual: 1, servers: [{ id: 's1' }], status: 'ACTIVE', reasons: [], failureCount: 0 },
      }),
    },
  });
  const [policyId = NOBODY] = policyIds;
  return { deps, fixture, target: { ...target, caller: CALLER }, policyId };
}

async function wholeHistoryOf(store: Store, target: GroupTarget): Promise<readonly HistoryEvent[]> {
  const page = { from: undefined, order: 'oldest-first', limit: 1_000 } as const;
  return (await store.history(target.groupId, page)).map(({ event }) => event);
}

const LABELS = { name: 'web', metadata: {} };
const BOUNDS = { minEntities: 0, maxEntities: 7, cooldownSeconds: 0 };

const refusals: readonly {
  readonly name: string;
  readonly state?: Partial<ScalingState>;
  readonly change: (subject: Subject) => Promise<{ readonly kind: string }>;
  readonly told: (subject: Subject) => object;
}[] = [
  {
    name: 'a configuration with another key',
    change: ({ deps, target }) =>
      changeConfig(deps, target, { ...BY, labels: { ...LABELS, key: 'k' }, limits: BOUNDS }),
    told: () => ({
      ...{ wanted: 'group.changed', what: 'config', reason: 'key-differs' },
      changes: [
        { path: 'key', after: 'k' },
        { path: 'maxEntities', before: 10, after: 7 },
      ],
    }),
  },
  {
    name: 'a configuration of a suspended group',
    state: { isSuspended: true },
    change: ({ deps, target }) =>
      changeConfig(deps, target, { ...BY, labels: LABELS, limits: BOUNDS }),
    told: () => ({
      ...{ wanted: 'group.changed', what: 'config', reason: 'suspended' },
      changes: [{ path: 'maxEntities', before: 10, after: 7 }],
    }),
  },
  {
    name: 'a launch configuration of another type',
    change: ({ deps, target }) =>
      changeLaunch(deps, target, {
        ...BY,
        launch: { type: 'webhook', args: { url: 'http://a/b' } },
      }),
    told: () => ({
      ...{ wanted: 'group.changed', what: 'launch', reason: 'type-in-use' },
      changes: [
        { path: 'type', before: 'process', after: 'webhook' },
        { path: 'args.url', after: 'http://a/(hidden)' },
        { path: 'args.command[0]', before: 'sleep' },
        { path: 'args.command[1]', before: '60' },
      ],
    }),
  },
  {
    name: 'the deletion of a group that has servers',
    state: { desired: 1 },
    change: ({ deps, target }) => deleteGroup(deps, target, { ...BY, isForced: false }),
    told: () => ({ wanted: 'group.deleted', reason: 'not-empty' }),
  },
  {
    name: 'a look at a paused group',
    state: { isPaused: true },
    change: ({ deps, target }) => convergeGroup(deps, target, BY),
    told: () => ({ wanted: 'group.marked', reason: 'paused' }),
  },
  {
    name: 'one policy too many',
    change: ({ deps, target }) => createPolicies(deps, target, { ...BY, definitions: [aPolicy()] }),
    told: () => ({ wanted: 'policy.created', reason: 'over-policy-limit' }),
  },
  {
    name: 'another type for a policy',
    change: ({ deps, target, policyId }) => {
      const definition = aPolicy({ schedule: { kind: 'cron', cron: '* * * * *' } });
      return changePolicy(deps, { ...target, policyId }, { ...BY, definition });
    },
    told: ({ policyId }) => ({
      ...{ wanted: 'policy.changed', policyId, reason: 'type-differs' },
      changes: [{ path: 'args.cron', after: '* * * * *' }],
    }),
  },
  {
    name: 'one webhook too many',
    change: ({ deps, target, policyId }) =>
      createWebhooks(
        deps,
        { ...target, policyId },
        { ...BY, definitions: [{ name: 'w', metadata: {} }] },
      ),
    told: ({ policyId }) => ({ wanted: 'webhook.created', policyId, reason: 'over-webhook-limit' }),
  },
  {
    name: 'the execution of a policy that is not there, in a paused group',
    state: { isPaused: true },
    change: ({ deps, target }) => executePolicy(deps, { ...target, policyId: NOBODY }, BY),
    told: () => ({ wanted: 'policy.executed', policyId: NOBODY, reason: 'paused' }),
  },
  {
    name: 'the removal of a server below the minimum',
    change: ({ deps, target }) =>
      removeServer(deps, target, { ...BY, serverId: 's1', isReplaced: false, isPurged: true }),
    told: () => ({ wanted: 'server.deleted', serverId: 's1', reason: 'below-min' }),
  },
  {
    name: 'what is not as it was seen',
    change: ({ deps, target }) =>
      deleteGroup(deps, target, { ...BY, isForced: true, expectation: () => false }),
    told: () => ({ wanted: 'group.deleted', reason: 'not-as-expected' }),
  },
  {
    name: 'a key that was used for something else',
    change: async ({ deps, target, policyId }) => {
      const tell = (): { isDone: boolean; text: string } => ({ isDone: true, text: '{}' });
      const once = { key: 'k', fingerprint: 'one', tell };
      await executePolicy(deps, { ...target, policyId }, { ...BY, once });
      const other = { ...once, fingerprint: 'other' };
      return executePolicy(deps, { ...target, policyId }, { ...BY, once: other });
    },
    told: () => ({ reason: 'key-reused' }),
  },
];

describe('the history of a group', () => {
  for (const { name, state, change, told } of refusals) {
    it(`tells that ${name} was refused, why, and to whom`, async () => {
      const subject = await aSubject(state);

      const { kind } = await change(subject);

      const last = (await wholeHistoryOf(subject.fixture.store, subject.target)).at(-1);
      expect(kind).to.not.be.oneOf(['changed', 'deleted', 'created', 'scaled', 'removed']);
      expect(last).to.deep.equal({
        ...{ event: 'change.refused', outcome: 'refused', ...BY, caller: SHOWN },
        ...told(subject),
      });
    });
  }

  it('tells nothing of what is not there', async () => {
    const { deps, target, fixture } = await aSubject();
    const before = await historyOf(fixture.store, target.groupId);

    await executePolicy(deps, { ...target, policyId: NOBODY }, BY);
    await removeServer(deps, target, {
      ...{ ...BY, serverId: 'nobody', isReplaced: true, isPurged: true },
    });
    await deleteGroup(deps, { ...target, tenantId: 'other' as never }, { ...BY, isForced: false });

    expect(await historyOf(fixture.store, target.groupId)).to.deep.equal(before);
  });
});

describe('a refusal', () => {
  /** Refuses the deletion of a group while commits fare so, from the first of them on. */
  async function refuseWhile(
    fault: (target: GroupTarget, store: Store) => Fault | undefined,
  ): Promise<{
    readonly kind: string;
    readonly events: readonly LutraEvent[];
    readonly commitCount: number;
    readonly refusals: readonly HistoryEvent[];
  }> {
    const events: LutraEvent[] = [];
    const { deps, fixture, target } = await aSubject({ desired: 1 });
    const store = new FaultyStore(fixture.store);
    const planned = fault(target, fixture.store);
    store.plan = ({ method }) => (method === 'commit' ? planned : undefined);
    const observe = (event: LutraEvent): void => void events.push(event);
    const { kind } = await finish(
      fixture.clock,
      deleteGroup({ ...deps, store, observe }, target, { ...BY, isForced: false }),
    );
    const history = await historyOf(fixture.store, target.groupId);
    return {
      ...{ kind, events, commitCount: store.count('commit') },
      refusals: history.filter(({ event }) => event === 'change.refused'),
    };
  }

  const UNRECORDED = {
    ...{ event: 'change.refusal-unrecorded', wanted: 'group.deleted', reason: 'not-empty' },
    by: 'ada',
  };

  it('stays one where the store does not take the record of it, and the log tells of it', async () => {
    const { kind, events, commitCount } = await refuseWhile(() => rejectWith('store-unavailable'));

    expect(kind).to.equal('not-empty');
    expect(commitCount).to.equal(1);
    expect(events).to.have.length(1);
    expect(events[0]).to.include(UNRECORDED);
  });

  it('is recorded once where the reply of the store is lost', async () => {
    const { kind, refusals } = await refuseWhile(() => loseReply);

    expect(kind).to.equal('not-empty');
    expect(refusals).to.have.length(1);
  });

  it('does not wait for a store that never answers', async () => {
    const { kind, events } = await refuseWhile(() => hangBefore);

    expect(kind).to.equal('not-empty');
    expect(events[0]).to.include(UNRECORDED);
  });

  it('is recorded on a group that moved meanwhile', async () => {
    let isMoved = false;
    const { kind, refusals } = await refuseWhile(({ groupId }, store) =>
      precededBy(async () => {
        if (!isMoved) await commitDirectly(store, groupId, {});
        isMoved = true;
      }),
    );

    expect(kind).to.equal('not-empty');
    expect(refusals).to.have.length(1);
  });

  it('gives up on a group that never stands still', async () => {
    const { kind, events, commitCount } = await refuseWhile(({ groupId }, store) =>
      precededBy(() => commitDirectly(store, groupId, {})),
    );

    expect(kind).to.equal('not-empty');
    expect(commitCount).to.equal(3);
    expect(events[0]).to.include(UNRECORDED);
  });
});
