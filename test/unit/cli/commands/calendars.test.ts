import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';

import { NEW_YEAR_2030, runIn } from '../../../support/cli-world.ts';
import type { Ended, WorldOptions } from '../../../support/cli-world.ts';
import { FakeNodeApi, refusal } from '../../../support/fake-node-api.ts';
import type { Write } from '../../../support/fake-node-api.ts';

const HOLIDAYS = {
  name: 'holidays',
  entries: [
    ...[{ date: '2030-12-25' }, { from: '2030-12-24', to: '2031-01-01', start: '12:00' }],
    ...[{ weekdays: ['SAT', 'SUN'] }, { calendar: 'others' }],
  ],
};
const AT_NODE = ['--url', 'http://127.0.0.1:1', '--tenant', 'acme'];
const PATH = '/v1.0/acme/calendars';
const FILES = {
  '/home/ada/list.yaml': "- date: '2030-12-25'\n- date: '2030-02-30'\n",
  '/home/ada/whole.json': '{ "entries": [{ "weekdays": ["SUN"] }] }',
  '/home/ada/two.yaml': '[]\n---\n[]\n',
};

async function* typed(text: string): AsyncIterable<string> {
  yield await Promise.resolve(text);
}

describe('lutra calendars', () => {
  let api: FakeNodeApi;
  let asked: Write[];
  let pending: number;
  beforeEach(() => {
    api = new FakeNodeApi(NEW_YEAR_2030);
    asked = [];
    pending = 0;
    api.intercept = (request) => {
      asked.push(request);
      const { method, path } = request;
      if (method === 'DELETE') return { status: 204 };
      const groups = { changed: 3, pending };
      if (method === 'PUT') return { status: 201, body: { calendar: HOLIDAYS, groups } };
      return path === PATH
        ? { status: 200, body: { calendars: [HOLIDAYS], malformed: ['spoiled'] } }
        : { status: 200, body: { calendar: HOLIDAYS } };
    };
  });

  function calendars(words: readonly string[], options: WorldOptions = {}): Promise<Ended> {
    return runIn({ fetch: api.fetch, files: FILES, ...options }, 'calendars', ...words, ...AT_NODE);
  }

  it('lists them, with those that cannot be read', async () => {
    const { exitCode, stdout } = await calendars(['list']);

    expect(exitCode).to.equal(0);
    expect(stdout).to.equal(
      'NAME      ENTRIES         INCLUDES\n' +
        'holidays  4               others\n' +
        'spoiled   cannot be read  -\n',
    );
    expect(asked).to.deep.equal([{ method: 'GET', path: PATH, body: undefined }]);
  });

  it('shows what one covers', async () => {
    const { stdout } = await calendars(['show', 'holidays']);

    expect(stdout).to.equal(
      'DAYS                      FROM   UNTIL\n' +
        '2030-12-25                00:00  24:00\n' +
        '2030-12-24 to 2031-01-01  12:00  24:00\n' +
        'SAT, SUN                  00:00  24:00\n' +
        'all of others             -      -\n',
    );
  });

  it('prints the node’s own words as JSON', async () => {
    const { stdout } = await calendars(['show', 'holidays', '-o', 'json']);

    expect(JSON.parse(stdout)).to.deep.equal({ calendar: HOLIDAYS });
  });

  describe('put', () => {
    const SOURCES = [
      { what: 'a mapping in a file', file: 'whole.json', entries: [{ weekdays: ['SUN'] }] },
      { what: 'a list on stdin', file: '-', entries: [{ date: '2030-01-01' }] },
    ];
    for (const { what, file, entries } of SOURCES) {
      it(`sends ${what}`, async () => {
        const input = typed("- date: '2030-01-01'\n");

        const { exitCode, stdout } = await calendars(['put', 'holidays', '-f', file], { input });

        expect(exitCode).to.equal(0);
        expect(asked).to.deep.equal([
          { method: 'PUT', path: `${PATH}/holidays`, body: { entries } },
        ]);
        expect(stdout).to.equal(
          'NAME      ENTRIES  GROUPS CHANGED  PENDING\nholidays  4        3               0\n',
        );
      });
    }

    it('says so where groups are still to be changed', async () => {
      pending = 2;

      const { stderr } = await calendars(['put', 'holidays', '--file', 'whole.json']);

      expect(stderr).to.include('2 groups could not be changed yet');
    });

    it('names the policies that it leaves no occurrence', async () => {
      const policies = [{ groupName: 'web', policyName: 'up\u001b' }];
      const groups = { changed: 1, pending: 0 };
      const body = { calendar: HOLIDAYS, groups, silenced: { count: 3, policies } };
      api.intercept = () => ({ status: 200, body });

      const { exitCode, stderr } = await calendars(['put', 'holidays', '--file', 'whole.json']);

      expect({ exitCode, stderr }).to.deep.equal({
        exitCode: 0,
        stderr:
          'policy up  of group web has no occurrence left: its calendars leave it none\n' +
          'and so have 2 other policies\n',
      });
    });

    it('names the line of what the node refuses', async () => {
      const message = 'entries[1].date is a date that does not exist, it is "2030-02-30"';
      api.intercept = () => refusal(400, 'ValidationError', message);

      const { exitCode, stderr } = await calendars(['put', 'holidays', '--file', 'list.yaml']);

      expect(exitCode).to.equal(64);
      expect(stderr).to.equal(`list.yaml:2:9: ValidationError: ${message}\n`);
    });

    it('sends nothing with --dry-run', async () => {
      const { stdout } = await calendars(['put', 'holidays', '-f', 'whole.json', '--dry-run']);

      expect(stdout).to.include(`PUT ${PATH}/holidays`);
      expect(asked).to.deep.equal([]);
    });

    it('refuses a file that is not there, or has more than one document', async () => {
      for (const [file, words] of [
        ['missing.yaml', 'there is no such file'],
        ['two.yaml', 'must have one document in it, received 2'],
      ] as const) {
        const { exitCode, stderr } = await calendars(['put', 'holidays', '-f', file]);
        expect([exitCode, stderr.includes(words)], stderr).to.deep.equal([64, true]);
      }
      expect(asked).to.deep.equal([]);
    });
  });

  it('deletes one', async () => {
    const { exitCode, stdout } = await calendars(['delete', 'holidays']);

    expect({ exitCode, stdout }).to.deep.equal({
      ...{ exitCode: 0, stdout: 'NAME      STATE\nholidays  deleted\n' },
    });
    expect(asked).to.deep.equal([{ method: 'DELETE', path: `${PATH}/holidays`, body: undefined }]);
  });

  it('passes on why one is not deleted', async () => {
    api.intercept = () => refusal(409, 'CalendarInUseError', 'it is in use');

    const { exitCode, stderr } = await calendars(['delete', 'holidays']);

    expect(exitCode).to.equal(1);
    expect(stderr).to.equal('CalendarInUseError: it is in use\n');
  });
});
