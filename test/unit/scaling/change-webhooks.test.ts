import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Turns } from '../../../src/base/turns.ts';
import { definitionField, webhookField } from '../../../src/domain/group/fields.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import {
  changeWebhook,
  createWebhooks,
  deleteWebhook,
  rotateWebhook,
} from '../../../src/scaling/change-webhooks.ts';
import { findWebhook, findWebhooks } from '../../../src/scaling/read-webhooks.ts';
import {
  commitDirectly,
  contentOf,
  finish,
  historyOf,
  LIMITS,
  storedGroupOf,
} from '../../support/scaling.ts';
import { aWebhook, aWebhookSubject, NO_POLICY, NO_WEBHOOK } from '../../support/webhooks.ts';

const BY = { by: 'tester' };
const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const HEX_32 = /^[0-9a-f]{32}$/;

describe('createWebhooks', () => {
  it('adds webhooks in the order of the request, each with a secret and an event of its own', async () => {
    const subject = await aWebhookSubject();
    const definitions = [aWebhook({ name: 'b' }), aWebhook({ name: 'a', metadata: { k: 'v' } })];
    const before = await storedGroupOf(subject.store, subject.groupId);

    const result = await createWebhooks(subject.deps, subject.policyTarget, { ...BY, definitions });

    if (result.kind !== 'created') throw new Error(result.kind);
    expect(result.webhooks.map(({ name, metadata }) => ({ name, metadata }))).to.deep.equal(
      definitions,
    );
    expect(new Set(result.webhooks.flatMap(({ id, secret }) => [id, secret])).size).to.equal(4);
    for (const { id, secret } of result.webhooks) {
      expect(id).to.match(UUID_4);
      expect(secret).to.match(HEX_32);
    }
    expect(await findWebhooks(subject, subject.policyTarget)).to.deep.equal({
      kind: 'found',
      webhooks: [...result.webhooks].sort((one, other) => (one.id < other.id ? -1 : 1)),
    });
    const events = await historyOf(subject.store, subject.groupId);
    expect(events.slice(-2)).to.deep.equal(
      result.webhooks.map(({ id: webhookId }) => ({
        ...{ event: 'webhook.created', policyId: subject.policyId, webhookId, by: 'tester' },
      })),
    );
    const { generation } = await storedGroupOf(subject.store, subject.groupId);
    expect(generation).to.equal(before.generation);
  });

  it('adds none to a window, which nothing executes, and records that they were wanted', async () => {
    const subject = await aWebhookSubject();
    const window = { kind: 'window', min: 1, durationSeconds: 60 };
    const definition = {
      ...{ name: 'day', cooldownSeconds: 0, adjustment: window },
      schedule: { kind: 'cron', cron: '0 9 * * *' },
    };
    const set = { [definitionField(subject.policyId)]: JSON.stringify(definition) };
    await commitDirectly(subject.store, subject.groupId, { set });

    const result = await createWebhooks(subject.deps, subject.policyTarget, {
      ...BY,
      definitions: [aWebhook()],
    });

    expect(result).to.deep.equal({ kind: 'is-window' });
    expect(await findWebhooks(subject, subject.policyTarget)).to.deep.equal({
      ...{ kind: 'found', webhooks: [] },
    });
    expect((await historyOf(subject.store, subject.groupId)).at(-1)).to.deep.include({
      ...{ event: 'change.refused', wanted: 'webhook.created', reason: 'is-window' },
    });
  });

  it('counts what the policy has, readable or not, and adds nothing where not all of it has room', async () => {
    const limits = { ...LIMITS, maxWebhooksPerPolicy: 3 };
    const subject = await aWebhookSubject({ deps: { limits } });
    const other = subject.policyIds[1];
    await subject.create();
    const broken = await subject.create();
    await subject.put(broken.id, 'garbage');
    await subject.create({}, other);
    const add = (count: number): ReturnType<typeof createWebhooks> =>
      createWebhooks(subject.deps, subject.policyTarget, {
        ...BY,
        definitions: Array.from({ length: count }, () => aWebhook()),
      });
    const before = await contentOf(subject.store);

    expect(await add(2)).to.deep.equal({ kind: 'over-webhook-limit', count: 2 });
    expect(await contentOf(subject.store)).to.deep.equal(before);
    expect((await add(1)).kind).to.equal('created');
    expect(await add(1)).to.deep.equal({ kind: 'over-webhook-limit', count: 3 });
  });

  it('never exceeds the limit, even where nodes that know nothing of one another add at once', async () => {
    const limits = { ...LIMITS, maxWebhooksPerPolicy: 10 };
    const subject = await aWebhookSubject({ deps: { limits } });
    const definitions = [aWebhook(), aWebhook(), aWebhook()];

    const results = await finish(
      subject.clock,
      Promise.all(
        Array.from({ length: 6 }, () =>
          createWebhooks({ ...subject.deps, turns: new Turns() }, subject.policyTarget, {
            ...BY,
            definitions,
          }),
        ),
      ),
    );

    expect(results.filter(({ kind }) => kind === 'created')).to.have.length(3);
    const found = await findWebhooks(subject, subject.policyTarget);
    expect(found.kind === 'found' && found.webhooks.length).to.equal(9);
  });

  it('says which of group and policy is missing', async () => {
    const { deps, policyTarget } = await aWebhookSubject();
    const request = { ...BY, definitions: [aWebhook()] };
    const inNoPolicy = { ...policyTarget, policyId: NO_POLICY };

    expect(await createWebhooks(deps, inNoPolicy, request)).to.deep.equal({
      kind: 'no-such-policy',
    });
    expect(
      await createWebhooks(deps, { ...inNoPolicy, groupId: 'x' as GroupId }, request),
    ).to.deep.equal({ kind: 'no-such-group' });
  });

  it('adds to a policy whose record cannot be read', async () => {
    const { deps, policyTarget, store, groupId, policyId } = await aWebhookSubject();
    await commitDirectly(store, groupId, { set: { [definitionField(policyId)]: 'garbage' } });
    const request = { ...BY, definitions: [aWebhook()] };

    expect((await createWebhooks(deps, policyTarget, request)).kind).to.equal('created');
  });
});

