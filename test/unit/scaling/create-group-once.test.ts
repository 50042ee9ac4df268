import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { hasCode } from '../../../src/base/errors.ts';
import { Turns } from '../../../src/base/turns.ts';
import { ANSWER_KEPT_MS, creationOf } from '../../../src/domain/group/answers.ts';
import type { TenantId } from '../../../src/domain/ids.ts';
import { partitionOf, regionOfGroup } from '../../../src/domain/partition/partition-of.ts';
import { NOT_AN_OWNER } from '../../../src/ports/store.ts';
import type { Store } from '../../../src/ports/store.ts';
import { changeConfig, deleteGroup } from '../../../src/scaling/change-group.ts';
import { createGroup, wasCreated } from '../../../src/scaling/create-group.ts';
import type { CreateGroupResult, GroupRequest } from '../../../src/scaling/create-group.ts';
import { NO_CHANGE, unitOf } from '../../../src/scaling/group-unit.ts';
import { LAYOUT, PARTITION, TENANT } from '../../support/builders.ts';
import { DAILY } from '../../support/calendars.ts';
import { FaultyStore, loseReply, precededBy, rejectWith } from '../../support/faulty-store.ts';
import {
  aGroupRequest,
  aPolicy,
  aScaling,
  contentOf,
  finish,
  LIMITS,
  rejectionOf,
  storedGroupOf,
} from '../../support/scaling.ts';
import type { ScalingFixture } from '../../support/scaling.ts';

const KEYED = { key: 'k1', fingerprint: 'f1' };
const BY = { by: 'tester' };

type Created = Extract<CreateGroupResult, { readonly kind: 'created' }>;

