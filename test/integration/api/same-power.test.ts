/**
 * Goal: whatever a policy can say, it can say over HTTP, as options of a command, and in a file. Method: each feature
 * is created in all three ways on one node, and what the node then shows of the three must be the same.
 */
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { at, createGroup, GROUPS, startApi } from '../../support/api-server.ts';
import type { ApiFixture } from '../../support/api-server.ts';
import { START } from '../../support/builders.ts';
import { runIn } from '../../support/cli-world.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** One feature in the words of each way. */
interface Feature {
  readonly what: string;
  /** Members of a policy beside its name and cooldown. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Options of `lutra policies create`. */
  readonly options: readonly string[];
  /** Lines of a policy in a file, in flow style. */
  readonly file: string;
}

const NINE = ['--cron', '0 9 * * *'];
const UP = ['--change', '1'];

/** A policy that adds one at nine, or at the times that `args` say. */
function schedule(args: object): Feature['body'] {
  return { type: 'schedule', change: 1, args: { cron: '0 9 * * *', ...args } };
}

function window(window: object, args: object = {}): Feature['body'] {
  return { type: 'window', window, args: { cron: '0 9 * * *', ...args } };
}

const FEATURES: readonly Feature[] = [
  {
    what: 'a change by hand',
    body: { type: 'webhook', change: -2 },
    options: ['--change', '-2'],
    file: 'change: -2',
  },
  {
    what: 'a percentage',
    body: { type: 'webhook', changePercent: 12.5 },
    options: ['--change-percent', '12.5'],
    file: 'changePercent: 12.5',
  },
  {
    what: 'a size, and zero for one',
    body: { ...schedule({}), change: undefined, desiredCapacity: 0 },
    options: [...NINE, '--desired', '0'],
    file: "cron: '0 9 * * *', desiredCapacity: 0",
  },
  {
    what: 'an instant',
    body: { type: 'schedule', change: 1, args: { at: '2030-01-01T00:00:00Z' } },
    options: ['--at', '2030-01-01T00:00:00Z', ...UP],
    file: "at: '2030-01-01T00:00:00Z', change: 1",
  },
  {
    what: 'a local time',
    body: {
      ...{ type: 'schedule', change: 1 },
      args: {
        ...{ at: '2030-10-27T02:30:00', timezone: 'Europe/Berlin' },
        dst: { overlap: 'second' },
      },
    },
    options: [
      ...['--at', '2030-10-27T02:30:00', '--timezone', 'Europe/Berlin'],
      ...['--dst-overlap', 'second', ...UP],
    ],
    file: "at: '2030-10-27T02:30:00', timezone: Europe/Berlin, dst: {overlap: second}, change: 1",
  },
  {
    what: 'a time zone, and what becomes of times that clocks skip and repeat',
    body: schedule({ timezone: 'Europe/Berlin', dst: { gap: 'skip', overlap: 'both' } }),
    options: [
      ...[...NINE, '--timezone', 'Europe/Berlin', '--dst-gap', 'skip'],
      ...['--dst-overlap', 'both', ...UP],
    ],
    file: "cron: '0 9 * * *', timezone: Europe/Berlin, dst: {gap: skip, overlap: both}, change: 1",
  },
  {
    what: 'the extended dialect',
    body: schedule({ cron: '30 0 9 LW * *', dialect: 'extended' }),
    options: ['--cron', '30 0 9 LW * *', '--dialect', 'extended', ...UP],
    file: "cron: '30 0 9 LW * *', dialect: extended, change: 1",
  },
  {
    what: 'a start and an end',
    body: schedule({ start: '2030-01-01T00:00:00Z', end: '2031-01-01T00:00:00Z' }),
    options: [
      ...[...NINE, '--start', '2030-01-01T00:00:00Z', '--end', '2031-01-01T00:00:00Z', ...UP],
    ],
    file: "cron: '0 9 * * *', start: '2030-01-01T00:00:00Z', end: '2031-01-01T00:00:00Z', change: 1",
  },
  {
    what: 'jitter',
    body: schedule({ jitter: 30 }),
    options: [...NINE, '--jitter', '30', ...UP],
    file: "cron: '0 9 * * *', jitter: 30, change: 1",
  },
  {
    what: 'a misfire',
    body: schedule({ misfire: { policy: 'skip', within: 90 } }),
    options: [...NINE, '--misfire', 'skip', '--misfire-within', '90', ...UP],
    file: "cron: '0 9 * * *', misfire: {policy: skip, within: 90}, change: 1",
  },
  {
    what: 'calendars to leave out',
    body: schedule({ exclude: ['holidays', 'weekends'] }),
    options: [...NINE, '--exclude', 'holidays', '--exclude', 'weekends', ...UP],
    file: "cron: '0 9 * * *', exclude: [holidays, weekends], change: 1",
  },
  {
    what: 'a calendar to keep to',
    body: schedule({ only: ['weekends'] }),
    options: [...NINE, '--only', 'weekends', ...UP],
    file: "cron: '0 9 * * *', only: [weekends], change: 1",
  },
  {
    what: 'a window with bounds',
    body: window({ min: 2, max: 8, duration: 28_800 }, { timezone: 'Europe/Berlin' }),
    options: [
      ...[...NINE, '--timezone', 'Europe/Berlin'],
      ...['--window-min', '2', '--window-max', '8', '--duration', '8h'],
    ],
    file: "cron: '0 9 * * *', timezone: Europe/Berlin, window: {min: 2, max: 8, duration: 8h}",
  },
  {
    what: 'a window with a size, measured in elapsed time, that others give way to',
    body: window({ desired: 0, duration: 60, measured: 'elapsed', priority: -3 }),
    options: [
      ...[...NINE, '--window-desired', '0', '--duration', '60'],
      ...['--measured', 'elapsed', '--priority', '-3'],
    ],
    file: "cron: '0 9 * * *', window: {desired: 0, duration: 60, measured: elapsed, priority: -3}",
  },
  {
    what: 'a window that opens on work days alone',
    body: window({ min: 1, duration: 3_600 }, { exclude: ['weekends'] }),
    options: [...NINE, '--window-min', '1', '--duration', '1h', '--exclude', 'weekends'],
    file: "cron: '0 9 * * *', exclude: [weekends], window: {min: 1, duration: 1h}",
  },
];

