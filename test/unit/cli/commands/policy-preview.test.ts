import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';

import { NEW_YEAR_2030 } from '../../../support/cli-world.ts';
import { WriteLab } from '../../../support/cli-write-lab.ts';

const POLICY = '/v1.0/default/groups/group-0001/policies/policy-0005';
const NINE = { at: '2030-01-01T09:00:00.000Z' };
const SHIFTED = {
  ...{ at: '2030-03-31T01:30:00.000Z', local: '2030-03-31T03:30:00+02:00' },
  note: 'clocks skip 02:30',
};

let lab: WriteLab;
/** What the node is asked for, with its query. */
let asked: string[];
beforeEach(() => {
  lab = new WriteLab(NEW_YEAR_2030);
  asked = [];
});

/** Has the node answer so when it is asked for previews, one after the other; the last one again and again. */
function answerPreviews(...previews: readonly object[]): void {
  const left = [...previews];
  lab.api.intercept = ({ path }) => {
    if (!path.endsWith('/preview')) return undefined;
    asked.push(path);
    const preview = left.length > 1 ? left.shift() : left[0];
    return { status: 200, body: { policy: { id: 'policy-0005', links: [] }, preview } };
  };
}

function previewWith(facts: object): object {
  return { from: '2030-01-01T00:00:00.000Z', timezone: 'UTC', occurrences: [], ...facts };
}

