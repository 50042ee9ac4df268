/** Forecasts and explanations over a real server. */
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { GroupId } from '../../../src/domain/ids.ts';
import {
  aPolicyBody,
  at,
  createGroup,
  GROUPS,
  NOBODY,
  putState,
  refusal,
  startApi,
} from '../../support/api-server.ts';
import type { ApiFixture, HttpReply } from '../../support/api-server.ts';
import { START } from '../../support/builders.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { delayBefore, FaultyStore } from '../../support/faulty-store.ts';
import { ADMIN_SECRET, bearer, startSecuredApi } from '../../support/secured-api.ts';

const UP = aPolicyBody({
  ...{ name: 'open', type: 'schedule', change: undefined, desiredCapacity: 8 },
  args: { cron: '0 8 * * *' },
});
const CLOSE = aPolicyBody({
  ...{ name: 'close', type: 'schedule', change: undefined, desiredCapacity: 2 },
  args: { cron: '0 20 * * *' },
});
const TOMORROW = '2026-01-02T00:00:00Z';

describe('The forecast of a group', () => {
  let api: ApiFixture;
  let id: GroupId;
  let path: string;
  let store: FaultyStore;
  beforeEach(async () => {
    api = await startApi({
      clock: new FakeClock(START),
      wrap: (inner) => (store = new FaultyStore(inner)),
    });
    id = await createGroup(api, { policies: [UP, CLOSE] });
    path = `${GROUPS}/${id}/forecast`;
  });
  afterEach(() => api.close(0));

  function sizesIn({ body }: HttpReply): readonly unknown[] {
    const steps = at(body, 'forecast', 'steps') as readonly object[]; // the document says so
    return steps.map((step) => [at(step, 'at'), at(step, 'desiredAfter')]);
  }

  it('tells the sizes until a time', async () => {
    const reply = await api.call('GET', `${path}?to=${TOMORROW}`);

    expect(reply.status).to.equal(200);
    expect(sizesIn(reply)).to.deep.equal([
      ['2026-01-01T08:00:00.000Z', 8],
      ['2026-01-01T20:00:00.000Z', 2],
    ]);
  });

  it('looks seven days ahead unless told otherwise', async () => {
    const reply = await api.call('GET', path);

    expect(at(reply.body, 'forecast', 'to')).to.equal('2026-01-08T00:00:00.000Z');
    expect(sizesIn(reply)).to.have.length(14);
  });

  it('takes changes into account that nobody has made, and makes none', async () => {
    const { body } = await api.call('GET', `${GROUPS}/${id}/policies`);
    const named = (at(body, 'policies') as readonly object[]).find(
      (one) => at(one, 'name') === 'close',
    );
    const noon = aPolicyBody({ name: 'noon', type: 'schedule', args: { cron: '0 12 * * *' } });

    const reply = await api.call('POST', path, {
      body: {
        ...{ to: TOMORROW, policies: [noon], without: [String(at(named, 'id'))] },
        groupConfiguration: { minEntities: 1, maxEntities: 8 },
      },
    });
    const asItIs = await api.call('GET', `${path}?to=${TOMORROW}`);

    expect(sizesIn(reply)).to.deep.equal([['2026-01-01T08:00:00.000Z', 8]]);
    expect(at(reply.body, 'forecast', 'desiredAtStart')).to.equal(1);
    expect(at(reply.body, 'forecast', 'counts', 'refused', 'no-change')).to.equal(1);
    expect(at(asItIs.body, 'forecast', 'desiredAtStart')).to.equal(0);
    expect(sizesIn(asItIs)).to.have.length(2);
  });

  const BAD_QUERIES: readonly (readonly [query: string, message: string])[] = [
    ['from=soon', '"from": "soon" is not an instant in UTC such as 2030-01-01T00:00:00Z'],
    [
      'to=2026-01-01T00:00:00Z',
      '"to": it must be later than "from", which is 2026-01-01T00:00:00.000Z, and not later than 2036-01-02T00:00:00.000Z',
    ],
    ['steps=some', '"steps": "some" is none of changes, all'],
  ];
  for (const [query, message] of BAD_QUERIES) {
    it(`refuses ${query}`, async () => {
      const { status, body } = await api.call('GET', `${path}?${query}`);

      expect(status).to.equal(400);
      expect(body).to.deep.equal(
        refusal('InvalidQueryArgument', 400, `Invalid query argument for ${message}`),
      );
    });
  }

  const BAD_BODIES: readonly (readonly [what: string, body: object, message: string])[] = [
    [
      'an unknown policy',
      { without: ['x'] },
      'without[0] must be the id of a policy of the group, not "x"',
    ],
    [
      'a policy that is none',
      { policies: [{ ...UP, cooldown: -1 }] },
      'policies[0].cooldown must be a number from 0 to 86400, not -1',
    ],
    [
      'an end that is no time',
      { to: 5 },
      'to must be a UTC time such as 2030-01-01T00:00:00Z, not 5',
    ],
    [
      'an unknown member',
      { groupConfiguration: { name: 'x' } },
      'groupConfiguration.name is not known: groupConfiguration must be an object with no other keys than minEntities, maxEntities, cooldown',
    ],
  ];
  for (const [what, body, message] of BAD_BODIES) {
    it(`refuses ${what} in what is only supposed`, async () => {
      const reply = await api.call('POST', path, { body });

      expect(reply.body).to.deep.equal(refusal('ValidationError', 400, message));
    });
  }

  it('does not wait for bodies that others are sending', async () => {
    const headers = { expect: '100-continue' };
    const others = [1, 2, 3].map(() =>
      httpRequest(`${api.url}${path}`, { method: 'POST', agent: false, headers }),
    );
    for (const other of others) {
      other.on('error', () => undefined); // it is cut off below
      other.flushHeaders();
    }
    await Promise.all(others.map((other) => once(other, 'continue')));

    const reply = await api.call('GET', path);

    expect(reply.status).to.equal(200);
    for (const other of others) other.destroy();
  });

  it('lets no tenant keep the others waiting', async () => {
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let readCount = 0;
    store.plan = ({ args }) => {
      if (args[0] !== id) return undefined;
      readCount += 1;
      return delayBefore(held);
    };
    const all = [1, 2, 3].map(() => api.call('GET', path));
    await eventually('a forecast is being made', () => readCount > 0);

    const other = await api.call('GET', `/v1.0/other/groups/${NOBODY}/forecast`);
    letGo();

    expect(other.status).to.equal(404);
    expect((await Promise.all(all)).map(({ status }) => status)).to.deep.equal([200, 200, 200]);
  });

  it('refuses limits that contradict each other', async () => {
    const reply = await api.call('POST', path, {
      body: { groupConfiguration: { minEntities: 2, maxEntities: 1 } },
    });

    expect(at(reply.body, 'error', 'type')).to.equal('InvalidMinEntities');
  });

  it('is there for groups that are there', async () => {
    for (const [method, what] of [
      ...[['GET', 'forecast'] as const, ['POST', 'forecast'] as const, ['GET', 'explain'] as const],
    ]) {
      const reply = await api.call(method, `${GROUPS}/${NOBODY}/${what}`, {
        ...(method === 'POST' ? { body: {} } : {}),
      });

      expect(at(reply.body, 'error', 'type')).to.equal('NoSuchScalingGroupError');
    }
  });
});

