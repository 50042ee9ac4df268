import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { Turns } from '../../../src/base/turns.ts';
import { hasCode } from '../../../src/base/errors.ts';
import { ANSWER_KEPT_MS, ANSWERS_MAX, keepingAnswer } from '../../../src/domain/group/answers.ts';
import type { PolicyId } from '../../../src/domain/ids.ts';
import type { Store } from '../../../src/ports/store.ts';
import {
  convergeGroup,
  deleteGroup,
  pauseGroup,
  resumeGroup,
} from '../../../src/scaling/change-group.ts';
import type { PauseResult } from '../../../src/scaling/change-group.ts';
import { createPolicies } from '../../../src/scaling/change-policies.ts';
import type { CreatePoliciesResult } from '../../../src/scaling/change-policies.ts';
import { executePolicy } from '../../../src/scaling/execute-policy.ts';
import type { ExecuteSeenPolicyResult } from '../../../src/scaling/execute-policy.ts';
import { findTold } from '../../../src/scaling/once.ts';
import type { Once } from '../../../src/scaling/once.ts';
import {
  aGroup,
  aPolicy,
  aScaling,
  commitDirectly,
  contentOf,
  finish,
  groupOf,
  historyOf,
  rejectionOf,
  storedGroupOf,
} from '../../support/scaling.ts';
import type { CreatedGroup, ScalingFixture } from '../../support/scaling.ts';
import { FaultyStore, loseReply, precededBy, rejectWith } from '../../support/faulty-store.ts';
import type { Fault } from '../../support/faulty-store.ts';

const BY = { by: 'tester' };

/** A request with a key; what is kept of its answer is the answer. */
function keyed<Answer extends { readonly kind: string }>(
  key = 'k1',
  fingerprint = 'f1',
): Once<Answer> {
  return {
    ...{ key, fingerprint },
    tell: (answer) => ({
      isDone: ['scaled', 'paused', 'resumed', 'marked', 'created'].includes(answer.kind),
      text: JSON.stringify(answer),
    }),
  };
}

function toldBefore(answer: unknown): unknown {
  return { kind: 'told-before', text: JSON.stringify(answer) };
}

