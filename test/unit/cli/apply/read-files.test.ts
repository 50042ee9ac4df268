import { readFileSync } from 'node:fs';

import { expect } from 'chai';
import { describe, it } from 'mocha';

import type { DesiredGroup } from '../../../../src/cli/apply/desired.ts';
import { readFiles } from '../../../../src/cli/apply/read-files.ts';

const CONTEXT = { tenant: 'fallback', environment: { NAME: 'ada' }, folder: '/home/ada' };

function groupsIn(...texts: readonly string[]): readonly DesiredGroup[] {
  const read = readFiles(files(texts), CONTEXT);
  if (read.kind === 'read') return read.groups;
  throw new Error(read.problems.map(({ at, text }) => `${at} ${text}`).join('\n'));
}

function problemsIn(...texts: readonly string[]): readonly string[] {
  const read = readFiles(files(texts), CONTEXT);
  return read.kind === 'read'
    ? []
    : read.problems.map(({ at, key, text }) => `${at}: ${key}: ${text}`);
}

function files(
  texts: readonly string[],
): readonly { readonly name: string; readonly text: string }[] {
  return texts.map((text, index) => ({ name: `sub/${String(index)}.yaml`, text }));
}

const MINIMAL = 'groups: [{key: a, launch: {type: x, args: {}}}]\n';

describe('readFiles', () => {
  it('fills in what a group need not say', () => {
    expect(groupsIn(MINIMAL)).to.deep.equal([
      {
        tenant: 'fallback',
        key: 'a',
        region: undefined,
        config: { name: 'a', cooldown: 0, minEntities: 0, maxEntities: 1000, metadata: {} },
        launch: { type: 'x', args: {} },
        policies: [],
        place: 'sub/0.yaml:1:10',
        launchPlace: 'sub/0.yaml:1:27',
      },
    ]);
  });

  it('reads where a group is to be', () => {
    const [group] = groupsIn('groups: [{key: a, region: eu, launch: {type: x, args: {}}}]');

    expect(group).to.include({ key: 'a', region: 'eu' });
    expect(group?.config).to.not.have.property('region');
  });

  it('reads by when the servers of a group are to be there', () => {
    const [group] = groupsIn('groups: [{key: a, reachedBy: 300, launch: {type: x, args: {}}}]');

    expect(group?.config).to.include({ reachedBy: 300 });
  });

  it('reads policies of every kind', () => {
    const text = `
tenant: t
groups:
  - key: a
    launch: {type: x, args: {}}
    policies:
      - {key: cron, cron: '* * * * *', change: -1, cooldown: 1.5}
      - {key: at, name: At, at: '2031-01-01T00:00:00Z', changePercent: 5.5}
      - {key: after, at: +20s, desiredCapacity: 0}
      - {key: hook, change: 1}
`;

    const [group] = groupsIn(text);
    expect(group?.tenant).to.equal('t');
    expect(group?.policies).to.deep.equal([
      {
        key: 'cron',
        name: 'cron',
        cooldown: 1.5,
        adjustment: { change: -1 },
        schedule: { kind: 'cron', cron: '* * * * *' },
        place: 'sub/0.yaml:7:9',
      },
      {
        key: 'at',
        name: 'At',
        cooldown: 0,
        adjustment: { changePercent: 5.5 },
        schedule: {
          kind: 'at',
          at: '2031-01-01T00:00:00Z',
          instant: Date.UTC(2031, 0, 1),
        },
        place: 'sub/0.yaml:8:9',
      },
      {
        key: 'after',
        name: 'after',
        cooldown: 0,
        adjustment: { desiredCapacity: 0 },
        schedule: { kind: 'after', text: '+20s', ms: 20_000 },
        place: 'sub/0.yaml:9:9',
      },
      {
        key: 'hook',
        name: 'hook',
        cooldown: 0,
        adjustment: { change: 1 },
        schedule: undefined,
        place: 'sub/0.yaml:10:9',
      },
    ]);
  });

  it('reads a local time and its zone', () => {
    const policy =
      "{key: p, change: 1, at: '2031-01-01T00:00:00', timezone: Asia/Tokyo, dst: {overlap: second}}";
    const text = `groups: [{key: a, launch: {type: x, args: {}}, policies: [${policy}]}]`;

    expect(groupsIn(text)[0]?.policies[0]).to.deep.include({
      schedule: { kind: 'at', at: '2031-01-01T00:00:00', instant: Date.UTC(2031, 0, 1) },
      timing: { timezone: 'Asia/Tokyo', dst: { overlap: 'second' } },
    });
  });

  const AFTER = [
    { text: '+20s', ms: 20_000 },
    { text: '+5m', ms: 300_000 },
    { text: '+1h', ms: 3_600_000 },
    { text: '+0s', ms: 0 },
  ];
  for (const { text, ms } of AFTER) {
    it(`reads ${text} as ${String(ms)} ms`, () => {
      const policies = `[{key: p, change: 1, at: ${text}}]`;
      const [group] = groupsIn(
        `groups: [{key: a, launch: {type: x, args: {}}, policies: ${policies}}]`,
      );

      expect(group?.policies[0]?.schedule).to.deep.equal({ kind: 'after', text, ms });
    });
  }

  it('reads several documents and files, in order, and skips empty ones', () => {
    const b = MINIMAL.replace('key: a', 'key: b');

    const groups = groupsIn(`${MINIMAL}---\n${b}---\n`, MINIMAL.replace('key: a', 'key: c'), '# c');

    expect(groups.map(({ key }) => key)).to.deep.equal(['a', 'b', 'c']);
  });

  it('takes the same key for another group where the tenant is another', () => {
    expect(groupsIn(`tenant: t\n${MINIMAL}`, MINIMAL)).to.have.length(2);
  });

  it('fills placeholders of values and leaves keys alone', () => {
    const text = 'groups: [{key: "${NAME}", launch: {type: x, args: {"${NAME}": "${NAME}"}}}]';

    expect(groupsIn(text)[0]).to.deep.include({
      key: 'ada',
      launch: { type: 'x', args: { '${NAME}': 'ada' } },
    });
  });

  it('keeps a key called __proto__ in metadata and arguments', () => {
    const text =
      'groups: [{key: a, metadata: {__proto__: x}, launch: {type: x, args: {__proto__: 1}}}]';

    const [group] = groupsIn(text);
    expect(JSON.stringify(group?.config.metadata)).to.equal('{"__proto__":"x"}');
    expect(JSON.stringify(group?.launch.args)).to.equal('{"__proto__":1}');
  });

  const PATHS = [
    { args: '{cwd: .}', sent: { cwd: '/home/ada/sub' } },
    { args: '{cwd: ../w}', sent: { cwd: '/home/ada/w' } },
    { args: '{cwd: /w}', sent: { cwd: '/w' } },
    { args: '{command: [node, ./a]}', sent: { command: ['node', './a'] } },
    { args: '{command: [./run, a]}', sent: { command: ['/home/ada/sub/run', 'a'] } },
    {
      args: '{cwd: w, command: [./run]}',
      sent: { cwd: '/home/ada/sub/w', command: ['/home/ada/sub/w/run'] },
    },
    { args: '{command: [/bin/a]}', sent: { command: ['/bin/a'] } },
    { args: '{command: 5, cwd: 6}', sent: { command: 5, cwd: 6 } },
  ];
  for (const { args, sent } of PATHS) {
    it(`sends ${args} of a process with paths that start where the file is`, () => {
      const [group] = groupsIn(`groups: [{key: a, launch: {type: process, args: ${args}}}]`);

      expect(group?.launch.args).to.deep.equal(sent);
    });
  }

  it('leaves the arguments of other types alone', () => {
    const [group] = groupsIn('groups: [{key: a, launch: {type: x, args: {cwd: .}}}]');

    expect(group?.launch.args).to.deep.equal({ cwd: '.' });
  });

  it('reports the problems of all files, in the order of each', () => {
    const found = problemsIn(
      'groups: [{key: a, foo: 1, minEntities: -1, launch: {type: x, args: {}}}]',
      'groups: 3\n',
    );

    expect(found.map((problem) => problem.split(': ').slice(0, 2))).to.deep.equal([
      ['sub/0.yaml:1:19', 'groups[0].foo'],
      ['sub/0.yaml:1:40', 'groups[0].minEntities'],
      ['sub/1.yaml:1:9', 'groups'],
    ]);
  });

  it('refuses a key that two groups of one tenant have, also in two files', () => {
    expect(problemsIn(MINIMAL, MINIMAL)).to.deep.equal([
      'sub/1.yaml:1:10: key: is the key of the group at sub/0.yaml:1:10 too, received "a"; write another one',
    ]);
  });

  it('shows a placeholder and not what it stands for', () => {
    const [problem] = problemsIn(
      'groups: [{key: a, cooldown: "${NAME}", launch: {type: x, args: {}}}]',
    );

    expect(problem).to.equal(
      'sub/0.yaml:1:29: groups[0].cooldown: has the wrong type, received "${NAME}"; write a whole number from 0 to 86400',
    );
  });
});

