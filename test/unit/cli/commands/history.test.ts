import { expect } from 'chai';
import { describe, it } from 'mocha';

import { NEW_YEAR_2030, runIn } from '../../../support/cli-world.ts';
import type { Ended } from '../../../support/cli-world.ts';
import { FakeNodeApi } from '../../../support/fake-node-api.ts';

const URL = ['--url', 'http://127.0.0.1:1'];
const AT = '2030-01-01T00:00:00.012Z';
/** The id of a policy that was deleted. */
const POLICY = 'b1a5e000-0000-4000-8000-000000000000';
const PLANNED = '2030-01-01T00:00:00.000Z';

const EVENTS: readonly object[] = [
  { event: 'group.created', by: 'local', desiredAfter: 0 },
  {
    ...{ event: 'policy.fired', policyId: 'policy-0002', plannedAt: PLANNED, dueAt: PLANNED },
    ...{ outcome: 'scaled', desiredBefore: 0, desiredAfter: 2 },
  },
  {
    ...{ event: 'policy.fired', policyId: 'gone', plannedAt: PLANNED, dueAt: PLANNED },
    ...{ outcome: 'refused', reason: 'no-change', desiredBefore: 2, desiredAfter: 2 },
  },
  { event: 'group.converged', desired: 2, actualBefore: 0, actual: 2 },
  { event: 'group.converged', desired: 2, actual: 2 },
  {
    ...{ event: 'policy.missed', policyId: 'policy-0002', reason: 'superseded' },
    ...{ first: '2029-12-31T23:58:00.000Z', last: '2029-12-31T23:59:00.000Z', count: 2 },
  },
  { event: 'group.failed', reasons: ['no\u001b[31mroom', 'no luck'] },
  { event: 'webhook.rotated', policyId: 'policy-0002', webhookId: 'hook-1', by: 'ada' },
  {
    ...{ event: 'server.deleted', serverId: 's-1', by: 'ada', isPurged: true },
    ...{ desiredBefore: 2, desiredAfter: 1 },
  },
  {
    ...{ event: 'server.deleted', serverId: 's-2', by: 'ada', isPurged: false },
    ...{ desiredBefore: 1, desiredAfter: 1 },
  },
  { event: 'server.left', serverIds: ['s-1', 's-2'] },
  { event: 'group.marked', by: 'ada' },
  { event: 'group.overdue', desired: 2, actual: 1, since: PLANNED },
  { event: 'group.reached', desired: 2, afterMs: 61_400 },
  {
    ...{ event: 'policy.moved', policyId: 'policy-0002', from: PLANNED, to: AT },
    timeZones: '2030b',
  },
  {
    ...{ event: 'policy.moved', policyId: 'policy-0002', from: PLANNED, timeZones: '2030b' },
  },
  {
    ...{ event: 'window.opened', policyId: 'policy-0002', by: 'schedule' },
    ...{ opensAt: PLANNED, closesAt: AT, desiredBefore: 2, desiredAfter: 5 },
  },
  {
    ...{ event: 'window.closed', policyId: 'policy-0002', by: 'schedule' },
    ...{ opensAt: PLANNED, closesAt: AT, desiredBefore: 5, desiredAfter: 5 },
  },
  { event: 'override.set', by: 'ada', desiredBefore: 5, desiredAfter: 9 },
  {
    ...{ event: 'override.ended', by: 'schedule', until: AT },
    ...{ desiredBefore: 9, desiredAfter: 5 },
  },
  { event: 'pause.ended', by: 'schedule', until: AT, desiredBefore: 5, desiredAfter: 5 },
  { event: 'policy.skipped', policyId: 'policy-0002', plannedAt: PLANNED, by: 'ada' },
  { event: 'something.new', anything: 1 },
].map((event, index) => ({ sequence: index + 1, at: AT, ...event }));

