import { expect } from 'chai';
import { describe, it } from 'mocha';

import { planApply } from '../../../../src/cli/apply/plan.ts';
import type { Plan } from '../../../../src/cli/apply/plan.ts';
import { readFiles } from '../../../../src/cli/apply/read-files.ts';
import type { WirePolicy } from '../../../../src/cli/wire.ts';
import { NOW, storedGroup } from '../../../support/apply-builders.ts';

const CONTEXT = { tenant: 't', environment: {}, folder: '/home/ada' };
const DAILY = "cron: '0 9 * * *', timezone: Europe/Berlin";
const ARGS = { cron: '0 9 * * *', timezone: 'Europe/Berlin' };

/** A file of a group with one policy, which begins in column 9 of line 6. */
function fileOf(policy: string): string {
  return (
    'groups:\n  - {key: web, name: Web, maxEntities: 5, metadata: {a: b},\n' +
    '     launch: {type: process, args: {command: [a]}},\n    policies: [\n\n' +
    `        ${policy}]}\n`
  );
}

function problemsIn(policy: string): readonly string[] {
  const read = readFiles([{ name: 'f.yaml', text: fileOf(policy) }], CONTEXT);
  if (read.kind === 'read') return [];
  return read.problems.map(({ at, key, text }) => `${at}: ${key}: ${text}`);
}

/** What the plan for a file does, where the group is there with these policies. */
function planOf(policy: string, stored: readonly WirePolicy[]): Plan {
  const read = readFiles([{ name: 'f.yaml', text: fileOf(policy) }], CONTEXT);
  if (read.kind !== 'read') throw new Error(problemsIn(policy).join('\n'));
  const present = storedGroup({ scalingPolicies: [...stored] });
  return planApply(read.groups, () => present, NOW);
}

const STORED: WirePolicy = {
  ...{ id: 'p1', links: [], key: 'day', name: 'day', type: 'window', cooldown: 0, args: ARGS },
  window: { min: 2, duration: 28_800 },
};

describe('A file of groups with a window', () => {
  it('creates it, and says of its span and its rank only what is not so anyway', () => {
    const windows = [
      `{min: 2, duration: 28800}`,
      '{min: 2, duration: 8h, measured: wall, priority: 0}',
    ];
    for (const window of windows) {
      const { actions } = planOf(`{key: day, ${DAILY}, window: ${window}}`, []);

      expect(
        actions.map((action) =>
          'policies' in action ? action.policies.map(({ body }) => body) : action.kind,
        ),
      ).to.deep.equal([
        [
          {
            ...{ key: 'day', name: 'day', type: 'window', cooldown: 0, args: ARGS },
            window: { min: 2, duration: 28_800 },
          },
        ],
      ]);
    }
  });

  it('leaves it alone where it is so already', () => {
    const { actions } = planOf(`{key: day, ${DAILY}, window: {min: 2, duration: 8h}}`, [STORED]);

    expect(actions).to.deep.equal([]);
  });

  it('changes what is another', () => {
    const text = `{key: day, ${DAILY}, window: {min: 3, duration: 8h, priority: 5}}`;

    const { actions } = planOf(text, [STORED]);

    expect(
      actions.map((action) => ('changes' in action ? action.changes.changes : [])),
    ).to.deep.equal([
      [
        { path: 'window.min', before: 2, after: 3 },
        { path: 'window.priority', after: 5 },
      ],
    ]);
  });

  it('replaces a policy of another type by it', () => {
    const { id, links, key, name, cooldown, args } = STORED;
    const scheduled = {
      ...{ id, links, key, name, cooldown, args },
      ...{ type: 'schedule', desiredCapacity: 2 },
    };

    const { actions } = planOf(`{key: day, ${DAILY}, window: {min: 2, duration: 8h}}`, [scheduled]);

    expect(actions.map(({ kind }) => kind)).to.deep.equal(['delete-policy', 'create-policies']);
  });

  const BAD = [
    {
      text: `{key: p, ${DAILY}, window: {duration: 60}}`,
      says: 'groups[0].policies[0].window: sets nothing, received {"duration":60}; write at least one of min, max, desired',
    },
    {
      text: `{key: p, ${DAILY}, window: {min: 1}}`,
      says: 'groups[0].policies[0].window.duration: is missing; write seconds, from 1 to 31622400, or 90s, 30m, 8h, 2d',
    },
    {
      text: `{key: p, ${DAILY}, window: {min: 1, duration: 0}}`,
      says: 'groups[0].policies[0].window.duration: is no time that a window can be open for, received 0',
    },
    {
      text: `{key: p, ${DAILY}, window: {min: 2, max: 1, duration: 60}}`,
      says: 'groups[0].policies[0].window.min: is above max, received 2; write at most max, which is 1',
    },
    {
      text: `{key: p, ${DAILY}, window: {min: 2, desired: 1, duration: 60}}`,
      says: 'groups[0].policies[0].window.min: is above desired, received 2',
    },
    {
      text: `{key: p, ${DAILY}, window: {min: 2, duration: 60, cooldown: 1}}`,
      says: 'groups[0].policies[0].window.cooldown: is unknown here',
    },
    {
      text: `{key: p, ${DAILY}, window: {min: 1, duration: 60}, cooldown: 5}`,
      says: 'groups[0].policies[0].cooldown: does not go with a window, which is not executed, received 5; leave it out',
    },
    {
      text: `{key: p, ${DAILY}, window: {min: 1, duration: 60}, jitter: 5}`,
      says: 'groups[0].policies[0].jitter: does not go with a window, which holds from its opening on, received 5',
    },
    {
      text: `{key: p, ${DAILY}, window: {min: 1, duration: 60}, misfire: {policy: skip}}`,
      says: 'groups[0].policies[0].misfire: does not go with a window',
    },
    {
      text: `{key: p, ${DAILY}, window: {min: 1, duration: 60}, webhooks: [{name: a}]}`,
      says: 'groups[0].policies[0].webhooks: do not go with a window, which is not executed',
    },
    {
      text: `{key: p, ${DAILY}, window: {min: 1, duration: 60}, change: 1}`,
      says: 'groups[0].policies[0]: says two things, received change and window; write exactly one of change, changePercent, desiredCapacity, window',
    },
    {
      text: `{key: p, window: {min: 1, duration: 60}}`,
      says: 'groups[0].policies[0].window: has no schedule to open by, received {"min":1,"duration":60}; write cron or at beside it',
    },
    { text: `{key: p, ${DAILY}, window: 5}`, says: 'window: has the wrong type, received 5' },
  ];
  for (const { text, says } of BAD) {
    it(`is refused with ${text}`, () => {
      const problems = problemsIn(text);

      expect(problems).to.have.lengthOf(1);
      expect(problems[0])
        .to.match(/^f\.yaml:6:\d+: /)
        .and.include(says);
    });
  }
});
