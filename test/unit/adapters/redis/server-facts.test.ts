import { expect } from 'chai';
import { describe, it } from 'mocha';
import { durabilityOf } from '../../../../src/adapters/redis/server-facts.ts';
import type { ServerFacts } from '../../../../src/adapters/redis/server-facts.ts';

function facts(fields: Partial<ServerFacts> = {}): ServerFacts {
  return {
    id: 'run:replication',
    wasPromoted: false,
    replicaCount: 0,
    keepsLog: true,
    fsync: 'always',
    isFsyncHeldUpByRewrites: false,
    minReplicas: 0,
    evictionPolicy: 'noeviction',
    ...fields,
  };
}

describe('durabilityOf', () => {
  for (const { name, servers, expected } of [
    {
      name: 'a lone primary that syncs every write keeps everything',
      servers: [facts()],
      expected: { promise: 'always', isStrict: true, replicaCount: 0 },
    },
    {
      name: 'a log that is synced every second may lose one',
      servers: [facts({ fsync: 'everysec' })],
      expected: { promise: 'everysec', isStrict: false },
    },
    {
      name: 'a log that is never synced is worth nothing',
      servers: [facts({ fsync: 'no' })],
      expected: { promise: 'none', isStrict: false },
    },
    {
      name: 'no log is worth nothing',
      servers: [facts({ keepsLog: false })],
      expected: { promise: 'none', isStrict: false },
    },
    {
      name: 'replicas that follow without being waited for are not strict',
      servers: [facts({ replicaCount: 2, minReplicas: 1 })],
      expected: { promise: 'always', isStrict: false, replicaCount: 2, problems: [] },
    },
    {
      name: 'the weakest of several speaks for all',
      servers: [facts(), facts({ fsync: 'everysec' }), facts({ replicaCount: 1, minReplicas: 1 })],
      expected: { promise: 'everysec', isStrict: false, replicaCount: 0, problems: [] },
    },
  ] as const) {
    it(name, () => {
      expect(durabilityOf(servers)).to.deep.include(expected);
    });
  }

  for (const { name, server } of [
    { name: 'maxmemory-policy is volatile-lru', server: { evictionPolicy: 'volatile-lru' } },
    { name: 'maxmemory-policy is unknown', server: { evictionPolicy: undefined } },
    { name: 'appendfsync could not be read', server: { fsync: undefined } },
    {
      name: 'no-appendfsync-on-rewrite is yes',
      server: { isFsyncHeldUpByRewrites: true },
    },
    { name: 'min-replicas-to-write is 0', server: { replicaCount: 1 } },
  ] as const) {
    it(`has a problem where ${name}, and is not strict`, () => {
      const { problems, isStrict } = durabilityOf([facts(server)]);

      expect(problems.map((problem) => problem.startsWith(name))).to.deep.equal([true]);
      expect(isStrict).to.equal(false);
    });
  }
});
