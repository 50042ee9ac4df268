import { expect } from 'chai';
import { describe, it } from 'mocha';

import { runIn } from '../../../support/cli-world.ts';
import { FakeNodeApi } from '../../../support/fake-node-api.ts';

/** A group around a policy, which begins on line 6. */
function policy(text: string): string {
  return `groups:\n  - key: a\n    launch:\n      {type: x, args: {}}\n    policies:\n      - ${text}\n`;
}

/** A group with one more line, which is line 4. */
function group(line: string): string {
  return `groups:\n  - key: a\n    launch: {type: x, args: {}}\n    ${line}\n`;
}

const BAD_CRONS = [
  ...['', '* * * *', '* * * * * *', '@daily', '60 * * * *', '* 24 * * *', '* * 32 * *'],
  ...['* * * 13 *', '* * * * 8', '*/0 * * * *', '5-1 * * * *', '1,,2 * * * *', '5/10 * * * *'],
  ...['* * 31 2 *', '? * * * *', '* * * * sun-mon', '1,*,3 * * * *', '-1 * * * *', '1.5 * * * *'],
];

const BAD_TIMES = [
  ...['2030-02-30T00:00:00Z', '2030-01-01T24:00:00Z', '2030-01-01T00:00:00', '2030-01-01'],
  ...['2030-01-01T00:00:00+01:00', '+20', '+20w', '20s', '-20s', '+1.5h', 'tomorrow', '+ 20s'],
];

