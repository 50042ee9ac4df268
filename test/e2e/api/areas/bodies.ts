/** Bodies of requests, whatever the requests are about. */
import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { aConfig, aGroup, aLaunch, aPolicy, aWebhook } from '../support/bodies.ts';
import type { HttpReply, HttpRequest } from '../support/client.ts';
import { expectBody, expectEmpty, expectRefused, invalid, NOT_JSON } from '../support/replies.ts';
import type { Tenant } from '../support/tenant.ts';
import type { World } from '../support/world.ts';

/** A body of a MiB and no more is read. */
const BODY_MAX_BYTES = 1_048_576;

export function bodies(world: World): void {
  describe('bodies', () => {
    let tenant: Tenant;
    let group: string;
    let policy: string;
    let webhook: string;
    beforeEach(async () => {
      tenant = world.aTenant();
      group = await tenant.group();
      policy = await tenant.policy(group);
      webhook = await tenant.webhook(policy);
    });

    /** Every request that has a body, with one that it takes. */
    function bodied(): readonly (HttpRequest & { readonly status: number })[] {
      const to = (method: string, path: string): Pick<HttpRequest, 'method' | 'path'> => ({
        method,
        path: tenant.path(path),
      });
      return [
        { ...to('POST', '/groups'), json: aGroup(), status: 201 },
        { ...to('PUT', `${group}/config`), json: aConfig(), status: 204 },
        { ...to('PUT', `${group}/launch`), json: aLaunch(), status: 204 },
        { ...to('POST', `${group}/policies`), json: [aPolicy()], status: 201 },
        { ...to('PUT', policy), json: aPolicy(), status: 204 },
        { ...to('POST', `${policy}/webhooks`), json: [aWebhook()], status: 201 },
        { ...to('PUT', webhook), json: aWebhook(), status: 204 },
      ];
    }

    async function sendAs(request: HttpRequest, content: Partial<HttpRequest>): Promise<HttpReply> {
      const { method, path } = request;
      return world.send({ method, path, ...content });
    }

    const TYPES = [
      ...['application/json', 'application/json; charset=utf-8', 'text/plain', 'text/html'],
      ...['multipart/form-data', 'multipart/form-data; boundary=x', 'application/xml'],
      ...['application/x-www-form-urlencoded', 'no type at all', ''],
    ];
    for (const type of TYPES) {
      it(`are read as JSON where they are called "${type}"`, async () => {
        for (const request of bodied()) {
          const headers = { 'Content-Type': type };
          const reply = await sendAs(request, { body: JSON.stringify(request.json), headers });
          expect(reply.status, `${reply.to}: ${reply.text}`).to.equal(request.status);
        }
      });
    }

    it('are read where nobody says what they are, and in pieces', async () => {
      for (const request of bodied()) {
        const text = JSON.stringify(request.json);
        const whole = await sendAs(request, { body: text });
        expect(whole.status, `${whole.to}: ${whole.text}`).to.equal(request.status);
        const chunks = [text.slice(0, 1), text.slice(1, 7), text.slice(7)];
        const pieces = await sendAs(request, { chunks });
        expect(pieces.status, `${pieces.to}: ${pieces.text}`).to.equal(request.status);
      }
    });

    it('are refused where they are empty or no JSON', async () => {
      const texts = [
        '',
        ' ',
        '{',
        '{"a":1,}',
        "{'a': 1}",
        'name=web',
        '<group/>',
        'NaN',
        'undefined',
      ];
      for (const request of bodied()) {
        for (const body of texts) expectRefused(await sendAs(request, { body }), NOT_JSON);
        expectRefused(await sendAs(request, {}), NOT_JSON);
        expectRefused(await sendAs(request, { body: Buffer.from([0x22, 0xff, 0x22]) }), NOT_JSON);
      }
    });

    it('are refused where they are JSON of another shape', async () => {
      for (const request of bodied()) {
        for (const body of ['[]', '[[]]', 'null', '{}', '[null]', '"x"', '5', 'true']) {
          expectRefused(await sendAs(request, { body }), invalid());
        }
      }
    });

    it('are read up to a MiB, and refused beyond it', async () => {
      for (const request of bodied()) {
        const text = JSON.stringify(request.json).padEnd(BODY_MAX_BYTES);
        const reply = await sendAs(request, { body: text });
        expect(reply.status, `${reply.to}: ${reply.text}`).to.equal(request.status);
        const tooLarge = {
          ...{ status: 413, type: 'PayloadTooLarge' },
          message: 'The body must not be longer than 1048576 bytes',
        };
        expectRefused(await sendAs(request, { body: `${text} ` }), tooLarge);
        expectRefused(await sendAs(request, { chunks: [text, ' '] }), tooLarge);
      }
    });

    it('are of no interest where none is asked for', async () => {
      const body = '{ no JSON, whoever reads it';
      for (const deed of ['pause', 'resume', 'converge']) {
        expectEmpty(await tenant.send('POST', `${group}/${deed}`, { body }), 204);
      }
      expectBody(await tenant.send('POST', `${policy}/execute`, { body }), 202, {});
      expectEmpty(await tenant.send('DELETE', webhook, { body }), 204);
      expectEmpty(await tenant.send('DELETE', policy, { body }), 204);
      expectEmpty(await tenant.send('DELETE', `${group}?force=true`, { body }), 204);
      expectBody(await tenant.send('GET', '/groups', { body }), 200, {
        ...{ groups: [], groups_links: [] },
      });
    });
  });
}
