import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';

import { FAKE_UUID, NEW_YEAR_2030 } from '../../../support/cli-world.ts';
import { refusal } from '../../../support/fake-node-api.ts';
import { WriteLab } from '../../../support/cli-write-lab.ts';

const GROUP = '/v1.0/default/groups/group-0001';
const UNTIL = '2030-01-01T02:00:00.000Z';
const DATE = 'Tue, 01 Jan 2030 00:00:00 GMT';
const KEY = { 'idempotency-key': FAKE_UUID };
const JSON_BODY = { 'content-type': 'application/json' };

let lab: WriteLab;
beforeEach(() => {
  lab = new WriteLab(NEW_YEAR_2030);
});

describe('lutra groups override', () => {
  const SET = ['groups', 'override', 'web', '--reason', 'sale', '--until', '+2h'];
  const OVERRIDE = {
    ...{ min: 2, max: 5, since: '2030-01-01T00:00:00.000Z', until: UNTIL },
    ...{ reason: 'sale', by: 'ada' },
  };

  it('puts what options say, its end counted from the clock of the node, and shows what is set', async () => {
    lab.answer('PUT', { status: 200, body: { override: OVERRIDE } });

    const { exitCode, stdout } = await lab.run(...SET, '--min', '2', '--max', '5');

    expect({ exitCode, stdout }).to.deep.equal({
      exitCode: 0,
      stdout:
        'GROUP  OVERRIDE      UNTIL                     REASON\n' +
        `web    min 2, max 5  ${UNTIL}  sale\n`,
    });
    expect(lab.sent).to.deep.equal([
      {
        ...{ method: 'PUT', path: `${GROUP}/override`, headers: JSON_BODY },
        body: { min: 2, max: 5, until: UNTIL, reason: 'sale' },
      },
    ]);
  });

  it('prints what the API replies with -o json', async () => {
    lab.answer('PUT', { status: 200, body: { override: OVERRIDE } });

    const { stdout } = await lab.run(...SET, '--desired', '3', '-o', 'json');

    expect(JSON.parse(stdout)).to.deep.equal({ override: OVERRIDE });
  });

  it('ends one with --remove', async () => {
    lab.answer('DELETE', { status: 204 });

    const { exitCode, stdout } = await lab.run('groups', 'override', 'web', '--remove');

    expect({ exitCode, stdout }).to.deep.equal({
      exitCode: 0,
      stdout: 'GROUP  OVERRIDE  UNTIL  REASON\nweb    removed   -      -\n',
    });
    expect(lab.sent).to.deep.equal([{ method: 'DELETE', path: `${GROUP}/override`, headers: {} }]);
  });

  it('takes days from now', async () => {
    lab.answer('PUT', { status: 200, body: { override: OVERRIDE } });

    await lab.run(...SET, '--min', '2', '--until', '+400d');

    expect(lab.sent[0]?.body).to.include({ until: '2031-02-05T00:00:00.000Z' });
  });

  for (const { words, stderr } of [
    { words: [...SET], stderr: 'at least one of --min, --max, --desired' },
    { words: [...SET, '--min', 'x'], stderr: '--min: ' },
    { words: [...SET, '--min', '1001'], stderr: 'write a whole number from 0 to 1000' },
    { words: ['groups', 'override', 'web', '--min', '1'], stderr: '--until: ' },
    {
      words: ['groups', 'override', 'web', '--min', '1', '--until', UNTIL],
      stderr: '--reason: ',
    },
    { words: [...SET, '--min', '1', '--until', 'soon'], stderr: '--until: is not an instant' },
    {
      words: ['groups', 'override', 'web', '--remove', '--min', '1'],
      stderr: '--remove stands alone, received --min too',
    },
  ]) {
    it(`refuses: lutra ${words.join(' ')}`, async () => {
      const ended = await lab.run(...words);

      expect(ended.exitCode).to.equal(64);
      expect(ended.stderr).to.include(stderr);
      expect(lab.sent).to.deep.equal([]);
    });
  }

  it('says which option a node refuses', async () => {
    lab.answer('PUT', refusal(400, 'ValidationError', 'desired must be from 0 to 5, not 9'));

    const { exitCode, stderr } = await lab.run(...SET, '--desired', '9');

    expect(exitCode).to.equal(64);
    expect(stderr).to.equal('--desired: ValidationError: desired must be from 0 to 5, not 9\n');
  });
});