const BAD_FILES: readonly { readonly text: string; readonly says: string }[] = [
  { text: 'a: [1', says: 'bad.yaml:1:6: is not YAML' },
  { text: 'groups:\n\t- a', says: 'bad.yaml:2:1: is not YAML' },
  { text: 'groups: []\ngroups: []\n', says: 'bad.yaml:2:1: is not YAML' },
  { text: 'groups: *a\n', says: 'bad.yaml:1:9: has an alias without an anchor' },
  { text: 'groups: !x []\n', says: 'bad.yaml:1:9: is not YAML' },
  { text: 'hello', says: 'bad.yaml:1:1: has the wrong type, received "hello"' },
  { text: '[]', says: 'bad.yaml:1:1: has the wrong type, received []' },
  { text: 'tenant: a\n', says: 'bad.yaml:1:1: groups: is missing' },
  { text: 'groups:\n', says: 'bad.yaml:1:8: groups: is missing' },
  { text: 'groups: {}\n', says: 'bad.yaml:1:9: groups: has the wrong type' },
  { text: 'groups: [5]\n', says: 'bad.yaml:1:10: groups[0]: has the wrong type' },
  { text: 'group: []\n', says: 'bad.yaml:1:1: group: is unknown here' },
  { text: 'tenant: ""\ngroups: []\n', says: 'bad.yaml:1:9: tenant: is no name' },
  { text: 'tenant: ..\ngroups: []\n', says: 'bad.yaml:1:9: tenant: is no name' },
  { text: 'tenant: 5\ngroups: []\n', says: 'bad.yaml:1:9: tenant: has the wrong type' },
  { text: '__proto__: {}\ngroups: []\n', says: 'bad.yaml:1:1: __proto__: is unknown here' },
  {
    text: 'groups: [{launch: {type: x, args: {}}}]\n',
    says: 'bad.yaml:1:10: groups[0].key: is mis',
  },
  { text: group('key: b'), says: 'bad.yaml:4:5: is not YAML' },
  { text: group('name: ""'), says: 'bad.yaml:4:11: groups[0].name: is blank' },
  { text: group('name: ${NOBODY}'), says: 'bad.yaml:4:11: needs a variable that is not set' },
  { text: group('name: "${"'), says: 'bad.yaml:4:11: has a malformed placeholder' },
  { text: group(`name: ${'x'.repeat(257)}`), says: 'bad.yaml:4:11: groups[0].name: is too long' },
  { text: group('minEntities: -1'), says: 'bad.yaml:4:18: groups[0].minEntities: is too small' },
  { text: group('minEntities: 1.5'), says: 'bad.yaml:4:18: groups[0].minEntities: has the wrong' },
  { text: group('minEntities: "1"'), says: 'bad.yaml:4:18: groups[0].minEntities: has the wrong' },
  { text: group('maxEntities: 1001'), says: 'bad.yaml:4:18: groups[0].maxEntities: is too large' },
  { text: group('maxEntities: .inf'), says: 'bad.yaml:4:18: groups[0].maxEntities: has the wrong' },
  {
    text: group('maxEntities: 1\n    minEntities: 2'),
    says: 'bad.yaml:5:18: groups[0].minEntities: is above maxEntities',
  },
  { text: group('reachedBy: 0'), says: 'bad.yaml:4:16: groups[0].reachedBy: is too small' },
  { text: group('cooldown: 86401'), says: 'bad.yaml:4:15: groups[0].cooldown: is too large' },
  { text: group('metadata: []'), says: 'bad.yaml:4:15: groups[0].metadata: has the wrong type' },
  {
    text: group(
      `metadata: {${Array.from({ length: 1_001 }, (_, index) => `k${String(index)}: v`).join()}}`,
    ),
    says: 'bad.yaml:4:15: groups[0].metadata: has too many',
  },
  { text: group('metadata: {a: 1}'), says: 'bad.yaml:4:19: groups[0].metadata.a: has the wrong' },
  {
    text: group(`metadata: {a: ${'x'.repeat(257)}}`),
    says: 'bad.yaml:4:19: groups[0].metadata.a: is too long',
  },
  {
    text: group(`metadata: {? ${'x'.repeat(257)} : a}`),
    says: 'bad.yaml:4:278: groups[0].metadata.xxx',
  },
  { text: group('policies: 1'), says: 'bad.yaml:4:15: groups[0].policies: has the wrong type' },
  { text: group('policy: []'), says: 'bad.yaml:4:5: groups[0].policy: is unknown here' },
  {
    text: group(
      `policies: [${Array.from({ length: 101 }, (_, index) => `{key: k${String(index)}, change: 1}`).join()}]`,
    ),
    says: 'bad.yaml:4:15: groups[0].policies: is too long',
  },
  {
    text: policy('{key: p, change: 1, webhooks: 1}'),
    says: 'bad.yaml:6:39: groups[0].policies[0].webhooks: has the wrong type',
  },
  {
    text: policy('{key: p, change: 1, webhooks: [{}]}'),
    says: 'bad.yaml:6:40: groups[0].policies[0].webhooks[0].name: is missing',
  },
  {
    text: policy('{key: p, change: 1, webhooks: [{name: a, url: b}]}'),
    says: 'bad.yaml:6:50: groups[0].policies[0].webhooks[0].url: is unknown here',
  },
  {
    text: policy('{key: p, change: 1, webhooks: [{name: a, metadata: {a: 1}}]}'),
    says: 'bad.yaml:6:64: groups[0].policies[0].webhooks[0].metadata.a: has the wrong type',
  },
  {
    text: policy('{key: p, change: 1, webhooks: [{name: a}, {name: a}]}'),
    says: 'bad.yaml:6:58: groups[0].policies[0].webhooks[1].name: is the name of another webhook of the policy above',
  },
  {
    text: policy(
      `{key: p, change: 1, webhooks: [${Array.from({ length: 101 }, (_, index) => `{name: n${String(index)}}`).join()}]}`,
    ),
    says: 'bad.yaml:6:39: groups[0].policies[0].webhooks: is too long',
  },
  { text: 'groups: [{key: a}]', says: 'bad.yaml:1:10: groups[0].launch: is missing' },
  {
    text: 'groups: [{key: "", launch: {type: x, args: {}}}]',
    says: 'bad.yaml:1:16: groups[0].key: is blank',
  },
  {
    text: 'groups: [{key: "a\\nb", launch: {type: x, args: {}}}]',
    says: 'bad.yaml:1:16: groups[0].key: has control characters',
  },
  {
    text: 'groups: [{key: a, region: "", launch: {type: x, args: {}}}]',
    says: 'bad.yaml:1:27: groups[0].region: is blank',
  },
  {
    text: 'groups: [{key: a, region: 1, launch: {type: x, args: {}}}]',
    says: 'bad.yaml:1:27: groups[0].region: has the wrong type',
  },
  {
    text: 'groups: [{key: a, launch: {type: x}}]',
    says: 'bad.yaml:1:27: groups[0].launch.args: is missing',
  },
  {
    text: 'groups: [{key: a, launch: {type: "", args: {}}}]',
    says: 'bad.yaml:1:34: groups[0].launch.type: is blank',
  },
  {
    text: 'groups: [{key: a, launch: {type: x, args: [], more: 1}}]',
    says: 'bad.yaml:1:43: groups[0].launch.args: has the wrong type',
  },
  {
    text: 'groups: [{key: a, launch: {type: x, args: {a: [{b: .nan}]}}}]',
    says: 'bad.yaml:1:52: groups[0].launch.args.a[0].b: is no number that can be sent',
  },
  { text: policy('{change: 1}'), says: 'bad.yaml:6:9: groups[0].policies[0].key: is missing' },
  { text: policy('{key: p}'), says: 'bad.yaml:6:9: groups[0].policies[0]: says nothing about' },
  {
    text: policy('{key: p, change: 1, desiredCapacity: 1}'),
    says: 'bad.yaml:6:9: groups[0].policies[0]: says two things, received change and desired',
  },
  {
    text: policy('{key: p, change: 0}'),
    says: 'bad.yaml:6:26: groups[0].policies[0].change: changes nothing',
  },
  {
    text: policy('{key: p, change: 1.5}'),
    says: 'bad.yaml:6:26: groups[0].policies[0].change: has the wrong type',
  },
  {
    text: policy('{key: p, changePercent: 0}'),
    says: 'bad.yaml:6:33: groups[0].policies[0].changePercent: changes nothing',
  },
  {
    text: policy('{key: p, desiredCapacity: -1}'),
    says: 'bad.yaml:6:35: groups[0].policies[0].desiredCapacity: is too small',
  },
  {
    text: policy('{key: p, change: 1, cooldown: -0.5}'),
    says: 'bad.yaml:6:39: groups[0].policies[0].cooldown: is too small',
  },
  {
    text: policy("{key: p, change: 1, cron: '* * * * *', at: +20s}"),
    says: 'bad.yaml:6:9: groups[0].policies[0]: has two schedules',
  },
  {
    text: policy('{key: p, change: 1}\n      - {key: p, change: 2}'),
    says: 'bad.yaml:7:15: groups[0].policies[1].key: is the key of another policy above',
  },
  {
    text: policy('{key: p, change: 1, cron: 5}'),
    says: 'bad.yaml:6:35: groups[0].policies[0].cron: has the wrong type',
  },
  {
    text: policy("{key: p, change: 1, cron: '0 9 L-3 * *', dialect: v1}"),
    says: 'bad.yaml:6:35: groups[0].policies[0].cron: is not a schedule',
  },
  {
    text: policy("{key: p, change: 1, cron: '* * 32 * *', dialect: extended}"),
    says: 'bad.yaml:6:35: groups[0].policies[0].cron: is not a schedule',
  },
  {
    text: policy("{key: p, change: 1, cron: '* * * * *', timezone: Mars/Base}"),
    says: 'bad.yaml:6:58: groups[0].policies[0].timezone: is no time zone, received "Mars/Base"',
  },
  {
    text: policy("{key: p, change: 1, cron: '* * * * *', dst: {gap: skip}}"),
    says: 'bad.yaml:6:59: groups[0].policies[0].dst.gap: goes with a time zone only',
  },
  {
    text: policy("{key: p, change: 1, cron: '0 9 * * *', exclude: holidays}"),
    says: 'bad.yaml:6:57: groups[0].policies[0].exclude: has the wrong type, received "holidays"; write a list of 1 to 10 names of calendars',
  },
  {
    text: policy("{key: p, change: 1, cron: '0 9 * * *', only: [a, b, a]}"),
    says: 'bad.yaml:6:61: groups[0].policies[0].only[2]: is there twice, received "a"; write each calendar once',
  },
  {
    text: policy('{key: p, change: 1, at: +20s, exclude: [a]}'),
    says: 'bad.yaml:6:48: groups[0].policies[0].exclude: goes with cron only, received ["a"]',
  },
  {
    text: policy('{key: p, change: 1, at: +20s, jitter: 5}'),
    says: 'bad.yaml:6:47: groups[0].policies[0].jitter: goes with cron only, received 5',
  },
  {
    text: policy('{key: p, change: 1, at: +20s, timezone: UTC}'),
    says: 'bad.yaml:6:33: groups[0].policies[0].at: counts from now, with timezone beside it, received "+20s"; write a local time without Z',
  },
  {
    text: policy("{key: p, change: 1, at: '2031-01-01T00:00:00Z', timezone: UTC}"),
    says: 'bad.yaml:6:33: groups[0].policies[0].at: is in UTC, with timezone beside it',
  },
  {
    text: policy(
      "{key: p, change: 1, at: '2031-01-01T00:00', timezone: UTC, dst: {overlap: both}}",
    ),
    says: 'bad.yaml:6:83: groups[0].policies[0].dst.overlap: is two times, and at is one, received "both"',
  },
  {
    text: policy('{key: p, change: 1, timezone: UTC}'),
    says: 'bad.yaml:6:39: groups[0].policies[0].timezone: goes with cron or at only, received "UTC"; write cron or at',
  },
  {
    text: policy('{key: p, change: 1, misfire: {policy: all}}'),
    says: 'bad.yaml:6:38: groups[0].policies[0].misfire: goes with a schedule only',
  },
  {
    text: policy("{key: p, change: 1, cron: '* * * * *', misfire: {policy: never}}"),
    says: 'bad.yaml:6:66: groups[0].policies[0].misfire.policy: is not what it can be',
  },
  {
    text: policy(
      "{key: p, change: 1, cron: '* * * * *', start: '2031-01-01T00:00:00Z', end: '2030-01-01T00:00:00Z'}",
    ),
    says: 'bad.yaml:6:84: groups[0].policies[0].end: is not after start',
  },
  ...BAD_CRONS.map((cron) => ({
    text: policy(`{key: p, change: 1, cron: '${cron}'}`),
    says: `bad.yaml:6:35: groups[0].policies[0].cron: is not a schedule, received "${cron}"; `,
  })),
  ...BAD_TIMES.map((at) => ({
    text: policy(`{key: p, change: 1, at: '${at}'}`),
    says: `bad.yaml:6:33: groups[0].policies[0].at: is not an instant, received "${at}"; write an`,
  })),
];

