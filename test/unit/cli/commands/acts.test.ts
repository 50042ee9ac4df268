import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';

import { FAKE_UUID, NEW_YEAR_2030 } from '../../../support/cli-world.ts';
import { refusal } from '../../../support/fake-node-api.ts';
import { WriteLab } from '../../../support/cli-write-lab.ts';

describe('lutra execute', () => {
  let lab: WriteLab;
  beforeEach(() => {
    lab = new WriteLab(NEW_YEAR_2030);
    lab.answer('POST', { status: 202, body: {} });
  });

  for (const [group, policy] of [
    ['group-0001', 'policy-0002'],
    ['web', 'up'],
    ['The web', 'Up'],
  ] as const) {
    it(`posts with a fresh key for ${group} and ${policy}`, async () => {
      const { exitCode, stdout, stderr } = await lab.run('execute', group, policy);

      expect({ exitCode, stdout, stderr }).to.deep.equal({
        exitCode: 0,
        stdout: 'GROUP  POLICY  STATE\nweb    up      executed\n',
        stderr: '',
      });
      expect(lab.sent).to.deep.equal([
        {
          method: 'POST',
          path: '/v1.0/default/groups/group-0001/policies/policy-0002/execute',
          headers: { 'idempotency-key': FAKE_UUID },
        },
      ]);
    });
  }

  it('prints what the API replies with -o json', async () => {
    const { stdout } = await lab.run('execute', 'web', 'up', '-o', 'json');

    expect(JSON.parse(stdout)).to.deep.equal({});
  });

  it('sends the key of an earlier try', async () => {
    await lab.run('execute', 'web', 'up', '--idempotency-key', 'try 1');

    expect(lab.sent.map(({ headers }) => headers)).to.deep.equal([{ 'idempotency-key': 'try 1' }]);
  });

  it('refuses a key that cannot be one', async () => {
    const { exitCode, stderr } = await lab.run('execute', 'web', 'up', '--idempotency-key', 'é');

    expect(exitCode).to.equal(64);
    expect(stderr).to.include("'é'").and.include('write 1 to 255 ASCII characters');
    expect(lab.sent).to.deep.equal([]);
  });

  it('says with which key to ask again where no reply comes', async () => {
    lab.breakOn('POST');

    const { exitCode, stdout, stderr } = await lab.run('execute', 'web', 'up');

    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 1, stdout: '' });
    expect(stderr).to.include(`ask again with --idempotency-key "${FAKE_UUID}"`);
  });

  it('ends with 1 and what the node says where it refuses', async () => {
    lab.answer('POST', refusal(403, 'CannotExecutePolicyError', 'Cooldowns not met.'));

    const { exitCode, stderr } = await lab.run('execute', 'web', 'up');

    expect({ exitCode, stderr }).to.deep.equal({
      exitCode: 1,
      stderr: 'CannotExecutePolicyError: Cooldowns not met.\n',
    });
  });

  it('shows the request and sends nothing with --dry-run', async () => {
    const { exitCode, stdout } = await lab.run('execute', 'web', 'up', '--dry-run');

    expect({ exitCode, stdout }).to.deep.equal({
      exitCode: 0,
      stdout:
        'POST /v1.0/default/groups/group-0001/policies/policy-0002/execute\n' +
        `idempotency-key: ${FAKE_UUID}\n`,
    });
    expect(lab.sent).to.deep.equal([]);
  });

  it('shows the request as JSON with --dry-run -o json', async () => {
    const { stdout } = await lab.run('execute', 'web', 'up', '--dry-run', '-o', 'json');

    expect(JSON.parse(stdout)).to.deep.equal({
      dryRun: true,
      requests: [
        {
          method: 'POST',
          path: '/v1.0/default/groups/group-0001/policies/policy-0002/execute',
          headers: { 'idempotency-key': FAKE_UUID },
        },
      ],
    });
  });

  it('says where the reply is that to an earlier request with the same key', async () => {
    const headers = { 'idempotency-replayed': 'true' };
    lab.answer('POST', { status: 202, body: {}, headers });

    const { exitCode, stdout, stderr } = await lab.run(
      ...['execute', 'web', 'up', '--idempotency-key', 'try 1'],
    );

    expect({ exitCode, stdout }).to.deep.equal({
      exitCode: 0,
      stdout: 'GROUP  POLICY  STATE\nweb    up      executed\n',
    });
    expect(stderr).to.equal(
      'this is the reply to an earlier request with the same idempotency key: nothing was done anew\n',
    );
  });

  it('says that of a refusal as well, and names what was named', async () => {
    const message = 'policy policy-0002 in group group-0001 is in its cooldown';
    const headers = { 'idempotency-replayed': 'true' };
    lab.answer('POST', { ...refusal(403, 'CannotExecutePolicyError', message), headers });

    const { exitCode, stderr } = await lab.run('execute', 'web', 'Up');

    expect(exitCode).to.equal(1);
    expect(stderr).to.equal(
      'this is the reply to an earlier request with the same idempotency key: nothing was done anew\n' +
        'CannotExecutePolicyError: policy "Up" in group "web" is in its cooldown\n',
    );
  });

  it('ends with 1 for a policy that is not there', async () => {
    const { exitCode, stderr } = await lab.run('execute', 'web', 'none', '--dry-run');

    expect(exitCode).to.equal(1);
    expect(stderr).to.include('no policy with the id, key or name "none"');
  });

  it('ends with 64 for a name that two policies have', async () => {
    const { exitCode, stderr } = await lab.run('execute', 'web', 'Twin');

    expect(exitCode).to.equal(64);
    expect(stderr).to.include('several policies with the name "Twin"');
    expect(lab.sent).to.deep.equal([]);
  });

  it('ends with 64 for a name that two groups have', async () => {
    const { exitCode, stderr } = await lab.run('execute', 'Twins', 'up');

    expect(exitCode).to.equal(64);
    expect(stderr).to.equal('several groups have the name "Twins"; use the id or key of one\n');
  });
});

describe('lutra pause, resume and converge', () => {
  for (const [act, state] of [
    ['pause', 'paused'],
    ['resume', 'resumed'],
    ['converge', 'converging'],
  ] as const) {
    it(`${act} posts with a fresh key and says what the group is then`, async () => {
      const lab = new WriteLab(NEW_YEAR_2030);
      lab.answer('POST', { status: 204 });

      const { exitCode, stdout } = await lab.run(act, 'web');

      expect({ exitCode, stdout }).to.deep.equal({
        exitCode: 0,
        stdout: `GROUP  STATE\nweb    ${state}\n`,
      });
      expect(lab.sent).to.deep.equal([
        {
          method: 'POST',
          path: `/v1.0/default/groups/group-0001/${act}`,
          headers: { 'idempotency-key': FAKE_UUID },
        },
      ]);
    });
  }

  it('print the id of the group as JSON', async () => {
    const lab = new WriteLab(NEW_YEAR_2030);
    lab.answer('POST', { status: 204 });

    expect(JSON.parse((await lab.run('pause', 'web', '-o', 'json')).stdout)).to.deep.equal({
      id: 'group-0001',
    });
  });
});