describe('lutra policies preview', () => {
  const CALL = ['policies', 'preview', 'web', 'nightly'];

  it('shows what the node says, with local times, notes and when each is due', async () => {
    const due = { ...NINE, local: '2030-01-01T10:00:00+01:00', dueAt: '2030-01-01T09:00:12.345Z' };
    answerPreviews(previewWith({ words: 'At 09:00', occurrences: [due, SHIFTED] }));

    expect(await lab.run(...CALL)).to.deep.equal({
      exitCode: 0,
      stdout:
        'OCCURRENCE                LOCAL                      DUE                       AFTER     NOTE\n' +
        '2030-01-01T09:00:00.000Z  2030-01-01T10:00:00+01:00  2030-01-01T09:00:12.345Z  9 h\n' +
        '2030-03-31T01:30:00.000Z  2030-03-31T03:30:00+02:00                            89 d 1 h  clocks skip 02:30\n',
      stderr: 'At 09:00 (UTC)\n',
    });
    expect(asked).to.deep.equal([`${POLICY}/preview`]);
  });

  it('says which calendars leave occurrences out', async () => {
    const calendars = { exclude: ['holidays', 'weekends'], only: ['days'] };
    answerPreviews(previewWith({ ...calendars, occurrences: [NINE] }));

    expect((await lab.run(...CALL)).stderr).to.equal(
      'left out: times in holidays and in weekends\nleft out: times outside of days\n',
    );
  });

  it('shows what is left out among the others, and why', async () => {
    const local = '2030-01-01T01:00:00+01:00';
    answerPreviews(
      previewWith({
        occurrences: [
          { ...NINE, local },
          { ...SHIFTED, note: undefined },
        ],
        leftOut: [
          { at: '2030-01-01T00:30:00.000Z', local, skipped: true },
          { at: '2030-01-01T10:00:00.000Z', local, excludedBy: ['holidays', 'weekends'] },
          { ...SHIFTED, at: '2030-03-31T01:00:00.000Z', notIn: ['days', 'nights'] },
        ],
        leftOutTruncated: true,
      }),
    );

    expect(await lab.run(...CALL)).to.deep.equal({
      exitCode: 0,
      stdout:
        'OCCURRENCE                LOCAL                      AFTER     NOTE\n' +
        `2030-01-01T00:30:00.000Z  ${local}  30 min    left out: skipped\n` +
        `2030-01-01T09:00:00.000Z  ${local}  9 h\n` +
        `2030-01-01T10:00:00.000Z  ${local}  10 h      left out: holidays, weekends\n` +
        `2030-03-31T01:00:00.000Z  ${SHIFTED.local}  89 d 1 h  clocks skip 02:30, left out: not in days or nights\n` +
        `2030-03-31T01:30:00.000Z  ${SHIFTED.local}  89 d 1 h\n`,
      stderr: 'more is left out than is shown\n',
    });
  });

  it('has no column for what no occurrence has, and prints what the node says with -o json', async () => {
    const preview = previewWith({ occurrences: [NINE] });
    answerPreviews(preview);

    const { stdout } = await lab.run(...CALL);
    const json = await lab.run(...CALL, '-o', 'json');

    expect(stdout).to.equal('OCCURRENCE                AFTER\n2030-01-01T09:00:00.000Z  9 h\n');
    expect({ ...json, stdout: JSON.parse(json.stdout) as unknown }).to.deep.equal({
      ...{ exitCode: 0, stderr: '' },
      stdout: { policy: { id: 'policy-0005', links: [] }, preview },
    });
  });

  it('counts from the clock of the node where it is told so', async () => {
    let query = '';
    const fetched: typeof fetch = (input, init) => {
      const { pathname, search } = new URL(input instanceof Request ? input.url : input);
      if (pathname.endsWith('/preview')) query = search;
      return lab.api.fetch(input, init);
    };
    answerPreviews(previewWith({}));

    await lab.runWith({ fetch: fetched }, ...CALL, '--from', '+1d');

    expect(query).to.equal('?from=2030-01-02T00%3A00%3A00.000Z');
  });

  it('asks for as many from when on as it is told', async () => {
    let query = '';
    const fetched: typeof fetch = (input, init) => {
      const { pathname, search } = new URL(input instanceof Request ? input.url : input);
      if (pathname.endsWith('/preview')) query = search;
      return lab.api.fetch(input, init);
    };
    answerPreviews(previewWith({}));

    await lab.runWith(
      { fetch: fetched },
      ...CALL,
      ...['--count', '3', '--from', '2031-01-01T00:00:00Z'],
    );

    expect(query).to.equal('?count=3&from=2031-01-01T00%3A00%3A00.000Z');
  });

  const NOTHING = [
    { what: 'after', facts: {}, policy: 'nightly', says: 'nothing after 2030-01-01T00:00' },
    { what: 'that is parked', facts: { parked: 'why' }, policy: 'nightly', says: 'parked until' },
    { what: 'without a schedule', facts: {}, policy: 'up', says: 'policy up has no schedule' },
  ];
  for (const { what, facts, policy, says } of NOTHING) {
    it(`says why there is nothing of a policy ${what}`, async () => {
      answerPreviews(previewWith(facts));

      const { stdout, stderr } = await lab.run('policies', 'preview', 'web', policy);

      expect(stdout).to.equal('OCCURRENCE  AFTER\n');
      expect(stderr).to.include(says);
    });
  }

  for (const words of [
    ['--count', '0'],
    ['--count', '1001'],
    ['--from', 'soon'],
  ]) {
    it(`ends with 64 with: ${words.join(' ')}`, async () => {
      expect((await lab.run(...CALL, ...words)).exitCode).to.equal(64);
    });
  }
});

describe('lutra policies show', () => {
  const CALL = ['policies', 'show', 'web', 'nightly'];

  it('shows what comes next, beside the policy as the API has it', async () => {
    answerPreviews(previewWith({ occurrences: [SHIFTED] }));

    const { stdout } = await lab.run(...CALL);
    const json = JSON.parse((await lab.run(...CALL, '-o', 'json')).stdout) as {
      readonly policy: object;
    };

    expect(stdout).to.match(
      /^next +2030-03-31T01:30:00.000Z \(2030-03-31T03:30:00\+02:00, clocks skip 02:30\)$/m,
    );
    expect(json).to.have.all.keys('policy', 'next');
    expect(json).to.deep.include({ next: SHIFTED });
    expect(json.policy).not.to.have.property('next');
  });

  it('says that nothing comes, and why where that is not the schedule', async () => {
    answerPreviews(previewWith({}), previewWith({ parked: 'too large' }));

    expect((await lab.run(...CALL)).stdout).to.match(/^next +nothing$/m);
    expect((await lab.run(...CALL)).stdout).to.match(/^next +nothing: too large$/m);
  });

  it('does without where the node does not know previews, and where there is no schedule', async () => {
    expect((await lab.run(...CALL)).stdout).not.to.match(/^next/m);
    answerPreviews(previewWith({}));

    expect((await lab.run('policies', 'show', 'web', 'up')).stdout).not.to.match(/^next/m);
    expect(asked).to.deep.equal([]);
  });
});

