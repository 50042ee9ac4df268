import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { GroupId } from '../../../src/domain/ids.ts';
import {
  at,
  createGroup,
  createPolicy,
  GROUPS,
  NOBODY,
  putState,
  refusal,
  startApi,
  STORE_KINDS,
} from '../../support/api-server.ts';
import type { ApiFixture } from '../../support/api-server.ts';
import { START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { storedGroupOf } from '../../support/scaling.ts';

for (const kind of STORE_KINDS) {
  describe(`Executing policies over HTTP, on ${kind.name}`, () => {
    let api: ApiFixture;
    let clock: FakeClock;
    let id: GroupId;
    let path: string;
    beforeEach(async () => {
      clock = new FakeClock(START);
      api = await startApi({ kind, clock });
      id = await createGroup(api);
      path = `${GROUPS}/${id}/policies`;
    });
    afterEach(() => api.close(0));

    it('has stored the new capacity when it answers, whatever the body says', async () => {
      const policyId = await createPolicy(api, id);

      const reply = await api.call('POST', `${path}/${policyId}/execute`, { body: 'no JSON' });

      expect(reply.status).to.equal(202);
      expect(reply.text).to.equal('{}');
      const state = await api.call('GET', `${GROUPS}/${id}/state`);
      expect(at(state.body, 'group', 'desiredCapacity')).to.equal(1);
    });

    it('executes schedule policies as well', async () => {
      const policyId = await createPolicy(api, id, {
        type: 'schedule',
        args: { cron: '0 0 1 1 *' },
      });

      const reply = await api.call('POST', `${path}/${policyId}/execute`);

      expect(reply.status).to.equal(202);
    });

    it('adds up executions that come at once', async () => {
      const policyId = await createPolicy(api, id);

      const replies = await Promise.all(
        Array.from({ length: 10 }, () => api.call('POST', `${path}/${policyId}/execute`)),
      );

      expect(replies.map(({ status }) => status)).to.deep.equal(replies.map(() => 202));
      const state = await api.call('GET', `${GROUPS}/${id}/state`);
      expect(at(state.body, 'group', 'desiredCapacity')).to.equal(10);
    });

    it('refuses within a cooldown, and not after it', async () => {
      const policyId = await createPolicy(api, id, { cooldown: 0.5 });
      await api.call('POST', `${path}/${policyId}/execute`);

      const within = await api.call('POST', `${path}/${policyId}/execute`);
      await clock.advance(500);
      const later = await api.call('POST', `${path}/${policyId}/execute`);

      expect(within.status).to.equal(403);
      expect(within.body).to.deep.equal(
        refusal(
          'CannotExecutePolicyError',
          403,
          `Cannot execute scaling policy ${policyId} for group ${id} for tenant 000000: Cooldowns not met.`,
        ),
      );
      expect(later.status).to.equal(202);
    });

    it('refuses what would change nothing, and has the group looked at all the same', async () => {
      const policyId = await createPolicy(api, id, { change: -1 });
      const { generation } = await storedGroupOf(api.store, id);

      const reply = await api.call('POST', `${path}/${policyId}/execute`);

      expect(reply.status).to.equal(403);
      expect(reply.body).to.deep.equal(
        refusal(
          'CannotExecutePolicyError',
          403,
          `Cannot execute scaling policy ${policyId} for group ${id} for tenant 000000: No change in servers`,
        ),
      );
      expect((await storedGroupOf(api.store, id)).generation).to.equal(generation + 1);
    });

    it('says that the group is paused or suspended before it misses the policy', async () => {
      await putState(api, id, { isPaused: true });
      const paused = await api.call('POST', `${path}/${NOBODY}/execute`);
      await putState(api, id, { isSuspended: true });
      const suspended = await api.call('POST', `${path}/${NOBODY}/execute`);
      await putState(api, id, { isPaused: false, isSuspended: false });
      const missing = await api.call('POST', `${path}/${NOBODY}/execute`);

      expect(paused.body).to.deep.equal(
        refusal(
          'GroupPausedError',
          403,
          `Cannot execute policy ${NOBODY} for group ${id} for tenant 000000 because group is paused`,
        ),
      );
      expect(suspended.body).to.deep.equal(
        refusal('TenantSuspendedError', 403, 'Tenant 000000 is SUSPENDED.'),
      );
      expect(missing.status).to.equal(404);
    });
  });
}