describe('createGroup with a key', () => {
  let subject: ScalingFixture;
  beforeEach(() => {
    subject = aScaling();
  });

  /** Creates a group of two policies in the home region, on a node of its own. */
  function create(
    changes: Partial<GroupRequest> = {},
    node: Partial<ScalingFixture['deps']> = {},
  ): Promise<CreateGroupResult> {
    const request = aGroupRequest({
      ...{ keyed: KEYED, region: 'here', policies: [aPolicy(), aPolicy({ name: 'more' })] },
      ...changes,
    });
    return createGroup({ ...subject.deps, turns: new Turns(), ...node }, request);
  }

  async function created(changes: Partial<GroupRequest> = {}): Promise<Created> {
    const result = await create(changes);
    if (result.kind !== 'created') throw new Error(`cannot create a group: ${result.kind}`);
    return result;
  }

  function groupCount(): Promise<number> {
    return subject.store.countGroups(TENANT);
  }

  /** The store with something around its commits. */
  function withCommits(plan: FaultyStore['plan']): Store {
    const faulty = new FaultyStore(subject.store);
    faulty.plan = (call) => (call.method === 'commit' ? plan(call) : undefined);
    return faulty;
  }

  it('creates one, and answers the repeat with what it was like, although it changed since', async () => {
    const first = await created();
    const target = { tenantId: TENANT, groupId: first.group.id };
    await changeConfig(
      subject.deps,
      { ...target, signal: new AbortController().signal },
      {
        labels: { name: 'another', metadata: {} },
        limits: { minEntities: 5, maxEntities: 6, cooldownSeconds: 1 },
        ...BY,
      },
    );
    const content = await contentOf(subject.store);

    const second = await created();

    expect(first.isRepeat).to.be.undefined;
    expect(second.isRepeat).to.be.true;
    expect(second.group.id).to.equal(first.group.id);
    expect(second.group.labels).to.deep.equal(first.group.labels);
    expect(second.group.limits).to.deep.equal(first.group.limits);
    expect(second.policies.map(({ id, definition }) => ({ id, definition }))).to.deep.equal(
      first.policies.map(({ id, definition }) => ({ id, definition })),
    );
    expect(await contentOf(subject.store)).to.deep.equal(content);
  });

  it('answers the repeat with the windows that were open when it was created', async () => {
    const adjustment = { kind: 'window', min: 3, durationSeconds: 3_600, priority: 2 } as const;
    const window = aPolicy({ adjustment: { ...adjustment, measured: 'elapsed' }, schedule: DAILY });
    const first = await created({ policies: [aPolicy(), window] });
    const content = await contentOf(subject.store);
    subject.clock.stepWall(2 * 3_600_000);

    const second = await created({ policies: [aPolicy(), window] });

    expect(first.group.state.windows?.map(({ policyId }) => policyId)).to.deep.equal([
      first.policies[1]?.id,
    ]);
    expect(second.isRepeat).to.be.true;
    const { windows, base } = first.group.state;
    expect(second.group.state).to.deep.include({ windows, base });
    expect(await contentOf(subject.store)).to.deep.equal(content);
  });

  it('gives the group an id like all others, in its region, and another for another tenant, key or region', async () => {
    const groups = [
      await created(),
      await created({ region: 'there' }),
      await created({ tenantId: 'other' as TenantId }),
      await created({ keyed: { ...KEYED, key: 'k2' } }),
    ].map(({ group }) => group.id);

    expect(new Set(groups).size).to.equal(4);
    expect(groups.map((id) => regionOfGroup(id, LAYOUT))).to.deep.equal([
      ...['here', 'there', 'here', 'here'],
    ]);
    for (const id of groups) {
      expect(id).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  it('refuses a request for something else, and creates nothing', async () => {
    await created();

    const result = await create({ keyed: { ...KEYED, fingerprint: 'f2' }, policies: [] });

    expect(result).to.deep.equal({ kind: 'key-reused' });
    expect(await groupCount()).to.equal(1);
  });

  it('wants to be told the region where there are several', async () => {
    const request = aGroupRequest({ keyed: KEYED });

    expect(await createGroup(subject.deps, request)).to.deep.equal({
      ...{ kind: 'region-missing', regions: LAYOUT.regions },
    });
    expect(await wasCreated(subject.deps, { tenantId: TENANT, keyed: KEYED })).to.be.false;
  });

  it('creates one where nobody hears that it did, and it is sent again', async () => {
    const store = withCommits(() => loseReply);

    const error = await rejectionOf(finish(subject.clock, create({}, { store })));
    const again = await created();

    expect(hasCode(error, 'store-unavailable')).to.be.true;
    expect(again.isRepeat).to.be.true;
    expect(await groupCount()).to.equal(1);
  });

  it('creates one when it is sent again after it never reached the store', async () => {
    const store = withCommits(() => rejectWith('store-unavailable'));

    await rejectionOf(finish(subject.clock, create({}, { store })));

    expect((await created()).isRepeat).to.be.undefined;
    expect(await groupCount()).to.equal(1);
  });

  it('finds what the same request created on another node between its read and its commit', async () => {
    const store = withCommits(({ ofMethod }) =>
      ofMethod === 1 ? precededBy(() => create()) : undefined,
    );

    const result = await finish(subject.clock, create({}, { store }));

    expect(result).to.include({ kind: 'created', isRepeat: true });
    expect(await groupCount()).to.equal(1);
  });

  for (const [what, changes, limits] of [
    ['the limit of groups', {}, { ...LIMITS, maxGroups: 1 }],
    ['the limit of policies', {}, { ...LIMITS, maxPoliciesPerGroup: 0 }],
    ['the key of the group', { labels: { name: 'web', metadata: {}, key: 'web' } }, LIMITS],
  ] as const) {
    it(`is not refused for ${what}, which its own group has reached or exceeds by now`, async () => {
      const first = await created(changes);

      const second = await create(changes, { limits });
      const other = await create({ ...changes, keyed: { ...KEYED, key: 'k2' } }, { limits });

      expect(second).to.deep.include({ kind: 'created', isRepeat: true });
      expect(second.kind === 'created' && second.group.id).to.equal(first.group.id);
      expect(other.kind).to.be.oneOf(['over-group-limit', 'over-policy-limit', 'group-key-in-use']);
    });
  }

  it('decides afresh what was refused', async () => {
    const refused = await create({}, { limits: { ...LIMITS, maxGroups: 0 } });

    expect(refused).to.deep.equal({ kind: 'over-group-limit' });
    const asked = { tenantId: TENANT, region: 'here', keyed: KEYED };
    expect(await wasCreated(subject.deps, asked)).to.be.false;
    expect((await created()).isRepeat).to.be.undefined;
  });

  it('creates no second one when the first was deleted meanwhile, and remembers when that was', async () => {
    const first = await created();
    subject.clock.stepWall(3 * ANSWER_KEPT_MS);
    const target = { tenantId: TENANT, groupId: first.group.id };
    const signal = new AbortController().signal;
    await deleteGroup(subject.deps, { ...target, signal }, { ...BY, isForced: true });

    const second = await created();

    expect(second.isRepeat).to.be.true;
    expect(second.group.id).to.equal(first.group.id);
    expect(await groupCount()).to.equal(0);
    const { fields } = await storedGroupOf(subject.store, first.group.id);
    expect(creationOf(fields)?.deletedAt).to.equal(subject.clock.now());
  });

  it('answers the same where nothing else is left of the group', async () => {
    const first = await created();
    const target = { tenantId: TENANT, groupId: first.group.id };
    const signal = new AbortController().signal;
    await deleteGroup(subject.deps, { ...target, signal }, { ...BY, isForced: true });
    const { version, fields } = await storedGroupOf(subject.store, first.group.id);
    const { state = '', creation = '' } = fields;
    const unit = unitOf(
      target,
      await subject.store.group(first.group.id),
      { ...NO_CHANGE, set: { state, creation }, remove: 'content' },
      subject.deps.random,
    );
    expect(unit.expectVersion).to.equal(version);
    const partition = partitionOf(first.group.id, LAYOUT) ?? PARTITION;
    await subject.store.commit(partition, NOT_AN_OWNER, [unit]);

    const second = await created();

    const { fields: left } = await storedGroupOf(subject.store, first.group.id);
    expect(left).to.deep.equal({ state, creation });
    expect(second).to.deep.equal({ ...first, policies: second.policies, isRepeat: true });
    expect(second.policies.map(({ id }) => id)).to.deep.equal(first.policies.map(({ id }) => id));
    expect(await groupCount()).to.equal(0);
  });

  it('knows before it looks closer whether it was carried out', async () => {
    const asked = aGroupRequest({ keyed: KEYED, region: 'here' });
    expect(await wasCreated(subject.deps, { ...asked, keyed: KEYED })).to.be.false;

    await created();

    expect(await wasCreated(subject.deps, { ...asked, keyed: KEYED })).to.be.true;
    for (const other of [
      { ...asked, keyed: { ...KEYED, fingerprint: 'f2' } },
      { ...asked, keyed: { ...KEYED, key: 'k2' } },
      { ...asked, keyed: KEYED, region: 'there' },
      { ...asked, keyed: KEYED, region: 'nowhere' },
      { ...asked, keyed: KEYED, tenantId: 'other' as TenantId },
    ]) {
      expect(await wasCreated(subject.deps, other)).to.be.false;
    }
  });
});
