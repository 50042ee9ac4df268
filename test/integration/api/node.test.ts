import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { LutraError } from '../../../src/base/errors.ts';
import type { NodeId } from '../../../src/domain/ids.ts';
import { at, refusal, startApi } from '../../support/api-server.ts';
import type { ApiFixture, ApiOptions } from '../../support/api-server.ts';
import { FaultyStore } from '../../support/faulty-store.ts';
import { CLUSTER, STATUS } from '../../support/node-facts.ts';

let api: ApiFixture;

async function call(
  method: string,
  path: string,
  options: ApiOptions = {},
): ReturnType<ApiFixture['call']> {
  api = await startApi(options);
  return api.call(method, path);
}

/** A cluster with these members. */
function clusterOf(...nodes: readonly string[]): ApiOptions {
  const [member] = CLUSTER.members;
  const members = nodes.map((node) => ({ ...member, node: node as NodeId }) as never);
  return { cluster: () => Promise.resolve({ ...CLUSTER, members }) };
}

describe('What operators see, over HTTP', () => {
  afterEach(() => api.close(0));

  describe('GET /lutra/v1/status', () => {
    it('gives the status that it was handed, instants as text', async () => {
      const { body } = await call('GET', '/lutra/v1/status');

      const [first, second] = STATUS.partitions;
      const partitions = [{ ...first, since: '2026-01-01T00:00:01.000Z' }, second];
      const expected = { ...STATUS, startedAt: '2026-01-01T00:00:00.000Z', partitions };
      expect(body).to.deep.equal(JSON.parse(JSON.stringify(expected)));
    });
  });

  describe('GET /openapi.json', () => {
    it('gives the document of its version and of where it is', async () => {
      const { status, body } = await call('GET', '/openapi.json', {
        urlRoot: 'http://127.0.0.1:81/base/',
      });

      expect(status).to.equal(200);
      expect(body).to.deep.include({ servers: [{ url: 'http://127.0.0.1:81/base' }] });
      expect(at(body, 'info', 'version')).to.equal(STATUS.version);
    });

    it('makes it only once', async () => {
      let askedCount = 0;
      const status = (): typeof STATUS => {
        askedCount += 1;
        return STATUS;
      };
      await call('GET', '/openapi.json', { status });
      await api.call('GET', '/openapi.json');
      await api.call('GET', '/docs');

      expect(askedCount).to.equal(1);
    });
  });

  describe('GET /docs', () => {
    it('gives a page under a policy that lets it do nothing', async () => {
      const { status, headers, text } = await call('GET', '/docs');

      expect(status).to.equal(200);
      expect(headers['content-type']).to.equal('text/html; charset=utf-8');
      expect(headers['content-security-policy']).to.match(
        /^default-src 'none'; style-src 'sha256-/,
      );
      expect(text).to.match(/^<!doctype html>\n/);
    });
  });

  describe('GET /health', () => {
    it('says that all is well, indented by four', async () => {
      const { text } = await call('GET', '/health');

      const healthy = { details: {}, healthy: true };
      expect(text).to.equal(
        JSON.stringify(
          {
            ...{ healthy: true, scheduler: healthy, store: healthy },
            timeZones: { details: { version: '2030a' }, healthy: true },
          },
          undefined,
          4,
        ),
      );
    });

    it('reads the partitions that the node owns, and no other', async () => {
      let store: FaultyStore | undefined;
      await call('GET', '/health', { wrap: (inner) => (store = new FaultyStore(inner)) });

      expect(store?.calls.map(({ args: [partition] }) => partition)).to.deep.equal(['here/0']);
    });
  });

  describe('GET /health/live', () => {
    it('is 200 whatever else is the matter', async () => {
      const broken = (): never => {
        throw new Error('nothing works');
      };
      const options = { status: broken, readiness: broken, cluster: broken };
      const { status, body } = await call('GET', '/health/live', options);

      expect({ status, body }).to.deep.equal({ status: 200, body: { healthy: true } });
    });
  });

  describe('GET /health/ready', () => {
    it('is 200 where the node is ready, and shows doubt', async () => {
      const readiness = { isReady: true, reasons: [], isDoubtful: true };
      const { status, body } = await call('GET', '/health/ready', {
        readiness: () => Promise.resolve(readiness),
      });

      expect({ status, body }).to.deep.equal({ status: 200, body: readiness });
    });

    it('is 503 with the reasons where it is not', async () => {
      const readiness = { isReady: false, reasons: ['it is draining'], isDoubtful: false };
      const { status, body } = await call('GET', '/health/ready', {
        readiness: () => Promise.resolve(readiness),
      });

      expect({ status, body }).to.deep.equal({ status: 503, body: readiness });
      expect(api.events.map(({ event }) => event)).to.not.include('request.failed');
    });
  });

  describe('GET /lutra/v1/cluster', () => {
    it('gives the cluster that it was handed', async () => {
      const { status, body } = await call('GET', '/lutra/v1/cluster');

      expect(status).to.equal(200);
      expect(body).to.deep.equal(JSON.parse(JSON.stringify(CLUSTER)));
    });

    for (const { code, says } of [
      { code: 'coordination-unavailable', says: 'did not answer' },
      { code: 'coordination-empty', says: 'has lost this cluster' },
    ] as const) {
      it(`is 503 for ${code}, and names what is the matter, which is not the store`, async () => {
        const { status, text } = await call('GET', '/lutra/v1/cluster', {
          cluster: () => Promise.reject(new LutraError(code, 'no')),
        });

        expect(status).to.equal(503);
        expect(text).to.include(`The place where nodes agree on owners ${says}`);
      });
    }
  });

  describe('POST /lutra/v1/nodes/:node/drain', () => {
    for (const word of ['n1-0000000a', 'n1']) {
      it(`asks the member that is meant by ${word}`, async () => {
        const asked: string[] = [];
        const { status, body } = await call('POST', `/lutra/v1/nodes/${word}/drain`, {
          ...clusterOf('n1-0000000a', 'n2-0000000b', 'n1-x-0000000c'),
          requestDrain: (node) => {
            asked.push(node);
            return Promise.resolve(true);
          },
        });

        expect({ status, body }).to.deep.equal({ status: 202, body: { node: 'n1-0000000a' } });
        expect(asked).to.deep.equal(['n1-0000000a']);
      });
    }

    it('is 404 with the known members where none is meant', async () => {
      const path = '/lutra/v1/nodes/n3/drain';
      const { body } = await call('POST', path, clusterOf('n1-0000000a', 'n2-0000000b'));

      expect(body).to.deep.equal(
        refusal('NotFound', 404, 'No node n3 is a member; members are: n1-0000000a, n2-0000000b'),
      );
    });

    it('is 404 where the member has left by then', async () => {
      const { status } = await call('POST', '/lutra/v1/nodes/n1/drain', {
        ...clusterOf('n1-0000000a'),
        requestDrain: () => Promise.resolve(false),
      });

      expect(status).to.equal(404);
    });

    it('is 400 with the candidates where several are called so', async () => {
      const path = '/lutra/v1/nodes/n1/drain';
      const { body } = await call('POST', path, clusterOf('n1-0000000a', 'n1-0000000b'));

      expect(body).to.deep.equal(
        refusal(
          'ValidationError',
          400,
          'several nodes are called n1: n1-0000000a, n1-0000000b; name one by its whole id',
        ),
      );
    });

    it('is 503 where the member cannot be asked', async () => {
      const { status } = await call('POST', '/lutra/v1/nodes/n1/drain', {
        ...clusterOf('n1-0000000a'),
        requestDrain: () => Promise.reject(new LutraError('coordination-unavailable', 'no')),
      });

      expect(status).to.equal(503);
    });
  });
});
