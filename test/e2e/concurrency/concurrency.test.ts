/**
 * Goal: whatever is sent at once, to whichever node, the outcome is that of some order, one after the other: nothing
 * is lost or done twice, and no limit is exceeded. Method: hundreds of requests at the same time over two nodes on
 * one Redis, some of whose replies are cut on their way to the client, and some cut or held back on their way from
 * Redis to a node.
 *
 * Counts are asserted, times are not. SEED=<n> chooses whose replies are cut, and when; the rest is up to the machine.
 */
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { systemRandom } from '../../../src/adapters/system/random.ts';
import { Dice } from '../../fuzz/dice.ts';
import { aGroup, aPolicy, aWebhook } from '../api/support/bodies.ts';
import { listAt, textAt } from '../api/support/replies.ts';
import { ConcurrencyLab, LIMITS } from './lab.ts';
import type { Told } from './lab.ts';
import { replayFaults } from '../../support/replay-checker.ts';
import type { Adjustment, Call } from '../../support/replay-checker.ts';
import { BusyTenant, executionsIn } from './tenant.ts';
import type { BusyGroup } from './tenant.ts';

const IS_LONG = process.env['LUTRA_TEST_LONG'] === '1';
const SEED = Number(process.env['SEED'] ?? Math.floor(systemRandom.fraction() * 1e9));
const ROUNDS = IS_LONG ? 10 : 1;
const TIMEOUT_MS = ROUNDS * 120_000;
/** At once. */
const COUNT = 200;
/** The share of clients whose replies are cut. */
const DEAF_SHARE = 0.1;
/** Replies of Redis fail within this time. */
const FAULT_AFTER_MAX_MS = 400;
/** Repeats of a request whose reply was cut. */
const REPEATS_MAX = 30;
const BOUNDS = { min: 1, max: 40 };

/** All kinds: sums, parts, and numbers. */
const MIXTURE: readonly Adjustment[] = [
  ...[1, 2, 3, 5, -1, -2, -3].map((change) => ({ change })),
  ...[10, 50, 100, -10, -50].map((changePercent) => ({ changePercent })),
  ...[2, 17, 40].map((desiredCapacity) => ({ desiredCapacity })),
];

