import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import {
  aGroupBody,
  aPolicyBody,
  at,
  createGroup,
  createPolicy,
  GROUPS,
  refusal,
  startApi,
} from '../../support/api-server.ts';
import type { ApiFixture, HttpReply } from '../../support/api-server.ts';

const CALENDARS = '/v1.0/000000/calendars';
const HOLIDAYS = `${CALENDARS}/holidays`;
const CHRISTMAS = { date: '2026-12-25' };

/** The arguments of a schedule that fires every midnight but for the days of these calendars. */
function naming(...exclude: readonly string[]): Readonly<Record<string, unknown>> {
  return { change: 1, type: 'schedule', args: { cron: '0 0 * * *', exclude } };
}

describe('Calendars over HTTP', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await startApi();
  });
  afterEach(() => api.close(0));

  function put(
    path: string,
    entries: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpReply> {
    return api.call('PUT', path, { body: { entries }, headers });
  }

  it('are none at first', async () => {
    const { status, body } = await api.call('GET', CALENDARS);

    expect({ status, body }).to.deep.equal({
      ...{ status: 200, body: { calendars: [], malformed: [] } },
    });
  });

  it('are written, shown, listed, replaced and deleted', async () => {
    const entries = [
      ...[CHRISTMAS, { from: '2026-12-24', to: '2027-01-01', start: '12:00' }],
      ...[{ weekdays: ['SAT', 'SUN'] }, { date: '2026-12-31', start: '12:00', end: '24:00' }],
    ];
    const calendar = { name: 'holidays', entries };

    const made = await put(HOLIDAYS, entries);
    expect([made.status, made.body]).to.deep.equal([
      ...[201, { calendar, groups: { changed: 0, pending: 0 } }],
    ]);
    expect((await api.call('GET', HOLIDAYS)).body).to.deep.equal({ calendar });
    const listed = await api.call('GET', `${CALENDARS}/`);
    expect(listed.body).to.deep.equal({ calendars: [calendar], malformed: [] });

    const replaced = await put(HOLIDAYS, [CHRISTMAS]);
    expect([replaced.status, at(replaced.body, 'calendar', 'entries')]).to.deep.equal([
      ...[200, [CHRISTMAS]],
    ]);

    expect((await api.call('DELETE', HOLIDAYS)).status).to.equal(204);
    for (const method of ['GET', 'DELETE']) {
      const { status, body } = await api.call(method, HOLIDAYS);
      expect({ status, body }).to.deep.equal({
        status: 404,
        body: refusal(
          ...(['NoSuchCalendarError', 404, 'No such calendar holidays for tenant 000000'] as const),
        ),
      });
    }
  });

  it('are shown as they are understood: days of the week in capitals, in order', async () => {
    const { body } = await put(HOLIDAYS, [{ weekdays: ['sun', 'Sat', 'SUN'] }]);

    expect(at(body, 'calendar', 'entries')).to.deep.equal([{ weekdays: ['SAT', 'SUN'] }]);
  });

  it('are each tenant’s own', async () => {
    await put(HOLIDAYS, []);

    expect((await api.call('GET', '/v1.0/other/calendars/holidays')).status).to.equal(404);
  });

  for (const { what, entries, message } of [
    {
      what: 'a date that does not exist',
      entries: [CHRISTMAS, { date: '2026-02-30' }],
      message:
        'entries[1].date is a date that does not exist, it is "2026-02-30": write a day from 01 to 28 of 2026-02',
    },
    {
      what: 'no list',
      entries: 'x',
      message: 'entries is no list, it is "x": write a list of up to 500 entries',
    },
    {
      what: 'one that is not there',
      entries: [{ calendar: 'missing' }],
      message:
        'entries cannot be these: there is no calendar "missing", which it includes (holidays → missing)',
    },
    {
      what: 'itself',
      entries: [{ calendar: 'holidays' }],
      message:
        'entries cannot be these: calendars must not include themselves (holidays → holidays)',
    },
  ]) {
    it(`are refused with ${what}`, async () => {
      const { status, body } = await put(HOLIDAYS, entries);

      expect({ status, body }).to.deep.equal({
        ...{ status: 400, body: refusal('ValidationError', 400, message) },
      });
      expect((await api.call('GET', HOLIDAYS)).status).to.equal(404);
    });
  }

  it('are refused without entries, and with anything else beside them', async () => {
    const bodies = [{}, { entries: [], name: 'x' }, []];
    for (const body of bodies) {
      expect((await api.call('PUT', HOLIDAYS, { body })).status, JSON.stringify(body)).to.equal(
        400,
      );
    }
  });

  it('are refused under a name that cannot be one', async () => {
    for (const name of ['a%20b', 'x'.repeat(65), 'a%2Fb', '%F0%9F%98%80']) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const reply = await api.call(method, `${CALENDARS}/${name}`, { body: { entries: [] } });
        expect(reply.status, `${method} ${name}`).to.equal(400);
      }
    }
  });

  describe('with entity tags', () => {
    async function tagOf(): Promise<string> {
      return String((await api.call('GET', HOLIDAYS)).headers.etag);
    }

    it('spare a client what it has', async () => {
      await put(HOLIDAYS, [CHRISTMAS]);

      const headers = { 'If-None-Match': await tagOf() };

      expect((await api.call('GET', HOLIDAYS, { headers })).status).to.equal(304);
    });

    it('are written and deleted as they were seen, and not otherwise', async () => {
      await put(HOLIDAYS, [CHRISTMAS]);
      const seen = await tagOf();
      expect((await put(HOLIDAYS, [], { 'If-Match': seen })).status).to.equal(200);

      expect((await put(HOLIDAYS, [CHRISTMAS], { 'If-Match': seen })).status).to.equal(412);
      const headers = { 'If-Match': seen };
      expect((await api.call('DELETE', HOLIDAYS, { headers })).status).to.equal(412);
      const now = { 'If-Match': await tagOf() };
      expect((await api.call('DELETE', HOLIDAYS, { headers: now })).status).to.equal(204);
    });

    it('are not made anew where one is expected to be there', async () => {
      expect((await put(HOLIDAYS, [], { 'If-Match': '*' })).status).to.equal(412);
      expect((await put(HOLIDAYS, [], { 'If-Match': 'x' })).status).to.equal(400);
    });
  });

  describe('with policies that name them', () => {
    it('are brought to their groups, which is told', async () => {
      await put(HOLIDAYS, []);
      const id = await createGroup(api);
      const policy = await createPolicy(api, id, naming('holidays'));

      const { body } = await put(HOLIDAYS, [{ date: '2026-01-02' }]);

      expect(at(body, 'groups')).to.deep.equal({ changed: 1, pending: 0 });
      const preview = await api.call('GET', `${GROUPS}/${id}/policies/${policy}/preview?count=1`);
      expect(preview.text).to.include('2026-01-03T00:00:00');
      const history = await api.call('GET', `${GROUPS}/${id}/history`);
      expect(at(history.body, 'events', 0)).to.deep.include({
        ...{ event: 'group.calendars-changed', names: ['holidays'], by: 'local' },
      });
    });

    it('tell which policies they leave no occurrence', async () => {
      await put(HOLIDAYS, []);
      const groupId = await createGroup(api);
      const policyId = await createPolicy(api, groupId, naming('holidays'));

      const { body } = await put(HOLIDAYS, [
        { weekdays: ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] },
      ]);

      expect(at(body, 'silenced')).to.deep.equal({
        ...{ count: 1, policies: [{ groupId, groupName: 'web', policyId, policyName: 'up' }] },
      });
    });

    it('are shown in the policies by their names, and no more of them', async () => {
      await put(HOLIDAYS, [CHRISTMAS]);
      const id = await createGroup(api);
      const { body } = await api.call('POST', `${GROUPS}/${id}/policies`, {
        body: [aPolicyBody(naming('holidays'))],
      });

      const args = { cron: '0 0 * * *', exclude: ['holidays'] };
      expect(at(body, 'policies', 0, 'args')).to.deep.equal(args);
      const listed = await api.call('GET', `${GROUPS}/${id}/policies`);
      expect(at(listed.body, 'policies', 0, 'args')).to.deep.equal(args);
    });

    it('are not deleted, and not without those that include them', async () => {
      await put(HOLIDAYS, []);
      await put(`${CALENDARS}/all`, [{ calendar: 'holidays' }]);
      const id = await createGroup(api);
      await createPolicy(api, id, naming('holidays'));

      const { status, body } = await api.call('DELETE', HOLIDAYS);

      expect({ status, body }).to.deep.equal({
        status: 409,
        body: refusal(
          'CalendarInUseError',
          409,
          `Calendar holidays for tenant 000000 is in use: the calendars all include it, and policies of the groups "web" (${id}) name it`,
        ),
      });
    });

    it('have to be there, wherever they are named', async () => {
      await put(HOLIDAYS, []);
      const id = await createGroup(api);
      const policy = await createPolicy(api, id, naming('holidays'));
      const wrong = aPolicyBody(naming('holidays', 'missing'));
      const group = { ...aGroupBody(), scalingPolicies: [wrong] };
      const right =
        'args.exclude[1] must be the name of a calendar, not "missing": there are "holidays"';
      for (const [method, path, body, where] of [
        ['POST', `${GROUPS}/${id}/policies`, [wrong], '[0].'],
        ['PUT', `${GROUPS}/${id}/policies/${policy}`, wrong, ''],
        ['POST', GROUPS, group, 'scalingPolicies[0].'],
        ['POST', `${GROUPS}/${id}/forecast`, { policies: [wrong] }, 'policies[0].'],
      ] as const) {
        const reply = await api.call(method, path, { body });
        expect(reply.body, path).to.deep.equal(refusal('ValidationError', 400, `${where}${right}`));
      }
    });
  });
});
