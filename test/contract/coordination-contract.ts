import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { mayAcquire } from '../../src/domain/ids.ts';
import type { FencingToken, NodeId } from '../../src/domain/ids.ts';
import { partitionId } from '../../src/domain/partition/partition-of.ts';
import type { Coordination, Member } from '../../src/ports/coordination.ts';
import { PARTITION } from '../support/builders.ts';

/** One place to coordinate at. */
interface CoordinationFixture {
  /** Another process that has just started: one more view of the same place, not a member yet. */
  process(): Promise<Coordination>;
  close(): Promise<void>;
}

/** One implementation of the coordination. */
export interface CoordinationSubject {
  readonly name: string;
  open(): Promise<CoordinationFixture>;
  /** Promises that it cannot keep. */
  readonly skip?: readonly { readonly test: string; readonly reason: string }[];
}

const FIRST: Member = { node: 'node-1' as NodeId, address: 'http://one', version: '1.0.0' };
const SECOND: Member = { node: 'node-2' as NodeId, address: 'http://two', version: '1.1.0' };
const OTHER = partitionId('here', 1);

/** Every coordination with room for one node passes this suite. */
export function coordinationContract(subject: CoordinationSubject): void {
  describe(`Coordination contract: ${subject.name}`, () => {
    let fixture: CoordinationFixture | undefined;
    beforeEach(async function openFixture() {
      const skipped = subject.skip?.find((entry) => entry.test === this.currentTest?.title);
      if (skipped !== undefined) this.skip();
      fixture = await subject.open();
    });
    afterEach(async () => {
      await fixture?.close();
      fixture = undefined;
    });

    /** A process that has joined. */
    async function joined(member = FIRST): Promise<Coordination> {
      const coordination = await started();
      await coordination.join(member);
      return coordination;
    }

    async function started(): Promise<Coordination> {
      if (fixture === undefined) throw new Error('a fixture is there while a test runs');
      return fixture.process();
    }

    describe('members', () => memberPromises(started, joined));
    describe('owners', () => ownerPromises(started, joined));
    describe('a newer process', () => successionPromises(started, joined));
    describe('watch', () => watchPromises(joined));
  });
}

type Start = () => Promise<Coordination>;
type Join = (member?: Member) => Promise<Coordination>;

async function win(
  coordination: Coordination,
  claimId: string,
  partition = PARTITION,
): Promise<FencingToken> {
  const result = await coordination.campaign(partition, claimId);
  if (result.kind !== 'won') throw new Error(`the campaign was answered ${result.kind}`);
  return result.token;
}

function memberPromises(started: Start, joined: Join): void {
  it('has no members and no owners at first', async () => {
    expect(await (await started()).read()).to.deep.equal({ members: [], owners: [] });
  });

  it('shows a member from its join until it leaves', async () => {
    const coordination = await joined();
    const during = await coordination.read();
    await coordination.leave();

    expect(during.members).to.deep.equal([FIRST]);
    expect((await coordination.read()).members).to.deep.equal([]);
  });

  it('gives up what a member still owns when it leaves', async () => {
    const coordination = await joined();
    await win(coordination, 'claim-1');
    await coordination.leave();

    expect((await coordination.read()).owners).to.deep.equal([]);
    expect(await coordination.campaign(PARTITION, 'claim-2')).to.deep.equal({
      kind: 'not-a-member',
    });
  });

  it('lets a node leave that never joined', async () => {
    const first = await joined();
    await (await started()).leave();

    expect((await first.read()).members).to.deep.equal([FIRST]);
  });
}