describe('lutra policies update', () => {
  const CALL = ['policies', 'update', 'web', 'nightly'];
  const BERLIN = ['--cron', '30 2 31 3 *', '--timezone', 'Europe/Berlin'];

  it('shows what came next before a change of the schedule and what does after it', async () => {
    answerPreviews(previewWith({ occurrences: [NINE] }), previewWith({ occurrences: [SHIFTED] }));
    const { exitCode, stdout } = await lab.run(...CALL, ...BERLIN);

    expect({ exitCode, stdout }).to.deep.equal({
      exitCode: 0,
      stdout:
        'GROUP  POLICY   STATE    NEXT BEFORE               NEXT\n' +
        'web    nightly  changed  2030-01-01T09:00:00.000Z  2030-03-31T01:30:00.000Z (2030-03-31T03:30:00+02:00, clocks skip 02:30)\n',
    });
  });

  it('does so with -o json', async () => {
    answerPreviews(previewWith({ occurrences: [NINE] }), previewWith({ occurrences: [SHIFTED] }));
    const { stdout } = await lab.run(...CALL, '--without', 'jitter', '-o', 'json');

    expect(JSON.parse(stdout)).to.deep.equal({
      ...{ id: 'policy-0005', next: { before: NINE, after: SHIFTED } },
    });
  });

  it('asks for nothing where the schedule stays', async () => {
    answerPreviews(previewWith({ occurrences: [NINE] }));
    const { stdout } = await lab.run(...CALL, '--name', 'x');

    expect(stdout).to.equal('GROUP  POLICY   STATE\nweb    nightly  changed\n');
    expect(asked).to.deep.equal([]);
  });

  it('finds by itself what would come next with --dry-run, and changes nothing', async () => {
    answerPreviews(previewWith({ occurrences: [NINE] }));

    const text = await lab.run(...CALL, ...BERLIN, '--dry-run');
    const json = await lab.run(...CALL, ...BERLIN, '--dry-run', '-o', 'json');

    expect(text.stderr).to.equal(
      'next before: 2030-01-01T09:00:00.000Z\n' +
        'next: 2030-03-31T01:30:00.000Z (2030-03-31T03:30:00+02:00, clocks skip 02:30)\n',
    );
    expect(text.stdout).to.match(/^PUT /);
    expect(JSON.parse(json.stdout)).to.deep.include({
      ...{ dryRun: true, next: { before: NINE, after: SHIFTED } },
    });
    expect(lab.sent).to.deep.equal([]);
  });

  it('counts from the clock of the store with --dry-run', async () => {
    answerPreviews(previewWith({ from: '2030-05-01T00:00:00.000Z' }));

    const { stderr } = await lab.run(...CALL, '--cron', '0 9 1 * *', '--dry-run');

    expect(stderr).to.equal('next before: nothing\nnext: 2030-05-01T09:00:00.000Z\n');
  });

  it('is done even where nobody says what comes of it', async () => {
    let isChanged = false;
    lab.api.intercept = ({ method, path }) => {
      isChanged ||= method === 'PUT';
      if (!path.endsWith('/preview')) return undefined;
      if (isChanged) throw new TypeError('fetch failed');
      return { status: 200, body: { preview: previewWith({ occurrences: [NINE] }) } };
    };

    const { exitCode, stdout, stderr } = await lab.run(...CALL, ...BERLIN);

    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/changed {2}2030-01-01T09:00:00.000Z {2}-\n$/);
    expect(stderr).to.match(/^changed; what comes next is not known: /);
  });
});