describe('The explanation of the size of a group', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await startApi({ clock: new FakeClock(START) });
  });
  afterEach(() => api.close(0));

  it('says what decided it, what holds it, and what comes next', async () => {
    const id = await createGroup(api, {
      config: { minEntities: 1, maxEntities: 9 },
      policies: [UP],
    });
    await putState(api, id, { isPaused: true });

    const { status, body } = await api.call('GET', `${GROUPS}/${id}/explain`);

    expect(status).to.equal(200);
    expect(at(body, 'explanation', 'sentences')).to.deep.equal([
      'The desired capacity is 1; nobody has looked for servers yet.',
      'local created the group with a desired capacity of 1 at 2026-01-01T00:00:00.000Z.',
      'It is at minEntities, 1: no policy can lower it unless that is lowered.',
      'The group is paused: no policy acts, and no server starts or ends, until it is resumed.',
      'Policies fire by their schedules 7 times until 2026-01-08T00:00:00.000Z, and change nothing.',
    ]);
    expect(at(body, 'explanation', 'lastChange', 'event')).to.equal('group.created');
  });
});

describe('Whoever may read a group', () => {
  it('may have it forecast, also with changes, and explained', async () => {
    const api = await startSecuredApi();
    try {
      const admin = bearer(ADMIN_SECRET);
      const reply = await api.call('POST', `${GROUPS}/${NOBODY}/forecast`, {
        headers: admin,
        body: {},
      });
      const nobody = await api.call('POST', `${GROUPS}/${NOBODY}/forecast`, { body: {} });

      expect([reply.status, nobody.status]).to.deep.equal([404, 401]);
    } finally {
      await api.close(0);
    }
  });
});
