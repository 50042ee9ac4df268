import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { Turns } from '../../../src/base/turns.ts';
import type { PolicyId, WebhookId } from '../../../src/domain/ids.ts';
import type { Store } from '../../../src/ports/store.ts';
import { changeConfig, changeLaunch, deleteGroup } from '../../../src/scaling/change-group.ts';
import { changePolicy, deletePolicy } from '../../../src/scaling/change-policies.ts';
import {
  changeWebhook,
  createWebhooks,
  deleteWebhook,
} from '../../../src/scaling/change-webhooks.ts';
import { executePolicy } from '../../../src/scaling/execute-policy.ts';
import type { Expectation } from '../../../src/scaling/expectation.ts';
import type { ScalingDeps } from '../../../src/scaling/scaling-deps.ts';
import { FaultyStore, precededBy } from '../../support/faulty-store.ts';
import {
  aGroup,
  aPolicy,
  aScaling,
  commitDirectly,
  contentOf,
  finish,
  groupOf,
} from '../../support/scaling.ts';
import type { CreatedGroup, ScalingFixture } from '../../support/scaling.ts';

const BY = { by: 'tester' };

type Subject = ScalingFixture &
  CreatedGroup & { readonly policyId: PolicyId; readonly webhookId: WebhookId };

async function aSubject(): Promise<Subject> {
  const fixture = aScaling();
  const group = await aGroup(fixture.deps, { policies: [aPolicy()] });
  const [policyId] = group.policyIds;
  if (policyId === undefined) throw new Error('the group has a policy');
  const target = { ...group.target, policyId };
  const definitions = [{ name: 'hook', metadata: {} }];
  const created = await createWebhooks(fixture.deps, target, { ...BY, definitions });
  if (created.kind !== 'created') throw new Error(created.kind);
  const [webhook] = created.webhooks;
  if (webhook === undefined) throw new Error('the policy has a webhook');
  return { ...fixture, ...group, policyId, webhookId: webhook.id };
}

const LIMITS = { minEntities: 1, maxEntities: 5, cooldownSeconds: 0 };
const LABELS = { name: 'other', metadata: {} };

/** Everything that can be made to depend on what is there, by name. */
const CHANGES: Readonly<
  Record<
    string,
    (
      subject: Subject,
      deps: ScalingDeps,
      expectation: Expectation,
    ) => Promise<{ readonly kind: string }>
  >
> = {
  'a configuration': ({ target }, deps, expectation) =>
    changeConfig(deps, target, { ...BY, labels: LABELS, limits: LIMITS, expectation }),
  'a launch configuration': ({ target }, deps, expectation) =>
    changeLaunch(deps, target, { ...BY, launch: { type: 'process', args: {} }, expectation }),
  'the deletion of a group': ({ target }, deps, expectation) =>
    deleteGroup(deps, target, { ...BY, isForced: true, expectation }),
  'a policy': ({ target, policyId }, deps, expectation) =>
    changePolicy(deps, { ...target, policyId }, { ...BY, definition: aPolicy(), expectation }),
  'the deletion of a policy': ({ target, policyId }, deps, expectation) =>
    deletePolicy(deps, { ...target, policyId }, { ...BY, expectation }),
  'the execution of a policy': ({ target, policyId }, deps, expectation) =>
    executePolicy(deps, { ...target, policyId }, { ...BY, expectation }),
  'a webhook': ({ target, policyId, webhookId }, deps, expectation) =>
    changeWebhook(
      deps,
      { ...target, policyId, webhookId },
      { ...BY, definition: { name: 'other', metadata: {} }, expectation },
    ),
  'the deletion of a webhook': ({ target, policyId, webhookId }, deps, expectation) =>
    deleteWebhook(deps, { ...target, policyId, webhookId }, { ...BY, expectation }),
};

for (const [what, change] of Object.entries(CHANGES)) {
  describe(`An expectation of ${what}`, () => {
    let subject: Subject;
    beforeEach(async () => {
      subject = await aSubject();
    });

    it('lets the change be made where it is met', async () => {
      const before = await contentOf(subject.store);

      const { kind } = await change(subject, subject.deps, () => true);

      expect(kind).to.be.oneOf(['changed', 'deleted', 'scaled']);
      expect(await contentOf(subject.store)).to.not.deep.equal(before);
    });

    it('keeps it from being made where it is not', async () => {
      const before = await contentOf(subject.store);

      const result = await change(subject, subject.deps, () => false);

      expect(result).to.deep.equal({ kind: 'not-as-expected' });
      expect(await contentOf(subject.store)).to.deep.equal(before);
    });

    it('is asked of the very group that is committed to', async () => {
      const renamed = { ...LABELS, name: 'renamed meanwhile' };
      const store = new FaultyStore(subject.store);
      const rename = (): Promise<void> =>
        commitDirectly(subject.store, subject.groupId, {
          set: { labels: JSON.stringify(renamed) },
        });
      store.plan = ({ method, ofMethod }) =>
        method === 'commit' && ofMethod === 1 ? precededBy(rename) : undefined;
      const isWeb: Expectation = ({ stored }) => stored.fields['labels']?.includes('web') === true;

      const changing = change(subject, onItsOwn(subject.deps, store), isWeb);

      expect(await finish(subject.clock, changing)).to.deep.equal({ kind: 'not-as-expected' });
      const { labels, state } = await groupOf(subject.store, subject.groupId);
      expect({ labels, desired: state.desired, isDeleting: state.isDeleting }).to.deep.equal({
        ...{ labels: renamed, desired: 0, isDeleting: false },
      });
    });
  });
}

function onItsOwn(deps: ScalingDeps, store: Store): ScalingDeps {
  return { ...deps, store, turns: new Turns() };
}
