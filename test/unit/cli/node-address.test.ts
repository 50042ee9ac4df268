import { expect } from 'chai';
import { describe, it } from 'mocha';

import { hasCode } from '../../../src/base/errors.ts';
import { findNode } from '../../../src/cli/node-address.ts';
import { fakeWorld } from '../../support/cli-world.ts';
import type { WorldOptions } from '../../support/cli-world.ts';

const ADDRESS = JSON.stringify({ url: 'http://127.0.0.1:4711', pid: 42, node: 'ada' });
const FILES = {
  '/home/ada/.lutra/node.json': ADDRESS,
  '/home/ada/other/node.json': ADDRESS.replace('4711', '4712'),
  '/srv/data/node.json': ADDRESS.replace('4711', '4713'),
};

function find(
  options: { readonly url?: string; readonly data?: string },
  world: WorldOptions = {},
): Promise<{ readonly url: string; readonly from: string }> {
  const { url, data } = options;
  return findNode(fakeWorld({ files: FILES, ...world }).world, { url, data });
}

async function failureOf(finding: Promise<unknown>): Promise<Error> {
  try {
    await finding;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('a node was found');
}

describe('findNode', () => {
  it('takes --url first, without the slash at its end', async () => {
    const environment = { LUTRA_URL: 'http://127.0.0.1:2' };

    expect(await find({ url: 'http://127.0.0.1:1/' }, { environment })).to.deep.equal({
      url: 'http://127.0.0.1:1',
      from: '--url',
    });
  });

  it('takes LUTRA_URL next', async () => {
    const environment = { LUTRA_URL: 'http://127.0.0.1:2/lutra' };

    expect(await find({ data: '/srv/data' }, { environment })).to.deep.equal({
      url: 'http://127.0.0.1:2/lutra',
      from: 'LUTRA_URL',
    });
  });

  it('reads the address file of the data folder else', async () => {
    expect(await find({}, { environment: { LUTRA_URL: '' } })).to.deep.equal({
      url: 'http://127.0.0.1:4711',
      from: '/home/ada/.lutra/node.json, written by process 42',
    });
  });

  it('looks for the data folder in --data, then in LUTRA_DATA_FOLDER', async () => {
    const environment = { LUTRA_DATA_FOLDER: '/srv/data' };

    expect((await find({ data: 'other' }, { environment })).url).to.equal('http://127.0.0.1:4712');
    expect((await find({}, { environment })).url).to.equal('http://127.0.0.1:4713');
  });

  it('says how to start a node where there is no address file', async () => {
    const error = await failureOf(find({}, { files: {} }));

    expect(hasCode(error, 'node-unreachable')).to.equal(true);
    expect(error.message).to.equal(
      'no node is known here (/home/ada/.lutra/node.json: it does not exist); ' +
        'start one with "lutra serve", or say where one is with --url or LUTRA_URL',
    );
  });

  for (const text of ['', 'not json', '{"url": 3, "pid": 1}', '[]']) {
    it(`refuses an address file that holds ${JSON.stringify(text)}`, async () => {
      const files = { '/home/ada/.lutra/node.json': text };

      const error = await failureOf(find({}, { files }));

      expect(error.message).to.match(/node\.json is not the address of a node/);
    });
  }

  for (const url of ['127.0.0.1:9000', 'ftp://a', 'http://u:p@a', 'http://a/?b', 'http://a/#b']) {
    it(`refuses the URL ${url}, and says where it came from`, async () => {
      const error = await failureOf(find({}, { environment: { LUTRA_URL: url } }));

      expect(error).to.include({ exitCode: 64 });
      expect(error.message).to.match(/^LUTRA_URL must be http:\/\/ or https:\/\//);
    });
  }
});
