/** Webhooks as replies show them. */
import { expect } from 'chai';
import { at, expectBody, jsonOf, listAt, textAt } from './replies.ts';
import type { Tenant } from './tenant.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Where a webhook executes its policy, by what was shown of it to its tenant. */
export function capabilityOf(tenant: Tenant, shown: unknown): string {
  const [link] = listAt(shown, 'links').filter((one) => at(one, 'rel') === 'capability');
  const href = textAt(link, 'href');
  const prefix = `${tenant.root}/v1.0/execute/1/`;
  expect(href.slice(0, prefix.length)).to.equal(prefix);
  expect(href.slice(prefix.length)).to.match(/^[0-9a-f]{64}\/$/);
  return href;
}

/** The webhook of a list that was shown so, if this is what was sent of it. */
export function wholeWebhook(
  tenant: Tenant,
  list: string,
  { shown, sent }: { readonly shown: unknown; readonly sent: Fields },
): object {
  const id = textAt(shown, 'id');
  return {
    ...{ id, metadata: {}, ...sent },
    links: [
      { href: tenant.link(`${list}/${id}/`), rel: 'self' },
      { href: capabilityOf(tenant, shown), rel: 'capability' },
    ],
  };
}

/** Creates webhooks, expects to be told of them whole and in order, and gives what was told. */
export async function createWebhooks(
  tenant: Tenant,
  list: string,
  bodies: readonly Fields[],
): Promise<readonly unknown[]> {
  const reply = await tenant.post(list, bodies);
  expect(reply.status, reply.text).to.equal(201);
  const made = listAt(jsonOf(reply), 'webhooks');
  expectBody(reply, 201, {
    webhooks: bodies.map((sent, index) => wholeWebhook(tenant, list, { shown: made[index], sent })),
  });
  return made;
}