async function aNode(events: readonly object[] = EVENTS): Promise<FakeNodeApi> {
  const api = new FakeNodeApi(NEW_YEAR_2030);
  const policy = { key: 'up', name: 'Up', type: 'webhook', cooldown: 0, change: 1 };
  await api.fetch('http://127.0.0.1:1/v1.0/default/groups', {
    method: 'POST',
    body: JSON.stringify({
      groupConfiguration: {
        ...{ name: 'Web', key: 'web', cooldown: 0, minEntities: 0, maxEntities: 5, metadata: {} },
      },
      launchConfiguration: { type: 'x', args: {} },
      scalingPolicies: [policy],
    }),
  });
  api.events.set('group-0001', events);
  return api;
}

function run(api: FakeNodeApi, ...words: readonly string[]): Promise<Ended> {
  return runIn({ fetch: api.fetch }, 'history', 'web', ...words, ...URL);
}

function manyEvents(count: number): readonly object[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ sequence: index + 1, at: AT, event: 'group.created' },
  }));
}

function sequencesIn(stdout: string): readonly number[] {
  const { events } = JSON.parse(stdout) as { readonly events: readonly { sequence: number }[] };
  return events.map(({ sequence }) => sequence);
}

describe('lutra history', () => {
  it('says of each event what happened, when and why, oldest first', async () => {
    const { exitCode, stdout } = await run(await aNode());

    expect(exitCode).to.equal(0);
    expect(stdout.split('\n').map((line) => line.replace(/ {2,}/g, ' | '))).to.deep.equal([
      'AT | EVENT | POLICY | DESIRED | DETAIL',
      `${AT} | group.created | - | 0 | by local`,
      `${AT} | policy.fired | up | 0 → 2 | scaled, planned ${PLANNED}, 12 ms late`,
      `${AT} | policy.fired | gone | 2 | refused, no-change, planned ${PLANNED}, 12 ms late`,
      `${AT} | group.converged | - | 2 | actual 0 → 2`,
      `${AT} | group.converged | - | 2 | actual 2`,
      `${AT} | policy.missed | up | - | superseded, planned 2029-12-31T23:58:00.000Z to 2029-12-31T23:59:00.000Z, 2 in all`,
      `${AT} | group.failed | - | - | no [31mroom; no luck`,
      `${AT} | webhook.rotated | up | - | webhook hook-1, by ada`,
      `${AT} | server.deleted | - | 2 → 1 | server s-1, by ada`,
      `${AT} | server.deleted | - | 1 | server s-2, left running, by ada`,
      `${AT} | server.left | - | - | server s-1; s-2`,
      `${AT} | group.marked | - | - | to be looked at, by ada`,
      `${AT} | group.overdue | - | 2 | wanted since ${PLANNED}, actual 1`,
      `${AT} | group.reached | - | 2 | after 61 s`,
      `${AT} | policy.moved | up | - | planned ${PLANNED} → ${AT}, time zones 2030b`,
      `${AT} | policy.moved | up | - | planned ${PLANNED} → nothing, time zones 2030b`,
      `${AT} | window.opened | up | 2 → 5 | open ${PLANNED} to ${AT}, by schedule`,
      `${AT} | window.closed | up | 5 | open ${PLANNED} to ${AT}, by schedule`,
      `${AT} | override.set | - | 5 → 9 | by ada`,
      `${AT} | override.ended | - | 9 → 5 | until ${AT}, by schedule`,
      `${AT} | pause.ended | - | 5 | until ${AT}, by schedule`,
      `${AT} | policy.skipped | up | - | planned ${PLANNED}, by ada`,
      `${AT} | something.new | - | -`,
      '',
    ]);
  });

  it('prints the latest events, over several pages', async () => {
    const api = await aNode(manyEvents(250));
    const latest = (from: number): readonly number[] =>
      Array.from({ length: 251 - from }, (_, index) => from + index);

    expect(sequencesIn((await run(api, '-o', 'json')).stdout)).to.deep.equal(latest(201));
    expect(sequencesIn((await run(api, '-o', 'json', '--limit', '150')).stdout)).to.deep.equal(
      latest(101),
    );
    expect(sequencesIn((await run(api, '-o', 'json', '--limit', '1000')).stdout)).to.deep.equal(
      latest(1),
    );
  });

  it('prints what the node says of each event with -o json', async () => {
    const { stdout } = await run(await aNode(), '-o', 'json');

    expect(JSON.parse(stdout)).to.deep.equal({ events: EVENTS });
  });

  const filters: readonly {
    readonly words: readonly string[];
    readonly numbers: readonly number[];
  }[] = [
    { words: ['--event', 'group.converged,group.failed'], numbers: [4, 5, 7] },
    { words: ['--outcome', 'refused'], numbers: [3] },
    { words: ['--from', '2030-01-01T00:00:00.010Z', '--to', AT], numbers: [] },
    { words: ['--from', AT, '--event', 'server.left'], numbers: [11] },
  ];
  for (const { words, numbers } of filters) {
    it(`prints only what is wanted with ${words.join(' ')}`, async () => {
      const { stdout } = await run(await aNode(), ...words, '-o', 'json');

      expect(sequencesIn(stdout)).to.deep.equal(numbers);
    });
  }

  it('prints what is about a policy, by id, key or name', async () => {
    const api = await aNode([
      { sequence: 1, at: AT, event: 'policy.created', policyId: 'policy-0002' },
      { sequence: 2, at: AT, event: 'policy.created', policyId: POLICY },
    ]);
    const of = async (policy: string): Promise<readonly number[]> =>
      sequencesIn((await run(api, '--policy', policy, '-o', 'json')).stdout);

    expect(await of('policy-0002')).to.deep.equal([1]);
    expect(await of('up')).to.deep.equal([1]);
    expect(await of('Up')).to.deep.equal([1]);
    expect(await of(POLICY)).to.deep.equal([2]);
  });

  it('says so where there is no such policy', async () => {
    const { exitCode, stderr } = await run(await aNode(), '--policy', 'upp');

    expect(exitCode).to.equal(1);
    expect(stderr).to.include('group "web" has no policy with the id, key or name "upp"');
  });

  it('reads times that count from now, by the clock of the node', async () => {
    const api = await aNode([{ sequence: 1, at: AT, event: 'group.marked' }]);

    const ended = await run(api, '--from', '+1d', '-o', 'json');

    expect([ended.exitCode, sequencesIn(ended.stdout)]).to.deep.equal([0, []]);
  });

  for (const option of ['--from', '--to']) {
    it(`says how an instant is written where ${option} is none`, async () => {
      const { exitCode, stderr } = await run(await aNode(), option, 'noon');

      expect({ exitCode, stderr }).to.deep.equal({
        exitCode: 64,
        stderr: `${option}: is not an instant, received "noon"; write 2030-01-31T09:30:00Z, or +90s, +30m, +2h, +7d from now\n`,
      });
    });
  }

  for (const to of ['2029-12-31T23:59:59Z', '2030-01-01T00:00:00Z', '+0s']) {
    it(`refuses to follow what was over by the time that it began: --to ${to}`, async () => {
      const { exitCode, stderr } = await run(await aNode(), '--follow', '--to', to);

      expect(exitCode).to.equal(64);
      expect(stderr).to.match(
        /^--to: is past, received ".*"; with --follow write a time that is to come/,
      );
    });
  }

  it('repeats what the node says of a filter that it does not know', async () => {
    const api = await aNode();
    const message = 'Invalid query argument for "event": "noon" is none of them';
    api.intercept = ({ path }) =>
      path.endsWith('/history')
        ? {
            status: 400,
            body: { error: { type: 'InvalidQueryArgument', code: 400, message, details: '' } },
          }
        : undefined;

    const { exitCode, stderr } = await run(api, '--event', 'noon');

    expect(exitCode).to.equal(64);
    expect(stderr).to.include(message);
  });
});