describe('changeWebhook', () => {
  it('replaces name and metadata, keeps the capability, and records it', async () => {
    const subject = await aWebhookSubject();
    const { id, secret } = await subject.create({ metadata: { gone: 'x' } });
    const definition = { name: 'renamed', metadata: { k: 'v' } };

    const result = await changeWebhook(subject.deps, subject.at(id), { ...BY, definition });

    expect(result).to.deep.equal({ kind: 'changed' });
    expect(await findWebhook(subject, subject.at(id))).to.deep.equal({
      kind: 'found',
      webhook: { id, ...definition, secret },
    });
    expect((await historyOf(subject.store, subject.groupId)).at(-1)).to.deep.equal({
      ...{ event: 'webhook.changed', policyId: subject.policyId, webhookId: id, by: 'tester' },
    });
  });

  it('repairs one whose record cannot be read, with a new capability', async () => {
    const subject = await aWebhookSubject();
    const { id, secret } = await subject.create();
    await subject.put(id, '{');

    await changeWebhook(subject.deps, subject.at(id), { ...BY, definition: aWebhook() });

    const found = await findWebhook(subject, subject.at(id));
    if (found.kind !== 'found') throw new Error(found.kind);
    expect(found.webhook).to.deep.include({ id, ...aWebhook() });
    expect(found.webhook.secret).to.match(HEX_32).and.not.equal(secret);
  });
});

