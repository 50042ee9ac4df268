import { expect } from 'chai';
import { describe, it } from 'mocha';
import { hasCode } from '../../../src/base/errors.ts';
import { MemoryRateLimiter } from '../../../src/adapters/memory/rate-limiter.ts';
import { Turns } from '../../../src/base/turns.ts';
import { definitionField, encodeField } from '../../../src/domain/group/fields.ts';
import type { ScalingState } from '../../../src/domain/group/group.ts';
import type { Webhook } from '../../../src/domain/group/webhook.ts';
import type { RateLimiter } from '../../../src/ports/rate-limiter.ts';
import { deleteGroup } from '../../../src/scaling/change-group.ts';
import { deletePolicy } from '../../../src/scaling/change-policies.ts';
import { deleteWebhook, rotateWebhook } from '../../../src/scaling/change-webhooks.ts';
import type { DeleteWebhookResult } from '../../../src/scaling/change-webhooks.ts';
import { executeCapability } from '../../../src/scaling/execute-capability.ts';
import type { ExecuteCapabilityResult } from '../../../src/scaling/execute-capability.ts';
import { START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FaultyStore, precededBy, rejectWith } from '../../support/faulty-store.ts';
import {
  commitDirectly,
  contentOf,
  finish,
  groupOf,
  historyOf,
  rejectionOf,
} from '../../support/scaling.ts';
import { aWebhookRecord, aWebhookSubject } from '../../support/webhooks.ts';
import type { WebhookSubject } from '../../support/webhooks.ts';

const BY = { by: 'tester' };

interface Subject extends WebhookSubject {
  readonly webhook: Webhook;
  readonly faulty: FaultyStore;
  execute(request?: {
    readonly version?: string;
    readonly hash?: string;
  }): Promise<ExecuteCapabilityResult>;
  /** These two are done on another node, which may be in the middle of an execution on this one. */
  rotate(): ReturnType<typeof rotateWebhook>;
  remove(): Promise<DeleteWebhookResult>;
  desired(): Promise<number>;
  putState(changes: Partial<ScalingState>): Promise<void>;
}

/** A policy that adds one, and a webhook of it. */
async function aSubject(
  changes: Parameters<typeof aWebhookSubject>[0] = {},
  limited?: RateLimiter,
): Promise<Subject> {
  const subject = await aWebhookSubject(changes);
  const { deps, store, groupId, observe } = subject;
  const webhook = await subject.create();
  const faulty = new FaultyStore(store);
  return {
    ...subject,
    webhook,
    faulty,
    execute: (request = {}) =>
      executeCapability(
        { ...deps, store: faulty, observe, groupLimiter: limited },
        {
          ...{ version: '1', hash: subject.hashOf(webhook) },
          ...request,
          signal: new AbortController().signal,
        },
      ),
    rotate: () => rotateWebhook({ ...deps, turns: new Turns() }, subject.at(webhook.id), BY),
    remove: () => deleteWebhook({ ...deps, turns: new Turns() }, subject.at(webhook.id), BY),
    desired: async () => (await groupOf(store, groupId)).state.desired,
    putState: async (state) => {
      const group = await groupOf(store, groupId);
      await commitDirectly(store, groupId, {
        set: { state: encodeField({ ...group.state, ...state }) },
      });
    },
  };
}

