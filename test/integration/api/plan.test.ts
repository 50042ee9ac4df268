import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { GroupId, PolicyId } from '../../../src/domain/ids.ts';
import { isoOf } from '../../../src/domain/schedule/iso.ts';
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
import type { ApiFixture, HttpReply } from '../../support/api-server.ts';
import { after, groupOf } from '../../support/scaling.ts';

const HOUR_MS = 3_600_000;
const UNTIL = isoOf(after(HOUR_MS));
const NOW = isoOf(after(0));
const LATEST = isoOf(after(366 * 24 * HOUR_MS));

function wrong(message: string): object {
  return refusal('ValidationError', 400, message);
}

for (const kind of STORE_KINDS) {
  describe(`The plan of a group over HTTP, on ${kind.name}`, () => {
    let api: ApiFixture;
    let id: GroupId;
    let group: string;
    beforeEach(async () => {
      api = await startApi({ kind });
      id = await createGroup(api, { config: { maxEntities: 10 } });
      group = `${GROUPS}/${id}`;
    });
    afterEach(() => api.close(0));

    function put(
      body: unknown,
      headers: Readonly<Record<string, string>> = {},
    ): Promise<HttpReply> {
      return api.call('PUT', `${group}/override`, { body, headers });
    }

    function post(path: string, body?: unknown, headers = {}): Promise<HttpReply> {
      return api.call('POST', `${group}/${path}`, {
        ...(body === undefined ? {} : { body }),
        headers,
      });
    }

    async function get(path: string): Promise<unknown> {
      return (await api.call('GET', `${group}/${path}`)).body;
    }

    describe('an override', () => {
      const ASKED = { min: 3, until: UNTIL, reason: 'launch' };
      const SHOWN = { min: 3, since: NOW, until: UNTIL, reason: 'launch', by: 'local' };

      it('is set, shown by itself and in the state, and removed', async () => {
        const set = await put(ASKED);

        expect([set.status, set.body]).to.deep.equal([200, { override: SHOWN }]);
        expect(await get('override')).to.deep.equal({ override: SHOWN });
        expect(await get('state')).to.deep.nested.include({
          'group.desiredCapacity': 3,
          'group.baseCapacity': 0,
          'group.override': SHOWN,
        });

        const removed = await api.call('DELETE', `${group}/override`);

        expect([removed.status, removed.text]).to.deep.equal([204, '']);
        expect(JSON.stringify(await get('state'))).to.not.match(/override|baseCapacity/);
      });

      it('is not found where none is set, or there is no such group', async () => {
        const none = refusal(
          'NoSuchOverrideError',
          404,
          `No override is set for scaling group ${id} for tenant 000000`,
        );
        for (const method of ['GET', 'DELETE']) {
          expect((await api.call(method, `${group}/override`)).body).to.deep.equal(none);
          const { body } = await api.call(method, `${GROUPS}/${NOBODY}/override`);
          expect(body).to.have.nested.property('error.type', 'NoSuchScalingGroupError');
        }
        const { status } = await api.call('PUT', `${GROUPS}/${NOBODY}/override`, { body: ASKED });
        expect(status).to.equal(404);
      });

      const refused: readonly (readonly [object, string])[] = [
        [{ until: UNTIL, reason: 'a' }, 'the body must have at least one of min, max, desired'],
        [{ ...ASKED, min: 1_001 }, 'min must be an integer from 0 to 1000, not 1001'],
        [{ ...ASKED, min: 5, max: 4 }, 'min must be at most max, which is 4, not 5'],
        [
          { ...ASKED, min: 11 },
          'min must be at most max, which is 10 without this override, not 11; it may set max as well',
        ],
        [
          { ...ASKED, desired: 2 },
          'desired must be from 3 to 10, the bounds that hold with this override, not 2; it may set min and max as well',
        ],
        [{ ...ASKED, until: NOW }, `until must be later than now, which is ${NOW}, not "${NOW}"`],
        [
          { ...ASKED, until: '2050-01-01T00:00:00Z' },
          `until must be at most 366 days ahead, which is ${LATEST}, not "2050-01-01T00:00:00Z"`,
        ],
        [
          { ...ASKED, until: 'noon' },
          'until must be an instant in UTC such as 2030-01-01T00:00:00Z, not "noon"',
        ],
        [
          { min: 1, reason: 'a' },
          'until is missing: it must be an instant in UTC such as 2030-01-01T00:00:00Z',
        ],
        [
          { ...ASKED, reason: ' ' },
          'reason must be a string of 1 to 256 characters, not all of them blank, not " "',
        ],
        [
          { ...ASKED, by: 'me' },
          'by is not known: the body must be an object with no other keys than min, max, desired, until, reason',
        ],
      ];
      for (const [body, message] of refused) {
        it(`is refused whole: ${JSON.stringify(body)}`, async () => {
          const reply = await put(body);

          expect([reply.status, reply.body]).to.deep.equal([400, wrong(message)]);
          expect((await api.call('GET', `${group}/override`)).status).to.equal(404);
        });
      }

      it('is refused to a tenant that is suspended', async () => {
        await putState(api, id, { isSuspended: true });

        expect((await put(ASKED)).body).to.have.nested.property(
          ...(['error.type', 'TenantSuspendedError'] as const),
        );
      });

      it('changes only as it was seen, where If-Match says so', async () => {
        expect((await put(ASKED, { 'If-Match': '*' })).status).to.equal(412);
        await put(ASKED);
        const tag = String((await api.call('GET', `${group}/override`)).headers.etag);
        const known = { headers: { 'If-None-Match': tag } };
        expect((await api.call('GET', `${group}/override`, known)).status).to.equal(304);

        expect((await put({ ...ASKED, min: 4 }, { 'If-Match': tag })).status).to.equal(200);
        expect((await put({ ...ASKED, min: 5 }, { 'If-Match': tag })).status).to.equal(412);
        const stale = { headers: { 'If-Match': tag } };
        expect((await api.call('DELETE', `${group}/override`, stale)).status).to.equal(412);

        expect(await get('override')).to.have.nested.property('override.min', 4);
      });

      it('tells old and new values in the history', async () => {
        await put(ASKED);
        await api.call('DELETE', `${group}/override`);

        const { events } = (await get('history')) as { events: readonly object[] };

        const changes = (event: string): object =>
          events.find((one) => 'event' in one && one.event === event) ?? {};
        expect(changes('override.set')).to.deep.include({
          ...{ by: 'local', desiredBefore: 0, desiredAfter: 3 },
          changes: [
            { path: 'min', after: 3 },
            { path: 'until', after: UNTIL },
            { path: 'reason', after: 'launch' },
          ],
        });
        expect(changes('override.removed')).to.deep.include({
          ...{ by: 'local', desiredBefore: 3, desiredAfter: 0 },
          changes: [
            { path: 'min', before: 3 },
            { path: 'until', before: UNTIL },
            { path: 'reason', before: 'launch' },
          ],
        });
      });
    });

    describe('a pause', () => {
      it('has an end where the body says one, which the state shows', async () => {
        const { status, text } = await post('pause', { until: UNTIL });

        expect([status, text]).to.deep.equal([204, '']);
        expect(await get('state')).to.deep.nested.include({
          'group.paused': true,
          'group.pausedUntil': UNTIL,
        });
      });

      for (const body of [undefined, '', '{}', '[]', 'null', '{ no JSON']) {
        it(`has none with the body ${String(body)}, and takes the place of one with an end`, async () => {
          await post('pause', { until: UNTIL });

          const { status, text } = await post('pause', body);

          expect([status, text]).to.deep.equal([204, '']);
          const { state } = await groupOf(api.store, id);
          expect([state.isPaused, state.pausedUntil]).to.deep.equal([true, undefined]);
        });
      }

      it('is refused with an end that cannot be, or with anything else', async () => {
        const ended = await post('pause', { until: NOW });
        const other = await post('pause', { untill: UNTIL });

        expect(ended.body).to.deep.equal(
          wrong(`until must be later than now, which is ${NOW}, not "${NOW}"`),
        );
        expect(other.body).to.deep.equal(
          wrong('untill is not known: the body must be an object with no other keys than until'),
        );
        expect((await groupOf(api.store, id)).state.isPaused).to.equal(false);
      });

      it('is carried out once with a key, which is that of its end, too', async () => {
        const key = { 'Idempotency-Key': 'a' };
        await post('pause', { until: UNTIL }, key);
        await post('resume');

        const again = await post('pause', { until: UNTIL }, key);
        const other = await post('pause', {}, key);

        expect([again.status, again.headers['idempotency-replayed']]).to.deep.equal([204, 'true']);
        expect(other.status).to.equal(422);
        expect((await groupOf(api.store, id)).state.isPaused).to.equal(false);
      });
    });

    describe('skipping', () => {
      let policy: string;
      beforeEach(async () => {
        const args = { cron: '0 * * * *' };
        policy = await createPolicy(api, id, { type: 'schedule', args });
      });
      const [first, second, third] = [1, 2, 3].map((hours) => isoOf(after(hours * HOUR_MS)));

      it('leaves the next occurrence out, and says what comes in its place', async () => {
        const { status, body } = await post(`policies/${policy}/skip`);

        expect([status, body]).to.deep.equal([200, { skipped: first, next: second }]);
      });

      it('is shown by previews as left out', async () => {
        await post(`policies/${policy}/skip`);

        const body = await get(`policies/${policy}/preview?count=2`);
        expect(at(body, 'preview', 'occurrences')).to.deep.equal([{ at: second }, { at: third }]);
        expect(at(body, 'preview', 'leftOut')).to.deep.equal([{ at: first, skipped: true }]);
      });

      it('takes the occurrence that is meant, once, and refuses another with what is next', async () => {
        const path = `policies/${policy}/skip`;
        const once = await post(path, { occurrence: first });
        const again = await post(path, { occurrence: first });
        const other = await post(path, { occurrence: third });

        expect([once.body, again.body]).to.deep.equal([
          ...[
            { skipped: first, next: second },
            { skipped: first, next: second },
          ],
        ]);
        expect([other.status, other.body]).to.deep.equal([
          409,
          refusal(
            'CannotSkipOccurrenceError',
            409,
            `Cannot skip an occurrence of scaling policy ${policy} for group ${id} for tenant 000000: ` +
              `"${String(third)}" is not next, ${String(second)} is`,
          ),
        ]);
      });

      it('is carried out once with a key', async () => {
        const key = { 'Idempotency-Key': 'a' };
        const once = await post(`policies/${policy}/skip`, undefined, key);
        const again = await post(`policies/${policy}/skip`, undefined, key);

        expect(again.body).to.deep.equal(once.body);
        expect(again.headers['idempotency-replayed']).to.equal('true');
      });

      it('refuses a body that is wrong, and policies with nothing to come', async () => {
        const manual = await createPolicy(api, id);

        expect((await post(`policies/${policy}/skip`, '{')).status).to.equal(400);
        expect((await post(`policies/${policy}/skip`, { at: first })).status).to.equal(400);
        expect((await post(`policies/${policy}/skip`, { occurrence: 'x' })).body).to.deep.equal(
          wrong('occurrence must be an instant in UTC such as 2030-01-01T00:00:00Z, not "x"'),
        );
        expect((await post(`policies/${NOBODY}/skip`)).status).to.equal(404);
        const { status, body } = await post(`policies/${manual}/skip`);
        expect(status).to.equal(409);
        expect(body)
          .to.have.nested.property('error.message')
          .that.matches(/: nothing is to come by itself$/);
      });
    });

    it('shows windows that are open, and what the group returns to', async () => {
      const policyId = NOBODY as PolicyId;
      const window = { opensAt: after(-HOUR_MS), closesAt: after(HOUR_MS), priority: 0, min: 4 };
      await putState(api, id, { desired: 4, base: 1, windows: [{ policyId, ...window }] });

      expect(await get('state')).to.deep.nested.include({
        'group.baseCapacity': 1,
        'group.windows': [
          {
            policyId,
            ...{ opensAt: isoOf(after(-HOUR_MS)), closesAt: UNTIL, min: 4, priority: 0 },
          },
        ],
      });
    });
  });
}
