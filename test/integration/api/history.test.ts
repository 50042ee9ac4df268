import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { HistoryEvent } from '../../../src/domain/history/event.ts';
import { occurrenceId } from '../../../src/domain/ids.ts';
import type { GroupId, PolicyId } from '../../../src/domain/ids.ts';
import { at, createGroup, GROUPS, startApi, STORE_KINDS } from '../../support/api-server.ts';
import type { ApiFixture, HttpReply } from '../../support/api-server.ts';
import { START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { after, commitDirectly } from '../../support/scaling.ts';

const POLICY = 'b1a5e000-0000-4000-8000-000000000000' as PolicyId;

for (const kind of STORE_KINDS) {
  describe(`History over HTTP, on ${kind.name}`, () => {
    let api: ApiFixture;
    let id: GroupId;
    let path: string;
    beforeEach(async () => {
      const clock = new FakeClock(START);
      api = await startApi({ kind, clock });
      id = await createGroup(api);
      path = `${GROUPS}/${id}/history`;
      await clock.advance(1_234);
    });
    afterEach(() => api.close(0));

    async function record(...events: readonly HistoryEvent[]): Promise<void> {
      await commitDirectly(api.store, id, { events });
    }

    async function recordDeletions(count: number): Promise<void> {
      await record(
        ...Array.from({ length: count }, (): HistoryEvent => {
          return { event: 'policy.deleted', policyId: POLICY, by: 'tester' };
        }),
      );
    }

    function sequencesOf(reply: HttpReply): unknown {
      return (at(reply.body, 'events') as object[]).map((event) => at(event, 'sequence'));
    }

    function nextOf(reply: HttpReply): string {
      return String(at(reply.body, 'events_links', 0, 'href')).slice(api.url.length);
    }

    it('shows events the newest first, with instants to the millisecond', async () => {
      const plannedAt = after(1_000);
      await record({
        ...{ event: 'policy.fired', policyId: POLICY },
        ...{ occurrenceId: occurrenceId(POLICY, plannedAt), plannedAt, dueAt: after(1_001) },
        ...{ desiredBefore: 0, desiredAfter: 0, outcome: 'refused', reason: 'no-change' },
      });

      const reply = await api.call('GET', path);

      expect(reply.status).to.equal(200);
      expect(at(reply.body, 'events_links')).to.deep.equal([]);
      const [fired, created] = at(reply.body, 'events') as readonly object[];
      expect(fired).to.deep.equal({
        ...{ sequence: 2, at: '2026-01-01T00:00:01.234Z', event: 'policy.fired' },
        ...{ by: 'schedule', policyId: POLICY, occurrenceId: `${POLICY}@${String(plannedAt)}` },
        ...{ plannedAt: '2026-01-01T00:00:01.000Z', dueAt: '2026-01-01T00:00:01.001Z' },
        ...{ desiredBefore: 0, desiredAfter: 0, outcome: 'refused', reason: 'no-change' },
      });
      expect(created).to.deep.include({
        ...{ sequence: 1, at: '2026-01-01T00:00:00.000Z', event: 'group.created' },
        ...{ by: 'local', desiredAfter: 0 },
      });
    });

    it('counts a run of missed occurrences', async () => {
      await record({
        ...{ event: 'policy.missed', policyId: POLICY, reason: 'superseded' },
        ...{ first: after(60_000), last: after(600_000) },
        schedule: { kind: 'cron', cron: '* * * * *' },
      });

      const reply = await api.call('GET', path);

      expect(at(reply.body, 'events', 0)).to.deep.equal({
        ...{ sequence: 2, at: '2026-01-01T00:00:01.234Z', event: 'policy.missed' },
        ...{ by: 'schedule', policyId: POLICY, reason: 'superseded', count: 10 },
        ...{ first: '2026-01-01T00:01:00.000Z', last: '2026-01-01T00:10:00.000Z' },
      });
    });

    it('stays readable where the schedule of a run cannot be read any more', async () => {
      await record({
        ...{ event: 'policy.missed', policyId: POLICY, reason: 'superseded' },
        ...{ first: after(60_000), last: after(600_000) },
        schedule: { kind: 'cron', cron: 'garbage' },
      });

      const reply = await api.call('GET', path);

      expect(reply.status).to.equal(200);
      expect(at(reply.body, 'events', 0)).to.not.have.property('count');
    });

    it('pages from the newest to the oldest', async () => {
      await recordDeletions(4);

      const first = await api.call('GET', `${path}?limit=2`);
      const second = await api.call('GET', nextOf(first));
      const third = await api.call('GET', nextOf(second));

      expect([first, second, third].map(sequencesOf)).to.deep.equal([[5, 4], [3, 2], [1]]);
      expect(at(first.body, 'events_links')).to.deep.equal([
        { rel: 'next', href: `${api.url}${path}/?limit=2&marker=4&order=newest-first` },
      ]);
      expect(at(third.body, 'events_links')).to.deep.equal([]);
    });

    it('can be followed from the oldest on, by the last number seen', async () => {
      await recordDeletions(2);

      const first = await api.call('GET', `${path}?order=oldest-first&limit=2`);
      const second = await api.call('GET', nextOf(first));
      const nothingNew = await api.call('GET', `${path}?order=oldest-first&marker=3`);
      await recordDeletions(1);
      const news = await api.call('GET', `${path}?order=oldest-first&marker=3`);

      expect([first, second, nothingNew, news].map(sequencesOf)).to.deep.equal([
        [1, 2],
        [3],
        [],
        [4],
      ]);
    });

    it('filters by policy, name, outcome and time, and keeps to that on the next page', async () => {
      await recordDeletions(3);

      const filter = `policyId=${POLICY}&event=policy.fired%2Cpolicy.deleted&outcome=changed`;
      const time = 'from=2026-01-01T00%3A00%3A01Z&to=2026-01-01T00%3A00%3A02Z';
      const first = await api.call('GET', `${path}?limit=2&${filter}&${time}`);
      const second = await api.call('GET', nextOf(first));
      const others = await Promise.all(
        [
          `policyId=${id}`,
          'event=policy.fired',
          'outcome=refused,failed',
          'from=2026-01-01T00:00:01.235Z',
          'to=2026-01-01T00:00:00Z',
        ].map((query) => api.call('GET', `${path}?${query}`)),
      );

      expect([first, second].map(sequencesOf)).to.deep.equal([[4, 3], [2]]);
      expect(at(first.body, 'events_links')).to.deep.equal([
        {
          rel: 'next',
          href: `${api.url}${path}/?limit=2&marker=3&order=newest-first&${filter}&${time}`,
        },
      ]);
      expect(others.map(sequencesOf)).to.deep.equal([[], [], [], [], []]);
    });

    const wrongFilters: readonly { readonly query: string; readonly message: RegExp }[] = [
      { query: 'policyId=', message: /^.*"policyId": "" is not the id of a policy$/ },
      { query: 'policyId=up', message: /^.*"policyId": "up" is not the id of a policy$/ },
      { query: 'event=', message: /^.*"event": "" is none of policy\.fired, / },
      { query: 'event=policy', message: /^.*"event": "policy" is none of policy\.fired, / },
      { query: 'event=policy.fired,x', message: /^.*"event": "x" is none of policy\.fired, / },
      { query: 'event=__proto__', message: /^.*"event": "__proto__" is none of / },
      {
        query: 'outcome=won',
        message: /^.*"outcome": "won" is none of scaled, changed, refused, /,
      },
      {
        query: 'from=yesterday',
        message: /^.*"from": "yesterday" is not an instant in UTC such as /,
      },
      { query: 'from=', message: /^.*"from": "" is not an instant/ },
      { query: 'to=2026-02-30T00:00:00Z', message: /^.*"to": "2026-02-30T00:00:00Z" is not an / },
      {
        query: 'from=2026-01-01T00:00:01Z&to=2026-01-01T00:00:01Z',
        message: /^.*"to": it must be later than "from", which is 2026-01-01T00:00:01\.000Z$/,
      },
    ];
    for (const { query, message } of wrongFilters) {
      it(`refuses ?${query}, and says what would be right`, async () => {
        const reply = await api.call('GET', `${path}?${query}`);

        expect(reply.status).to.equal(400);
        expect(at(reply.body, 'error', 'type')).to.equal('InvalidQueryArgument');
        expect(at(reply.body, 'error', 'message')).to.match(message);
      });
    }

    const mistakes: readonly { readonly query: string; readonly key: string }[] = [
      { query: 'limit=ab', key: 'limit' },
      { query: 'marker=-1', key: 'marker' },
      { query: 'marker=', key: 'marker' },
      { query: 'marker=1e3', key: 'marker' },
      { query: 'order=newest', key: 'order' },
      { query: 'order=', key: 'order' },
    ];
    for (const { query, key } of mistakes) {
      it(`refuses ?${query}`, async () => {
        const reply = await api.call('GET', `${path}?${query}`);

        expect(reply.status).to.equal(400);
        expect(reply.body).to.deep.equal({
          error: {
            ...{ type: 'InvalidQueryArgument', code: 400, details: '' },
            message: `Invalid query argument for "${key}"`,
          },
        });
      });
    }
  });
}
