import { expect } from 'chai';
import { it } from 'mocha';
import { PARTITION } from '../../support/builders.ts';
import { FIRST, Told, win } from './world.ts';
import type { CoordinationWorld } from './world.ts';

/** What every coordination promises to those who watch it. */
export function watchPromises({ join }: CoordinationWorld): void {
  it('tells of owners that come and go, and of what members publish', async () => {
    const joined = await join();
    const { coordination, session } = joined;
    const told = new Told();
    const stop = coordination.watch(told.onChange);

    const token = await win(joined, 'claim-1');
    await told.after(0);
    const afterWinning = told.count;
    await coordination.resign(PARTITION, token);
    await told.after(afterWinning);
    const afterResigning = told.count;
    await coordination.publish(session, { ...FIRST, isDraining: true });
    await told.after(afterResigning);

    expect([0 < afterWinning, afterWinning < afterResigning]).to.deep.equal([true, true]);
    stop();
  });

  it('tells nothing to one who has stopped listening', async () => {
    const joined = await join();
    const [stopped, listening] = [new Told(), new Told()];
    const stop = joined.coordination.watch(stopped.onChange);
    const stopListening = joined.coordination.watch(listening.onChange);
    await win(joined, 'claim-1');
    await Promise.all([stopped.after(0), listening.after(0)]);
    stop();
    const [whenStopped, before] = [stopped.count, listening.count];

    await joined.coordination.close(joined.session);
    await listening.after(before);

    expect(stopped.count).to.equal(whenStopped);
    stopListening();
  });
}
