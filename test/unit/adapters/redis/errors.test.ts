import { expect } from 'chai';
import { describe, it } from 'mocha';
import { translated } from '../../../../src/adapters/redis/errors.ts';

describe('translated', () => {
  for (const { said, code } of [
    { said: 'LUTRA_FOREIGN {here/0}:fence should hold ...', code: 'store-foreign' },
    { said: 'LUTRA_REFUSED group 1: ...', code: 'unit-refused' },
    { said: 'WRONGTYPE Operation against a key ...', code: 'unit-refused' },
    { said: 'ERR user_script:7: attempt to index a nil value script: ...', code: 'unit-refused' },
    {
      said: "ERR The user executing the script can't run this command script: 1, on @user_script:1.",
      code: 'store-unavailable',
    },
    ...[
      "OOM command not allowed when used memory > 'maxmemory'.",
      "READONLY You can't write against a read only replica.",
      'NOREPLICAS Not enough good replicas to write.',
      'MISCONF Redis is configured to save RDB snapshots, ...',
      'CLUSTERDOWN The cluster is down',
      'LOADING Redis is loading the dataset in memory',
      'BUSY Redis is busy running a script.',
      'NOPERM this user has no permissions ...',
      'Connection is closed.',
      'Command timed out',
      "Stream isn't writeable and enableOfflineQueue options is false",
      'read ECONNRESET',
    ].map((text) => ({ said: text, code: 'store-unavailable' })),
  ]) {
    it(`names "${said}" ${code}`, () => {
      const cause = new Error(said);

      const error = translated('doing this', cause);

      expect([error.code, error.cause]).to.deep.equal([code, cause]);
      expect(error.message).to.equal(`doing this: Redis says "${said}"`);
    });
  }

  it('says what became of each address of a host that has several', () => {
    const cause = new AggregateError(
      ['::1', '127.0.0.1'].map((host) => new Error(`connect ECONNREFUSED ${host}:6379`)),
    );

    expect(translated('doing this', cause).message).to.equal(
      'doing this: Redis says "connect ECONNREFUSED ::1:6379, connect ECONNREFUSED 127.0.0.1:6379"',
    );
  });
});
