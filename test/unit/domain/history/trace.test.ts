import { expect } from 'chai';
import { describe, it } from 'mocha';
import { encodeField } from '../../../../src/domain/group/fields.ts';
import type { Caller } from '../../../../src/domain/history/caller.ts';
import type { HistoryEvent } from '../../../../src/domain/history/event.ts';
import { traced } from '../../../../src/domain/history/trace.ts';
import type { FieldChange } from '../../../../src/domain/history/trace.ts';
import type { PolicyId, WebhookId } from '../../../../src/domain/ids.ts';

const POLICY = 'p1' as PolicyId;
const WEBHOOK = 'w1' as WebhookId;
const SECRET = '5ec2e7'.padEnd(32, '0');
const by = 'ada';

const LABELS = encodeField({ name: 'web', metadata: { team: 'a' } });
const LIMITS = encodeField({ minEntities: 0, maxEntities: 5, cooldownSeconds: 60 });
const LAUNCH = encodeField({ type: 'process', args: { command: ['a'], env: { KEY: 'old' } } });
const DEFINITION = encodeField({
  ...{ name: 'up', cooldownSeconds: 0, adjustment: { kind: 'change', amount: 1 } },
});
const SCHEDULED = encodeField({
  ...{ name: 'up', cooldownSeconds: 5, adjustment: { kind: 'changePercent', percent: 2.5 } },
  ...{ schedule: { kind: 'cron', cron: '0 8 * * *' }, key: 'k' },
});
const TIMED = encodeField({
  ...{ name: 'up', cooldownSeconds: 0, adjustment: { kind: 'change', amount: 1 } },
  schedule: {
    ...{ kind: 'cron', cron: '0 8 * * *', timezone: 'Europe/Berlin', jitterSeconds: 30 },
    dst: { gap: 'skip' },
  },
  misfire: { policy: 'skip', withinSeconds: 5 },
});
const WINDOWED = encodeField({
  ...{ name: 'day', cooldownSeconds: 0, schedule: { kind: 'cron', cron: '0 9 * * *' } },
  adjustment: { kind: 'window', min: 1, durationSeconds: 60, priority: 2 },
});
const HOOK = encodeField({ name: 'hook', metadata: { a: 'b' }, secret: SECRET });

function changesOf(event: HistoryEvent, change: Partial<FieldChange>): unknown {
  const whole = { fields: {}, set: {}, remove: [], ...change };
  const [told] = traced([event], whole, undefined);
  return told !== undefined && 'changes' in told ? told.changes : undefined;
}

