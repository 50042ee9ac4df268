import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { readSettings, refillCluster } from '../../../src/adapters/etcd/init.ts';
import { hasCode } from '../../../src/base/errors.ts';
import { ZERO_TOKEN } from '../../../src/domain/ids.ts';
import type { FencingToken } from '../../../src/domain/ids.ts';
import type { Coordination } from '../../../src/ports/coordination.ts';
import { FIRST, isGreater, SECOND, Told, win } from '../../contract/coordination/world.ts';
import type { Joined } from '../../contract/coordination/world.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { PARTITION } from '../../support/builders.ts';
import { anEtcdWorld, MADE } from '../../support/etcd-fixture.ts';
import type { EtcdNode, EtcdWorld } from '../../support/etcd-fixture.ts';
import { startEtcd } from '../../support/etcd-server.ts';
import type { TestEtcd, TestEtcdMember } from '../../support/etcd-server.ts';
import { eventually } from '../../support/eventually.ts';

/** A new leader is elected within about two election time-outs of a second; a call more may be given up meanwhile. */
const ELECTION_MS = 5_000;

describe('etcd of three members', () => {
  let etcd: TestEtcd;
  let world: EtcdWorld;
  before(async () => {
    etcd = await startEtcd({ memberCount: 3, fsync: 'on' });
  });
  beforeEach(async () => {
    world = await anEtcdWorld({ endpoints: etcd.urls, ttlMs: 10_000 });
  });
  afterEach(() => world.close());
  after(() => etcd.remove());

  async function joined(member = FIRST): Promise<Joined & EtcdNode> {
    const node = world.node();
    return { ...node, session: await node.coordination.open(member) };
  }

  /** Makes the member the one in use. */
  function use({ connection }: EtcdNode, member: TestEtcdMember): void {
    while (connection.place.endpoint !== member.url) connection.leave(connection.place);
  }

  async function msUntilAnswered(coordination: Coordination): Promise<number> {
    const startedAt = performance.now();
    await eventually('etcd answers', () => isAnswered(coordination));
    return performance.now() - startedAt;
  }

  it('goes on soon after its leader was killed, with sessions and owners as they were', async () => {
    const first = await joined();
    const token = await win(first, 'claim-1');
    const leader = await etcd.leader();
    use(first, leader);
    await leader.kill();

    const tookMs = await msUntilAnswered(first.coordination);

    expect(tookMs).to.be.lessThan(ELECTION_MS);
    expect(await first.coordination.renew(first.session)).to.equal('renewed');
    expect((await first.coordination.read()).owners).to.deep.equal([
      { partition: PARTITION, node: FIRST.node, token },
    ]);
    await leader.start();
  });

  it('answers the next call where the member in use is frozen', async () => {
    const first = await joined();
    const leader = await etcd.leader();
    const frozen = etcd.members.find((member) => member !== leader) ?? leader;
    use(first, frozen);
    frozen.signal('SIGSTOP');
    const error = await rejection(first.coordination.read());

    expect(hasCode(error, 'coordination-unavailable'), String(error)).to.equal(true);
    expect((await first.coordination.read()).members).to.deep.equal([FIRST]);
    frozen.signal('SIGCONT');
  });

  it('answers nothing from a member that is cut off from the others, and ends no session for it', async () => {
    const first = await joined();
    const told = new Told();
    const stop = first.coordination.watch(told.onChange);
    const [, ...others] = etcd.members;
    for (const other of others) other.signal('SIGSTOP');
    use(first, etcd.members[0] ?? (await etcd.leader()));
    const errors = [
      await rejection(first.coordination.read()),
      await rejection(first.coordination.renew(first.session)),
      await rejection(first.coordination.campaign(first.session, PARTITION, 'claim-1')),
    ];
    for (const other of others) other.signal('SIGCONT');

    for (const error of errors) {
      expect(hasCode(error, 'coordination-unavailable'), String(error)).to.equal(true);
    }
    await msUntilAnswered(first.coordination);
    expect(await first.coordination.renew(first.session)).to.equal('renewed');
    // Whatever became of the claim whose answer was given up: the same claim again is this node's.
    const token = await win(first, 'claim-1');
    const before = told.count;
    await first.coordination.resign(PARTITION, token);
    await told.after(before);
    stop();
  });

  it('rejects at once while all of it is down, and answers as soon as it is back', async () => {
    const first = await joined();
    const token = await win(first, 'claim-1');
    await Promise.all(etcd.members.map((member) => member.kill()));
    for (let round = 0; round < 10; round += 1) {
      const error = await rejection(first.coordination.read());
      expect(hasCode(error, 'coordination-unavailable'), String(error)).to.equal(true);
    }
    await Promise.all(etcd.members.map((member) => member.start()));

    expect(await msUntilAnswered(first.coordination)).to.be.lessThan(2_000);
    expect(await first.coordination.renew(first.session)).to.equal('renewed');
    expect(await win(first, 'claim-1')).to.deep.equal(token);
  });

  it('gives ever greater tokens of a partition, over deaths, restarts and the loss of all that etcd had', async () => {
    const tokens: FencingToken[] = [ZERO_TOKEN];
    async function winNext(joint: Joined): Promise<FencingToken> {
      const token = await win(joint, `claim-${tokens.length}`);
      tokens.push(token);
      return token;
    }
    let [first, second] = [await joined(FIRST), await joined(SECOND)];
    await first.coordination.resign(PARTITION, await winNext(first));
    await winNext(second);
    await etcd.ctl('lease', 'revoke', BigInt(second.session.id).toString(16));
    await winNext(first);
    for (const member of etcd.members) {
      await member.kill();
      await member.start();
    }
    await msUntilAnswered(first.coordination);
    await first.coordination.resign(PARTITION, tokens.at(-1) ?? ZERO_TOKEN);
    const last = await winNext(first);
    await first.coordination.raiseEpoch(PARTITION, last, last.epoch);
    await first.coordination.resign(PARTITION, last);
    const { epoch } = await winNext(first);

    await etcd.wipe();
    const stranger = world.node();
    await eventually('etcd says that it is empty', () => isEmpty(stranger.coordination));
    expect(await first.coordination.renew(first.session)).to.equal('ended');
    expect(await readSettings(first.connection)).to.equal(undefined);
    const settings = await refillCluster(first.connection, MADE, epoch);
    expect(settings).to.deep.equal(MADE);
    [first, second] = [await joined(FIRST), await joined(SECOND)];
    await first.coordination.resign(PARTITION, await winNext(first));
    await winNext(second);

    for (const [index, token] of tokens.entries()) {
      const older = tokens[index - 1];
      if (older !== undefined)
        expect(isGreater(token, older), JSON.stringify(tokens)).to.equal(true);
    }
    expect(tokens).to.have.length(8);
  });
});

async function isAnswered(coordination: Coordination): Promise<boolean> {
  try {
    await coordination.read();
    return true;
  } catch {
    return false;
  }
}

async function isEmpty(coordination: Coordination): Promise<boolean> {
  return hasCode(await rejection(coordination.read()), 'coordination-empty');
}