describe('executeCapability', () => {
  it('executes the policy of the webhook, and names the webhook in the history', async () => {
    const subject = await aSubject();

    const result = await subject.execute();

    expect(result).to.deep.equal({ kind: 'scaled' });
    expect(await subject.desired()).to.equal(1);
    const event = (await historyOf(subject.store, subject.groupId)).at(-1);
    expect(event).to.deep.include({
      ...{ event: 'policy.executed', policyId: subject.policyId, outcome: 'scaled' },
      ...{ by: `webhook:${subject.webhook.id}`, desiredBefore: 0, desiredAfter: 1 },
    });
  });

  it('has every one of several calls count', async () => {
    const subject = await aSubject();

    const results = await finish(
      subject.clock,
      Promise.all([subject.execute(), subject.execute(), subject.execute()]),
    );

    expect(results).to.deep.equal(results.map(() => ({ kind: 'scaled' })));
    expect(await subject.desired()).to.equal(3);
  });

  it('executes nothing more often than the group may be, and counts no wrong capability there', async () => {
    const clock = new FakeClock(START);
    const limiter = new MemoryRateLimiter({ requests: 2, perSeconds: 1 }, clock);
    const subject = await aSubject({}, limiter);
    const hash = subject.hashOf(subject.webhook);
    const wrong = hash.slice(0, 32) + 'f'.repeat(32);
    const other = subject.hashOf(await subject.create({}, subject.policyIds[1]));

    for (let sent = 0; sent < 3; sent += 1) await subject.execute({ hash: wrong });
    expect(await subject.execute()).to.deep.equal({ kind: 'scaled' });
    expect(await subject.execute({ hash: other })).to.deep.equal({ kind: 'scaled' });
    expect(await subject.execute()).to.deep.equal({ kind: 'over-rate', retryInMs: 1_000 });

    expect(await subject.desired()).to.equal(2);
    await clock.advance(1_000);
    expect(await subject.execute()).to.deep.equal({ kind: 'scaled' });
  });

  it('executes the policy of that webhook where others have some as well', async () => {
    const subject = await aSubject({ policy: { adjustment: { kind: 'change', amount: 5 } } });
    const other = await subject.create({}, subject.policyIds[1]);

    await subject.execute({ hash: subject.hashOf(other) });
    expect(await subject.desired()).to.equal(1);
    await subject.execute();
    expect(await subject.desired()).to.equal(6);
  });

  const decided: readonly {
    readonly name: string;
    readonly result: ExecuteCapabilityResult;
    readonly cooldownSeconds?: number;
    readonly state?: Partial<ScalingState>;
  }[] = [
    {
      name: 'refuses within a cooldown',
      cooldownSeconds: 60,
      result: { kind: 'refused', reason: 'policy-cooldown' },
    },
    {
      name: 'refuses what would change nothing',
      state: { desired: 10 },
      result: { kind: 'refused', reason: 'no-change' },
    },
    {
      name: 'skips a paused group',
      state: { isPaused: true },
      result: { kind: 'skipped', reason: 'paused' },
    },
    {
      name: 'skips a suspended tenant',
      state: { isSuspended: true },
      result: { kind: 'skipped', reason: 'suspended' },
    },
  ];
  for (const { name, result, cooldownSeconds, state = {} } of decided) {
    it(`${name}, and records it`, async () => {
      const subject = await aSubject({
        policy: cooldownSeconds === undefined ? {} : { cooldownSeconds },
      });
      if (cooldownSeconds !== undefined) await subject.execute();
      await subject.putState(state);
      const desired = await subject.desired();

      expect(await subject.execute()).to.deep.equal(result);
      expect(await subject.desired()).to.equal(desired);
      const { kind, ...reason } = result as { readonly kind: string; readonly reason: string };
      expect((await historyOf(subject.store, subject.groupId)).at(-1)).to.deep.include({
        ...{ event: 'policy.executed', by: `webhook:${subject.webhook.id}`, outcome: kind },
        ...reason,
      });
    });
  }

  describe('does nothing, and finds no webhook,', () => {
    const wrong: readonly {
      readonly name: string;
      readonly request: (hash: string) => { readonly version?: string; readonly hash?: string };
    }[] = [
      { name: 'for another version', request: () => ({ version: '10' }) },
      { name: 'for no version', request: () => ({ version: '' }) },
      { name: 'for what is no hash', request: () => ({ hash: 'constructor' }) },
      { name: 'for capitals', request: (hash) => ({ hash: hash.toUpperCase() }) },
      { name: 'for another secret', request: (hash) => ({ hash: `${hash.slice(0, 63)}x` }) },
      {
        name: 'for a secret that differs in its last digit',
        request: (hash) => ({ hash: hash.slice(0, 63) + (hash.endsWith('0') ? '1' : '0') }),
      },
      {
        name: 'for a group that is not there',
        request: (hash) => ({ hash: `f${hash.slice(1)}` }),
      },
      {
        name: 'for a region that is not there',
        request: (hash) => ({ hash: `${hash.slice(0, 30)}ff${hash.slice(32)}` }),
      },
    ];
    for (const { name, request } of wrong) {
      it(name, async () => {
        const subject = await aSubject();
        const before = await contentOf(subject.store);

        const result = await subject.execute(request(subject.hashOf(subject.webhook)));

        expect(result).to.deep.equal({ kind: 'no-such-webhook' });
        expect(await contentOf(subject.store)).to.deep.equal(before);
      });
    }

    it('after it was deleted, or its policy', async () => {
      for (const remove of [
        (subject: Subject) => subject.remove(),
        ({ deps, policyTarget }: Subject) => deletePolicy(deps, policyTarget, BY),
      ]) {
        const subject = await aSubject();
        await remove(subject);

        expect(await subject.execute()).to.deep.equal({ kind: 'no-such-webhook' });
        expect(await subject.desired()).to.equal(0);
      }
    });

    it('after it was given another capability, which then does something', async () => {
      const subject = await aSubject();

      const rotated = await subject.rotate();

      if (rotated.kind !== 'rotated') throw new Error(rotated.kind);
      expect(await subject.execute()).to.deep.equal({ kind: 'no-such-webhook' });
      expect(await subject.execute({ hash: subject.hashOf(rotated.webhook) })).to.deep.equal({
        kind: 'scaled',
      });
      expect(await subject.desired()).to.equal(1);
    });

    it('where it was given another capability, or deleted, between the read and the commit', async () => {
      for (const change of [
        (subject: Subject) => subject.rotate(),
        (subject: Subject) => subject.remove(),
      ]) {
        const subject = await aSubject();
        subject.faulty.plan = ({ method, ofMethod }) =>
          method === 'commit' && ofMethod === 1 ? precededBy(() => change(subject)) : undefined;

        expect(await finish(subject.clock, subject.execute())).to.deep.equal({
          kind: 'no-such-webhook',
        });
        expect(subject.faulty.count('group')).to.equal(2);
        expect(await subject.desired()).to.equal(0);
      }
    });
  });

  it('reads the group once, and again where others are about to change it', async () => {
    const subject = await aSubject();

    await subject.execute();
    expect(subject.faulty.count('group')).to.equal(1);
    expect(subject.faulty.count('commit')).to.equal(1);

    await finish(subject.clock, Promise.all([subject.execute(), subject.execute()]));
    expect(subject.faulty.count('group')).to.equal(4);
    // None of them was found stale.
    expect(subject.faulty.count('commit')).to.equal(3);
    expect(await subject.desired()).to.equal(3);
  });

  it('finds no group that is being deleted', async () => {
    const subject = await aSubject();
    await deleteGroup(subject.deps, subject.target, { ...BY, isForced: true });

    expect(await subject.execute()).to.deep.equal({ kind: 'no-such-group' });
  });

  it('never sends wrong capabilities into the line of those who write to the group', async () => {
    const subject = await aSubject();
    const { deps, groupId } = subject;
    let finishWriter = (): void => undefined;
    const writer = deps.turns.take(
      `group:${groupId}`,
      new AbortController().signal,
      () =>
        new Promise<void>((resolve) => {
          finishWriter = resolve;
        }),
    );

    const hash = `${subject.hashOf(subject.webhook).slice(0, 32)}${'0'.repeat(32)}`;
    expect(await subject.execute({ hash })).to.deep.equal({ kind: 'no-such-webhook' });

    finishWriter();
    await writer;
  });

  it('compares with the webhooks that can be read, and reports the others', async () => {
    const subject = await aSubject();
    const broken = await subject.create();
    await subject.put(broken.id, aWebhookRecord('too short'));

    expect(await subject.execute()).to.deep.equal({ kind: 'scaled' });
    expect(subject.events).to.have.length(1);
    expect(subject.events[0]).to.deep.include({ event: 'group.record-malformed' });
  });

  for (const [name, field] of [
    ['group', () => 'state'],
    ['policy', ({ policyId }: Subject) => definitionField(policyId)],
  ] as const) {
    it(`executes nothing where the record of its ${name} cannot be read, and reports it`, async () => {
      const subject = await aSubject();
      await commitDirectly(subject.store, subject.groupId, { set: { [field(subject)]: '{' } });

      expect(await subject.execute()).to.deep.equal({ kind: 'record-malformed' });
      expect(subject.events).to.have.length(1);
      expect(subject.events[0]).to.include({
        ...{ event: 'group.record-malformed', groupId: subject.groupId },
      });
      expect(JSON.stringify(subject.events)).to.contain(subject.webhook.id);
      expect(JSON.stringify(subject.events)).to.not.contain(subject.webhook.secret);
    });
  }

  for (const method of ['group', 'commit'] as const) {
    it(`says so where the store does not answer to ${method}`, async () => {
      const subject = await aSubject();
      subject.faulty.plan = (call) =>
        call.method === method ? rejectWith('store-unavailable') : undefined;

      const error = await finish(subject.clock, rejectionOf(subject.execute()));

      expect(hasCode(error, 'store-unavailable')).to.be.true;
    });
  }
});