describe('lutra apply with a malformed file', () => {
  for (const { text, says } of BAD_FILES) {
    it(`ends with 64 before it talks to a node: ${says}`, async () => {
      const api = new FakeNodeApi(0);
      let requestCount = 0;
      const counted: typeof fetch = (...call) => {
        requestCount += 1;
        return api.fetch(...call);
      };
      const files = { '/home/ada/bad.yaml': text };
      const words = ['apply', '-f', 'bad.yaml', '--url', 'http://127.0.0.1:1'];

      const { exitCode, stdout, stderr } = await runIn({ files, fetch: counted }, ...words);

      expect({ exitCode, stdout, requestCount }).to.deep.equal({
        exitCode: 64,
        stdout: '',
        requestCount: 0,
      });
      const isSaid = stderr.split('\n').some((line) => line.startsWith(says));
      expect(isSaid, stderr).to.equal(true);
    });
  }
});

describe('lutra preview with a malformed expression', () => {
  for (const cron of BAD_CRONS) {
    it(`ends with 64 and says what is wrong with ${JSON.stringify(cron)}`, async () => {
      const { exitCode, stdout, stderr } = await runIn({}, 'preview', '--', cron);

      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 64, stdout: '' });
      expect(stderr).to.match(/^cron: .+/);
    });
  }
});