describe('A request with a key', () => {
  let subject: ScalingFixture & CreatedGroup & { readonly policyId: PolicyId };

  beforeEach(async () => {
    const fixture = aScaling();
    const group = await aGroup(fixture.deps, { policies: [aPolicy()] });
    const [policyId] = group.policyIds;
    if (policyId === undefined) throw new Error('the group has a policy');
    subject = { ...fixture, ...group, policyId };
  });

  /** Executes the policy on a node of its own. */
  function execute(
    once: Once<ExecuteSeenPolicyResult> = keyed(),
    store: Store = subject.store,
  ): ReturnType<typeof executePolicy> {
    const { deps, target, policyId } = subject;
    const node = { ...deps, store, turns: new Turns() };
    return executePolicy(node, { ...target, policyId }, { ...BY, once });
  }

  async function desired(): Promise<number> {
    return (await groupOf(subject.store, subject.groupId)).state.desired;
  }

  /** The store with something around its commits. */
  function withCommits(plan: (sendCount: number) => Fault | undefined): FaultyStore {
    const faulty = new FaultyStore(subject.store);
    faulty.plan = ({ method, ofMethod }) => (method === 'commit' ? plan(ofMethod) : undefined);
    return faulty;
  }

  it('is carried out the first time, and is told what came of it the second time', async () => {
    const first = await execute();
    const content = await contentOf(subject.store);
    const second = await execute();

    expect(first).to.deep.equal({ kind: 'scaled' });
    expect(second).to.deep.equal(toldBefore({ kind: 'scaled' }));
    expect(await contentOf(subject.store)).to.deep.equal(content);
    expect(await desired()).to.equal(1);
  });

  it('is carried out for each of two keys, and for each of two groups', async () => {
    const other = await aGroup(subject.deps, { policies: [aPolicy()] });
    const [policyId = subject.policyId] = other.policyIds;

    await execute(keyed('k1'));
    await execute(keyed('k2'));
    const result = await executePolicy(
      subject.deps,
      { ...other.target, policyId },
      { ...BY, once: keyed('k1') },
    );

    expect(await desired()).to.equal(2);
    expect(result).to.deep.equal({ kind: 'scaled' });
  });

  it('is refused where the key is that of a request for something else', async () => {
    await execute(keyed('k1', 'f1'));
    const content = await contentOf(subject.store);

    expect(await execute(keyed('k1', 'f2'))).to.deep.equal({ kind: 'key-reused' });
    expect(await contentOf(subject.store)).to.deep.equal(content);
  });

  it('is carried out once where nobody hears that it was, and it is sent again', async () => {
    const lost = withCommits(() => loseReply);

    const error = await rejectionOf(finish(subject.clock, execute(keyed(), lost)));
    const again = await execute();

    expect(hasCode(error, 'store-unavailable')).to.be.true;
    expect(again).to.deep.equal(toldBefore({ kind: 'scaled' }));
    expect(await desired()).to.equal(1);
  });

  it('is carried out when it is sent again after it never reached the store', async () => {
    const silent = withCommits(() => rejectWith('store-unavailable'));

    await rejectionOf(finish(subject.clock, execute(keyed(), silent)));

    expect(await execute()).to.deep.equal({ kind: 'scaled' });
    expect(await desired()).to.equal(1);
  });

  it('finds what the same request did on another node between its read and its commit', async () => {
    const late = withCommits((sendCount) =>
      sendCount === 1 ? precededBy(() => execute()) : undefined,
    );

    const result = await finish(subject.clock, execute(keyed(), late));

    expect(result).to.deep.equal(toldBefore({ kind: 'scaled' }));
    expect(await desired()).to.equal(1);
  });

  it('is carried out by one of many nodes that are asked at once', async () => {
    const asked = Promise.all(Array.from({ length: 8 }, () => execute()));

    const kinds = (await finish(subject.clock, asked)).map(({ kind }) => kind);

    expect(kinds.filter((kind) => kind === 'scaled')).to.have.length(1);
    expect(kinds.filter((kind) => kind === 'told-before')).to.have.length(7);
    expect(await desired()).to.equal(1);
  });

  it('is told again of a refusal that is in the history', async () => {
    const refused = { kind: 'refused', reason: 'policy-cooldown' };
    const { deps, target } = subject;
    const created = await createPolicies(deps, target, {
      ...{ definitions: [aPolicy({ cooldownSeconds: 60 })], by: 'tester' },
    });
    if (created.kind !== 'created') throw new Error(created.kind);
    const [policy] = created.policies;
    const run = (key: string): ReturnType<typeof executePolicy> =>
      executePolicy(
        deps,
        { ...target, policyId: policy?.id ?? subject.policyId },
        { ...BY, once: keyed(key) },
      );
    await run('k1');

    expect(await run('k2')).to.deep.equal(refused);
    await subject.clock.advance(60_000);
    expect(await run('k2')).to.deep.equal(toldBefore(refused));
    expect(await run('k3')).to.deep.equal({ kind: 'scaled' });
    const outcomes = (await historyOf(subject.store, subject.groupId)).flatMap((event) =>
      event.event === 'policy.executed' ? [event.outcome] : [],
    );
    expect(outcomes).to.deep.equal(['scaled', 'refused', 'scaled']);
  });

  it('is decided afresh where it was refused without a trace', async () => {
    const limits = { ...subject.deps.limits, maxPoliciesPerGroup: 1 };
    const request = { definitions: [aPolicy()], by: 'tester' };
    const create = (deps = subject.deps): ReturnType<typeof createPolicies> =>
      createPolicies(deps, subject.target, { ...request, once: keyed<CreatePoliciesResult>() });

    const refused = await create({ ...subject.deps, limits });

    expect(refused).to.deep.equal({ kind: 'over-policy-limit', count: 1 });
    expect((await create()).kind).to.equal('created');
    expect((await create()).kind).to.equal('told-before');
    expect((await groupOf(subject.store, subject.groupId)).policies.size).to.equal(2);
  });

  it('does not undo, when it comes late, what others did after it found everything done', async () => {
    const { deps, target } = subject;
    const pause = (once?: Once<PauseResult>): ReturnType<typeof pauseGroup> =>
      pauseGroup(deps, target, { ...BY, once });
    await pause();

    expect(await pause(keyed())).to.deep.equal({ kind: 'paused' });
    await resumeGroup(deps, target, BY);
    expect(await pause(keyed())).to.deep.equal(toldBefore({ kind: 'paused' }));

    expect((await groupOf(subject.store, subject.groupId)).state.isPaused).to.be.false;
  });

  it('marks a group once', async () => {
    const { deps, target, store, groupId } = subject;
    const before = await storedGroupOf(store, groupId);

    await convergeGroup(deps, target, { ...BY, once: keyed() });
    await convergeGroup(deps, target, { ...BY, once: keyed() });

    const { generation } = await storedGroupOf(store, groupId);
    expect(generation).to.equal(before.generation + 1);
  });

  it('is carried out anew when a day has passed, and what was kept before is gone', async () => {
    await execute(keyed('k1'));
    await execute(keyed('k2'));
    subject.clock.stepWall(ANSWER_KEPT_MS + 1);

    expect(await execute(keyed('k1'))).to.deep.equal({ kind: 'scaled' });

    expect(await answerCount()).to.equal(1);
    expect(await execute(keyed('k1'))).to.deep.equal(toldBefore({ kind: 'scaled' }));
  });

  it('leaves nothing behind a day later, when the next change is made, whoever makes it', async () => {
    await execute();
    subject.clock.stepWall(ANSWER_KEPT_MS + 1);

    await pauseGroup(subject.deps, subject.target, BY);

    expect(await answerCount()).to.equal(0);
  });

  it('is refused where the group keeps as many answers as it can, which it goes on telling', async () => {
    const { now } = await subject.store.group(subject.groupId);
    const kept = Array.from({ length: ANSWERS_MAX }, (_, index) =>
      keepingAnswer({ key: `k${String(index)}`, fingerprint: 'f1' }, '"kept"', now),
    );
    const set = Object.assign({}, ...kept) as Readonly<Record<string, string>>;
    await commitDirectly(subject.store, subject.groupId, { set });
    const content = await contentOf(subject.store);

    const over = await execute(keyed('another'));

    expect(over).to.deep.equal({ kind: 'over-answer-limit', max: ANSWERS_MAX });
    expect(await contentOf(subject.store)).to.deep.equal(content);
    expect(await execute(keyed('k1'))).to.deep.equal(toldBefore('kept'));
    const { deps, target, policyId } = subject;
    const without = await executePolicy(deps, { ...target, policyId }, BY);
    expect(without).to.deep.equal({ kind: 'scaled' });
  });

  it('finds no group that was deleted since, nor one of another tenant', async () => {
    const { deps, target } = subject;
    await execute();
    expect(await findTold(deps, target, keyed())).to.deep.equal(toldBefore({ kind: 'scaled' }));

    await deleteGroup(deps, target, { ...BY, isForced: true });

    expect(await findTold(deps, target, keyed())).to.be.undefined;
    expect(await execute()).to.deep.equal({ kind: 'no-such-group' });
  });

  async function answerCount(): Promise<number> {
    const { fields } = await storedGroupOf(subject.store, subject.groupId);
    return Object.keys(fields).filter((name) => name.startsWith('answer:')).length;
  }
});
