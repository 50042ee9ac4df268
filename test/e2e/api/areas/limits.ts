/** What tenants may have and do, as they are told. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { eventually } from '../../../support/eventually.ts';
import type { HttpReply } from '../support/client.ts';
import { expectBody, expectRefused } from '../support/replies.ts';
import {
  GROUPS_MAX,
  PER_CAPABILITY_PER_SECOND,
  PER_TENANT_PER_MINUTE,
  POLICIES_MAX,
  WEBHOOKS_MAX,
} from '../support/world.ts';
import type { World } from '../support/world.ts';

const ABSOLUTE = {
  maxGroups: GROUPS_MAX,
  maxPoliciesPerGroup: POLICIES_MAX,
  maxWebhooksPerPolicy: WEBHOOKS_MAX,
};
const RATE = [
  {
    ...{ uri: '/v1.0/execute/*', regex: '/v1\\.0/execute/(.*)' },
    limit: [{ value: PER_CAPABILITY_PER_SECOND, unit: 'SECOND', verb: 'ALL' }],
  },
  {
    ...{ uri: '/v1.0/tenantId/*', regex: '/v1\\.0/([A-Za-z0-9:]+)/.+' },
    limit: [{ value: PER_TENANT_PER_MINUTE, unit: 'MINUTE', verb: 'ALL' }],
  },
];
const XML =
  '<?xml version="1.0" encoding="UTF-8"?>\n' +
  '<limits xmlns="http://docs.openstack.org/common/api/v1.0"><absolute>' +
  Object.entries(ABSOLUTE)
    .map(([name, value]) => `<limit name="${name}" value="${String(value)}"/>`)
    .join('') +
  '</absolute></limits>';

export function limits(world: World): void {
  describe('limits', () => {
    it('are told to every tenant, known or not, with a slash and without', async () => {
      const tenant = world.aTenant();
      const body = { limits: { absolute: ABSOLUTE, rate: RATE } };
      await tenant.expectEverywhere('/limits', body);
      await tenant.expectEverywhere('/limits/', body);
      await tenant.group();
      await tenant.expectEverywhere('/limits?limit=x', body);
      for (const accept of ['*/*', 'application/json', 'text/html', '']) {
        const headers = { Accept: accept };
        expectBody(await tenant.send('GET', '/limits', { headers }), 200, body);
      }
    });

    it('are told in XML to those who accept that', async () => {
      const tenant = world.aTenant();
      for (const accept of ['application/xml', 'text/xml', 'application/xml, */*;q=0.1']) {
        for (const path of ['/limits', '/limits/']) {
          const reply = await tenant.send('GET', path, { headers: { Accept: accept } });
          expect(reply.status).to.equal(200);
          expect(reply.headers.get('content-type')).to.equal('application/xml');
          expect(reply.headers.get('x-response-id')).to.match(/^[0-9a-f-]{36}$/);
          expect(reply.text).to.equal(XML);
        }
      }
    });

    it('are not changed by asking', async () => {
      const tenant = world.aTenant();
      for (const method of ['POST', 'PUT', 'DELETE']) {
        const message = `${method} is not possible here, only GET, HEAD`;
        const refusal = { status: 405, type: 'InvalidMethod', message };
        expectRefused(await tenant.send(method, '/limits'), refusal);
      }
    });

    it('of a capability are for it alone, and refuse what is more in a second', async () => {
      const path = (digit: number): string => `/v1.0/execute/1/${String(digit).repeat(64)}/`;
      let over: HttpReply | undefined;
      await eventually('one use is too many', async () => {
        const uses = Array.from({ length: 5 * PER_CAPABILITY_PER_SECOND }, () =>
          world.send({ method: 'POST', path: path(1) }),
        );
        over = (await Promise.all(uses)).find(({ status }) => status !== 202);
        return over !== undefined;
      });
      if (over === undefined) throw new Error('it was found');
      expectRefused(over, {
        ...{ status: 429, type: 'RateLimitError' },
        message: `Too many requests: this capability may make ${PER_CAPABILITY_PER_SECOND} requests a second; try again in 1 s`,
      });
      expect(over.headers.get('retry-after')).to.equal('1');
      expect((await world.send({ method: 'POST', path: path(2) })).status).to.equal(202);
    });
  });
}
