/**
 * Goal: nobody learns anything of another tenant, not even that something of it is there, whatever they ask and
 * however. Method: every path of the API's document under every method, with the ids and tokens of two tenants
 * swapped in every way. A route that is new is in the document, and so is asked here.
 */
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { Dice } from '../../../fuzz/dice.ts';
import type { Operation } from '../../../fuzz/request.ts';
import { valueFor } from '../../../fuzz/schema-values.ts';
import { aGroupBody } from '../../../support/api-server.ts';
import { contentOf } from '../../../support/scaling.ts';
import { ADMIN_SECRET } from '../../../support/secured-api.ts';
import { ABSENT, pathWith, TwoTenants } from './tenants.ts';
import type { Answer, Question, Segments, Tenant } from './tenants.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'];
/** Bodies of one operation: some of them are good in every respect. */
const BODIES = 4;
/** All that nobody is asked for a token for. */
const OPEN = [
  ...['/', '/health', '/health/live', '/health/ready', '/openapi.json', '/docs'],
  '/v1.0/execute/{version}/{hash}',
];
/** What names a thing of a tenant, and not the tenant or the kind of the request. */
const OF_THINGS = ['groupId', 'policyId', 'webhookId', 'serverId'];

describe('Two tenants of a node that asks who calls', () => {
  let world: TwoTenants;
  let before_: unknown;
  before(async () => {
    world = await TwoTenants.start();
    before_ = await kept();
  });
  after(() => world.close());

  /** All that is there. */
  async function kept(): Promise<unknown> {
    const lists = ['/lutra/v1/tokens'].concat(
      [world.ada, world.bob].map(({ segments }) => `/v1.0/${segments['tenantId'] ?? ''}/calendars`),
    );
    const asked = lists.map((path) => world.ask({ method: 'GET', path, token: ADMIN_SECRET }));
    const texts = (await Promise.all(asked)).map(({ text }) => text);
    return [await contentOf(world.api.store), texts];
  }

  /** Asks for Bob, whoever he says that he is, and looks for what is Ada's alone in the answer. */
  async function ask(question: Question): Promise<Answer> {
    const answer = await world.ask(question);
    const said = JSON.stringify(question);
    for (const secret of world.ada.secrets) {
      if (said.includes(secret)) continue; // he knew it
      expect(answer.text, `${question.method} ${question.path}`).to.not.contain(secret);
    }
    return answer;
  }

  /** Every path with every method, and bodies where there are any. */
  function* routes(): Generator<{
    readonly path: string;
    readonly method: string;
    readonly operation: Operation | undefined;
    readonly bodies: readonly unknown[];
  }> {
    const { operations } = world;
    for (const path of new Set(operations.map((operation) => operation.path))) {
      for (const method of METHODS) {
        const isAt = (wanted: string) => (operation: Operation) =>
          operation.path === path && operation.method === wanted;
        const operation = operations.find(isAt(method === 'HEAD' ? 'GET' : method));
        const schema = operation?.body;
        const bodies =
          schema === undefined
            ? [undefined]
            : Array.from({ length: BODIES }, (_, index) =>
                valueFor(schema, world.document, new Dice(1, index)),
              );
        yield { path, method, operation, bodies };
      }
    }
  }

  /** Asks for two things that differ in what they are called, and expects the same answer but for that. */
  async function askBoth(
    question: Omit<Question, 'path'> & { readonly path: string },
    [one, other]: readonly [Segments, Segments],
  ): Promise<Answer> {
    const answer = await ask({ ...question, path: pathWith(question.path, one) });
    const same = await ask({ ...question, path: pathWith(question.path, other) });
    const what = `${question.method} ${pathWith(question.path, one)}`;
    expect(nameless(answer.text, one), what).to.equal(nameless(same.text, other));
    expect(answer.status, what).to.equal(same.status);
    return answer;
  }

  /** A text without what things are called. */
  function nameless(text: string, segments: Segments): string {
    return OF_THINGS.reduce((left, name) => left.replaceAll(segments[name] ?? name, name), text);
  }

  function foreign(tenant: Tenant, names: readonly string[], others: Segments): Segments {
    const swapped = names.map((name) => [name, others[name] ?? '']);
    return { ...tenant.segments, ...Object.fromEntries(swapped) } as Segments;
  }

  it('tell nothing to whoever has no good token: 401 for everything that is not open to all', async () => {
    const open = world.operations.filter(({ isOpen }) => isOpen).map(({ path }) => path);
    expect(new Set(open)).to.have.all.keys(...OPEN);
    for (const { path, method, bodies } of routes()) {
      const { ada } = world;
      // Whoever knows a capability may use it: that is told of below.
      if (path.includes('{hash}')) continue;
      for (const token of [undefined, 'no-such-token']) {
        const question = { method, path, token, body: bodies[0] };
        const answer = await askBoth(question, [ada.segments, { ...ABSENT, ...tenantOf(ada) }]);
        const isOpen = OPEN.includes(path);
        if (isOpen) expect(answer.status, `${method} ${path}`).to.not.be.oneOf([401, 403]);
        else expect(answer.status, `${method} ${path}`).to.equal(401);
      }
    }
    expect(await kept()).to.deep.equal(before_);
  });

  it('refuse each other with 403, also what is not there, and methods that are not', async () => {
    let count = 0;
    for (const { path, method, bodies } of routes()) {
      if (!path.includes('{tenantId}')) continue;
      const { ada, bob } = world;
      for (const body of bodies) {
        const question = { method, path, token: bob.token, body };
        const answer = await askBoth(question, [ada.segments, { ...ABSENT, ...tenantOf(ada) }]);
        expect(answer.status, `${method} ${path}`).to.equal(403);
        // A tenant that nobody is answers like one that somebody is.
        const nobody = await ask({ ...question, path: pathWith(path, ABSENT) });
        expect(nobody.text, `${method} ${path}`).to.equal(answer.text);
        count += 1;
      }
    }
    expect(count).to.be.above(100);
    expect(await kept()).to.deep.equal(before_);
  });

  it('do not find what is the other’s: 404, as for what is not there', async () => {
    let count = 0;
    for (const { path, method, operation, bodies } of routes()) {
      const names = OF_THINGS.filter((name) => path.includes(`{${name}}`));
      const { ada, bob } = world;
      for (const swapped of subsetsOf(names)) {
        const [theirs, nobodys] = [
          foreign(bob, swapped, ada.segments),
          foreign(bob, swapped, ABSENT),
        ];
        const statuses: number[] = [];
        for (const body of bodies) {
          const question = { method, path, token: bob.token, body };
          statuses.push((await askBoth(question, [theirs, nobodys])).status);
        }
        const what = `${method} ${path} with the other’s ${swapped.join()}`;
        if (operation === undefined) expect(statuses, what).to.deep.equal([405]);
        else expect(statuses.some(isNotFound(operation)), `${what}: ${statuses.join()}`).to.be.true;
        count += 1;
      }
    }
    expect(count).to.be.above(100);
    expect(await kept()).to.deep.equal(before_);
  });

  it('see their own alone, wherever they may look', async () => {
    let count = 0;
    for (const { path, method } of routes()) {
      if (method !== 'GET' && method !== 'HEAD') continue;
      const { bob } = world;
      for (const query of ['', '?webhooks=true', '?limit=1', '?marker=0', '?order=oldest-first']) {
        const where = pathWith(path, bob.segments) + query;
        const { status } = await ask({ method, path: where, token: bob.token });
        if (status === 200) count += 1;
      }
    }
    expect(count).to.be.above(50);
    expect(await kept()).to.deep.equal(before_);
  });

  it('have no say in the nodes, and are told nothing of them', async () => {
    let count = 0;
    for (const { path, method, bodies } of routes()) {
      if (!/^\/(lutra|metrics)/.test(path)) continue;
      const { ada, bob } = world;
      for (const segments of [ada.segments, bob.segments, ABSENT]) {
        const where = pathWith(path, segments);
        const answer = await ask({ method, path: where, token: bob.token, body: bodies[0] });
        expect(answer.status, `${method} ${where}`).to.equal(403);
        count += 1;
      }
    }
    expect(count).to.be.above(30);
    expect(await kept()).to.deep.equal(before_);
  });

  it('learn nothing of a capability from how it is answered', async () => {
    const path = '/v1.0/execute/{version}/{hash}';
    const { ada, bob } = world;
    for (const token of [undefined, 'no-such-token', bob.token]) {
      const question = { method: 'POST', path, token };
      const answer = await askBoth(question, [ada.segments, ABSENT]);
      expect(answer.status).to.equal(202);
    }
  });

  it('do not get in each other’s way with keys, repeats and limits', async () => {
    const { ada, bob } = world;
    const body = aGroupBody({ config: { key: 'key-of-both' } });
    const headers = { 'Idempotency-Key': 'repeat-of-both' };
    const path = '/v1.0/{tenantId}/groups';
    const create = async (tenant: Tenant, count: number): Promise<readonly number[]> => {
      const statuses: number[] = [];
      for (let index = 0; index < count; index += 1) {
        const where = pathWith(path, tenant.segments);
        const question = { method: 'POST', path: where, token: tenant.token };
        const first = index === 0 ? { body, headers } : { body: aGroupBody() };
        statuses.push((await world.ask({ ...question, ...first })).status);
      }
      return statuses;
    };

    expect(await create(ada, 3), 'Ada’s').to.deep.equal([201, 201, 422]);
    expect(await create(bob, 3), 'Bob’s').to.deep.equal([201, 201, 422]);

    const question = { method: 'GET', path: pathWith(path, bob.segments), token: bob.token };
    const ids = (await ask(question)).text.match(/"id":"[0-9a-f-]{36}"/g);
    expect(new Set(ids).size).to.equal(3);
  });
});

function tenantOf({ segments }: Tenant): Segments {
  return { tenantId: segments['tenantId'] ?? '' };
}

/** Every choice of some of the names. */
function subsetsOf(names: readonly string[]): readonly (readonly string[])[] {
  return names
    .reduce<readonly (readonly string[])[]>(
      (sets, name) => [...sets, ...sets.map((set) => [...set, name])],
      [[]],
    )
    .slice(1);
}

/** What is not there yet for anybody is answered alike, whatever it would be of. */
function isNotFound(operation: Operation): (status: number) => boolean {
  const isPromised = operation.statuses.includes(501);
  return (status) => status === 404 || (isPromised && status === 501);
}
