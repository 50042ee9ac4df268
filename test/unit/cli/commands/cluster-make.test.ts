import { expect } from 'chai';
import { describe, it } from 'mocha';

import { LutraError } from '../../../../src/base/errors.ts';
import type { World } from '../../../../src/cli/world.ts';
import type { Config } from '../../../../src/config/schema.ts';
import { runIn } from '../../../support/cli-world.ts';

const ENVIRONMENT = {
  LUTRA_ETCD_ENDPOINTS: 'http://127.0.0.1:2379',
  LUTRA_REDIS_URLS: 'redis://127.0.0.1:6379',
};

type Made = Awaited<ReturnType<World['initCluster']>>;

const MADE: Made = {
  ...{ name: 'lutra', identity: 'c1', regions: ['eu', 'us'], partitionCount: 64 },
  stores: [{ regions: ['eu', 'us'], durability: 'kept', problems: ['turn AOF on'] }],
  etcd: [{ endpoint: 'http://127.0.0.1:2379', version: '3.4.30' }],
  notes: ['use three members'],
  wasThere: false,
};

for (const name of ['init', 'recover'] as const) {
  const makes = (make: World['initCluster']): object =>
    name === 'init' ? { initCluster: make } : { recoverCluster: make };

  describe(`lutra cluster ${name}`, () => {
    it('hands over the settings and shows what there is then', async () => {
      let given: Config | undefined;
      const make = (config: Config): Promise<Made> => {
        given = config;
        return Promise.resolve(MADE);
      };

      const ended = await runIn({ environment: ENVIRONMENT, ...makes(make) }, 'cluster', name);

      expect(given?.etcd.endpoints).to.deep.equal(['http://127.0.0.1:2379']);
      expect(ended.exitCode).to.equal(0);
      expect(ended.stdout).to.equal(
        [
          'WHAT             VALUE',
          'cluster          lutra',
          'identity         c1',
          'regions          eu, us',
          'partitions       64 of each region',
          'store of eu, us  kept',
          '                 turn AOF on',
          'etcd             http://127.0.0.1:2379, 3.4.30',
          '                 use three members',
          '',
        ].join('\n'),
      );
      expect(ended.stderr.split('\n')).to.have.length(3);
      expect(ended.stderr).to.include('cluster "lutra"');
    });

    it('says so where nothing had to be done', async () => {
      const make = (): Promise<Made> => Promise.resolve({ ...MADE, wasThere: true });
      const words = ['cluster', name, '-o', 'json'];

      const { stdout, stderr } = await runIn(
        { environment: ENVIRONMENT, ...makes(make) },
        ...words,
      );

      expect(stderr).to.include('it was there; nothing was changed');
      expect(JSON.parse(stdout)).to.deep.equal({ ...MADE, wasThere: true });
    });

    it('ends with 64 and the missing settings where they are of a node that stands alone', async () => {
      const { exitCode, stdout, stderr } = await runIn({}, 'cluster', name);

      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 64, stdout: '' });
      expect(stderr).to.include('LUTRA_ETCD_ENDPOINTS and LUTRA_REDIS_URLS');
    });

    it('ends with 1 where it cannot be done, and with 64 where settings do not fit', async () => {
      const failing = async (code: 'store-foreign' | 'config-invalid'): Promise<number> => {
        const make = (): Promise<Made> => Promise.reject(new LutraError(code, 'no'));
        const options = { environment: ENVIRONMENT, ...makes(make) };
        return (await runIn(options, 'cluster', name)).exitCode;
      };

      expect(await failing('store-foreign')).to.equal(1);
      expect(await failing('config-invalid')).to.equal(64);
    });
  });
}
