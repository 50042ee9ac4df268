/** What previews tell of occurrences that do not take place. */
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { definitionField, encodeField } from '../../../src/domain/group/fields.ts';
import type { CronSchedule } from '../../../src/domain/group/policy.ts';
import type { GroupId, PolicyId } from '../../../src/domain/ids.ts';
import { at, createGroup, createPolicy, GROUPS, startApi } from '../../support/api-server.ts';
import type { ApiFixture } from '../../support/api-server.ts';
import { commitDirectly } from '../../support/scaling.ts';

let api: ApiFixture;
let groupId: GroupId;
beforeEach(async () => {
  api = await startApi();
  groupId = await createGroup(api);
});
afterEach(() => api.close(0));

const BERLIN = { cron: '30 2 * * *', timezone: 'Europe/Berlin' };

async function previewOf(policyId: string, query = ''): Promise<unknown> {
  const path = `${GROUPS}/${groupId}/policies/${policyId}/preview${query}`;
  const reply = await api.call('GET', path);
  expect(reply.status, reply.text).to.equal(200);
  return at(reply.body, 'preview');
}

function scheduled(args: object): Promise<string> {
  return createPolicy(api, groupId, { type: 'schedule', args });
}

/** A policy whose group has copies of these calendars. */
async function withCalendars(schedule: CronSchedule, calendars: object): Promise<string> {
  const { cron } = schedule;
  const policyId = (await scheduled({ cron })) as PolicyId; // the API says so
  const definition = encodeField({
    ...{ name: 'open', cooldownSeconds: 0, adjustment: { kind: 'change', amount: 1 } },
    schedule,
  });
  const set = { [definitionField(policyId)]: definition, calendars: encodeField(calendars) };
  await commitDirectly(api.store, groupId, { set });
  return policyId;
}

describe('GET …/policies/{policyId}/preview of what is left out', () => {
  it('leaves out what calendars say, and names them', async () => {
    const policyId = await withCalendars(
      { kind: 'cron', cron: '0 9 * * *', exclude: ['weekends'], only: ['days'] },
      {
        weekends: { version: '1', entries: [{ weekdays: ['SAT', 'SUN'] }] },
        days: { version: '2', entries: [{ from: '2026-01-01', to: '2026-01-06' }] },
      },
    );

    const preview = await previewOf(policyId, '?from=2026-01-01T12:00:00Z');

    expect(preview).to.deep.include({ exclude: ['weekends'], only: ['days'] });
    expect(timesOf(preview)).to.deep.equal([
      '2026-01-02T09:00:00.000Z',
      '2026-01-05T09:00:00.000Z',
      '2026-01-06T09:00:00.000Z',
    ]);
    expect(preview).to.deep.include({
      leftOut: [
        { at: '2026-01-03T09:00:00.000Z', excludedBy: ['weekends'] },
        { at: '2026-01-04T09:00:00.000Z', excludedBy: ['weekends'] },
        { at: '2026-01-07T09:00:00.000Z', notIn: ['days'] },
        { at: '2026-01-08T09:00:00.000Z', notIn: ['days'] },
        { at: '2026-01-09T09:00:00.000Z', notIn: ['days'] },
        { at: '2026-01-10T09:00:00.000Z', excludedBy: ['weekends'] },
        { at: '2026-01-11T09:00:00.000Z', excludedBy: ['weekends'] },
        { at: '2026-01-12T09:00:00.000Z', notIn: ['days'] },
        { at: '2026-01-13T09:00:00.000Z', notIn: ['days'] },
        { at: '2026-01-14T09:00:00.000Z', notIn: ['days'] },
      ],
      leftOutTruncated: true,
    });
  });

  it('tells no more of what is left out than lies before the last occurrence, with its local time', async () => {
    const dates = ['2027-03-31', '2027-04-10'].map((date) => ({ date }));
    const entries = [{ from: '2027-03-28', to: '2027-03-29' }, ...dates];
    const policyId = await withCalendars(
      { kind: 'cron', ...BERLIN, exclude: ['changes'] },
      { changes: { version: '3', entries } },
    );
    const [first, second] = [
      {
        ...{ at: '2027-03-28T01:30:00.000Z', local: '2027-03-28T03:30:00+02:00' },
        ...{ note: 'clocks skip 02:30', excludedBy: ['changes'] },
      },
      {
        ...{ at: '2027-03-29T00:30:00.000Z', local: '2027-03-29T02:30:00+02:00' },
        excludedBy: ['changes'],
      },
    ];

    const one = await previewOf(policyId, '?count=1&from=2027-03-27T12:00:00Z');
    const two = await previewOf(policyId, '?count=2&from=2027-03-27T12:00:00Z');

    expect(timesOf(one)).to.deep.equal(['2027-03-30T00:30:00.000Z']);
    expect(one).to.deep.include({ leftOut: [first], leftOutTruncated: true });
    expect(timesOf(two)).to.deep.equal(['2027-03-30T00:30:00.000Z', '2027-04-01T00:30:00.000Z']);
    expect(two).to.deep.include({ leftOut: [first, second], leftOutTruncated: true });
    expect(
      at(await previewOf(policyId, '?count=3&from=2027-03-27T12:00:00Z'), 'leftOut'),
    ).to.have.length(3);
    const none = await previewOf(policyId, '?count=9&from=2027-04-01T00:00:00Z');
    expect(none).not.to.have.any.keys('leftOut', 'leftOutTruncated');
  });

  it('tells the last occurrence of a policy as left out where it was skipped', async () => {
    const policyId = await scheduled({ at: '2030-01-01T00:00:00Z' });
    await api.call('POST', `${GROUPS}/${groupId}/policies/${policyId}/skip`);

    const skipped = {
      occurrences: [],
      leftOut: [{ at: '2030-01-01T00:00:00.000Z', skipped: true }],
    };
    expect(await previewOf(policyId)).to.deep.include(skipped);
    expect(await previewOf(policyId, '?from=2020-01-01T00:00:00Z')).to.deep.include(skipped);
  });

  it('tells an opening of a window as left out where it was skipped', async () => {
    const policyId = await createPolicy(api, groupId, {
      ...{ type: 'window', change: undefined, window: { min: 1, duration: 60 } },
      ...{ cooldown: 0, args: { cron: '0 * * * *' } },
    });
    const { body } = await api.call('POST', `${GROUPS}/${groupId}/policies/${policyId}/skip`);

    const preview = await previewOf(policyId, '?count=1');

    expect(timesOf(preview)).to.deep.equal([at(body, 'next')]);
    expect(preview).to.deep.include({ leftOut: [{ at: at(body, 'skipped'), skipped: true }] });
  });
});

function timesOf(preview: unknown): readonly unknown[] {
  const occurrences = at(preview, 'occurrences') as readonly { readonly at: string }[];
  return occurrences.map((one) => one.at);
}