describe('rotateWebhook', () => {
  it('gives another capability, keeps the rest, and records it', async () => {
    const subject = await aWebhookSubject();
    const before = await subject.create({ metadata: { k: 'v' } });

    const result = await rotateWebhook(subject.deps, subject.at(before.id), BY);

    if (result.kind !== 'rotated') throw new Error(result.kind);
    const { secret, ...rest } = result.webhook;
    expect(rest).to.deep.equal({ id: before.id, name: before.name, metadata: before.metadata });
    expect(secret).to.match(HEX_32).and.not.equal(before.secret);
    expect(await findWebhook(subject, subject.at(before.id))).to.deep.equal({
      kind: 'found',
      webhook: result.webhook,
    });
    const event = { event: 'webhook.rotated', policyId: subject.policyId, webhookId: before.id };
    expect((await historyOf(subject.store, subject.groupId)).at(-1)).to.deep.equal({
      ...event,
      by: 'tester',
    });
  });

  it('does not find one whose record cannot be read: its name is lost', async () => {
    const subject = await aWebhookSubject();
    const { id } = await subject.create();
    await subject.put(id, '{}');

    expect(await rotateWebhook(subject.deps, subject.at(id), BY)).to.deep.equal({
      kind: 'no-such-webhook',
    });
  });
});

describe('deleteWebhook', () => {
  it('removes the webhook and nothing else, and records it', async () => {
    const subject = await aWebhookSubject();
    const [gone, kept] = [await subject.create(), await subject.create()];
    const before = await storedGroupOf(subject.store, subject.groupId);

    const result = await deleteWebhook(subject.deps, subject.at(gone.id), BY);

    expect(result).to.deep.equal({ kind: 'deleted' });
    const { fields } = await storedGroupOf(subject.store, subject.groupId);
    expect(Object.keys(before.fields).filter((name) => !Object.hasOwn(fields, name))).to.deep.equal(
      [webhookField(subject.policyId, gone.id)],
    );
    expect((await findWebhook(subject, subject.at(kept.id))).kind).to.equal('found');
    const event = { event: 'webhook.deleted', policyId: subject.policyId, webhookId: gone.id };
    expect((await historyOf(subject.store, subject.groupId)).at(-1)).to.deep.equal({
      ...event,
      by: 'tester',
    });
  });

  it('removes one whose record cannot be read', async () => {
    const subject = await aWebhookSubject();
    const { id } = await subject.create();
    await subject.put(id, 'garbage');

    expect(await deleteWebhook(subject.deps, subject.at(id), BY)).to.deep.equal({
      kind: 'deleted',
    });
  });
});

describe('A webhook that is not there', () => {
  it('cannot be changed, rotated or deleted, and nothing comes of trying', async () => {
    const subject = await aWebhookSubject();
    const { deps } = subject;
    const { id } = await subject.create();
    const before = await contentOf(subject.store);
    const targets = [
      subject.at(NO_WEBHOOK),
      { ...subject.at(id), policyId: NO_POLICY },
      { ...subject.at(id), policyId: subject.policyIds[1] ?? NO_POLICY },
    ];

    for (const target of targets) {
      const results = [
        await changeWebhook(deps, target, { ...BY, definition: aWebhook() }),
        await rotateWebhook(deps, target, BY),
        await deleteWebhook(deps, target, BY),
      ];
      expect(results).to.deep.equal(results.map(() => ({ kind: 'no-such-webhook' })));
    }
    expect(await contentOf(subject.store)).to.deep.equal(before);
  });

  it('is missed after its group', async () => {
    const subject = await aWebhookSubject();
    const { deps } = subject;
    const target = { ...subject.at(NO_WEBHOOK), groupId: 'x' as GroupId };

    const results = [
      await changeWebhook(deps, target, { ...BY, definition: aWebhook() }),
      await rotateWebhook(deps, target, BY),
      await deleteWebhook(deps, target, BY),
    ];

    expect(results).to.deep.equal(results.map(() => ({ kind: 'no-such-group' })));
  });
});
