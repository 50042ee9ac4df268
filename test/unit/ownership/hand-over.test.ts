import { expect } from 'chai';
import { it } from 'mocha';
import {
  createMemoryClusterState,
  MemoryCoordination,
} from '../../../src/adapters/memory/coordination.ts';
import { Terms } from '../../../src/ownership/terms.ts';
import type { TermEnd } from '../../../src/ports/owner-term.ts';
import { FIRST } from '../../contract/coordination/world.ts';
import { PARTITION, START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';

it('A partition is given back when its passes have ended, and not before', async () => {
  const clock = new FakeClock(START);
  const state = createMemoryClusterState({ clock, ttlMs: 5_000, graceMs: 0 });
  const coordination = new MemoryCoordination(state);
  const session = await coordination.open(FIRST);
  const won = await coordination.campaign(session, PARTITION, 'claim');
  if (won.kind !== 'won') throw new Error('nobody else campaigns');
  let drain: (end: TermEnd) => void = () => undefined;
  const drained = new Promise<TermEnd>((resolve) => {
    drain = resolve;
  });
  const terms = new Terms({
    ...{ coordination, observe: () => undefined, retryInMs: 1_000 },
    ...{ serve: () => drained, onEnd: () => undefined },
  });
  terms.begin(PARTITION, won.token);

  terms.end(PARTITION);
  await clock.advance(100);
  const during = (await coordination.read()).owners.length;
  drain({ kind: 'stopped' });
  await terms.endAll();
  const after = (await coordination.read()).owners.length;

  expect([during, after]).to.deep.equal([1, 0]);
});
