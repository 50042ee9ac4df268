import { inspect } from 'node:util';
import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import type { RedisPlace } from '../../../src/adapters/redis/options.ts';
import { hasCode } from '../../../src/base/errors.ts';
import type { LutraError } from '../../../src/base/errors.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { storeContract } from '../../contract/store-contract.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { aFolder } from '../../support/folder.ts';
import type { TestFolder } from '../../support/folder.ts';
import { freePort } from '../../support/free-port.ts';
import { closeRedis, connectRedis, openRedisFixture } from '../../support/redis-fixture.ts';
import { startRedis } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';

/** All that the store needs; and, for the tests alone, to empty the server. */
const COMMANDS = [
  ...['hello', 'ping', 'info', 'config|get', 'time', 'wait', 'eval', 'evalsha'],
  ...['exists', 'type', 'unlink', 'hget', 'hmget', 'hgetall', 'hset', 'hdel'],
  ...['zadd', 'zrem', 'zscore', 'zmscore', 'zcard', 'zrangebyscore', 'zrangebylex'],
  ...['rpush', 'llen', 'lindex', 'lrange', 'ltrim', 'publish', 'subscribe'],
  'flushall',
];

describe('Redis over TLS, as a user of its own', () => {
  let folder: TestFolder | undefined;
  let redis: TestRedis | undefined;
  let ca = '';
  before(async function start() {
    folder = await aFolder();
    const certificate = await makeCertificate(folder);
    // Without openssl there is no certificate to test with.
    if (certificate === undefined) this.skip();
    ca = certificate.ca;
    redis = await startRedis({
      access: { username: 'admin', password: 'sesame', ca },
      settings: [
        ...['tls-cert-file', certificate.certPath, 'tls-key-file', certificate.keyPath],
        ...['tls-ca-cert-file', certificate.certPath, 'tls-auth-clients', 'no'],
        ...['user', 'default off'],
        ...['user', 'admin on >sesame ~* &* +@all'],
        ...['user', `lutra on >p@ss:word ~{* &{* ${COMMANDS.map((name) => `+${name}`).join(' ')}`],
      ],
    });
  });
  afterEach(closeRedis);
  after(async () => {
    await redis?.remove();
    await folder?.remove();
  });

  function address(user = 'lutra:p%40ss%3Aword@'): string {
    return `rediss://${user}localhost:${String(redis?.port)}`;
  }

  storeContract({
    name: 'Redis over TLS',
    open: (made) =>
      openRedisFixture({ place: { kind: 'single', url: address() }, tls: { ca } }, made),
  });

  it('takes the user from the settings before the one in the address', async () => {
    const credentials = { username: 'lutra', password: 'p@ss:word' };
    const place = { kind: 'single', url: address('nobody:nothing@') } as const;

    const connection = await connectRedis({ place, tls: { ca }, credentials });

    expect(await connection.send('PING')).to.equal('PONG');
    await connection.close();
  });

  for (const { name, user, trust } of [
    { name: 'a wrong password', user: 'lutra:wrong@', trust: true },
    { name: 'no user', user: '', trust: true },
    { name: 'a certificate that it has no reason to trust', user: undefined, trust: false },
  ]) {
    it(`does not connect with ${name}`, async () => {
      const place = { kind: 'single', url: address(user) } as const;

      const error = await rejection(connectRedis({ place, ...(trust ? { tls: { ca } } : {}) }));

      expect(hasCode(error, 'store-unavailable'), String(error)).to.equal(true);
    });
  }
});

describe('What is said when Redis cannot be connected to', () => {
  let redis: TestRedis;
  before(async () => {
    redis = await startRedis({
      access: { password: 'sesame' },
      settings: ['requirepass', 'sesame'],
    });
  });
  afterEach(closeRedis);
  after(() => redis.remove());

  async function refusal(place: RedisPlace): Promise<LutraError> {
    const error = await rejection(connectRedis({ place, waitReplicas: 1 }));
    if (!hasCode(error, 'store-unavailable')) throw new Error(`not expected: ${String(error)}`);
    return error;
  }

  for (const { name, access, why } of [
    { name: 'a password is wrong', access: ':hunter2@', why: /WRONGPASS/ },
    { name: 'a password is missing', access: '', why: /NOAUTH/ },
  ]) {
    it(`says that ${name}, and tells none`, async () => {
      const url = `redis://${access}127.0.0.1:${String(redis.port)}/3`;

      const error = await refusal({ kind: 'single', url });

      expect(error.message).to.match(why);
      expect(error.message).to.contain(`connecting to 127.0.0.1:${String(redis.port)}/3: `);
      expect(inspect(error, { depth: 9, showHidden: true })).not.to.contain('hunter2');
    });
  }

  it('says that a password is wrong for the nodes of a cluster', async () => {
    const urls = [`redis://:hunter2@127.0.0.1:${String(redis.port)}`];

    const error = await refusal({ kind: 'cluster', urls });

    expect(error.message).to.match(/WRONGPASS|NOAUTH/);
    expect(inspect(error, { depth: 9, showHidden: true })).not.to.contain('hunter2');
  });

  it('says that nobody listens', async () => {
    const url = `redis://127.0.0.1:${String(await freePort())}`;

    const error = await refusal({ kind: 'single', url });

    expect(error.message).to.contain('ECONNREFUSED');
  });
});
