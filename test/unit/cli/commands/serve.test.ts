import { expect } from 'chai';
import { describe, it } from 'mocha';

import { LutraError } from '../../../../src/base/errors.ts';
import type { StartedNode } from '../../../../src/cli/world.ts';
import type { Config } from '../../../../src/config/schema.ts';
import { runIn } from '../../../support/cli-world.ts';

function aNode(ended: StartedNode['ended'], stopped: string[] = []): StartedNode {
  return {
    url: 'http://127.0.0.1:4711',
    ended,
    stop: (reason) => {
      stopped.push(reason);
      return Promise.resolve();
    },
  };
}

const never: StartedNode['ended'] = new Promise(() => undefined);

describe('lutra serve', () => {
  it('starts a node with the configuration of options and environment, and says where it answers', async () => {
    let given: Config | undefined;
    const ended = await runIn(
      {
        environment: { LUTRA_LOG_LEVEL: 'debug' },
        startNode: (config) => {
          given = config;
          return Promise.resolve(aNode(Promise.resolve({ kind: 'stopped' })));
        },
      },
      ...['serve', '--host', '::1', '--port', '0', '--data', 'd'],
    );

    expect(given?.api).to.deep.include({ host: '::1', port: 0 });
    expect(given?.dataFolder).to.equal('/home/ada/d');
    expect(given?.log.level).to.equal('debug');
    expect(ended).to.deep.equal({
      exitCode: 0,
      stdout: '',
      stderr: 'lutra 1.2.3 answers at http://127.0.0.1:4711; Ctrl-C stops it\n',
    });
  });

  for (const isEarly of [true, false]) {
    it(`stops the node when it is interrupted ${isEarly ? 'before' : 'after'} it has started`, async () => {
      const stopped: string[] = [];
      const interruption = new AbortController();
      const startNode = (): Promise<StartedNode> => {
        if (isEarly) interruption.abort('SIGTERM');
        else setImmediate(() => interruption.abort('SIGTERM'));
        return Promise.resolve(aNode(never, stopped));
      };

      const { exitCode } = await runIn({ interrupted: interruption.signal, startNode }, 'serve');

      expect({ exitCode, stopped }).to.deep.equal({ exitCode: 0, stopped: ['SIGTERM'] });
    });
  }

  it('ends with 1 and says why when another node has taken over', async () => {
    const startNode = (): Promise<StartedNode> =>
      Promise.resolve(aNode(Promise.resolve({ kind: 'superseded' })));

    const { exitCode, stderr } = await runIn({ startNode }, 'serve');

    expect(exitCode).to.equal(1);
    expect(stderr).to.include('another process has taken over /home/ada/.lutra');
  });

  it('ends with 1 where the node cannot start, and with 64 where its settings are wrong', async () => {
    const failing = (code: 'store-unavailable' | 'config-invalid'): Promise<{ exitCode: number }> =>
      runIn({ startNode: () => Promise.reject(new LutraError(code, 'no')) }, 'serve');

    expect((await failing('store-unavailable')).exitCode).to.equal(1);
    expect((await failing('config-invalid')).exitCode).to.equal(64);
  });

  it('starts nothing where a setting is wrong', async () => {
    let isStarted = false;
    const startNode = (): Promise<StartedNode> => {
      isStarted = true;
      return Promise.reject(new Error('started'));
    };

    const { exitCode } = await runIn({ startNode }, 'serve', '--host', '0.0.0.0');

    expect({ exitCode, isStarted }).to.deep.equal({ exitCode: 64, isStarted: false });
  });
});
