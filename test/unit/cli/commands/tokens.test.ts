import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';

import { NEW_YEAR_2030, runIn } from '../../../support/cli-world.ts';
import type { Ended, WorldOptions } from '../../../support/cli-world.ts';
import { FakeNodeApi, refusal } from '../../../support/fake-node-api.ts';
import type { Write } from '../../../support/fake-node-api.ts';

const TOKEN = {
  ...{ id: 't-1', name: 'ci', role: 'operator', tenants: ['a', 'b'] },
  ...{ createdAt: '2030-01-01T00:00:00.000Z', createdBy: 'ada' },
};
const AT_NODE = ['--url', 'http://127.0.0.1:1'];

describe('lutra tokens', () => {
  let api: FakeNodeApi;
  let asked: Write[];
  beforeEach(() => {
    api = new FakeNodeApi(NEW_YEAR_2030);
    asked = [];
    api.intercept = (request) => {
      asked.push(request);
      if (request.method === 'POST') {
        return { status: 201, body: { token: { ...TOKEN, secret: 'lutra_secret' } } };
      }
      return request.method === 'DELETE'
        ? { status: 204 }
        : { status: 200, body: { tokens: [TOKEN, { ...TOKEN, id: 't-2', tenants: 'all' }] } };
    };
  });

  function tokens(words: readonly string[], options: WorldOptions = {}): Promise<Ended> {
    return runIn({ fetch: api.fetch, ...options }, 'tokens', ...words, ...AT_NODE);
  }

  describe('create', () => {
    const WHO = ['create', '--name', 'ci', '--role', 'operator'];
    const BODIES = [
      {
        words: ['--tenant', 'a', '--expires', '30d'],
        body: { tenants: ['a'], expiresInSeconds: 2_592_000 },
      },
      { words: ['--tenants', 'a', 'b'], body: { tenants: ['a', 'b'] } },
      {
        words: ['--all-tenants', '--expires', '90s'],
        body: { tenants: 'all', expiresInSeconds: 90 },
      },
    ];
    for (const { words, body } of BODIES) {
      it(`asks for what is meant by: ${words.join(' ')}`, async () => {
        const { exitCode } = await tokens([...WHO, ...words], {
          // Whose groups are meant is no word about tokens.
          environment: { LUTRA_TENANT: 'another' },
        });

        expect(exitCode).to.equal(0);
        expect(asked).to.deep.equal([
          {
            ...{ method: 'POST', path: '/lutra/v1/tokens' },
            body: { name: 'ci', role: 'operator', ...body },
          },
        ]);
      });
    }

    it('prints the token once, and says that it was once', async () => {
      const { stdout, stderr } = await tokens([...WHO, '--tenant', 'a']);

      expect(stdout).to.equal(
        'ID   NAME  ROLE      TENANTS  CREATED                   EXPIRES  BY   TOKEN\n' +
          't-1  ci    operator  a, b     2030-01-01T00:00:00.000Z  never    ada  lutra_secret\n',
      );
      expect(stderr).to.equal('keep the token in a safe place: it is not shown again\n');
    });

    it('prints one JSON document with -o json', async () => {
      const { stdout } = await tokens([...WHO, '--tenant', 'a', '-o', 'json']);

      expect(JSON.parse(stdout)).to.deep.equal({ token: { ...TOKEN, secret: 'lutra_secret' } });
    });

    for (const words of [
      ['create', '--role', 'operator', '--all-tenants'],
      ['create', '--name', 'ci', '--all-tenants'],
      ['create', '--name', 'ci', '--role', 'root', '--all-tenants'],
      WHO,
      [...WHO, '--all-tenants', '--tenant', 'a'],
      [...WHO, '--all-tenants', '--tenants', 'a', 'b'],
      [...WHO, '--tenant', 'a', '--expires', '0d'],
      [...WHO, '--tenant', 'a', '--expires', '30'],
      [...WHO, '--tenant', 'a', '--expires', '1d12h'],
      [...WHO, '--tenant', 'a', '--expires', '3651d'],
    ]) {
      it(`ends with 64 and asks for nothing with: ${words.join(' ')}`, async () => {
        const { exitCode, stdout, stderr } = await tokens(words);

        expect({ exitCode, stdout }).to.deep.equal({ exitCode: 64, stdout: '' });
        expect(stderr).not.to.equal('');
        expect(asked).to.deep.equal([]);
      });
    }
  });

  it('lists what there is', async () => {
    expect((await tokens(['list'])).stdout).to.equal(
      'ID   NAME  ROLE      TENANTS  CREATED                   EXPIRES  BY\n' +
        't-1  ci    operator  a, b     2030-01-01T00:00:00.000Z  never    ada\n' +
        't-2  ci    operator  all      2030-01-01T00:00:00.000Z  never    ada\n',
    );
  });

  it('revokes by id', async () => {
    const { exitCode, stdout } = await tokens(['revoke', 't/1']);

    expect({ exitCode, stdout }).to.deep.equal({
      exitCode: 0,
      stdout: 'ID   STATE\nt/1  revoked\n',
    });
    expect(asked).to.deep.equal([
      { method: 'DELETE', path: '/lutra/v1/tokens/t%2F1', body: undefined },
    ]);
  });

  it('ends with 1 and what the node says where there is none', async () => {
    api.intercept = () => refusal(404, 'NotFound', 'There is no access token with the id x');

    const { exitCode, stderr } = await tokens(['revoke', 'x']);

    expect(exitCode).to.equal(1);
    expect(stderr).to.equal('NotFound: There is no access token with the id x\n');
  });
});
