import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { createMetrics } from '../../../../src/adapters/observe/metrics.ts';
import type { LutraEvent } from '../../../../src/ports/observe.ts';
import {
  aGroupId,
  aPolicyId,
  aToken,
  PARTITION,
  START,
  TENANT,
} from '../../../support/builders.ts';

const GROUP = { partition: PARTITION, tenantId: TENANT, groupId: aGroupId() };
const POLICY = { ...GROUP, policyId: aPolicyId() };
const TERM = { partition: PARTITION, token: aToken() };

/** The lines of the metrics after these events that begin so. */
async function linesAfter(
  events: readonly LutraEvent[],
  prefix: string,
): Promise<readonly string[]> {
  const metrics = createMetrics({ version: '1.2.3' });
  events.forEach(metrics.observe);
  return (await metrics.text()).split('\n').filter((line) => line.startsWith(prefix));
}

describe('createMetrics', () => {
  const CASES: readonly {
    readonly name: string;
    readonly events: readonly LutraEvent[];
    readonly prefix: string;
    readonly lines: readonly string[];
  }[] = [
    {
      name: 'names the version that runs',
      events: [],
      prefix: 'lutra_build_info',
      lines: ['lutra_build_info{version="1.2.3"} 1'],
    },
    {
      name: 'counts claims by outcome',
      events: [
        {
          ...{ event: 'policy.fired', outcome: 'scaled', plannedAt: START, latenessMs: 4 },
          ...{ desiredBefore: 1, desiredAfter: 2, ...POLICY },
        },
        { event: 'policy.missed', first: START, last: START, reason: 'late', ...POLICY },
        { event: 'policy.parked', reason: 'broken', ...POLICY },
        { event: 'group.claim-stale', ...GROUP },
        { event: 'group.claim-stale', ...GROUP },
      ],
      prefix: 'lutra_claims_total',
      lines: [
        'lutra_claims_total{outcome="scaled"} 1',
        'lutra_claims_total{outcome="missed"} 1',
        'lutra_claims_total{outcome="parked"} 1',
        'lutra_claims_total{outcome="stale"} 2',
      ],
    },
    {
      name: 'counts occurrences that were moved',
      events: [
        { event: 'policy.moved', from: START, to: undefined, timeZones: '2030b', ...POLICY },
      ],
      prefix: 'lutra_moved_occurrences_total',
      lines: ['lutra_moved_occurrences_total 1'],
    },
    {
      name: 'counts groups that are overdue',
      events: [
        { event: 'group.overdue', desired: 2, actual: 1, since: START, ...GROUP },
        { event: 'group.reached', desired: 2, afterMs: 5, ...GROUP },
      ],
      prefix: 'lutra_overdue_groups_total',
      lines: ['lutra_overdue_groups_total 1'],
    },
    {
      name: 'counts requests that were too many, by whose they were',
      events: (['tenant', 'capability', 'tenant'] as const).map((scope) => ({
        ...{ event: 'request.rate-limited', scope, route: '/v1.0/:tenantId/groups' },
        responseId: 'r',
      })),
      prefix: 'lutra_rate_limited_requests_total',
      lines: [
        'lutra_rate_limited_requests_total{scope="tenant"} 2',
        'lutra_rate_limited_requests_total{scope="capability"} 1',
      ],
    },
    {
      name: 'counts changes of ownership by kind',
      events: [
        { event: 'partition.acquired', ...TERM },
        { event: 'partition.acquired', ...TERM },
        { event: 'partition.fenced', ...TERM, newest: aToken({ revision: 2 }) },
        { event: 'partition.released', ...TERM },
      ],
      prefix: 'lutra_ownership_changes_total',
      lines: [
        'lutra_ownership_changes_total{change="acquired"} 2',
        'lutra_ownership_changes_total{change="fenced"} 1',
        'lutra_ownership_changes_total{change="released"} 1',
      ],
    },
    {
      name: 'knows how many partitions are owned now',
      events: [
        { event: 'partition.acquired', ...TERM },
        { event: 'partition.acquired', ...TERM },
        { event: 'partition.released', ...TERM },
      ],
      prefix: 'lutra_owned_partitions_count',
      lines: ['lutra_owned_partitions_count 1'],
    },
    {
      name: 'counts writes that were fenced',
      events: [{ event: 'partition.fenced', ...TERM, newest: aToken({ revision: 2 }) }],
      prefix: 'lutra_fenced_writes_total',
      lines: ['lutra_fenced_writes_total 1'],
    },
    {
      name: 'knows how many partitions had no owner at the last look',
      events: [
        { event: 'ownership.read', ownerlessCount: 7 },
        { event: 'ownership.read', ownerlessCount: 2 },
      ],
      prefix: 'lutra_partitions_without_owner_count',
      lines: ['lutra_partitions_without_owner_count 2'],
    },
    {
      name: 'knows for which regions the node is unfit',
      events: [
        { event: 'node.unfit', region: 'eu', reason: 'no answer' },
        { event: 'node.unfit', region: 'us', reason: 'no answer' },
        { event: 'node.fit', region: 'us' },
      ],
      prefix: 'lutra_node_is_unfit',
      lines: ['lutra_node_is_unfit{region="eu"} 1', 'lutra_node_is_unfit{region="us"} 0'],
    },
    {
      name: 'knows whether the node is in doubt',
      events: [{ event: 'ownership.doubtful' }],
      prefix: 'lutra_node_is_doubtful',
      lines: ['lutra_node_is_doubtful 1'],
    },
    {
      name: 'knows when doubt is over',
      events: [{ event: 'ownership.doubtful' }, { event: 'ownership.certain' }],
      prefix: 'lutra_node_is_doubtful',
      lines: ['lutra_node_is_doubtful 0'],
    },
    {
      name: 'measures calls to servers in seconds, failed ones apart',
      events: [
        {
          ...{ event: 'server.called', server: 'redis', operation: 'commit' },
          ...{ durationMs: 1.5, outcome: 'answered' },
        },
        {
          ...{ event: 'server.called', server: 'etcd', operation: 'read' },
          ...{ durationMs: 1_500, outcome: 'failed' },
        },
      ],
      prefix: 'lutra_server_call_duration_seconds_sum',
      lines: [
        'lutra_server_call_duration_seconds_sum{server="redis",operation="commit",outcome="answered"} 0.0015',
        'lutra_server_call_duration_seconds_sum{server="etcd",operation="read",outcome="failed"} 1.5',
      ],
    },
    {
      name: 'measures how late claims are in seconds',
      events: [
        {
          ...{ event: 'policy.fired', outcome: 'refused', plannedAt: START, latenessMs: 250 },
          ...{ desiredBefore: 1, desiredAfter: 1, ...POLICY },
        },
      ],
      prefix: 'lutra_claim_lateness_seconds_sum',
      lines: ['lutra_claim_lateness_seconds_sum 0.25'],
    },
    {
      name: 'counts requests whose caller nobody knows, by the reason',
      events: (['missing', 'missing', 'expired'] as const).map((reason) => ({
        ...{ event: 'request.unauthenticated', reason, method: 'GET', route: '/metrics' },
        ...{ responseId: '1', from: '127.0.0.1' },
      })),
      prefix: 'lutra_authentication_failures_total',
      lines: [
        'lutra_authentication_failures_total{reason="missing"} 2',
        'lutra_authentication_failures_total{reason="expired"} 1',
      ],
    },
    {
      name: 'counts every event by name',
      events: [{ event: 'node.fit', region: 'eu' }, { event: 'node.stopped' }],
      prefix: 'lutra_events_total',
      lines: [
        'lutra_events_total{event="node.fit"} 1',
        'lutra_events_total{event="node.stopped"} 1',
      ],
    },
  ];
  for (const { name, events, prefix, lines } of CASES) {
    it(name, async () => {
      expect(await linesAfter(events, prefix)).to.deep.equal(lines);
    });
  }

  it('counts no event twice, however often it is read', async () => {
    const { observe, text } = createMetrics({ version: '1.2.3' });

    observe({ event: 'node.stopped' });
    await text();

    expect(await text()).to.include('lutra_events_total{event="node.stopped"} 1\n');
  });

  it('says of nobody whose group it was', async () => {
    const failed: LutraEvent = { event: 'group.failed', reasons: ['secret'], ...GROUP };

    const text = (await linesAfter([failed], 'lutra_')).join('\n');

    for (const word of ['secret', TENANT, GROUP.groupId]) expect(text).to.not.include(word);
  });

  it('has the metrics that docs/events.md explains, and no other', async () => {
    const help = await linesAfter([], '# HELP lutra_');
    const names = help.map((line) => line.split(' ')[2]);
    const page = readFileSync('docs/events.md', 'utf8');
    const explained = [...page.matchAll(/^\| `(lutra_[a-z_]+)`/gm)].map(([, name]) => name);

    expect(explained.sort()).to.deep.equal(names.sort());
  });
});