/** Runs a command against a node, and expects it to succeed. */
async function lutra(
  api: ApiFixture,
  files: Readonly<Record<string, string>>,
  ...words: string[]
): Promise<void> {
  const node = ['--url', api.url, '--tenant', '000000'];
  const clock = new FakeClock(START);
  const ended = await runIn({ fetch, files, clock }, ...words, ...node);
  expect(ended.exitCode, ended.stderr).to.equal(0);
}

describe('What policies can say', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await startApi({ clock: new FakeClock(START) });
    for (const name of ['holidays', 'weekends']) {
      const body = { entries: [{ weekdays: ['SAT', 'SUN'] }] };
      await api.call('PUT', `/v1.0/000000/calendars/${name}`, { body });
    }
  });
  afterEach(() => api.close(0));

  /** The policies of a group as they are shown, without what names and places them. */
  async function shown(groupId: string): Promise<readonly unknown[]> {
    const { body } = await api.call('GET', `${GROUPS}/${groupId}/policies`);
    return (at(body, 'policies') as readonly object[]).map((policy) => {
      const { id: _id, links: _links, key: _key, name: _name, ...rest } = policy as Shown;
      return rest;
    });
  }

  for (const { what, body, options, file } of FEATURES) {
    it(`can be said in three ways: ${what}`, async () => {
      const overHttp = await createGroup(api);
      const byOptions = await createGroup(api);
      const asked = await api.call('POST', `${GROUPS}/${overHttp}/policies`, {
        body: [{ name: 'p', cooldown: 0, ...body }],
      });
      expect(asked.status, asked.text).to.equal(201);
      const cooldown = body['type'] === 'window' ? [] : ['--cooldown', '0'];
      await lutra(
        api,
        {},
        ...['policies', 'create', byOptions, '--name', 'p', '--key', 'p', ...cooldown, ...options],
      );
      const text = [
        'groups:',
        '  - key: of-a-file',
        "    launch: {type: process, args: {command: ['sleep', '1']}}",
        `    policies: [{key: p, ${file}}]`,
      ].join('\n');
      await lutra(api, { '/home/ada/groups.yaml': text }, 'apply', '-f', 'groups.yaml');

      const { body: list } = await api.call('GET', GROUPS);
      const groups = at(list, 'groups') as readonly Shown[];
      const others = new Set<string>([overHttp, byOptions]);
      const ofFile = groups.find(({ id }) => !others.has(id))?.id ?? '';
      const first = await shown(overHttp);
      expect(first).to.have.length(1);
      expect(await shown(byOptions)).to.deep.equal(first);
      expect(await shown(ofFile)).to.deep.equal(first);
    });
  }
});

