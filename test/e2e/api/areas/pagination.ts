/** Lists in pages, of everything that there are lists of. */
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { aGroup, aPolicy, aWebhook, NOBODY } from '../support/bodies.ts';
import {
  at,
  BAD_LIMIT,
  expectBody,
  expectRefused,
  jsonOf,
  listAt,
  textAt,
  UUID_4,
} from '../support/replies.ts';
import type { Tenant } from '../support/tenant.ts';
import { GROUPS_MAX, PAGE_MAX, POLICIES_MAX, WEBHOOKS_MAX } from '../support/world.ts';
import type { World } from '../support/world.ts';

/** Values of `limit`, as they are written in a URL, and the page sizes that they come to. */
const LIMITS: readonly (readonly [string, number])[] = [
  ...([
    ['1', 1],
    ['2', 2],
    ['3', 3],
    ['007', 7],
    ['+2', 2],
    ['%2B2', 2],
  ] as const),
  ...([
    ['%20+2%20', 2],
    ['%092%0A', 2],
    ['0', 1],
    ['-0', 1],
    ['-1', 1],
    ['-100', 1],
  ] as const),
  ...([
    ['100', PAGE_MAX],
    ['101', PAGE_MAX],
    ['100000', PAGE_MAX],
  ] as const),
  ...([
    ['9'.repeat(400), PAGE_MAX],
    [`-${'9'.repeat(400)}`, 1],
  ] as const),
];
const NO_LIMITS = [
  ...[
    'ab',
    '%26',
    '3.0',
    '',
    '%20',
    '1e2',
    '0x10',
    '1_0',
    '+',
    '-',
    '--1',
    '%2B-1',
    '1%202',
    '1,0',
  ],
  ...['NaN', 'null', '%D9%A3', '%EF%BC%91', '5a', 'a5'],
];
const CREATED_AT_ONCE = 8;

/** A list with more items than a page holds, or fewer. */
interface Listed {
  readonly key: 'groups' | 'policies' | 'webhooks';
  readonly tenant: Tenant;
  /** Below the tenant. */
  readonly path: string;
  /** In ascending order. */
  readonly ids: readonly string[];
}

/** What a page is expected to be: the ids on it, and the page size in its link, if it has one. */
interface Page {
  readonly ids: readonly string[];
  readonly next?: { readonly limit: number; readonly marker: string };
}

async function read({ tenant, path, key }: Listed, query: string): Promise<Page> {
  const reply = await tenant.get(`${path}${query}`);
  expect(reply.status, `${reply.to}: ${reply.text}`).to.equal(200);
  const body = jsonOf(reply);
  expect(Object.keys(body as object)).to.have.members([key, `${key}_links`]);
  const ids = listAt(body, key).map((item) => textAt(item, 'id'));
  const [link, ...others] = listAt(body, `${key}_links`);
  expect(others).to.deep.equal([]);
  if (link === undefined) return { ids };
  const href = textAt(link, 'href');
  expect(link).to.deep.equal({ href, rel: 'next' });
  const [, limit = '', marker = ''] = /\/\?limit=(\d+)&marker=([^&]+)$/.exec(href) ?? [];
  expect(href).to.equal(tenant.link(`${path}/?limit=${limit}&marker=${marker}`));
  return { ids, next: { limit: Number(limit), marker } };
}

/** The page of so many items after a marker. */
function pageOf({ ids }: Listed, limit: number, after = ''): Page {
  const page = ids.filter((id) => id > after).slice(0, limit);
  const marker = page.at(-1);
  if (page.length < limit || marker === undefined) return { ids: page };
  return { ids: page, next: { limit, marker } };
}

async function manyGroups(tenant: Tenant): Promise<readonly string[]> {
  const ids: string[] = [];
  while (ids.length < GROUPS_MAX - 1) {
    const count = Math.min(CREATED_AT_ONCE, GROUPS_MAX - 1 - ids.length);
    const paths = await Promise.all(Array.from({ length: count }, () => tenant.group()));
    ids.push(...paths.map((path) => path.slice('/groups/'.length)));
  }
  return ids.sort();
}

async function manyPolicies(tenant: Tenant, group: string, count: number): Promise<Listed> {
  const bodies = Array.from({ length: count }, () => aPolicy());
  const paths = count === 0 ? [] : await tenant.policies(group, bodies);
  const ids = paths.map((path) => path.slice(path.lastIndexOf('/') + 1)).sort();
  return { key: 'policies', tenant, path: `${group}/policies`, ids };
}

async function manyWebhooks(tenant: Tenant, policy: string): Promise<Listed> {
  const bodies = Array.from({ length: WEBHOOKS_MAX }, () => aWebhook());
  const reply = await tenant.post(`${policy}/webhooks`, bodies);
  expect(reply.status, reply.text).to.equal(201);
  const ids = listAt(jsonOf(reply), 'webhooks').map((one) => textAt(one, 'id'));
  return { key: 'webhooks', tenant, path: `${policy}/webhooks`, ids: ids.sort() };
}