describe('traced', () => {
  const cases: readonly {
    readonly name: string;
    readonly event: HistoryEvent;
    readonly change: Partial<FieldChange>;
    readonly changes: unknown;
  }[] = [
    {
      name: 'what a group is created with',
      event: { event: 'group.created', by, desiredAfter: 0 },
      change: { set: { labels: LABELS, limits: LIMITS, launch: LAUNCH, state: '{}' } },
      changes: [
        { path: 'config.name', after: 'web' },
        { path: 'config.metadata.team', after: 'a' },
        { path: 'config.minEntities', after: 0 },
        { path: 'config.maxEntities', after: 5 },
        { path: 'config.cooldown', after: 60 },
        { path: 'launch.type', after: 'process' },
        { path: 'launch.args.command[0]', after: 'a' },
        { path: 'launch.args.env.KEY', after: '(hidden)' },
      ],
    },
    {
      name: 'what is another of a configuration',
      event: { event: 'group.changed', what: 'config', by, desiredBefore: 0, desiredAfter: 0 },
      change: {
        fields: { labels: LABELS, limits: LIMITS, launch: LAUNCH },
        set: {
          labels: encodeField({ name: 'web', metadata: {} }),
          limits: encodeField({
            ...{ minEntities: 0, maxEntities: 9, cooldownSeconds: 1.5, reachedBySeconds: 300 },
          }),
        },
      },
      changes: [
        { path: 'maxEntities', before: 5, after: 9 },
        { path: 'cooldown', before: 60, after: 1.5 },
        { path: 'reachedBy', after: 300 },
        { path: 'metadata.team', before: 'a' },
      ],
    },
    {
      name: 'that a secret of a launch configuration is another, and not what it is',
      event: { event: 'group.changed', what: 'launch', by, desiredBefore: 0, desiredAfter: 0 },
      change: {
        fields: { launch: LAUNCH },
        set: { launch: LAUNCH.replace('old', 'new').replace('["a"]', '["b"]') },
      },
      changes: [
        { path: 'args.command[0]', before: 'a', after: 'b' },
        { path: 'args.env.KEY', before: '(hidden)', after: '(hidden)' },
      ],
    },
    {
      name: 'a policy in the words of the API',
      event: { event: 'policy.changed', policyId: POLICY, by },
      change: { fields: { 'policy:p1': DEFINITION }, set: { 'policy:p1': SCHEDULED } },
      changes: [
        { path: 'cooldown', before: 0, after: 5 },
        { path: 'changePercent', after: 2.5 },
        { path: 'args.cron', after: '0 8 * * *' },
        { path: 'key', after: 'k' },
        { path: 'change', before: 1 },
      ],
    },
    {
      name: 'a window in the words of the API',
      event: { event: 'policy.created', policyId: POLICY, by },
      change: { set: { 'policy:p1': WINDOWED } },
      changes: [
        { path: 'name', after: 'day' },
        { path: 'cooldown', after: 0 },
        { path: 'window.min', after: 1 },
        { path: 'window.priority', after: 2 },
        { path: 'window.duration', after: 60 },
        { path: 'args.cron', after: '0 9 * * *' },
      ],
    },
    {
      name: 'a schedule and what is done about late occurrences in the words of the API',
      event: { event: 'policy.changed', policyId: POLICY, by },
      change: { fields: { 'policy:p1': DEFINITION }, set: { 'policy:p1': TIMED } },
      changes: [
        { path: 'args.cron', after: '0 8 * * *' },
        { path: 'args.timezone', after: 'Europe/Berlin' },
        { path: 'args.dst.gap', after: 'skip' },
        { path: 'args.jitter', after: 30 },
        { path: 'args.misfire.policy', after: 'skip' },
        { path: 'args.misfire.within', after: 5 },
      ],
    },
    {
      name: 'what a deleted policy was',
      event: { event: 'policy.deleted', policyId: POLICY, by },
      change: { fields: { 'policy:p1': DEFINITION }, remove: ['policy:p1'] },
      changes: [
        { path: 'name', before: 'up' },
        { path: 'cooldown', before: 0 },
        { path: 'change', before: 1 },
      ],
    },
    {
      name: 'a webhook without its capability',
      event: { event: 'webhook.created', policyId: POLICY, webhookId: WEBHOOK, by },
      change: { set: { 'webhook:p1:w1': HOOK } },
      changes: [
        { path: 'name', after: 'hook' },
        { path: 'metadata.a', after: 'b' },
      ],
    },
    {
      name: 'nothing of a rotation but that there was one',
      event: { event: 'webhook.rotated', policyId: POLICY, webhookId: WEBHOOK, by },
      change: {
        fields: { 'webhook:p1:w1': HOOK },
        set: { 'webhook:p1:w1': HOOK.replace('5ec2e7', 'abcdef') },
      },
      changes: undefined,
    },
    {
      name: 'what cannot be read as if it had not been there',
      event: { event: 'policy.changed', policyId: POLICY, by },
      change: { fields: { 'policy:p1': '{' }, set: { 'policy:p1': DEFINITION } },
      changes: [
        { path: 'name', after: 'up' },
        { path: 'cooldown', after: 0 },
        { path: 'change', after: 1 },
      ],
    },
    {
      name: 'what a refused change would have written',
      event: {
        ...{ event: 'change.refused', wanted: 'group.changed', what: 'launch', by },
        ...{ outcome: 'refused', reason: 'type-in-use' },
      },
      change: { fields: { launch: LAUNCH }, set: { launch: LAUNCH.replace('process', 'webhook') } },
      changes: [{ path: 'type', before: 'process', after: 'webhook' }],
    },
  ];
  for (const { name, event, change, changes } of cases) {
    it(`tells ${name}`, () => {
      expect(changesOf(event, change)).to.deep.equal(changes);
    });
  }

  it('shows no secret of a webhook in any event', () => {
    const names = ['webhook.created', 'webhook.changed', 'webhook.rotated', 'webhook.deleted'];
    for (const event of names as readonly 'webhook.created'[]) {
      const whole = { event, policyId: POLICY, webhookId: WEBHOOK, by };
      const fields = { 'webhook:p1:w1': HOOK };
      const told = traced([whole], { fields, set: {}, remove: [] }, undefined);

      expect(JSON.stringify(told)).to.not.contain(SECRET);
    }
  });

  it('tells of whoever caused an event how they are known, and of nobody where nobody did', () => {
    const caller: Caller = { by, kind: 'token', id: 't1', from: '::1', responseId: 'r1' };
    const events: readonly HistoryEvent[] = [
      { event: 'group.deleted', by },
      { event: 'group.converged', desired: 1, actual: 1 },
    ];

    expect(traced(events, { fields: {}, set: {}, remove: [] }, caller)).to.deep.equal([
      {
        ...{ event: 'group.deleted', by },
        caller: { kind: 'token', id: 't1', from: '::1', responseId: 'r1' },
      },
      { event: 'group.converged', desired: 1, actual: 1 },
    ]);
  });
});
