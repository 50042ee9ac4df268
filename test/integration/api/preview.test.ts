/** What comes next of a policy, as the node says, as the domain has it, and what is refused. */
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { epochMs } from '../../../src/base/clock.ts';
import { definitionField, encodeField, progressField } from '../../../src/domain/group/fields.ts';
import type { Schedule } from '../../../src/domain/group/policy.ts';
import type { GroupId, PolicyId } from '../../../src/domain/ids.ts';
import { isoOf } from '../../../src/domain/schedule/iso.ts';
import { dueInstants } from '../../../src/domain/schedule/jitter.ts';
import { compileSchedule } from '../../../src/domain/schedule/occurrences.ts';
import { occurrencesAfter } from '../../../src/domain/schedule/preview.ts';
import {
  at,
  createGroup,
  createPolicy,
  GROUPS,
  NOBODY,
  refusal,
  startApi,
} from '../../support/api-server.ts';
import type { ApiFixture, HttpReply } from '../../support/api-server.ts';
import { START } from '../../support/builders.ts';
import { FaultyStore } from '../../support/faulty-store.ts';
import { commitDirectly } from '../../support/scaling.ts';

let api: ApiFixture;
let store: FaultyStore;
let groupId: GroupId;
beforeEach(async () => {
  api = await startApi({ wrap: (inner) => (store = new FaultyStore(inner)) });
  groupId = await createGroup(api);
});
afterEach(() => api.close(0));

function previewPath(policyId: string, query = ''): string {
  return `${GROUPS}/${groupId}/policies/${policyId}/preview${query}`;
}

async function previewOf(policyId: string, query = ''): Promise<unknown> {
  const reply = await api.call('GET', previewPath(policyId, query));
  expect(reply.status, reply.text).to.equal(200);
  return at(reply.body, 'preview');
}

function scheduled(args: object): Promise<string> {
  return createPolicy(api, groupId, { type: 'schedule', args });
}

const BERLIN = { cron: '30 2 * * *', timezone: 'Europe/Berlin' };