export function pagination(world: World): void {
  describe('pages', () => {
    const lists: Record<string, Listed> = {};
    let few: Listed;
    before(async () => {
      const tenant = world.aTenant();
      lists['groups'] = { key: 'groups', tenant, path: '/groups', ids: await manyGroups(tenant) };
      const [first = ''] = lists['groups'].ids;
      lists['policies'] = await manyPolicies(tenant, `/groups/${first}`, POLICIES_MAX);
      few = await manyPolicies(tenant, await tenant.group(), 3);
      lists['webhooks'] = await manyWebhooks(tenant, `${few.path}/${few.ids[0] ?? ''}`);
      lists['groups'] = {
        ...lists['groups'],
        ids: [...lists['groups'].ids, few.path.split('/')[2] ?? ''].sort(),
      };
    });

    function listed(name: string): Listed {
      const list = lists[name];
      if (list === undefined) throw new Error(`there is no list of ${name}`);
      return list;
    }

    for (const name of ['groups', 'policies', 'webhooks']) {
      describe(`of ${name}`, () => {
        for (const [text, limit] of LIMITS) {
          it(`hold ${String(limit)} where the limit is "${text.slice(0, 12)}"`, async () => {
            expect(await read(listed(name), `?limit=${text}`)).to.deep.equal(
              pageOf(listed(name), limit),
            );
          });
        }

        it('are refused where the limit is no whole number', async () => {
          const { tenant, path } = listed(name);
          for (const text of NO_LIMITS) {
            expectRefused(await tenant.get(`${path}?limit=${text}`), BAD_LIMIT);
            expectRefused(await tenant.get(`${path}/?marker=x&limit=${text}`), BAD_LIMIT);
          }
        });

        it('hold a hundred where no limit is given', async () => {
          const list = listed(name);
          expect(await read(list, '')).to.deep.equal(pageOf(list, PAGE_MAX));
          expect(await read(list, '/')).to.deep.equal(pageOf(list, PAGE_MAX));
        });

        it('begin after any marker, known or not, as texts are compared', async () => {
          const list = listed(name);
          const middle = list.ids[5] ?? '';
          const markers = [
            ...['', '1', '5', 'invalid', '-13', 'g', 'Z', '~', '9f', 'null', ' ', NOBODY],
            ...[middle, middle.toUpperCase(), middle.slice(0, 8), `${middle}0`],
            list.ids.at(-1) ?? '',
          ];
          for (const marker of markers) {
            const query = `?marker=${encodeURIComponent(marker)}&limit=4`;
            expect(await read(list, query), marker).to.deep.equal(pageOf(list, 4, marker));
          }
          expect(await read(list, `?marker=${middle}&marker=x`)).to.deep.equal(
            pageOf(list, PAGE_MAX, middle),
          );
        });

        it('lead from one to the next until all was seen, each once and in order', async () => {
          const list = listed(name);
          const seen: string[] = [];
          let link: string | undefined = list.tenant.link(`${list.path}?limit=12`);
          for (let count = 0; link !== undefined; count += 1) {
            expect(count).to.be.below(12);
            const reply = await world.follow(link);
            const page = jsonOf(reply);
            seen.push(...listAt(page, list.key).map((item) => textAt(item, 'id')));
            link = at(page, `${list.key}_links`, 0, 'href') as string | undefined;
          }
          expect(seen).to.deep.equal(list.ids);
          for (const id of seen) expect(id).to.match(UUID_4);
        });
      });
    }

    it('name a next one when they are exactly full, and that one is empty', async () => {
      for (const [list, limit] of [
        [few, 3],
        [listed('policies'), PAGE_MAX],
        [listed('webhooks'), WEBHOOKS_MAX],
        [listed('groups'), GROUPS_MAX / 2],
      ] as const) {
        const last = list.ids.at(-1 - limit) ?? '';
        const full = await read(list, `?limit=${String(limit)}&marker=${last}`);
        expect(full).to.deep.equal({
          ids: list.ids.slice(-limit),
          next: { limit, marker: list.ids.at(-1) },
        });
        const { tenant, path, key } = list;
        const query = `?limit=${String(limit)}&marker=${list.ids.at(-1) ?? ''}`;
        expectBody(await tenant.get(`${path}${query}`), 200, { [key]: [], [`${key}_links`]: [] });
      }
    });

    it('name none when there is room on them', async () => {
      expect(await read(listed('webhooks'), '')).to.deep.equal({ ids: listed('webhooks').ids });
      expect(await read(few, '')).to.deep.equal({ ids: few.ids });
      expect(await read(few, '?limit=4')).to.deep.equal({ ids: few.ids });
    });

    it('name all of a group’s policies at once, and where the second page of them is', async () => {
      const { tenant, path, ids } = listed('policies');
      const group = path.slice(0, -'/policies'.length);
      const body = jsonOf(await tenant.get(group));
      const names = listAt(body, 'group', 'scalingPolicies').map((policy) => textAt(policy, 'id'));
      expect(names).to.deep.equal(ids);
      const href = tenant.link(`${path}/`);
      const marker = ids.at(-1) ?? '';
      expect(at(body, 'group', 'scalingPolicies_links')).to.deep.equal([
        { href, rel: 'policies' },
        { href: `${href}?limit=100&marker=${marker}`, rel: 'next' },
      ]);
    });

    it('are of groups as many as a tenant may have, and not one more', async () => {
      const { tenant, ids } = listed('groups');
      expect(ids).to.have.lengthOf(GROUPS_MAX);
      expectRefused(await tenant.post('/groups', aGroup()), {
        ...{ status: 422, type: 'ScalingGroupOverLimitError' },
        message: `Allowed limit of ${String(GROUPS_MAX)} scaling groups reached by tenant ${tenant.id}`,
      });
      expect(await read(listed('groups'), '')).to.deep.equal(pageOf(listed('groups'), PAGE_MAX));
      const another = world.aTenant();
      await another.group();
    });
  });
}
