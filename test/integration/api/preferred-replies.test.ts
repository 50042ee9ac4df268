/** What a change of a policy is answered with, where the client prefers to be shown it, and where it does not. */
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { definitionField } from '../../../src/domain/group/fields.ts';
import type { GroupId, PolicyId } from '../../../src/domain/ids.ts';
import {
  aPolicyBody,
  at,
  createGroup,
  createPolicy,
  GROUPS,
  startApi,
  STORE_KINDS,
} from '../../support/api-server.ts';
import type { ApiFixture, HttpReply } from '../../support/api-server.ts';
import { commitDirectly } from '../../support/scaling.ts';

const PREFERRED = 'return=representation';
const [JANUARY_2ND, NOON] = ['2026-01-02T00:00:00.000Z', '2026-01-01T12:00:00.000Z'];

function daily(hour: number, changes: Readonly<Record<string, unknown>> = {}): object {
  const args = { cron: `0 ${String(hour)} * * *`, ...changes };
  return aPolicyBody({ type: 'schedule', args });
}

function windowAt(hour: number): object {
  return {
    ...{ name: 'nights', type: 'window', cooldown: 0, window: { min: 1, duration: 60 } },
    args: { cron: `0 ${String(hour)} * * *` },
  };
}

for (const kind of STORE_KINDS) {
  describe(`PUT of a policy with Prefer, on ${kind.name}`, () => {
    let api: ApiFixture;
    let id: GroupId;
    beforeEach(async () => {
      api = await startApi({ kind });
      id = await createGroup(api);
    });
    afterEach(() => api.close(0));

    async function policyWith(body: object): Promise<string> {
      const policyId = await createPolicy(api, id, { change: undefined, ...body });
      return `${GROUPS}/${id}/policies/${policyId}`;
    }

    function put(path: string, body: object, headers: object = { Prefer: PREFERRED }) {
      return api.call('PUT', path, { body, headers: { ...headers } });
    }

    async function expectShown(path: string, reply: HttpReply, next: object): Promise<void> {
      const shown = await api.call('GET', path);
      expect(reply.status, reply.text).to.equal(200);
      expect(reply.body).to.deep.equal({ policy: at(shown.body, 'policy'), next });
      expect(reply.headers).to.deep.include({
        'preference-applied': PREFERRED,
        etag: shown.headers.etag,
      });
    }

    it('shows the policy as a GET does, and what came next before and comes next now', async () => {
      const path = await policyWith(daily(0));

      const reply = await put(
        path,
        daily(12, { timezone: 'UTC', jitter: 30, misfire: { policy: 'skip', within: 60 } }),
      );

      await expectShown(path, reply, { before: JANUARY_2ND, after: NOON });
    });

    it('shows the next openings of a window', async () => {
      const path = await policyWith(windowAt(0));
      const openings = { before: JANUARY_2ND, after: NOON };

      await expectShown(path, await put(path, windowAt(12)), openings);

      await api.call('POST', `${path}/skip`);
      const skipped = { before: '2026-01-02T12:00:00.000Z', after: JANUARY_2ND };
      await expectShown(path, await put(path, windowAt(0)), skipped);
    });

    it('shows what comes next by calendars', async () => {
      await api.call('PUT', '/v1.0/000000/calendars/new-year', {
        body: { entries: [{ date: '2026-01-01' }] },
      });
      const path = await policyWith(daily(12));

      const reply = await put(path, daily(12, { exclude: ['new-year'] }));

      await expectShown(path, reply, { before: NOON, after: '2026-01-02T12:00:00.000Z' });
    });

    it('has nothing next where there was or is nothing', async () => {
      const manual = await policyWith(aPolicyBody());
      await expectShown(manual, await put(manual, aPolicyBody({ change: 2 })), {});

      const path = await policyWith(daily(0));
      const field = definitionField(path.split('/').at(-1) as PolicyId); // the API says so
      await commitDirectly(api.store, id, { set: { [field]: 'not JSON' } });
      await expectShown(path, await put(path, daily(12)), { after: NOON });
    });

    it('takes its tag for what has not changed since', async () => {
      const path = await policyWith(daily(0));
      const { headers } = await put(path, daily(12));

      const again = await put(path, daily(13), { 'If-Match': String(headers.etag) });
      const late = await put(path, daily(14), {
        ...{ 'If-Match': String(headers.etag), Prefer: PREFERRED },
      });

      expect([again.status, late.status]).to.deep.equal([204, 412]);
      expect(late.headers).not.to.have.property('preference-applied');
    });

    for (const prefer of [
      'RETURN = "representation"; x=1',
      'wait=10, return=representation',
      'handling=lenient;note="a, return=minimal", return=representation, return=minimal',
    ]) {
      it(`shows the policy with: Prefer: ${prefer}`, async () => {
        const path = await policyWith(daily(0));

        const reply = await put(path, daily(12), { Prefer: prefer });

        await expectShown(path, reply, { before: JANUARY_2ND, after: NOON });
      });
    }

    for (const headers of [
      {},
      ...['', 'return=minimal', 'return=minimal, return=representation', 'representation'].map(
        (prefer) => ({ Prefer: prefer }),
      ),
      ...['return=Representation', 'x="return=representation"', 'returns=representation'].map(
        (prefer) => ({ Prefer: prefer }),
      ),
    ]) {
      it(`has no body with the headers ${JSON.stringify(headers)}`, async () => {
        const path = await policyWith(daily(0));

        const { status, text, headers: told } = await put(path, daily(12), headers);

        expect({ status, text }).to.deep.equal({ status: 204, text: '' });
        expect(told).not.to.have.any.keys('etag', 'preference-applied');
      });
    }
  });
}