describe('GET …/policies/{policyId}/preview', () => {
  it('tells ten occurrences from the clock of the store on, and which policy they are of', async () => {
    const policyId = await scheduled({ cron: '0 9 * * *' });

    const { body } = await api.call('GET', previewPath(policyId));

    const schedule: Schedule = { kind: 'cron', cron: '0 9 * * *' };
    expect(body).to.deep.equal({
      policy: {
        id: policyId,
        links: [{ href: `${api.url}${GROUPS}/${groupId}/policies/${policyId}/`, rel: 'self' }],
      },
      preview: {
        ...{ from: isoOf(START), timezone: 'UTC', words: 'At 09:00' },
        occurrences: Array.from(occurrencesAfter(compileSchedule(schedule), START, 10), (one) => ({
          at: isoOf(one),
        })),
      },
    });
  });

  for (const dst of [
    { gap: 'shift', overlap: 'first' },
    { gap: 'skip', overlap: 'second' },
    { gap: 'shift', overlap: 'both' },
  ] as const) {
    for (const from of ['2027-03-26T12:00:00.000Z', '2027-10-29T12:00:00.000Z']) {
      it(`has what the schedule has around ${from}, with ${dst.gap} and ${dst.overlap}`, async () => {
        const policyId = await scheduled({ ...BERLIN, dst });
        const compiled = compileSchedule({ kind: 'cron', ...BERLIN, dst });

        const preview = await previewOf(policyId, `?count=4&from=${from}`);

        const start = epochMs(Date.parse(from));
        expect(at(preview, 'from')).to.equal(from);
        expect(timesOf(preview)).to.deep.equal(
          Array.from(occurrencesAfter(compiled, start, 4), isoOf),
        );
      });
    }
  }

  it('tells local times, and why one was shifted', async () => {
    const policyId = await scheduled(BERLIN);

    expect(await previewOf(policyId, '?count=2&from=2027-03-27T12:00:00Z')).to.deep.equal({
      ...{ from: '2027-03-27T12:00:00.000Z', timezone: 'Europe/Berlin', words: 'At 02:30' },
      occurrences: [
        {
          ...{ at: '2027-03-28T01:30:00.000Z', local: '2027-03-28T03:30:00+02:00' },
          note: 'clocks skip 02:30',
        },
        { at: '2027-03-29T00:30:00.000Z', local: '2027-03-29T02:30:00+02:00' },
      ],
    });
  });

  it('tells which of two an occurrence is', async () => {
    const policyId = await scheduled({ ...BERLIN, dst: { overlap: 'both' } });

    const preview = await previewOf(policyId, '?count=2&from=2027-10-30T12:00:00Z');

    expect(at(preview, 'occurrences')).to.deep.equal([
      {
        ...{ at: '2027-10-31T00:30:00.000Z', local: '2027-10-31T02:30:00+02:00' },
        note: 'first 02:30 of the day',
      },
      {
        ...{ at: '2027-10-31T01:30:00.000Z', local: '2027-10-31T02:30:00+01:00' },
        note: 'second 02:30 of the day',
      },
    ]);
  });

  it('tells when an occurrence is due, where jitter makes that later', async () => {
    const policyId = await scheduled({ cron: '0 9 * * *', jitter: 600 });
    const schedule: Schedule = { kind: 'cron', cron: '0 9 * * *', jitterSeconds: 600 };
    const compiled = compileSchedule(schedule);
    const dueOf = dueInstants(policyId as PolicyId, schedule, compiled);

    const preview = await previewOf(policyId, '?count=3');

    expect(at(preview, 'jitter')).to.equal(600);
    expect(at(preview, 'occurrences')).to.deep.equal(
      Array.from(occurrencesAfter(compiled, START, 3), (planned) => ({
        at: isoOf(planned),
        dueAt: isoOf(dueOf(planned)),
      })),
    );
  });

  it('tells the one occurrence of an instant, and none after it', async () => {
    const policyId = await scheduled({ at: '2030-01-01T00:00:00Z' });

    expect(timesOf(await previewOf(policyId))).to.deep.equal(['2030-01-01T00:00:00.000Z']);
    expect(await previewOf(policyId, '?from=2030-01-01T00:00:00Z')).to.deep.equal({
      ...{ from: '2030-01-01T00:00:00.000Z', timezone: 'UTC', occurrences: [] },
    });
  });

  it('tells a local time in its zone', async () => {
    const args = { at: '2027-03-28T02:30:00', timezone: 'Europe/Berlin' };

    expect(await previewOf(await scheduled(args))).to.deep.equal({
      ...{ from: isoOf(START), timezone: 'Europe/Berlin' },
      occurrences: [
        {
          ...{ at: '2027-03-28T01:30:00.000Z', local: '2027-03-28T03:30:00+02:00' },
          note: 'clocks skip 02:30',
        },
      ],
    });
  });

  it('has nothing of a policy without a schedule', async () => {
    const policyId = await createPolicy(api, groupId);

    expect(await previewOf(policyId)).to.deep.equal({ from: isoOf(START), occurrences: [] });
  });

  it('says why nothing comes of a policy that is parked', async () => {
    const policyId = (await scheduled({ cron: '0 9 * * *' })) as PolicyId; // the API says so
    const parked = encodeField({ parked: 'nobody can decide it' });
    await commitDirectly(api.store, groupId, { set: { [progressField(policyId)]: parked } });

    const preview = await previewOf(policyId);

    expect(preview).to.deep.include({ parked: 'nobody can decide it', occurrences: [] });
  });

  it('says why nothing will come of a schedule that this node cannot read', async () => {
    const policyId = (await scheduled({ cron: '0 9 * * *' })) as PolicyId; // the API says so
    const definition = encodeField({
      ...{ name: 'gone', cooldownSeconds: 0, adjustment: { kind: 'change', amount: 1 } },
      schedule: { kind: 'cron', cron: '0 9 * * *', timezone: 'Europe/Atlantis' },
    });
    await commitDirectly(api.store, groupId, { set: { [definitionField(policyId)]: definition } });

    const preview = await previewOf(policyId);

    expect(preview).to.include({ timezone: 'Europe/Atlantis' });
    expect(preview).to.deep.include({ occurrences: [] });
    expect(preview).to.have.property('parked').that.includes('Europe/Atlantis');
  });

  it('says that nothing will come of a schedule whose calendar is not there', async () => {
    const policyId = (await scheduled({ cron: '0 9 * * *' })) as PolicyId; // the API says so
    const definition = encodeField({
      ...{ name: 'open', cooldownSeconds: 0, adjustment: { kind: 'change', amount: 1 } },
      schedule: { kind: 'cron', cron: '0 9 * * *', exclude: ['gone'] },
    });
    await commitDirectly(api.store, groupId, { set: { [definitionField(policyId)]: definition } });

    const parked = 'cannot compile the stored schedule: calendar "gone" is not known';
    expect(await previewOf(policyId)).to.deep.include({ parked, occurrences: [] });
  });

  it('looks a hundred years ahead, and further only for the first', async () => {
    const yearly = await scheduled({ cron: '0 0 1 1 *' });
    const late = await scheduled({ cron: '0 0 1 1 *', start: '2300-01-01T00:00:00Z' });

    expect(timesOf(await previewOf(yearly, '?count=1000'))).to.have.length(100);
    expect(timesOf(await previewOf(late, '?count=1000'))).to.deep.equal([
      '2300-01-01T00:00:00.000Z',
    ]);
  });

  it('makes two at a time, and one of a tenant, however many are asked for', async () => {
    let [underWay, most] = [0, 0];
    store.plan = () => async (carryOut) => {
      underWay += 1;
      most = Math.max(most, underWay);
      for (let turn = 0; turn < 100; turn += 1) await setImmediate(); // lets others come
      underWay -= 1;
      return carryOut();
    };
    const ask = (tenantId: string): Promise<unknown> =>
      api.call('GET', `/v1.0/${tenantId}/groups/${groupId}/policies/${NOBODY}/preview`);

    await Promise.all([1, 2, 3, 4].map(() => ask('000000')));
    const mostOfOne = most;
    await Promise.all(['1', '2', '3', '4'].map(ask));

    expect({ mostOfOne, most }).to.deep.equal({ mostOfOne: 1, most: 2 });
  });

  it('has a tag that says that nothing has changed', async () => {
    const policyId = await scheduled({ cron: '0 9 * * *' });
    const path = previewPath(policyId, '?from=2030-01-01T00:00:00Z');
    const { headers } = await api.call('GET', path);

    const again = await api.call('GET', path, {
      headers: { 'if-none-match': headers.etag ?? '' },
    });

    expect(again.status).to.equal(304);
  });

  for (const { query, message } of [
    ...['0', '1001', '-1', '1.5', '', 'ten', '1e2', '%201'].map((count) => ({
      query: `count=${count}`,
      message: `Invalid query argument for "count": ${JSON.stringify(decodeURIComponent(count))} is not a whole number from 1 to 1000`,
    })),
    ...['', 'soon', '2030-02-30T00:00:00Z', '2030-01-01T00:00:00'].map((from) => ({
      query: `from=${from}`,
      message: `Invalid query argument for "from": ${JSON.stringify(from)} is not an instant in UTC such as 2030-01-01T00:00:00Z`,
    })),
  ]) {
    it(`refuses ?${query}`, async () => {
      const policyId = await scheduled({ cron: '0 9 * * *' });

      const reply = await api.call('GET', previewPath(policyId, `?${query}`));

      expectRefusal(reply, 'InvalidQueryArgument', 400, message);
    });
  }

  it('refuses a policy and a group that are not there as their own paths do', async () => {
    const { body } = await api.call('GET', `${GROUPS}/${groupId}/policies/${NOBODY}`);
    const preview = await api.call('GET', previewPath(NOBODY));
    const elsewhere = await api.call('GET', `${GROUPS}/${NOBODY}/policies/${NOBODY}/preview`);

    expect({ status: preview.status, body: preview.body }).to.deep.equal({ status: 404, body });
    expectRefusal(
      elsewhere,
      'NoSuchScalingGroupError',
      404,
      `No such scaling group ${NOBODY} for tenant 000000`,
    );
  });
});

function timesOf(preview: unknown): readonly unknown[] {
  const occurrences = at(preview, 'occurrences') as readonly { readonly at: string }[];
  return occurrences.map((one) => one.at);
}

function expectRefusal(
  { status, body }: HttpReply,
  type: string,
  code: number,
  message: string,
): void {
  expect({ status, body }).to.deep.equal({ status: code, body: refusal(type, code, message) });
}
