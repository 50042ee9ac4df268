import { expect } from 'chai';
import { after, describe, it } from 'mocha';
import { aGroupBody, GROUPS, startApi } from '../../../support/api-server.ts';
import type { ApiFixture } from '../../../support/api-server.ts';

type Fields = Readonly<Record<string, unknown>>;

/** 256 characters that are 512 UTF-16 code units. */
const ASTRAL = '\u{1f9a6}'.repeat(256);

const SERVER = { flavorRef: '2', imageRef: 'b1' };

const SERVICE_NET = { uuid: '11111111-1111-1111-1111-111111111111' };

/** A group whose configuration has these fields; undefined takes one away. */
function config(fields: Fields): unknown {
  return aGroupBody({ config: fields });
}

function launch(value: unknown): unknown {
  return aGroupBody({ launch: value });
}

/** A group of servers with these arguments. */
function serverArgs(args: Fields): unknown {
  return launch({ type: 'launch_server', args: { server: SERVER, ...args } });
}

function server(fields: Fields): unknown {
  return serverArgs({ server: { ...SERVER, ...fields } });
}

function stack(fields: Fields): unknown {
  return launch({ type: 'launch_stack', args: { stack: fields } });
}

describe('Groups just within bounds', () => {
  let api: ApiFixture;
  before(async () => {
    api = await startApi();
  });
  after(() => api.close(0));

  it('are created', async () => {
    const bodies = [
      config({ name: ASTRAL, cooldown: 86_400, minEntities: 1_000, maxEntities: 1_000 }),
      config({ metadata: { '': '', [ASTRAL]: ASTRAL }, key: ASTRAL }),
      serverArgs({
        server: { ...SERVER, networks: [{ uuid: 'x' }, SERVICE_NET], metadata: { 'a-_:. ': '' } },
        draining_timeout: 30.5,
        loadBalancers: [
          { loadBalancerId: '1', port: 1 },
          { loadBalancerId: 1, port: 1 },
          { loadBalancerId: '1', type: 'RackConnectV3' },
        ],
      }),
      server({ imageRef: '', block_device_mapping: [] }),
      server({ imageRef: null, block_device_mapping_v2: [{}] }),
      server({ imageRef: 'a', block_device_mapping_v2: 'goes unnoticed' }),
      server({ personality: [{ path: '/a', contents: 'x', extra: true }] }),
      stack({ template_url: 'x', environment: {}, files: {}, parameters: {}, timeout_mins: 1.5 }),
    ];
    for (const body of bodies) {
      const reply = await api.call('POST', GROUPS, { body });
      expect(reply.status, reply.text).to.equal(201);
    }
  });
});