function ownerPromises(started: Start, joined: Join): void {
  it('refuses the campaign of a node that has not joined', async () => {
    expect(await (await started()).campaign(PARTITION, 'claim-1')).to.deep.equal({
      kind: 'not-a-member',
    });
  });

  it('gives a partition that nobody owns to the one who campaigns, claim and all', async () => {
    const coordination = await joined();

    const token = await win(coordination, 'claim-1');

    expect(token.claimId).to.equal('claim-1');
    expect((await coordination.read()).owners).to.deep.equal([
      { partition: PARTITION, node: FIRST.node, token },
    ]);
  });

  it('refuses a partition that is owned, and names its owner', async () => {
    const coordination = await joined();
    const token = await win(coordination, 'claim-1');

    expect(await coordination.campaign(PARTITION, 'claim-2')).to.deep.equal({
      kind: 'held',
      owner: { partition: PARTITION, node: FIRST.node, token },
    });
  });

  it('answers a repeat of the campaign that was won with the same token', async () => {
    const coordination = await joined();
    const token = await win(coordination, 'claim-1');

    expect(await win(coordination, 'claim-1')).to.deep.equal(token);
  });

  it('keeps partitions apart', async () => {
    const coordination = await joined();
    const first = await win(coordination, 'claim-1');
    const second = await win(coordination, 'claim-2', OTHER);

    expect((await coordination.read()).owners).to.have.deep.members([
      { partition: PARTITION, node: FIRST.node, token: first },
      { partition: OTHER, node: FIRST.node, token: second },
    ]);
  });

  it('takes a partition back from its owner, and gives it away with a greater token', async () => {
    const coordination = await joined();
    const token = await win(coordination, 'claim-1');
    await coordination.resign(PARTITION, token);

    const next = await win(coordination, 'claim-2');

    expect(isGreater(next, token)).to.equal(true);
  });

  for (const { name, change } of [
    { name: 'an older revision', change: { revision: 0 } },
    { name: 'another claim', change: { claimId: 'claim-9' } },
    { name: 'another epoch', change: { epoch: 9 } },
  ]) {
    it(`leaves the owner alone where one resigns with ${name}`, async () => {
      const coordination = await joined();
      const token = await win(coordination, 'claim-1');

      await coordination.resign(PARTITION, { ...token, ...change });

      expect((await coordination.read()).owners).to.have.length(1);
    });
  }

  it('leaves other partitions alone where one is resigned', async () => {
    const coordination = await joined();
    const token = await win(coordination, 'claim-1');
    await win(coordination, 'claim-2', OTHER);

    await coordination.resign(PARTITION, token);

    const { owners } = await coordination.read();
    expect(owners.map(({ partition }) => partition)).to.deep.equal([OTHER]);
  });
}

function successionPromises(started: Start, joined: Join): void {
  it('takes the place of the older one, which owns nothing any more', async () => {
    const older = await joined(FIRST);
    await win(older, 'claim-1');

    const newer = await joined(SECOND);

    expect(await newer.read()).to.deep.equal({ members: [SECOND], owners: [] });
    expect(await older.read()).to.deep.equal({ members: [SECOND], owners: [] });
  });

  it('is the only one that may campaign, even under the same name', async () => {
    const older = await joined(FIRST);
    const newer = await joined(FIRST);

    expect(await older.campaign(PARTITION, 'claim-1')).to.deep.equal({ kind: 'not-a-member' });
    expect(await newer.campaign(PARTITION, 'claim-2')).to.include({ kind: 'won' });
  });

  it('gets greater tokens than all older ones', async () => {
    const older = await joined(FIRST);
    const tokens = [await win(older, 'claim-1'), await win(older, 'claim-2', OTHER)];
    const newer = await joined(SECOND);

    const next = await win(newer, 'claim-3');

    expect(tokens.map((token) => isGreater(next, token))).to.deep.equal([true, true]);
  });

  it('gets greater tokens than those of one that has left', async () => {
    const older = await joined(FIRST);
    const token = await win(older, 'claim-1');
    await older.leave();

    expect(isGreater(await win(await joined(FIRST), 'claim-2'), token)).to.equal(true);
  });

  it('is not disturbed by the older one resigning or leaving', async () => {
    const older = await joined(FIRST);
    const token = await win(older, 'claim-1');
    const newer = await joined(SECOND);
    const next = await win(newer, 'claim-2');
    await older.resign(PARTITION, token);
    await older.leave();

    expect(await newer.read()).to.deep.equal({
      members: [SECOND],
      owners: [{ partition: PARTITION, node: SECOND.node, token: next }],
    });
  });

  it('may be followed by the older one, if that joins again', async () => {
    const older = await joined(FIRST);
    const newer = await joined(SECOND);
    await older.join(FIRST);

    expect(await newer.campaign(PARTITION, 'claim-1')).to.deep.equal({ kind: 'not-a-member' });
    expect(await older.campaign(PARTITION, 'claim-2')).to.include({ kind: 'won' });
  });

  it('leaves alone a process that only looks on', async () => {
    const first = await joined(FIRST);
    const onlooker = await started();

    expect((await onlooker.read()).members).to.deep.equal([FIRST]);
    expect(await first.campaign(PARTITION, 'claim-1')).to.include({ kind: 'won' });
  });
}

function watchPromises(joined: Join): void {
  it('tells its listeners of changes, until they stop listening', async () => {
    const coordination = await joined();
    let changeCount = 0;
    const stop = coordination.watch(() => {
      changeCount += 1;
    });

    const token = await win(coordination, 'claim-1');
    await Promise.resolve();
    const afterWinning = changeCount;
    await coordination.resign(PARTITION, token);
    await Promise.resolve();
    const afterResigning = changeCount;
    stop();
    await coordination.leave();
    await Promise.resolve();

    expect([afterWinning > 0, afterResigning > afterWinning]).to.deep.equal([true, true]);
    expect(changeCount).to.equal(afterResigning);
  });
}

function isGreater(next: FencingToken, token: FencingToken): boolean {
  return mayAcquire(next, token) && !mayAcquire(token, next);
}
