import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';

import { NEW_YEAR_2030, runIn } from '../../../support/cli-world.ts';
import type { Ended } from '../../../support/cli-world.ts';
import { FakeNodeApi, refusal } from '../../../support/fake-node-api.ts';

const CALENDARS = `
calendars:
  freeze:
    entries: [{calendar: holidays}]
  holidays:
    - date: 2030-12-25
    - {weekdays: [sun, Sat], start: '12:00'}
`;
const GROUPS = `
groups:
  - key: web
    launch: {type: x, args: {}}
    policies:
      - {key: up, cron: '* * * * *', exclude: [freeze], change: 1}
`;
const HOLIDAYS = [{ date: '2030-12-25' }, { weekdays: ['SAT', 'SUN'], start: '12:00' }];
const PATH = '/v1.0/default/calendars';

describe('lutra apply of calendars', () => {
  let api: FakeNodeApi;
  let held: Map<string, unknown>;
  let pending: number;
  /** The paths of all that was written, in order. */
  let written: string[];
  beforeEach(() => {
    api = new FakeNodeApi(NEW_YEAR_2030);
    held = new Map();
    pending = 0;
    written = [];
    api.intercept = ({ method, path, body }) => {
      if (method !== 'GET') written.push(path);
      if (!path.startsWith(PATH)) return undefined;
      const name = path.slice(PATH.length + 1);
      if (method === 'PUT') {
        const { entries } = body as { readonly entries: unknown };
        held.set(name, entries);
        const groups = { changed: 1, pending };
        return { status: 201, body: { calendar: { name, entries }, groups } };
      }
      const calendars = [...held].map(([each, entries]) => ({ name: each, entries }));
      return { status: 200, body: { calendars, malformed: [] } };
    };
  });

  function apply(text: string, ...words: readonly string[]): Promise<Ended> {
    return runIn(
      { files: { '/home/ada/f.yaml': text }, fetch: api.fetch },
      ...['apply', '-f', 'f.yaml', '--url', 'http://127.0.0.1:1', ...words],
    );
  }

  it('writes them before the groups, and what they include before them', async () => {
    expect(await apply(CALENDARS + GROUPS)).to.deep.equal({
      exitCode: 0,
      stdout:
        'created calendar holidays\n' +
        'created calendar freeze\n' +
        'created group web with policy up\n' +
        '4 created, 0 changed, 0 deleted, 0 unchanged\n',
      stderr: '',
    });
    expect(written).to.deep.equal([
      ...[`${PATH}/holidays`, `${PATH}/freeze`, '/v1.0/default/groups'],
    ]);
    expect(held.get('holidays')).to.deep.equal(HOLIDAYS);
  });

  it('leaves alone what is unchanged, and what no file names', async () => {
    held
      .set('holidays', HOLIDAYS)
      .set('freeze', [{ calendar: 'holidays' }])
      .set('others', []);

    expect((await apply(CALENDARS)).stdout).to.equal(
      '0 created, 0 changed, 0 deleted, 2 unchanged\n',
    );
    expect(written).to.deep.equal([]);
  });

  it('shows what it would do, value by value, and does nothing', async () => {
    held.set('holidays', [{ date: '2030-12-26' }]);
    const dry = await apply(CALENDARS, '--dry-run');

    expect(dry.stdout).to.equal(
      'would change calendar holidays\n' +
        '  entries[0].date: "2030-12-26" -> "2030-12-25"\n' +
        '  entries[1].weekdays[0]: nothing -> "SAT"\n' +
        '  entries[1].weekdays[1]: nothing -> "SUN"\n' +
        '  entries[1].start: nothing -> "12:00"\n' +
        'would create calendar freeze\n' +
        '1 created, 1 changed, 0 deleted, 0 unchanged\n',
    );
    expect(written).to.deep.equal([]);
  });

  it('tells of its actions in JSON', async () => {
    const { stdout } = await apply(CALENDARS, '-o', 'json');

    const { actions } = JSON.parse(stdout) as { readonly actions: readonly object[] };
    expect(actions).to.deep.equal([
      { action: 'create-calendar', tenant: 'default', calendar: 'holidays', done: true },
      { action: 'create-calendar', tenant: 'default', calendar: 'freeze', done: true },
    ]);
  });

  it('says how many groups go by the calendar as it was', async () => {
    pending = 3;

    expect((await apply('calendars: {a: []}')).stderr).to.include(
      'calendar a: 3 groups could not be changed yet: a sweep does it within minutes',
    );
  });

  it('stops at one that the node refuses, and says where the file has it', async () => {
    const { intercept } = api;
    api.intercept = (request) =>
      request.method === 'PUT'
        ? refusal(400, 'ValidationError', 'entries must be fewer')
        : intercept(request);

    const { exitCode, stderr } = await apply(CALENDARS + GROUPS);

    expect(exitCode).to.equal(64);
    expect(stderr).to.include('f.yaml:5:3: cannot create calendar holidays: ValidationError');
    expect(stderr).to.include('not done: create group web with policy up');
  });

  for (const { text, says } of [
    { text: 'calendars: []', says: '1:12: calendars: has the wrong type' },
    { text: 'calendars: {a b: []}', says: '1:18: calendars.a b: has a name that it cannot have' },
    { text: 'calendars: {..: []}', says: 'has a name that it cannot have' },
    { text: 'calendars: {a: 5}', says: '1:16: calendars.a: is no list, received 5' },
    { text: 'calendars: {a: {}}', says: 'calendars.a.entries: is no list' },
    { text: 'calendars: {a: {entries: [], b: 1}}', says: 'calendars.a.b: is not known here' },
    {
      text: 'calendars: {a: [{date: 2030-02-31}]}',
      says: '1:24: calendars.a[0].date: is a date that does not exist, received "2030-02-31"; write a day from 01 to 28',
    },
    {
      text: 'calendars: {a: []}\n---\ncalendars: {a: []}',
      says: '3:13: calendars: is the name of',
    },
    { text: 'calendars: {a: [{calendar: a}]}', says: '1:13: calendar "a": includes itself' },
  ]) {
    it(`refuses ${JSON.stringify(text)}, and writes nothing`, async () => {
      const { exitCode, stderr } = await apply(text);

      expect(exitCode).to.equal(64);
      expect(stderr).to.include(says);
      expect(written).to.deep.equal([]);
    });
  }

  it('refuses policies that name what is neither in the files nor at the node, and writes nothing', async () => {
    const file = GROUPS.replace('[freeze]', '[holidays, nope]').trimStart();
    held.set('holidays', HOLIDAYS);

    const { exitCode, stderr } = await apply(`calendars: {a: []}\n---\n${file}`);

    expect(exitCode).to.equal(64);
    expect(stderr).to.equal(
      'f.yaml:7:9: names a calendar that there is not, received "nope"; write that one, too, or leave it out\n',
    );
    expect(written).to.deep.equal([]);
  });

  it('takes __proto__ for the name that it is', async () => {
    await apply('calendars: {__proto__: [{date: 2030-12-25}]}');

    expect(held.get('__proto__')).to.deep.equal([{ date: '2030-12-25' }]);
  });
});
