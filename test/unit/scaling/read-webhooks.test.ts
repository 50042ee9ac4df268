import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { GroupId, TenantId } from '../../../src/domain/ids.ts';
import { deleteGroup } from '../../../src/scaling/change-group.ts';
import {
  findGroupWithWebhooks,
  findWebhook,
  findWebhooks,
} from '../../../src/scaling/read-webhooks.ts';
import { TENANT } from '../../support/builders.ts';
import { aWebhookSubject, NO_POLICY, NO_WEBHOOK } from '../../support/webhooks.ts';

describe('findWebhooks', () => {
  it('gives those of the policy in ascending order of id, and of no other', async () => {
    const subject = await aWebhookSubject();
    const created = [await subject.create(), await subject.create(), await subject.create()];
    await subject.create({}, subject.policyIds[1]);

    const found = await findWebhooks(subject, subject.policyTarget);

    expect(found).to.deep.equal({
      kind: 'found',
      webhooks: created.sort((one, other) => (one.id < other.id ? -1 : 1)),
    });
  });

  it('says which of group and policy is missing', async () => {
    const subject = await aWebhookSubject();
    const target = { ...subject.policyTarget, policyId: NO_POLICY };

    expect(await findWebhooks(subject, target)).to.deep.equal({ kind: 'no-such-policy' });
    expect(await findWebhooks(subject, { ...target, groupId: 'x' as GroupId })).to.deep.equal({
      kind: 'no-such-group',
    });
    expect(
      await findWebhooks(subject, { ...subject.policyTarget, tenantId: 'other' as TenantId }),
    ).to.deep.equal({ kind: 'no-such-group' });
  });

  it('leaves out one that cannot be read, and reports it without a word of what is in it', async () => {
    const subject = await aWebhookSubject();
    const [good, broken] = [await subject.create(), await subject.create()];
    await subject.put(broken.id, `{"name":5,"secret":"${broken.secret}"}`);

    expect(await findWebhooks(subject, subject.policyTarget)).to.deep.equal({
      kind: 'found',
      webhooks: [good],
    });
    expect(await findWebhook(subject, subject.at(broken.id))).to.deep.equal({
      kind: 'no-such-webhook',
    });
    expect(subject.events).to.have.length(2);
    expect(subject.events[0]).to.deep.include({
      ...{ event: 'group.record-malformed', groupId: subject.groupId, tenantId: TENANT },
      reason:
        `webhook ${broken.id} of policy ${subject.policyId}: cannot read the stored field "webhook": ` +
        'it is not an object with a name, metadata and a secret',
    });
  });
});

describe('findWebhook', () => {
  it('gives one of the policy, and finds none of another policy or another group', async () => {
    const subject = await aWebhookSubject();
    const webhook = await subject.create();
    const target = subject.at(webhook.id);

    expect(await findWebhook(subject, target)).to.deep.equal({ kind: 'found', webhook });
    for (const changes of [
      { webhookId: NO_WEBHOOK },
      { policyId: NO_POLICY },
      { policyId: subject.policyIds[1] ?? NO_POLICY },
    ]) {
      expect(await findWebhook(subject, { ...target, ...changes })).to.deep.equal({
        kind: 'no-such-webhook',
      });
    }
    await deleteGroup(subject.deps, subject.target, { isForced: true, by: 'tester' });
    expect(await findWebhook(subject, target)).to.deep.equal({ kind: 'no-such-group' });
    expect(subject.events).to.deep.equal([]);
  });
});

describe('findGroupWithWebhooks', () => {
  it('gives the group with the webhooks of all its policies', async () => {
    const subject = await aWebhookSubject();
    const [first, second] = subject.policyIds;
    const [one, other] = [await subject.create(), await subject.create({}, second)];

    const found = await findGroupWithWebhooks(subject, TENANT, subject.groupId);

    expect(found?.group.id).to.equal(subject.groupId);
    expect(found?.webhooks).to.have.deep.members([
      { ...one, policyId: first },
      { ...other, policyId: second },
    ]);
  });

  it('gives no group of another tenant', async () => {
    const subject = await aWebhookSubject();

    expect(await findGroupWithWebhooks(subject, 'other' as TenantId, subject.groupId)).to.be
      .undefined;
  });
});