describe(`Requests at the same time (SEED=${String(SEED)})`, function () {
  this.timeout(TIMEOUT_MS);
  const dice = new Dice(SEED);
  let lab: ConcurrencyLab;
  before(async () => {
    lab = await ConcurrencyLab.open();
  });
  after(() => lab.close());

  function repeated(what: string, test: () => Promise<void>): void {
    it(what, async () => {
      for (let round = 0; round < ROUNDS; round += 1) await test();
    });
  }

  /** As many at once as there are; replies of Redis fail meanwhile. */
  function allAtOnce<Result>(
    count: number,
    work: (index: number) => Promise<Result>,
  ): Promise<readonly Result[]> {
    return lab.whileRedisFails(
      () => Promise.all(Array.from({ length: count }, (_, index) => work(index))),
      dice.below(FAULT_AFTER_MAX_MS),
    );
  }

  async function expectSerial(
    tenant: BusyTenant,
    group: BusyGroup,
    calls: readonly Call[],
  ): Promise<void> {
    const events = executionsIn(await tenant.history(group));
    const desiredAtLast = await tenant.desired(group);
    const facts = { bounds: BOUNDS, adjustments: group.adjustments, desiredAtFirst: 1 };
    expect(replayFaults(events, calls, { ...facts, desiredAtLast })).to.deep.equal([]);
    expect(events.length, 'executions').to.be.above(0);
  }

  repeated('execute the policies of one group one after the other, each once', async () => {
    const tenant = new BusyTenant(lab);
    const group = await tenant.group(MIXTURE);
    const ids = [...group.adjustments.keys()];

    const calls = await allAtOnce(COUNT, () =>
      tenant.execute(group, dice.pick(ids), { isDeaf: dice.chance(DEAF_SHARE) }),
    );

    await expectSerial(tenant, group, calls);
    expect(calls.filter(({ told }) => told !== 'unknown').length).to.be.above(COUNT / 4);
  });

  repeated('execute the policies of many groups', async () => {
    const tenant = new BusyTenant(lab);
    const groups = await Promise.all(
      Array.from({ length: LIMITS.maxGroups }, () => tenant.group(MIXTURE)),
    );

    const calls = await allAtOnce(COUNT, async (index) => {
      const group = groups[index % groups.length];
      if (group === undefined) throw new Error('there is no group');
      const id = dice.pick([...group.adjustments.keys()]);
      return { group, call: await tenant.execute(group, id, { isDeaf: dice.chance(DEAF_SHARE) }) };
    });

    for (const group of groups) {
      const own = calls.filter((done) => done.group === group).map(({ call }) => call);
      await expectSerial(tenant, group, own);
    }
  });

  repeated('execute once what is repeated under its key until somebody answers', async () => {
    const tenant = new BusyTenant(lab);
    const group = await tenant.group(MIXTURE);
    const ids = [...group.adjustments.keys()];

    const calls = await allAtOnce(COUNT, async (index): Promise<Call> => {
      const policyId = dice.pick(ids);
      const key = `execution ${String(index)}`;
      for (let repeats = 0; repeats < REPEATS_MAX; repeats += 1) {
        // Whoever was not answered asks again, perhaps while the first request is under way.
        const isDeaf = repeats === 0 && dice.chance(0.5);
        const call = await tenant.execute(group, policyId, { key, isDeaf });
        if (call.told !== 'unknown') return call;
      }
      throw new Error(`nobody answers to ${key}`);
    });

    await expectSerial(tenant, group, calls);
    expect(executionsIn(await tenant.history(group))).to.have.length(COUNT);
  });

  repeated('create no more groups than a tenant may have, while others are deleted', async () => {
    const tenant = new BusyTenant(lab);
    const watch = watching(lab, { path: tenant.groups, key: 'groups' });
    const made: string[] = [];
    const deleted = new Set<string>();
    let unknownCount = 0;

    const statuses = await allAtOnce(COUNT, async (index) => {
      const victim = index % 4 === 3 ? made.shift() : undefined;
      const isDeaf = dice.chance(DEAF_SHARE);
      if (victim !== undefined) {
        const path = `${tenant.groups}/${victim}?force=true`;
        const told = await lab.send({ method: 'DELETE', path }, isDeaf);
        if (isUnknown(told)) unknownCount += 1;
        else deleted.add(victim);
        return told.status;
      }
      const request = { method: 'POST', path: tenant.groups, json: aGroup() };
      const told = await lab.send(request, isDeaf);
      if (isUnknown(told)) unknownCount += 1;
      if (told.status === 201) made.push(textAt(told.body, 'group', 'id'));
      return told.status;
    });

    expect(await watch.stop(), 'groups at once').to.be.at.most(LIMITS.maxGroups);
    expect(others(statuses, [201, 204, 422, 'none', 503])).to.deep.equal([]);
    const listed = await tenant.ids(tenant.groups, 'groups');
    expect(listed.length).to.be.at.most(LIMITS.maxGroups);
    expect(
      listed.filter((id) => deleted.has(id)),
      'deleted, and there',
    ).to.deep.equal([]);
    // A deletion whose reply was cut took its victim out of `made`.
    const strange = listed.filter((id) => !made.includes(id));
    expect(strange.length, 'of nobody who was told').to.be.at.most(unknownCount);
    expect(
      made.filter((id) => !listed.includes(id)),
      'created, and not there',
    ).to.deep.equal([]);
  });

  repeated('create no more groups than a tenant may have', async () => {
    const tenant = new BusyTenant(lab);
    const request = { method: 'POST', path: tenant.groups, json: aGroup() };

    const told = await Promise.all(Array.from({ length: COUNT }, () => lab.send(request)));

    // A connection that was kept open may end while it is used again.
    expect(others(statusesOf(told), [201, 422, 'none'])).to.deep.equal([]);
    const made = told
      .filter(({ status }) => status === 201)
      .map(({ body }) => textAt(body, 'group', 'id'));
    const listed = await tenant.ids(tenant.groups, 'groups');
    expect(listed).to.include.members(made);
    expect(listed.length).to.be.within(1, LIMITS.maxGroups);
  });

  for (const [what, key, max] of [
    ['policies than a group may have', 'policies', LIMITS.maxPoliciesPerGroup],
    ['webhooks than a policy may have', 'webhooks', LIMITS.maxWebhooksPerPolicy],
  ] as const) {
    repeated(`create no more ${what}, and each that is told of once`, async () => {
      const tenant = new BusyTenant(lab);
      const group = await tenant.group([{ change: 1 }]);
      const policies = `${group.path}/policies`;
      const policy = `${policies}/${[...group.adjustments.keys()].join()}`;
      const path = key === 'policies' ? policies : `${policy}/webhooks`;
      const json = key === 'policies' ? [aPolicy()] : [aWebhook()];
      const firstCount = key === 'policies' ? 1 : 0;
      const watch = watching(lab, { path, key });

      const told = await allAtOnce(COUNT, () =>
        lab.send({ method: 'POST', path, json }, dice.chance(DEAF_SHARE)),
      );

      expect(await watch.stop(), `${key} at once`).to.be.at.most(max);
      expect(others(statusesOf(told), [201, 422, 'none', 503])).to.deep.equal([]);
      const listed = await tenant.ids(path, key);
      const made = told
        .filter(({ status }) => status === 201)
        .map(({ body }) => textAt(body, key, 0, 'id'));
      expect(listed).to.have.length(max); // as many tried it as were needed
      expect(listed).to.include.members(made);
      const strangeCount = listed.length - made.length - firstCount;
      expect(strangeCount).to.be.at.most(told.filter(isUnknown).length);
    });
  }

  repeated('delete each policy once, and execute none that is deleted', async () => {
    const tenant = new BusyTenant(lab);
    const group = await tenant.group(MIXTURE);
    const ids = [...group.adjustments.keys()];
    const { path } = group;

    const told = await allAtOnce(COUNT, (index) => {
      const policyId = ids[index % ids.length] ?? '';
      const isDeaf = dice.chance(DEAF_SHARE);
      const where = `${path}/policies/${policyId}`;
      return index < COUNT / 2
        ? lab.send({ method: 'POST', path: `${where}/execute` }, isDeaf)
        : lab.send({ method: 'DELETE', path: where }, isDeaf);
    });

    expect(others(statusesOf(told), [202, 204, 403, 404, 'none', 503])).to.deep.equal([]);
    expect(await tenant.ids(`${path}/policies`, 'policies')).to.deep.equal([]);
    const gone = new Set<string>();
    for (const { event, policyId } of await tenant.history(group)) {
      const isOfPolicy = ['policy.executed', 'policy.deleted'].includes(event);
      if (isOfPolicy) expect(gone.has(policyId), `${event} of what is deleted`).to.equal(false);
      if (event === 'policy.deleted') gone.add(policyId);
    }
    expect(gone.size).to.equal(ids.length);
    const deletedCount = told.filter(({ status }) => status === 204).length;
    expect(deletedCount).to.be.at.most(ids.length);
  });
});

function isUnknown({ status }: Told): boolean {
  return status === 'none' || status === 503;
}

function statusesOf(told: readonly Told[]): readonly Told['status'][] {
  return told.map(({ status }) => status);
}

/** Statuses that are none of these. */
function others(
  statuses: readonly Told['status'][],
  expected: readonly Told['status'][],
): readonly Told['status'][] {
  return statuses.filter((status) => !expected.includes(status));
}

/** Reads a list again and again; `stop` gives the most that were ever in it. */
function watching(
  lab: ConcurrencyLab,
  { path, key }: { readonly path: string; readonly key: string },
): { stop(): Promise<number> } {
  const seen = { most: 0, isStopping: false };
  const ended = (async (): Promise<void> => {
    while (!seen.isStopping) {
      const { status, body } = await lab.send({ method: 'GET', path });
      if (status === 200) seen.most = Math.max(seen.most, listAt(body, key).length);
    }
  })();
  return {
    stop: async () => {
      seen.isStopping = true;
      await ended;
      return seen.most;
    },
  };
}