describe('readFiles of what stands beside a schedule', () => {
  const CASES = [
    { text: 'dialect: v1, dst: {}', timing: undefined },
    {
      text: 'timezone: UTC, dst: {overlap: both}',
      timing: { timezone: 'UTC', dst: { overlap: 'both' } },
    },
    {
      text: "dialect: extended, end: '2031-01-01T00:00:00Z', misfire: {policy: skip, within: 5}",
      timing: {
        ...{ dialect: 'extended', end: '2031-01-01T00:00:00Z' },
        misfire: { policy: 'skip', within: 5 },
      },
    },
  ];
  for (const { text, timing } of CASES) {
    it(`reads what is said beyond the ordinary: ${text}`, () => {
      const [group] = groupsIn(
        `groups: [{key: a, launch: {type: x, args: {}}, policies: [{key: p, change: 1, cron: '* * * * *', ${text}}]}]`,
      );

      expect(group?.policies[0]?.timing).to.deep.equal(timing);
    });
  }
});

describe('the sample files', () => {
  for (const name of ['workers', 'webhook', 'office-hours']) {
    it(`has nothing wrong in ${name}.yaml`, () => {
      const path = `config/samples/${name}.yaml`;
      const file = { name: path, text: readFileSync(path, 'utf8') };

      const read = readFiles([file], { ...CONTEXT, environment: {}, folder: process.cwd() });

      expect(read).to.have.property('kind', 'read');
    });
  }
});