/** Something that is done to a group, or to its policy. */
interface Act {
  readonly what: string;
  readonly method: string;
  /** Below the group; of the policy where it is `policies/…`. */
  readonly path: string;
  readonly body?: unknown;
  /** The words of the command but for the group and the policy. */
  readonly command: readonly string[];
  readonly options?: readonly string[];
}

const UNTIL = '2026-06-01T00:00:00Z';
const OVERRIDE = { min: 2, max: 5, desired: 3, until: UNTIL, reason: 'a sale' };
const OVERRIDE_OPTIONS = [
  ...['--min', '2', '--max', '5', '--desired', '3', '--until', UNTIL, '--reason', 'a sale'],
];

const ACTS: readonly Act[] = [
  {
    ...{ what: 'an override', method: 'PUT', path: 'override', body: OVERRIDE },
    ...{ command: ['groups', 'override'], options: OVERRIDE_OPTIONS },
  },
  {
    ...{ what: 'a pause with an end', method: 'POST', path: 'pause', body: { until: UNTIL } },
    ...{ command: ['pause'], options: ['--until', UNTIL] },
  },
  {
    ...{ what: 'leaving out what comes next', method: 'POST', path: 'policies/skip' },
    command: ['policies', 'skip'],
  },
  {
    ...{ what: 'leaving out an occurrence by its time', method: 'POST', path: 'policies/skip' },
    body: { occurrence: '2026-01-01T09:00:00Z' },
    ...{ command: ['policies', 'skip'], options: ['--occurrence', '2026-01-01T09:00:00Z'] },
  },
];

describe('What is done to groups', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await startApi({ clock: new FakeClock(START) });
  });
  afterEach(() => api.close(0));

  async function groupWithPolicy(): Promise<{
    readonly groupId: string;
    readonly policyId: string;
  }> {
    const groupId = await createGroup(api);
    const { body } = await api.call('POST', `${GROUPS}/${groupId}/policies`, {
      body: [{ name: 'p', cooldown: 0, ...schedule({}) }],
    });
    return { groupId, policyId: String(at(body, 'policies', 0, 'id')) };
  }

  /** The state of a group and what comes next of its policy, without what names them. */
  async function standing(groupId: string, policyId: string): Promise<unknown> {
    const state = await api.call('GET', `${GROUPS}/${groupId}/state`);
    const preview = await api.call('GET', `${GROUPS}/${groupId}/policies/${policyId}/preview`);
    const { id: _id, links: _links, name: _name, ...rest } = at(state.body, 'group') as Shown;
    return [rest, at(preview.body, 'preview', 'occurrences')];
  }

  for (const { what, method, path, body, command, options = [] } of ACTS) {
    it(`can be asked for in two ways: ${what}`, async () => {
      const first = await groupWithPolicy();
      const second = await groupWithPolicy();
      const before = await standing(first.groupId, first.policyId);
      const place = path.replace('policies/', `policies/${first.policyId}/`);
      const asked = await api.call(method, `${GROUPS}/${first.groupId}/${place}`, { body });
      expect(asked.status, asked.text).to.be.within(200, 204);
      const policy = path === place ? [] : [second.policyId];
      await lutra(api, {}, ...command, second.groupId, ...policy, ...options);

      const after = await standing(first.groupId, first.policyId);
      expect(after).to.not.deep.equal(before);
      expect(await standing(second.groupId, second.policyId)).to.deep.equal(after);
    });
  }
});

interface Shown {
  readonly id: string;
  readonly [key: string]: unknown;
}