describe('lutra pause --until', () => {
  it('posts when it ends, and shows it', async () => {
    lab.answer('POST', { status: 204 });

    const { exitCode, stdout } = await lab.run('pause', 'web', '--until', '+2h');

    expect({ exitCode, stdout }).to.deep.equal({
      exitCode: 0,
      stdout: `GROUP  STATE\nweb    paused until ${UNTIL}\n`,
    });
    expect(lab.sent).to.deep.equal([
      {
        ...{ method: 'POST', path: `${GROUP}/pause`, headers: { ...JSON_BODY, ...KEY } },
        body: { until: UNTIL },
      },
    ]);
  });

  it('sends no body without it', async () => {
    lab.answer('POST', { status: 204 });

    const { stdout } = await lab.run('pause', 'web', '-o', 'json');

    expect(JSON.parse(stdout)).to.deep.equal({ id: 'group-0001' });
    expect(lab.sent).to.deep.equal([{ method: 'POST', path: `${GROUP}/pause`, headers: KEY }]);
  });

  it('refuses what is no instant', async () => {
    const { exitCode, stderr } = await lab.run('pause', 'web', '--until', 'noon');

    expect(exitCode).to.equal(64);
    expect(stderr).to.include('--until: is not an instant, received "noon"');
    expect(lab.sent).to.deep.equal([]);
  });
});

describe('lutra policies skip', () => {
  const PATH = `${GROUP}/policies/policy-0002/skip`;
  const REPLY = { skipped: '2030-01-01T01:00:00.000Z', next: UNTIL };

  it('posts with a fresh key, and shows what is left out and what comes next', async () => {
    lab.answer('POST', { status: 200, body: REPLY });

    const { exitCode, stdout } = await lab.run('policies', 'skip', 'web', 'up');

    expect({ exitCode, stdout }).to.deep.equal({
      exitCode: 0,
      stdout:
        'GROUP  POLICY  SKIPPED                   NEXT\n' +
        `web    up      ${REPLY.skipped}  ${UNTIL}\n`,
    });
    expect(lab.sent).to.deep.equal([{ method: 'POST', path: PATH, headers: KEY }]);
  });

  it('names the occurrence that is meant, and what nothing follows', async () => {
    lab.answer('POST', { status: 200, body: { skipped: REPLY.skipped } });
    const words = ['policies', 'skip', 'web', 'up', '--occurrence', REPLY.skipped];

    const { stdout } = await lab.run(...words);

    expect(stdout).to.match(/nothing\n$/);
    expect(lab.sent).to.deep.equal([
      {
        ...{ method: 'POST', path: PATH, headers: { ...JSON_BODY, ...KEY } },
        body: { occurrence: REPLY.skipped },
      },
    ]);
    expect(JSON.parse((await lab.run(...words, '-o', 'json')).stdout)).to.deep.equal({
      skipped: REPLY.skipped,
    });
  });

  it('ends with 1 and what the node says where another one is next', async () => {
    const message = 'Cannot skip an occurrence: another is next';
    lab.answer('POST', refusal(409, 'CannotSkipOccurrenceError', message));

    const { exitCode, stderr } = await lab.run('policies', 'skip', 'web', 'up');

    expect({ exitCode, stderr }).to.deep.equal({
      exitCode: 1,
      stderr: `CannotSkipOccurrenceError: ${message}\n`,
    });
  });
});

describe('lutra completion', () => {
  it('knows the commands and their options', async () => {
    const { stdout } = await lab.run('completion', 'fish');

    expect(stdout).to.include("'__lutra_below lutra groups override' -l reason");
    expect(stdout).to.include("'__lutra_below lutra policies skip' -l occurrence");
    expect(stdout).to.include("'__lutra_below lutra pause' -l until");
  });
});

describe('lutra groups show', () => {
  it('shows what a group keeps to for a while', async () => {
    const planned = {
      ...{ paused: true, pausedUntil: UNTIL, baseCapacity: 2 },
      override: { min: 4, since: UNTIL, until: UNTIL, reason: 'sale', by: 'ada' },
      windows: [{ policyId: 'policy-0002', opensAt: UNTIL, closesAt: UNTIL, max: 6, priority: 0 }],
    };
    await lab.run('groups');
    const patched: typeof fetch = async (input, init) => {
      const reply = await lab.api.fetch(input, init);
      const body = (await reply.json()) as { readonly group?: { readonly state: object } };
      const { group } = body;
      const shown =
        group === undefined ? body : { group: { ...group, state: { ...group.state, ...planned } } };
      return Response.json(shown, { status: reply.status, headers: { date: DATE } });
    };

    const { stdout } = await lab.runWith({ fetch: patched }, 'groups', 'show', 'web');

    expect(stdout)
      .to.match(/^status +ACTIVE paused until 2030-01-01T02:00:00\.000Z$/m)
      .and.match(/^base +2$/m)
      .and.match(/^override +min 4 until 2030-01-01T02:00:00\.000Z, by ada: sale$/m)
      .and.match(/^window +up: max 6 until 2030-01-01T02:00:00\.000Z$/m);
  });
});
