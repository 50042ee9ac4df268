import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import {
  createMemoryCoordinationState,
  MemoryCoordination,
} from '../../../src/adapters/memory/coordination.ts';
import type { NodeId } from '../../../src/domain/ids.ts';
import type { Session } from '../../../src/ports/coordination.ts';
import { campaign, raiseFence } from '../../../src/ownership/campaign.ts';
import type { CampaignDeps } from '../../../src/ownership/campaign.ts';
import { PARTITION, World } from '../../support/world.ts';

const NEVER = new AbortController().signal;

describe('campaign', () => {
  let world: World;
  let deps: CampaignDeps;
  let coordination: MemoryCoordination;
  let session: Session;

  beforeEach(async () => {
    world = new World();
    coordination = new MemoryCoordination(createMemoryCoordinationState());
    session = await coordination.open({
      ...{ node: 'one' as NodeId, region: 'home', address: 'http://one', version: '1' },
      ...{ isDraining: false, unfitFor: [] },
    });
    const random = { ...world.random, uuid: () => 'mine' };
    deps = { coordination, store: world.store, random };
  });

  it('takes the owner key, then raises the fence of the store', async () => {
    const outcome = await campaign(deps, session, PARTITION);

    const token = { epoch: 0, revision: 2, claimId: 'mine' };
    expect(outcome).to.deep.equal({ kind: 'owned', token });
    expect(world.state.fences.get(PARTITION)?.token).to.deep.equal(token);
  });

  it('leaves the fence alone where somebody holds the key', async () => {
    await coordination.campaign(session, PARTITION, 'of another');

    const outcome = await campaign(deps, session, PARTITION);

    expect(outcome).to.deep.equal({ kind: 'not-owned' });
    expect(world.store.calls).to.deep.equal([]);
  });

  it('leaves the fence alone where this node is no member', async () => {
    await coordination.close(session);

    const outcome = await campaign(deps, session, PARTITION);

    expect(outcome).to.deep.equal({ kind: 'not-owned' });
  });

  it('gives the key back where the store has seen a newer owner', async () => {
    for (let count = 0; count < 3; count += 1) await world.newTerm(NEVER);
    const newest = (await world.newTerm(NEVER)).token;

    const outcome = await campaign(deps, session, PARTITION);

    const token = { epoch: 0, revision: 2, claimId: 'mine' };
    expect(outcome).to.deep.equal({ kind: 'fenced', token, newest });
    expect((await coordination.read()).owners).to.deep.equal([]);
  });

  it('raises the epoch there, so that the next campaign wins a token that the store accepts', async () => {
    for (let count = 0; count < 3; count += 1) await world.newTerm(NEVER);
    await campaign(deps, session, PARTITION);

    const outcome = await campaign(deps, session, PARTITION);

    expect(outcome.kind).to.equal('owned');
    expect((await coordination.read()).epoch).to.be.greaterThan(0);
  });
});

describe('raiseFence', () => {
  it('changes nothing when it is repeated', async () => {
    const world = new World();
    const coordination = new MemoryCoordination(createMemoryCoordinationState());
    const { token } = await world.newTerm(NEVER);
    const deps = { coordination, store: world.store, random: world.random };

    const outcome = await raiseFence(deps, PARTITION, token);

    expect(outcome).to.deep.equal({ kind: 'owned', token });
    expect(world.state.fences.get(PARTITION)?.token).to.deep.equal(token);
  });
});
