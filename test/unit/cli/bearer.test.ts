import { expect } from 'chai';
import { describe, it } from 'mocha';

import { runIn } from '../../support/cli-world.ts';
import type { WorldOptions } from '../../support/cli-world.ts';
import { CLUSTER_BODY } from '../../support/cluster-builders.ts';
import { refusal } from '../../support/fake-node-api.ts';

const FILES = { '/home/ada/token': 'lutra_from_file\n', '/home/ada/two': 'lutra_a\nlutra_b\n' };

/** The Authorization headers that a command sent, by where it sent them. */
async function sentBy(
  options: WorldOptions,
  ...words: readonly string[]
): Promise<readonly (readonly [string, string | null])[]> {
  const sent: (readonly [string, string | null])[] = [];
  await runIn(
    {
      ...options,
      fetch: (url, init) => {
        const { origin } = new URL(url instanceof Request ? url.url : url);
        sent.push([origin, new Headers(init?.headers).get('authorization')]);
        return Promise.resolve(new Response(JSON.stringify(CLUSTER_BODY)));
      },
    },
    ...words,
    ...['--url', 'http://127.0.0.1:1'],
  );
  return sent;
}

describe('the token that commands show', () => {
  it('is that of LUTRA_TOKEN', async () => {
    const environment = { LUTRA_TOKEN: 'lutra_a' };

    expect(await sentBy({ environment }, 'status')).to.deep.equal([
      ['http://127.0.0.1:1', 'Bearer lutra_a'],
    ]);
  });

  it('is that in the file of --token-file before that', async () => {
    const options = { environment: { LUTRA_TOKEN: 'lutra_a' }, files: FILES };

    expect(await sentBy(options, 'status', '--token-file', 'token')).to.deep.equal([
      ['http://127.0.0.1:1', 'Bearer lutra_from_file'],
    ]);
  });

  it('is none where none is named', async () => {
    const sent = await sentBy({ environment: { LUTRA_TOKEN: '' } }, 'status');

    expect(sent).to.deep.equal([['http://127.0.0.1:1', null]]);
  });

  it('is shown to every member of a cluster that is asked how it is', async () => {
    const environment = { LUTRA_TOKEN: 'lutra_a' };
    const sent = await sentBy({ environment }, 'cluster', 'status');

    expect(new Set(sent.map(([origin]) => origin)))
      .to.have.property('size')
      .above(1);
    expect(new Set(sent.map(([, header]) => header))).to.deep.equal(new Set(['Bearer lutra_a']));
  });

  const UNUSABLE = [
    { name: 'two lines', options: { files: FILES }, words: ['--token-file', 'two'] },
    { name: 'no file', options: {}, words: ['--token-file', 'missing'] },
    { name: 'blanks', options: { environment: { LUTRA_TOKEN: 'lutra_a b' } }, words: [] },
  ];
  for (const { name, options, words } of UNUSABLE) {
    it(`is refused with ${name}, and not repeated`, async () => {
      const ended = await runIn(options, 'status', '--url', 'http://127.0.0.1:1', ...words);

      expect(ended.exitCode).to.equal(64);
      expect(ended.stderr)
        .to.match(/--token-file|LUTRA_TOKEN/)
        .and.not.to.include('lutra_a');
    });
  }

  const REFUSED = [
    { status: 401, type: 'InvalidCredentials', advice: 'LUTRA_TOKEN' },
    { status: 403, type: 'Forbidden', advice: 'lutra tokens list' },
  ];
  for (const { status, type, advice } of REFUSED) {
    it(`is advised about where the node answers ${String(status)} ${type}`, async () => {
      const { body } = refusal(status, type, 'The token is not one');
      const ended = await runIn(
        {
          environment: { LUTRA_TOKEN: 'lutra_a' },
          fetch: () => Promise.resolve(new Response(JSON.stringify(body), { status })),
        },
        ...['status', '--url', 'http://127.0.0.1:1'],
      );

      expect(ended.exitCode).to.equal(1);
      expect(ended.stderr).to.include(`${type}: The token is not one; `).and.to.include(advice);
    });
  }

  it('is no matter where a group does not let itself be executed', async () => {
    const { body } = refusal(403, 'GroupPausedError', 'it is paused');
    const { stderr } = await runIn(
      { fetch: () => Promise.resolve(new Response(JSON.stringify(body), { status: 403 })) },
      ...['status', '--url', 'http://127.0.0.1:1'],
    );

    expect(stderr).to.equal('GroupPausedError: it is paused\n');
  });
});
